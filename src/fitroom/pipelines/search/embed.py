"""Garments to vectors and codes, by a bundle: products out of shop photos, what somebody wears out of a photo and its
parse; and by the same bundle's second stage, which of some products a worn garment is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from fitroom.bundles.format import Bundle, open_bundle, resolve_bundle
from fitroom.data.search.cutouts import PARTS_OF_REGION, Cutout, cut_out, product_mask, worn_mask
from fitroom.errors import ImageError
from fitroom.models.search.batches import coded, embeddings_of
from fitroom.pipelines.search.places import PlaceCodes

LEAST_WORN = 0.01
"""Of a photo: a garment that takes up less of it is not looked for."""
LOOKED_AT = 50
"""Products that the first stage finds and the second one sorts."""


class Look(NamedTuple):
    """A garment as both stages know it.

    Attributes:
        vector_D: float32 of unit length.
        places: None where the network has no second stage.
    """

    vector_D: np.ndarray
    places: PlaceCodes | None


class EmbedPipeline:
    """A search network with its bundle.

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
    def from_bundle(cls, path: str | Path) -> EmbedPipeline:
        """Opens a bundle, or the bundle of a run."""
        return cls(open_bundle(resolve_bundle(path)))

    def __call__(self, cuts: Sequence[Cutout]) -> np.ndarray:
        """(N, D) float32 of unit length, of cut-outs of the network's size."""
        return embeddings_of(self.model, cuts, self.spec)

    @property
    def has_second_stage(self) -> bool:
        """Whether its looks have places, and it can sort."""
        return bool(self.model.config.code_dim)

    def looks(self, cuts: Sequence[Cutout]) -> list[Look]:
        """As :meth:`__call__`, for both stages."""
        if not cuts:
            return []
        found = coded(self.model, cuts, self.spec)
        vectors_ND = found.embedding_BD.numpy()
        if not self.has_second_stage:
            return [Look(vector_D, None) for vector_D in vectors_ND]
        packed = PlaceCodes.packed(found.code_BPD, found.share_BP)
        return [Look(vector_D, PlaceCodes(*parts)) for vector_D, *parts in zip(vectors_ND, *packed, strict=True)]

    def judged(self, worn: Look, products: PlaceCodes, similarity_K: np.ndarray) -> np.ndarray:
        """(K,) float32: higher = rather the worn garment's product; only differences between these K count.

        Args:
            worn: with places.
            products: of K products, in the first dimension.
            similarity_K: of the first stage, to each.
        """
        assert worn.places is not None
        (code_PD, share_P), (code_KPD, share_KP) = worn.places.unpacked(), products.unpacked()
        similarity_1K = torch.from_numpy(np.asarray(similarity_K, np.float32))[None]
        with torch.inference_mode():
            logit_1K = self.model.matcher(code_PD[None], share_P[None], code_KPD[None], share_KP[None], similarity_1K)
        found_K: np.ndarray = logit_1K[0].numpy()
        return found_K

    def product(self, photo_u8: np.ndarray) -> np.ndarray:
        """(D,) of a shop photo (H, W, 3) uint8."""
        return self.product_look(photo_u8).vector_D

    def product_look(self, photo_u8: np.ndarray) -> Look:
        """As :meth:`product`, for both stages."""
        return self.looks([cut_out(photo_u8, product_mask(photo_u8), self.spec)])[0]

    def worn(self, photo_u8: np.ndarray, parse: np.ndarray) -> dict[str, np.ndarray]:
        """(D,) by region ("top", "outerwear", "dress", "bottom"), of what is seen in each.

        Args:
            photo_u8: (H, W, 3) uint8 of somebody.
            parse: (H, W) uint8 of :class:`~fitroom.contracts.Part`.

        Raises:
            ImageError: nobody is seen to wear anything.
        """
        return {region: look.vector_D for region, look in self.worn_looks(photo_u8, parse).items()}

    def worn_looks(self, photo_u8: np.ndarray, parse: np.ndarray) -> dict[str, Look]:
        """As :meth:`worn`, for both stages."""
        masks = {region: worn_mask(parse, region) for region in PARTS_OF_REGION}
        seen = {region: mask for region, mask in masks.items() if mask.mean() >= LEAST_WORN}
        if not seen:
            raise ImageError(
                "no garment is seen in the photo", rule=f"one that takes up {LEAST_WORN:.0%} of it",
                fix="a photo in which the garment is larger",
            )  # fmt: skip
        return dict(zip(seen, self.looks([cut_out(photo_u8, mask, self.spec) for mask in seen.values()]), strict=True))
