"""One prediction against its truth: every per-sample number, label and feature that the protocols of a pass ask for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import torch

from fitroom.evaluation.tryon.catalogue import METRICS, PASTED
from fitroom.evaluation.tryon.measuring.instruments import Instruments
from fitroom.evaluation.tryon.measuring.look import Truth, batch_of
from fitroom.evaluation.tryon.samples import LABEL_PARTS, SEEN, TRUE
from fitroom.metrics.color import color_delta_e
from fitroom.metrics.detail import detail_ratios
from fitroom.metrics.effnet import pd_effnetlite0
from fitroom.metrics.fit.borders import boundary_f, iou
from fitroom.metrics.fit.labels import fit_that_shows, visible_lengths
from fitroom.metrics.fit.readings import MEASURES, difference_cm, read_all
from fitroom.metrics.fit.scene import Seen, seen_by_parser
from fitroom.metrics.pictures import masked_mean
from fitroom.metrics.similarity import MS_MIN_SIDE_PX, masked_psnr, ms_ssim, psnr, ssim_color, ssim_gray, ssim_map

Found = dict[str, Any]
BOUNDARY_SHARE = 2 / 512
_OF_FIT = {metric.source for metric in METRICS.values() if metric.group == "fit"}


def measure(truth: Truth, worn_u8: np.ndarray, wanted: Collection[str], in_sets_u8: np.ndarray | None = None) -> Found:
    """All of ``wanted`` that can be measured on one picture.

    Args:
        truth: of the case.
        worn_u8: (H, W, 3) uint8 prediction, at the size of comparison.
        wanted: names of per-sample columns: of means, labels and features, without those that compare cases.
        in_sets_u8: what features for distances between sets are taken of; None = ``worn_u8``.

    Returns:
        By column; what is not defined for this case, or has no instrument, is left out.
    """
    plain = {name for name in wanted if not name.endswith(PASTED)}
    pasted = {name.removesuffix(PASTED) for name in wanted if name.endswith(PASTED)}
    found = _Measuring(truth, worn_u8, in_sets_u8).all_of(plain)
    mask = truth.row.get("repaint_mask")
    if pasted and mask is not None:
        back_u8 = np.where(mask[..., None], worn_u8, truth.person_u8)
        found |= {_pasted(name): value for name, value in _Measuring(truth, back_u8).all_of(pasted).items()}
    return {name: value for name, value in found.items() if value is not None}


class _Measuring:
    """The pieces of :func:`measure`, each computed when it is first asked for."""

    def __init__(self, truth: Truth, worn_u8: np.ndarray, in_sets_u8: np.ndarray | None = None) -> None:
        self.truth, self.worn_u8, self.in_sets_u8 = truth, worn_u8, worn_u8 if in_sets_u8 is None else in_sets_u8
        self.instruments: Instruments = truth.instruments
        self.batch = batch_of(worn_u8)
        self._features: Any = None
        self._seen: Seen | None = None

    def all_of(self, names: Collection[str]) -> Found:
        found: Found = {}
        if self.truth.worn_u8 is not None:
            found |= self._whole(names)
        if any(name in names for name in ("region_psnr", "region_ssim_color", "region_pd_effnetlite0", "detail_fine")):
            found |= self._region(names)
        if "color_delta_e" in names and self.instruments.parser is not None:
            found["color_delta_e"] = self._color()
        if "outside_psnr" in names:
            found |= self._identity(names)
        if self.instruments.parser is not None and not _OF_FIT.isdisjoint(names):
            found |= self._fit()
        return found | self._pooled(names)

    def _whole(self, names: Collection[str]) -> Found:
        simple = {"ssim_color": ssim_color, "ssim_gray": ssim_gray, "psnr": psnr}
        if min(self.worn_u8.shape[:2]) >= MS_MIN_SIDE_PX:  # smaller pictures have no fifth scale
            simple["ms_ssim"] = ms_ssim
        found: Found = {
            name: _number(function(self.batch, self.truth.batch)) for name, function in simple.items() if name in names
        }
        if "psnr" in found:
            found["psnr"] = min(found["psnr"], 100.0)
        if "pd_effnetlite0" in names and self.instruments.effnet is not None:
            found["pd_effnetlite0"] = _number(pd_effnetlite0(self._seen_by_effnet(), self.truth.features))
        for name, lpips in self.instruments.lpips.items():
            if name in names:
                found[name] = _number(lpips.distance(lpips.maps(self.batch), self.truth.lpips_maps[name]))
        return found

    def _region(self, names: Collection[str]) -> Found:
        garment = self._garment().garment_unit if self.instruments.parser is not None else self.truth.seen.garment_unit
        mask = batch_of(self.truth.region(garment))
        found: Found = {
            "region_psnr": _psnr_inside(self.batch, self.truth.batch, mask),
            "region_ssim_color": _number(masked_mean(ssim_map(self.batch, self.truth.batch), mask)),
        }
        if self.instruments.effnet is not None:
            found["region_pd_effnetlite0"] = _number(pd_effnetlite0(self._seen_by_effnet(), self.truth.features, mask))
        ratios = detail_ratios(self.batch, self.truth.batch, mask)
        found |= {name: _number(value) for name, value in ratios.items()}
        return {name: value for name, value in found.items() if name in names}

    def _color(self) -> float | None:
        both = (self._garment().garment_unit > 0.5) & (self.truth.seen.garment_unit > 0.5)
        return _number(color_delta_e(self.batch, self.truth.batch, batch_of(both))) if both.any() else None

    def _identity(self, names: Collection[str]) -> Found:
        least = 40  # pixels that a mean over them says something
        return {
            name: _psnr_inside(self.batch, self.truth.batch, batch_of(mask))
            for name, mask in self.truth.kept.items()
            if name in names and int(mask.sum()) >= least
        }

    def _fit(self) -> Found:
        truth, seen = self.truth, self._garment()
        readings = read_all(seen, truth.pose, truth.kind, truth.has_sleeves, truth.as_far_as_seen)
        tolerance_px = BOUNDARY_SHARE * seen.parse.shape[0]
        found: Found = {
            "garment_iou": iou(seen.garment_unit, truth.seen.garment_unit),
            "garment_boundary_f": boundary_f(seen.garment_unit, truth.seen.garment_unit, tolerance_px),
        }
        for name in MEASURES:
            if name in readings:
                found[f"{name}_error_cm"] = abs(difference_cm(readings[name], truth.readings[name]))
                found[SEEN.format(name)], found[TRUE.format(name)] = readings[name].cm, truth.readings[name].cm
        said = fit_that_shows(readings, truth.body)
        found |= _labels("fit", truth.fit, said)
        tape = {place: truth.row["fit"][place] for place in truth.fit if place in truth.row["fit"]}
        found["ease_accuracy"] = _share_right(tape, said)
        meant = {end: truth.row["fit"][end] for end in ("hem", "sleeve") if end in truth.row["fit"]}
        ends = visible_lengths(truth.row, readings, truth.readings)
        return found | _labels("length", {end: meant[end] for end in meant if end in ends}, ends)

    def _pooled(self, names: Collection[str]) -> Found:
        found: Found = {}
        if "features_effnetlite0" in names and self.instruments.effnet is not None:
            whole = self.in_sets_u8 is self.worn_u8
            seen = self._seen_by_effnet() if whole else self.instruments.effnet.features(batch_of(self.in_sets_u8))
            found["features_effnetlite0"] = seen.pooled_BD[0].cpu().numpy().astype(np.float16)
        for name, inception in self.instruments.inception.items():
            if f"features_{name}" in names:
                pooled = inception.features(batch_of(self.in_sets_u8))[0]
                found[f"features_{name}"] = pooled.cpu().numpy().astype(np.float16)
        return found

    def _garment(self) -> Seen:
        """What the parser sees of the garment."""
        if self._seen is None:
            assert self.instruments.parser is not None
            parsed = self.instruments.parser([self.worn_u8])[0]
            truth = self.truth
            self._seen = seen_by_parser(parsed.probability, parsed.parse, truth.parts, truth.also_parts)
        return self._seen

    def _seen_by_effnet(self) -> Any:
        if self._features is None:
            assert self.instruments.effnet is not None
            self._features = self.instruments.effnet.features(self.batch)
        return self._features


def _pasted(column: str) -> str:
    """The column's name after paste-back; of a label's list the label is renamed."""
    for part in LABEL_PARTS:
        if column.endswith(f"_{part}"):
            return f"{column.removesuffix(f'_{part}')}{PASTED}_{part}"
    return f"{column}{PASTED}"


def _labels(name: str, truth: dict[str, str], said: dict[str, str]) -> Found:
    """Parallel lists of places, true and seen labels, and the share of right ones; a place not seen is "not seen"."""
    if not truth:
        return {}
    places = list(truth)
    predicted = [said.get(place, "not seen") for place in places]
    true = [truth[place] for place in places]
    accuracy = float(np.mean([a == b for a, b in zip(true, predicted, strict=True)]))
    return {f"{name}_places": places, f"{name}_truth": true, f"{name}_predicted": predicted,
            f"{name}_accuracy": accuracy}  # fmt: skip


def _share_right(truth: dict[str, str], said: dict[str, str]) -> float | None:
    return float(np.mean([said.get(place) == label for place, label in truth.items()])) if truth else None


def _psnr_inside(worn: torch.Tensor, truth: torch.Tensor, mask: torch.Tensor) -> float:
    return min(_number(masked_psnr(worn, truth, mask)), 100.0)


def _number(value_B: torch.Tensor) -> float:
    return float(value_B[0])
