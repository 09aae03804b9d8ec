"""Garments to vectors, by a bundle: products out of shop photos, what somebody wears out of a photo and its parse."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.bundles.format import Bundle, open_bundle, resolve_bundle
from fitroom.data.search.cutouts import PARTS_OF_REGION, Cutout, cut_out, product_mask, worn_mask
from fitroom.errors import ImageError
from fitroom.models.search.batches import embeddings_of

LEAST_WORN = 0.01
"""Of a photo: a garment that takes up less of it is not looked for."""


class EmbedPipeline:
    """An embedding network with its bundle.

    Args:
        bundle: of kind "search".

    Raises:
        BundleError: another kind.
    """

    def __init__(self, bundle: Bundle) -> None:
        bundle.require_kind("search", "embedding network")
        self.bundle, self.spec = bundle, bundle.spec.preprocessing
        self.model: Any = bundle.build_model().requires_grad_(False).eval()

    @classmethod
    def from_bundle(cls, path: Path) -> EmbedPipeline:
        """Opens a bundle, or the bundle of a run."""
        return cls(open_bundle(resolve_bundle(Path(path))))

    def __call__(self, cuts: Sequence[Cutout]) -> np.ndarray:
        """(N, D) float32 of unit length, of cut-outs of the network's size."""
        return embeddings_of(self.model, cuts, self.spec)

    def product(self, photo_u8: np.ndarray) -> np.ndarray:
        """(D,) of a shop photo (H, W, 3) uint8."""
        return self([cut_out(photo_u8, product_mask(photo_u8), self.spec)])[0]

    def worn(self, photo_u8: np.ndarray, parse: np.ndarray) -> dict[str, np.ndarray]:
        """(D,) by region ("top", "outerwear", "dress", "bottom"), of what is seen in each.

        Args:
            photo_u8: (H, W, 3) uint8 of somebody.
            parse: (H, W) uint8 of :class:`~fitroom.contracts.Part`.

        Raises:
            ImageError: nobody is seen to wear anything.
        """
        masks = {region: worn_mask(parse, region) for region in PARTS_OF_REGION}
        seen = {region: mask for region, mask in masks.items() if mask.mean() >= LEAST_WORN}
        if not seen:
            raise ImageError(
                "no garment is seen in the photo", rule=f"one that takes up {LEAST_WORN:.0%} of it",
                fix="a photo in which the garment is larger",
            )  # fmt: skip
        vectors_ND = self([cut_out(photo_u8, mask, self.spec) for mask in seen.values()])
        return dict(zip(seen, vectors_ND, strict=True))
