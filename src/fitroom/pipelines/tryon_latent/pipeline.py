"""A try-on model on a large base: person photo, garment photo and sizes in, the worn picture out.

garment_u8 -> latents, kept in memory by the photo's content
person_u8 -> fitted into the frame -> denoised among latents by diffusers' scheduler -> scaled back to the photo's size
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from fitroom.bundles import Bundle, open_bundle, resolve_bundle
from fitroom.contracts import Preprocessing, TryOnSample
from fitroom.errors import BundleError
from fitroom.images import padded_box, pixel_sha256, resize_labels, resize_u8, signed_to_u8
from fitroom.models.registry import parse_model_config
from fitroom.models.tryon_latent.network import on_base
from fitroom.pipelines.tryon.inputs import checked_mask, checked_steps, require_picture, signed, told
from fitroom.pipelines.tryon.remembered import Remembered

KIND = "tryon_latent"
BASE_VARIABLE = "FITROOM_BASE"
_KEPT_GARMENTS = 32


class LatentTryOnPipeline:
    """A bundle of kind "tryon_latent" on its base, ready to answer; safe to call from several threads.

    Args:
        bundle: opened.
        device: where it runs; on a GPU in bfloat16.
        base: folder or hub id of the base; None = what ``$FITROOM_BASE`` says, or else the bundle. Whichever it is, its
            files must be those that the bundle names by hash.

    Attributes:
        bundle: the bundle.
        preprocessing: the frame; photos of other sizes are scaled into it, and the answer back.
        steps, guidance: where the caller does not say.
        num_parameters: of the network, its base among them.

    Raises:
        BundleError: of another kind.
        WeightsError: its base is not there, or is another one.
    """

    def __init__(self, bundle: Bundle, device: torch.device, base: str | None = None) -> None:
        if bundle.spec.kind != KIND:
            raise BundleError(
                "the bundle is not one of a try-on model on a large base",
                where=bundle.path,
                rule=f"kind {KIND!r}",
                got=bundle.spec.kind,
            )
        self.bundle, self.device = bundle, device
        self.preprocessing: Preprocessing = bundle.spec.preprocessing
        config = parse_model_config(KIND, bundle.spec.model)
        config = replace(config, base=base or os.environ.get(BASE_VARIABLE) or config.base)
        self._half = device.type == "cuda"
        network = on_base(config, dtype=torch.bfloat16 if self._half else torch.float32)
        network.load_state_dict(bundle.tensors())
        self.network = network.requires_grad_(False).eval().to(device)
        self.num_parameters = sum(p.numel() for p in network.parameters())
        self.steps, self.guidance = config.steps, config.guidance
        self._kept = Remembered[torch.Tensor](_KEPT_GARMENTS)

    @classmethod
    def from_bundle(
        cls, path: str | Path, device: str | torch.device | None = None, *, base: str | None = None
    ) -> LatentTryOnPipeline:
        """Opens, verifies and loads a bundle.

        Args:
            path: the bundle's folder, or a run's.
            device: where PyTorch runs; None = the GPU where there is one.
            base: see the class.

        Raises:
            BundleError: see :func:`fitroom.bundles.open_bundle`; or of another kind.
            WeightsError: see the class.
        """
        chosen = device if device is not None else "cuda" if torch.cuda.is_available() else "cpu"
        return cls(open_bundle(resolve_bundle(path)), torch.device(chosen), base)

    @torch.inference_mode()
    def worn(
        self,
        person_u8: np.ndarray,
        garment_u8: np.ndarray,
        *,
        category: str | None = None,
        region: str | None = None,
        garment_cm: Mapping[str, float] | None = None,
        body_cm: Mapping[str, float] | None = None,
        ease_cm: Mapping[str, float] | None = None,
        drape_coefficient: float | None = None,
        repaint_mask: np.ndarray | None = None,
        steps: int | None = None,
        guidance: float | None = None,
        seed: int = 0,
    ) -> np.ndarray:
        """The person in the garment; see :meth:`fitroom.pipelines.tryon.TryOnPipeline.worn`.

        With a repaint mask all pixels outside it are the photo's own. Without one the whole picture has gone through
        the VAE, in the frame's size.
        """
        require_picture("person_u8", person_u8)
        require_picture("garment_u8", garment_u8)
        own = checked_mask(repaint_mask, person_u8)
        steps = checked_steps(steps, self.steps)
        conditions = told(
            category=category,
            region=region,
            garment_cm=garment_cm,
            body_cm=body_cm,
            ease_cm=ease_cm,
            drape_coefficient=drape_coefficient,
            masked=own is not None,
        )
        framed = self._denoised(
            person_u8,
            garment_u8,
            repaint_mask,
            torch.from_numpy(conditions)[None].to(self.device),
            steps,
            self.guidance if guidance is None else float(guidance),
            seed,
        )
        picture = self._at_size(framed, person_u8.shape[0], person_u8.shape[1])
        if own is not None:
            picture = own * picture + (1 - own) * signed(person_u8)
        return signed_to_u8(picture[0]).permute(1, 2, 0).contiguous().numpy()

    @torch.inference_mode()
    def encode_garment(self, garment_u8: np.ndarray) -> torch.Tensor:
        """Looks at a garment ahead, so that trying it on costs less: its latents, kept by the photo's content."""
        require_picture("garment_u8", garment_u8)
        with torch.autocast(self.device.type, torch.bfloat16) if self._half else nullcontext():
            return self._kept(pixel_sha256(garment_u8), lambda: self._look_at(garment_u8))

    def __call__(self, sample: TryOnSample, *, use_mask: bool = False, **told_too: Any) -> np.ndarray:
        """:meth:`worn` for a sample: its person, garment and measures; its repaint mask only where ``use_mask``."""
        return self.worn(
            sample.person.image_u8,
            sample.garment.image_u8,
            category=sample.garment.category,
            garment_cm=sample.garment.measures_cm,
            body_cm=sample.person.body_cm,
            repaint_mask=sample.repaint_mask if use_mask else None,
            **told_too,
        )

    def _denoised(
        self,
        person_u8: np.ndarray,
        garment_u8: np.ndarray,
        repaint_mask: np.ndarray | None,
        conditions: torch.Tensor,
        steps: int,
        guidance: float,
        seed: int,
    ) -> torch.Tensor:
        """(1, 3, height, width) signed, in the frame."""
        spec = self.preprocessing
        person, mask = signed(resize_u8(person_u8, spec)).to(self.device), None
        if repaint_mask is not None:
            laid = resize_labels(repaint_mask.astype(np.uint8), spec)
            mask = torch.from_numpy(laid)[None, None].float().to(self.device)
            person = person * (1 - mask)
        mask = torch.ones_like(person[:, :1]) if mask is None else mask
        with torch.autocast(self.device.type, torch.bfloat16) if self._half else nullcontext():
            garment = self.encode_garment(garment_u8)
            scene = self.network.see(self.network.encode(person), mask, garment, conditions)
            shape = self.network.clean(garment, scene).shape
            noise = torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(self.device)
            clean = self.network.sampled(scene, noise, steps, guidance)
            return self.network.decode(self.network.worn(clean)).float().cpu()

    def _look_at(self, garment_u8: np.ndarray) -> torch.Tensor:
        return self.network.encode(signed(resize_u8(garment_u8, self.preprocessing)).to(self.device))

    def _at_size(self, framed: torch.Tensor, height: int, width: int) -> torch.Tensor:
        top, left, high, wide = padded_box(height, width, self.preprocessing)
        cut = framed[..., top : top + high, left : left + wide]
        if cut.shape[-2:] == (height, width):
            return cut
        shrinks = high > height or wide > width
        return F.interpolate(cut, size=(height, width), mode="bicubic", align_corners=False, antialias=shrinks).clamp(
            -1, 1
        )
