"""Who is judged: search networks out of bundles, and controls; each compares all pictures with all products."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from fitroom.bundles.format import SHORT_HASH
from fitroom.config import hash_settings
from fitroom.contracts import Preprocessing
from fitroom.data.search.cutouts import Cutout
from fitroom.evaluation.entries import ModelEntry, refuse_seen
from fitroom.evaluation.search.cases import SearchCases
from fitroom.images import normalize_u8
from fitroom.models.weights import load_backbone
from fitroom.pipelines.search.embed import LOOKED_AT, EmbedPipeline
from fitroom.pipelines.search.places import PlaceCodes

SPEC = Preprocessing(160, 128, "pad")
"""Of the cut-outs that controls look at: those of the shipped network."""
BACKBONE = "tf_efficientnet_lite0"
_LEVELS = 6  # of each channel, of the histogram


class Contestant(Protocol):
    """Somebody who compares."""

    def similarity(self, cases: SearchCases) -> np.ndarray:
        """(Q, M) of worn pictures and products; higher = rather the one that is worn."""
        ...

    def entry(self) -> ModelEntry:
        """What a record says of it."""
        ...


class ModelContestant:
    """A search network out of its bundle, with all its stages.

    Raises:
        BundleError: another kind of bundle.
        EvaluationError: it has learned from pictures it would be scored on.
    """

    def __init__(self, path: Path, cases: SearchCases) -> None:
        self.pipeline = EmbedPipeline.from_bundle(path)
        known = self.pipeline.bundle.trained_on()
        seen = [case.case_id for case in cases.worn if case.sha256[:SHORT_HASH] in known]
        refuse_seen(path, seen, len(cases.worn), "worn pictures")

    def similarity(self, cases: SearchCases) -> np.ndarray:
        """Cosines; above them, those products that the second stage sorts, by their places in its order."""
        spec = self.pipeline.spec
        worn = self.pipeline.looks([case.cutout(spec) for case in cases.worn])
        products = self.pipeline.looks(cases.catalogue(spec))
        worn_QD, product_MD = (np.stack([look.vector_D for look in looks]) for looks in (worn, products))
        similarity_QM: np.ndarray = worn_QD @ product_MD.T
        if self.pipeline.has_second_stage:
            every = PlaceCodes(*(np.stack(part) for part in zip(*(look.places for look in products), strict=True)))
            for look, similarity_M in zip(worn, similarity_QM, strict=True):
                first_K = np.argsort(-similarity_M, kind="stable")[:LOOKED_AT]
                judged_K = self.pipeline.judged(look, PlaceCodes(*(p[first_K] for p in every)), similarity_M[first_K])
                similarity_M[first_K[np.argsort(judged_K, kind="stable")]] = 2.0 + np.arange(len(first_K))
        return similarity_QM

    def entry(self) -> ModelEntry:
        """Of the bundle."""
        spec = self.pipeline.bundle.spec
        training = {"training_data": spec.training.data_digest, "num_training_pictures": spec.training.num_images}
        count = sum(p.numel() for p in self.pipeline.model.parameters())
        return ModelEntry.of_bundle(self.pipeline.bundle, count, dict(spec.model) | training)


class ControlContestant:
    """A control; its revision stands for its name and the protocol."""

    def __init__(self, name: str, protocol_hash: str) -> None:
        self.name, self.recipe = name, {"control": name, "protocol": protocol_hash}

    def similarity(self, cases: SearchCases) -> np.ndarray:
        """By the control's own rule."""
        return CONTROLS[self.name]([case.cutout(SPEC) for case in cases.worn], cases.catalogue(SPEC))

    def entry(self) -> ModelEntry:
        """Of the recipe."""
        return ModelEntry.of_control(self.name, hash_settings(self.recipe)[:12], dict(self.recipe))


def chance(worn: list[Cutout], products: list[Cutout]) -> np.ndarray:
    """Everything is as good: ties are broken by chance, and counted so."""
    return np.zeros((len(worn), len(products)))


def color_histogram(worn: list[Cutout], products: list[Cutout]) -> np.ndarray:
    """Bhattacharyya coefficients of histograms of the garments' colours."""
    worn_QH, product_MH = (np.stack([_histogram(cut) for cut in cuts]) for cuts in (worn, products))
    return np.asarray(np.sqrt(worn_QH) @ np.sqrt(product_MH).T)


def imagenet_features(worn: list[Cutout], products: list[Cutout]) -> np.ndarray:
    """Cosines of the pooled features of the whole ImageNet backbone, less their mean over the products."""
    backbone, _ = load_backbone(BACKBONE)
    worn_QF, product_MF = (_pooled(backbone.eval(), cuts) for cuts in (worn, products))
    middle_F = product_MF.mean(0)
    worn_QF, product_MF = (_unit(features - middle_F) for features in (worn_QF, product_MF))
    return np.asarray(worn_QF @ product_MF.T)


CONTROLS = {
    "control-chance": chance,
    "control-color-histogram": color_histogram,
    "control-imagenet-features": imagenet_features,
}


def _histogram(cut: Cutout) -> np.ndarray:
    pixels_P3 = cut.image_u8[cut.mask].astype(int) * _LEVELS // 256
    counts_H = np.bincount(pixels_P3 @ (_LEVELS**2, _LEVELS, 1), minlength=_LEVELS**3)
    return np.asarray(counts_H / counts_H.sum())


def _pooled(backbone: torch.nn.Module, cuts: list[Cutout]) -> np.ndarray:
    found = []
    with torch.inference_mode():
        for cut in cuts:
            x_BCHW = normalize_u8(torch.from_numpy(cut.image_u8)[None], SPEC)
            found.append(backbone(x_BCHW)[0].float().numpy())
    return np.stack(found)


def _unit(features_NF: np.ndarray) -> np.ndarray:
    return np.asarray(features_NF / np.linalg.norm(features_NF, axis=1, keepdims=True))
