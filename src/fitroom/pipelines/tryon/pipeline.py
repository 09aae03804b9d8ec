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
from fitroom.data.tryon_cases import bleed
from fitroom.data.tryon_conditions import REGIONS, condition_vector
from fitroom.data.tryon_terms import DIFFUSED
from fitroom.errors import BundleError, ConfigError
from fitroom.images import pixel_sha256, resize_u8, signed_to_u8, u8_to_signed
from fitroom.models.frozen_bn import freeze_batch_norm
from fitroom.models.tryon.answer import KnownGarment, answer
from fitroom.models.tryon.network import TryOnNetwork
from fitroom.pipelines.tryon.garment_store import GarmentStore
from fitroom.pipelines.tryon.remembered import Remembered
from fitroom.wardrobe.truth.fit import ease

KIND = "tryon"
MAX_STEPS = 64
_KEPT_GARMENTS = 32
_TEXTURE_MARGIN = 1.5  # a garment photo larger than this many frames is scaled down: more detail cannot be seen
REGION_OF_CATEGORY = {  # the wardrobe's categories, and other words that shops and data sets use for them
    "dress": "dress", "jumpsuit": "dress", "trousers": "bottom", "shorts": "bottom", "skirt": "bottom",
    "jeans": "bottom", "pants": "bottom", "coat": "outerwear", "outwear": "outerwear", "jacket": "outerwear",
    "t-shirt": "top", "longsleeve": "top", "shirt": "top", "blouse": "top", "sweater": "top", "hoodie": "top",
    "polo": "top", "tank": "top",
}  # fmt: skip


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
        garment_cache: Path | None = None,
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
        bundle, place = open_bundle(resolve_bundle(Path(path))), torch.device(chosen)
        store = None if garment_cache is None else GarmentStore(garment_cache, bundle.hash, place, garment_cache_mb)
        return cls(bundle, place, store)

    @torch.inference_mode()
    def encode_garment(self, garment_u8: np.ndarray) -> KnownGarment:
        """What the network keeps of a garment photo; remembered by its pixels, in memory and in the store.

        Args:
            garment_u8: (h, w, 3) uint8 RGB.

        Raises:
            ConfigError: not such a picture.
        """
        _require_picture("garment_u8", garment_u8)
        key = pixel_sha256(garment_u8)
        return self._kept(key, lambda: self._read_or_look(key, garment_u8))

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
        """The person in the garment.

        Args:
            person_u8: (H, W, 3) uint8 RGB, someone wearing something.
            garment_u8: (h, w, 3) uint8 RGB, the product photo.
            category: e.g. "t-shirt"; says the region where that is not given.
            region: top, bottom, dress or outerwear; None = from the category, or not known.
            garment_cm: finished garment measures, girths whole.
            body_cm: tape measures of the body.
            ease_cm: garment less body by place; None = from garment and body where both are given.
            drape_coefficient: of the fabric, 0 limp to 1 stiff.
            repaint_mask: (H, W) bool, True = may be painted; None = mask-free.
            steps: of the denoiser; None = the bundle's own.
            guidance: 1 or None = as learned; more stresses the sizes in light and paint.
            seed: of the noise; the same input and seed give the same picture on one machine.

        Returns:
            (H, W, 3) uint8.

        Raises:
            ConfigError: a picture, mask, measure or number out of range.
        """
        _require_picture("person_u8", person_u8)
        mask = _checked_mask(repaint_mask, person_u8)
        steps = self._checked_steps(steps)
        region = region if region is not None else REGION_OF_CATEGORY.get(category or "")
        if ease_cm is None and garment_cm and body_cm and region in REGIONS:
            ease_cm = ease(garment_cm, body_cm, region)  # type: ignore[arg-type]
        conditions = condition_vector(
            ease_cm=ease_cm,
            garment_cm=garment_cm,
            body_cm=body_cm,
            drape_coefficient=drape_coefficient,
            region=region,
            masked=mask is not None,
        )
        person, place = self._framed(_signed(person_u8))
        got = answer(
            self.network,
            person.to(self.device),
            self.encode_garment(garment_u8),
            torch.from_numpy(conditions)[None].to(self.device),
            frame=(self.preprocessing.height_px, self.preprocessing.width_px),
            mask=None if mask is None else self._framed(mask)[0].to(self.device),
            steps=steps,
            guidance=1.0 if guidance is None else float(guidance),
            noise=self._noise(seed),
        )
        top, left = place
        height, width = person_u8.shape[:2]
        cut = got.worn[0, :, top : top + height, left : left + width]
        return torch.stack(signed_to_u8(cut.float().cpu()).unbind(0), dim=-1).numpy()

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

    def _read_or_look(self, key: str, garment_u8: np.ndarray) -> KnownGarment:
        known = self._store.read(key) if self._store else None
        if known is None:
            known = self._look_at(garment_u8)
            if self._store:
                self._store.write(key, known)
        return known

    def _look_at(self, garment_u8: np.ndarray) -> KnownGarment:
        spec = self.preprocessing
        padded, _ = self._framed(_signed(garment_u8))
        if padded.shape[-2] > _TEXTURE_MARGIN * spec.height_px:
            size = round(_TEXTURE_MARGIN * spec.height_px), round(_TEXTURE_MARGIN * spec.width_px)
            padded = F.interpolate(padded, size=size, mode="bilinear", antialias=True, align_corners=False)
        photo_u8 = signed_to_u8(padded[0]).permute(1, 2, 0).numpy()
        half = resize_u8(photo_u8, Preprocessing(spec.height_px // 2, spec.width_px // 2, "squash"))
        features = self.network.encode_garment(_signed(half).to(self.device))
        logits = F.interpolate(features.mask_logits_B1HW.float(), size=photo_u8.shape[:2], mode="bilinear")
        texture = _signed(bleed(photo_u8, (logits[0, 0] > 0).cpu().numpy())).to(self.device)
        small = F.interpolate(
            texture,
            size=(spec.height_px // 4, spec.width_px // 4),
            mode="bilinear",
            antialias=True,
            align_corners=False,
        )
        return KnownGarment(features, texture, small)

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

    def _checked_steps(self, steps: int | None) -> int:
        if steps is None:
            return self.steps
        if not 1 <= steps <= MAX_STEPS:
            raise ConfigError("that many denoising steps are not possible", rule=f"1 to {MAX_STEPS}", got=steps)
        return steps


def _signed(picture_u8: np.ndarray) -> torch.Tensor:
    """(H, W, 3) uint8 to (1, 3, H, W) signed."""
    return u8_to_signed(torch.from_numpy(np.array(picture_u8))).permute(2, 0, 1)[None]


def _checked_mask(mask: np.ndarray | None, person_u8: np.ndarray) -> torch.Tensor | None:
    if mask is None:
        return None
    if mask.dtype != np.bool_ or mask.shape != person_u8.shape[:2]:
        raise ConfigError(
            "the repaint mask does not fit the person photo",
            where="repaint_mask",
            rule=f"bool of shape {person_u8.shape[:2]}",
            got=f"{mask.dtype} of shape {mask.shape}",
        )
    return torch.from_numpy(mask.astype(np.float32))[None, None]


def _require_picture(name: str, picture: np.ndarray) -> None:
    if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        got = f"{picture.dtype} of shape {picture.shape}" if isinstance(picture, np.ndarray) else type(picture).__name__
        raise ConfigError(f"{name} is not an RGB picture", rule="uint8 of shape (H, W, 3)", got=got)
    if min(picture.shape[:2]) < 32:
        raise ConfigError(f"{name} is too small", rule="each side at least 32 px", got=picture.shape[:2])
