"""The try-on model as its users meet it: person photo, garment photo and sizes in, the worn picture out.

garment_u8 -> encode_garment -> kept in memory by the photo's content: a second person costs no second look
person_u8 -> fitted into the frame's aspect -> answer -> cut back to the person photo's size
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from fitroom.bundles import Bundle, open_bundle, resolve_bundle
from fitroom.contracts import Preprocessing, TryOnSample
from fitroom.data.tryon.cases import bleed
from fitroom.data.tryon.terms import DIFFUSED
from fitroom.errors import BundleError
from fitroom.images import pixel_sha256, resize_u8, signed_to_u8
from fitroom.models.frozen_bn import freeze_batch_norm
from fitroom.models.tryon.answer import KnownGarment, Surroundings, answer
from fitroom.models.tryon.network import TryOnNetwork
from fitroom.pipelines.tryon.garment_store import GarmentStore
from fitroom.pipelines.tryon.inputs import (
    checked_mask,
    checked_person_mask,
    checked_steps,
    require_picture,
    signed,
    told,
)
from fitroom.pipelines.tryon.remembered import Remembered
from fitroom.pipelines.tryon.staging import around, before_wall, behind, on_white

KIND = "tryon"
_KEPT_GARMENTS = 32
_TEXTURE_MARGIN = 1.5  # a garment photo larger than this many frames is scaled down: more detail cannot be seen


class TryOnPipeline:
    """A try-on bundle, ready to answer; safe to call from several threads.

    Args:
        bundle: an opened bundle of kind "tryon".
        device: where it runs.
        store: keeps garment features on disk as well; None = in memory alone.

    Attributes:
        bundle: the bundle.
        preprocessing: the network's frame; photos of other sizes are answered at their own.
        steps: denoising steps where the caller does not say.
        num_parameters: of the network.

    Raises:
        BundleError: of another kind.
    """

    def __init__(self, bundle: Bundle, device: torch.device, store: GarmentStore | None = None) -> None:
        if bundle.spec.kind != KIND:
            raise BundleError(
                "the bundle is not one of a try-on model",
                where=bundle.path,
                rule=f"kind {KIND!r}",
                got=bundle.spec.kind,
            )
        self.bundle, self.device = bundle, device
        self.preprocessing: Preprocessing = bundle.spec.preprocessing
        network = bundle.build_model().requires_grad_(False)
        assert isinstance(network, TryOnNetwork)
        self.num_parameters = sum(p.numel() for p in network.parameters())
        if device.type == "cpu":
            for encoder in (network.garment.encoder, network.layout.encoder):
                freeze_batch_norm(encoder, torch.zeros(1, 3, 64, 64))
        self.network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.steps = self.network.config.steps
        self._store = store
        self._kept = Remembered[KnownGarment](_KEPT_GARMENTS)

    @classmethod
    def from_bundle(
        cls,
        path: str | Path,
        device: str | torch.device | None = None,
        *,
        garment_cache: str | Path | None = None,
        garment_cache_mb: float = 2000.0,
    ) -> TryOnPipeline:
        """Opens, verifies and loads a bundle.

        Args:
            path: the bundle's folder, or a run's.
            device: where PyTorch runs; None = the GPU where there is one.
            garment_cache: folder that keeps garment features from start to start; None = none.
            garment_cache_mb: how large that folder may grow.

        Raises:
            BundleError: see :func:`fitroom.bundles.open_bundle`; or of another kind.
            ConfigError: see :class:`~fitroom.pipelines.tryon.garment_store.GarmentStore`.
        """
        chosen = device if device is not None else "cuda" if torch.cuda.is_available() else "cpu"
        bundle, place = open_bundle(resolve_bundle(path)), torch.device(chosen)
        store = (
            None if garment_cache is None else GarmentStore(Path(garment_cache), bundle.hash, place, garment_cache_mb)
        )
        return cls(bundle, place, store)

    @torch.inference_mode()
    def encode_garment(self, garment_u8: np.ndarray, *, cut_out: bool = False) -> KnownGarment:
        """What the network keeps of a garment photo; remembered by its pixels, in memory and in the store.

        Args:
            garment_u8: (h, w, 3) uint8 RGB.
            cut_out: see :meth:`worn`.

        Raises:
            ConfigError: not such a picture.
        """
        require_picture("garment_u8", garment_u8)
        key = pixel_sha256(garment_u8) + ("-cut" if cut_out else "")
        return self._kept(key, lambda: self._read_or_look(key, garment_u8, cut_out))

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
        person_mask: np.ndarray | None = None,
        cut_out: bool = False,
        steps: int | None = None,
        guidance: float | None = None,
        seed: int = 0,
    ) -> np.ndarray:
        """The person in the garment.

        Args:
            person_u8: (H, W, 3) uint8 RGB, someone wearing something.
            garment_u8: (h, w, 3) uint8 RGB, the product photo.
            category: e.g. "t-shirt"; says the region where that is not given, and what is tucked into skirts.
            region: top, bottom, dress or outerwear; None = from the category, or not known.
            garment_cm: finished garment measures, girths whole.
            body_cm: tape measures of the body.
            ease_cm: garment less body by place; None = from garment and body where both are given.
            drape_coefficient: of the fabric, 0 limp to 1 stiff.
            repaint_mask: (H, W) bool, True = may be painted; None = mask-free.
            person_mask: (H, W) float32 in [0, 1], share of each pixel that is the person; the network then sees them
                alone, cut out before a plain wall, and the photo's surroundings are laid back (``staging.py``);
                None = the network sees the photo.
            cut_out: the garment photo shows a garment alone on some ground, which the network need not see
                (:func:`~fitroom.pipelines.tryon.staging.on_white`).
            steps: of the denoiser; None = the bundle's own.
            guidance: 1 or None = as learned; more stresses the sizes in light and paint.
            seed: of the noise; the same input and seed give the same picture on one machine.

        Returns:
            (H, W, 3) uint8.

        Raises:
            ConfigError: a picture, mask, measure or number out of range.
        """
        require_picture("person_u8", person_u8)
        mask = checked_mask(repaint_mask, person_u8)
        steps = checked_steps(steps, self.steps)
        conditions = told(
            category=category,
            region=region,
            garment_cm=garment_cm,
            body_cm=body_cm,
            ease_cm=ease_cm,
            drape_coefficient=drape_coefficient,
            masked=mask is not None,
        )
        window, shown_u8, surroundings = np.s_[:, :], person_u8, None
        if person_mask is not None:
            window = around(checked_person_mask(person_mask, person_u8))
            shown_u8, surroundings = self._staged(person_u8[window], person_mask[window])
        person, place = self._framed(signed(shown_u8))
        got = answer(
            self.network,
            person.to(self.device),
            self.encode_garment(garment_u8, cut_out=cut_out),
            torch.from_numpy(conditions)[None].to(self.device),
            frame=(self.preprocessing.height_px, self.preprocessing.width_px),
            mask=None if mask is None else self._framed(mask[:, :, *window])[0].to(self.device),
            steps=steps,
            guidance=1.0 if guidance is None else float(guidance),
            noise=self._noise(seed),
            surroundings=surroundings,
        )
        top, left = place
        height, width = shown_u8.shape[:2]
        cut = got.worn[0, :, top : top + height, left : left + width]
        cut_u8 = torch.stack(signed_to_u8(cut.float().cpu()).unbind(0), dim=-1).numpy()
        if person_mask is None:
            return cut_u8
        worn_u8 = person_u8.copy()
        worn_u8[window] = cut_u8
        return worn_u8

    def __call__(
        self,
        sample: TryOnSample,
        *,
        region: str | None = None,
        ease_cm: Mapping[str, float] | None = None,
        drape_coefficient: float | None = None,
        use_mask: bool = False,
        steps: int | None = None,
        seed: int = 0,
    ) -> np.ndarray:
        """:meth:`worn` for a sample: its person, garment and measures; its repaint mask only where ``use_mask``."""
        return self.worn(
            sample.person.image_u8,
            sample.garment.image_u8,
            category=sample.garment.category,
            region=region,
            garment_cm=sample.garment.measures_cm,
            body_cm=sample.person.body_cm,
            ease_cm=ease_cm,
            drape_coefficient=drape_coefficient,
            repaint_mask=sample.repaint_mask if use_mask else None,
            steps=steps,
            seed=seed,
        )

    def _read_or_look(self, key: str, garment_u8: np.ndarray, cut_out: bool) -> KnownGarment:
        known = self._store.read(key) if self._store else None
        if known is None:
            known = self._look_at(on_white(garment_u8) if cut_out else garment_u8)
            if self._store:
                self._store.write(key, known)
        return known

    def _look_at(self, garment_u8: np.ndarray) -> KnownGarment:
        spec = self.preprocessing
        padded, _ = self._framed(signed(garment_u8))
        if padded.shape[-2] > _TEXTURE_MARGIN * spec.height_px:
            size = round(_TEXTURE_MARGIN * spec.height_px), round(_TEXTURE_MARGIN * spec.width_px)
            padded = F.interpolate(padded, size=size, mode="bilinear", antialias=True, align_corners=False)
        photo_u8 = signed_to_u8(padded[0]).permute(1, 2, 0).numpy()
        half = resize_u8(photo_u8, Preprocessing(spec.height_px // 2, spec.width_px // 2, "squash"))
        features = self.network.encode_garment(signed(half).to(self.device))
        logits = F.interpolate(features.mask_logits_B1HW.float(), size=photo_u8.shape[:2], mode="bilinear")
        texture = signed(bleed(photo_u8, (logits[0, 0] > 0).cpu().numpy())).to(self.device)
        small = F.interpolate(
            texture,
            size=(spec.height_px // 4, spec.width_px // 4),
            mode="bilinear",
            antialias=True,
            align_corners=False,
        )
        return KnownGarment(features, texture, small)

    def _staged(self, person_u8: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, Surroundings]:
        photo, scene = (self._framed(signed(u8))[0].to(self.device) for u8 in (person_u8, behind(person_u8, mask)))
        return before_wall(person_u8, mask), Surroundings(photo, scene)

    def _framed(self, picture_BCHW: torch.Tensor) -> tuple[torch.Tensor, tuple[int, int]]:
        """Brought to the frame's aspect by carrying on its border; and where the picture lies in it: top, left."""
        height, width = picture_BCHW.shape[-2:]
        spec = self.preprocessing
        wide = max(width, -(-height * spec.width_px // spec.height_px))
        high = max(height, -(-width * spec.height_px // spec.width_px))
        top, left = (high - height) // 2, (wide - width) // 2
        pad = (left, wide - width - left, top, high - height - top)
        return F.pad(picture_BCHW, pad, mode="replicate"), (top, left)

    def _noise(self, seed: int) -> torch.Tensor:
        spec = self.preprocessing
        shape = (1, DIFFUSED, spec.height_px // 4, spec.width_px // 4)
        return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(self.device)
