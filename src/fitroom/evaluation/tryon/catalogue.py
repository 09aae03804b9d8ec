"""Every score of a try-on record: what it is called, what it means, its unit, bounds and better direction.

A score is a mean or median over the cases where it is defined, a macro-F1 over labels, or a distance between two sets
of pictures.
Those ending in ``_pasted`` are the same after paste-back: the photo's own pixels outside the case's repaint mask.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from fitroom.config import nearest
from fitroom.errors import EvaluationError

Better = Literal["higher", "lower", "one"]
Over = Literal["mean", "median", "macro_f1", "frechet", "kernel", "precision", "recall"]
Group = Literal["whole picture", "garment region", "identity", "fit", "distribution"]
PASTED = "_pasted"
OF_CASES: tuple[Over, ...] = ("mean", "median", "macro_f1")  # the others compare two sets of pictures


@dataclass(frozen=True)
class Metric:
    """One score.

    Attributes:
        name: in records; for a mean also the column of the per-sample table.
        title: in the head of a column.
        meaning: in one line.
        group: where a page shows it.
        better: "one" = as near to 1 as can be.
        unit: "", "dB" or "cm".
        low, high: bounds of what can be true.
        over: how cases become one number.
        needs: the instrument that measures it (parser, effnetlite0, inception, lpips_alex ...), or "".
        column: per-sample column it is computed from where that is not ``name``.
    """

    name: str
    title: str
    meaning: str
    group: Group
    better: Better
    unit: str = ""
    low: float = 0.0
    high: float = math.inf
    over: Over = "mean"
    needs: str = ""
    column: str = ""

    @property
    def source(self) -> str:
        """The per-sample column behind it."""
        return self.column or self.name

    @property
    def label(self) -> str:
        """Group, title and unit in words, for tables that mix groups."""
        return f"{self.group}: {self.title}" + (f", {self.unit}" if self.unit else "")


def _similarity() -> list[Metric]:
    def whole(name: str, title: str, meaning: str, better: Better, **more: object) -> Metric:
        return replace(Metric(name, title, meaning, "whole picture", better), **more)  # type: ignore[arg-type]

    return [
        whole("ssim_color", "SSIM", "structural similarity to the truth, colour", "higher", low=-1.0, high=1.0),
        whole("ssim_gray", "SSIM gray", "the same on gray pictures (scikit-image)", "higher", low=-1.0, high=1.0),
        whole("ms_ssim", "MS-SSIM", "structural similarity over five scales", "higher", high=1.0),
        whole("psnr", "PSNR", "peak signal-to-noise ratio, at most 100", "higher", unit="dB", high=100.0),
        whole("lpips_alex", "LPIPS alex", "learned perceptual distance", "lower", needs="lpips_alex"),
        whole("lpips_alex_128", "LPIPS alex 128", "the same on pictures of 128 x 128", "lower", needs="lpips_alex"),
        whole("lpips_vgg", "LPIPS vgg", "learned perceptual distance", "lower", needs="lpips_vgg"),
        whole("lpips_squeeze", "LPIPS squeeze", "learned perceptual distance", "lower", needs="lpips_squeeze"),
        whole(
            "pd_effnetlite0", "PD lite0", "perceptual distance by EfficientNet-Lite0: an uncalibrated proxy, no LPIPS",
            "lower", needs="effnetlite0",
        ),
    ]  # fmt: skip


def _region() -> list[Metric]:
    def region(name: str, title: str, meaning: str, better: Better, **more: object) -> Metric:
        return replace(Metric(name, title, meaning, "garment region", better), **more)  # type: ignore[arg-type]

    detail = "gradient energy against the truth's, {} band; 1 = as sharp as the truth"
    return [
        region("region_psnr", "PSNR", "PSNR inside the garment region", "higher", unit="dB", high=100.0),
        region("region_ssim_color", "SSIM", "SSIM inside the garment region", "higher", low=-1.0, high=1.0),
        region("region_pd_effnetlite0", "PD lite0", "proxy distance inside the region", "lower", needs="effnetlite0"),
        region("detail_fine", "Detail, fine", detail.format("finest"), "one"),
        region("detail_medium", "Detail, medium", detail.format("middle"), "one"),
        region("detail_coarse", "Detail, coarse", detail.format("coarse"), "one"),
        region("color_delta_e", "Colour", "CIEDE2000 between mean colours of the garment", "lower", needs="parser"),
    ]


def _identity() -> list[Metric]:
    def kept(what: str, title: str) -> Metric:
        meaning = f"PSNR over {what}, where source and true garment are not; at most 100"
        name = f"{title.lower().replace(' ', '_')}_psnr"
        return Metric(name, title, meaning, "identity", "higher", "dB", high=100.0)

    return [
        kept("all that should not change", "Outside"),
        kept("the face", "Face"),
        kept("hair", "Hair"),
        kept("hands", "Hands"),
        kept("the background", "Background"),
        kept("other garments", "Other garments"),
    ]


def _fit() -> list[Metric]:
    def fit(name: str, title: str, meaning: str, better: Better, **more: object) -> Metric:
        return replace(Metric(name, title, meaning, "fit", better, needs="parser"), **more)  # type: ignore[arg-type]

    measures = {
        "hem": "hem height", "sleeve": "sleeve ends", "shoulder": "shoulder line", "neckline": "neckline depth",
        "chest": "width at the chest", "waist": "width at the waist", "hip": "width at the hip",
        "hem_width": "width at the hem",
    }  # fmt: skip
    share = {"high": 1.0}
    return [
        fit("garment_iou", "Garment IoU", "overlap of the garment seen with the true one", "higher", **share),
        fit("garment_boundary_f", "Boundary F", "borders of the garment within 2 px in 512", "higher", **share),
        *(
            fit(f"{name}_error_cm", title.capitalize(), f"mean error of {title}, cm", "lower", unit="cm", high=400.0)
            for name, title in measures.items()
        ),
        *(
            fit(f"{name}_median_cm", f"{title.capitalize()}, median", f"median error of {title}, cm", "lower",
                unit="cm", high=400.0, over="median", column=f"{name}_error_cm")
            for name, title in measures.items()
        ),
        fit("fit_accuracy", "Fit", "tight, regular or loose by place, as the true picture shows it", "higher", **share),
        fit("fit_macro_f1", "Fit F1", "macro-F1 of tight, regular, loose", "higher", over="macro_f1", column="fit",
            **share),
        fit("ease_accuracy", "Ease", "tight, regular or loose as the tape says; silhouettes tell little of it",
            "higher", **share),
        fit("length_accuracy", "Lengths", "too short, right or too long by end", "higher", **share),
        fit("length_macro_f1", "Lengths F1", "macro-F1 of too short, right, too long", "higher", over="macro_f1",
            column="length", **share),
        fit("size_step_error_cm", "Size step", "error of what one size more adds, cm, over hem and widths", "lower",
            unit="cm", high=400.0),
        fit("size_monotone", "Monotone", "steps that do not shrink where the true one grows", "higher", **share),
        fit("leak_cm", "Leak", "how far results over different source garments disagree, cm", "lower", unit="cm",
            high=400.0),
    ]  # fmt: skip


def _distribution() -> list[Metric]:
    def of(name: str, title: str, meaning: str, over: Over, needs: str, better: Better = "lower") -> Metric:
        low = -1.0 if over == "kernel" else 0.0
        high = 1.0 if over in ("precision", "recall") else math.inf
        return Metric(name, title, meaning, "distribution", better, low=low, high=high, over=over, needs=needs)

    lite, inception = "effnetlite0", "inception"
    proxy = "EfficientNet-Lite0 features: a proxy, no {}"
    return [
        of("fid_inception", "FID", "Fréchet distance, torch-fidelity's resize", "frechet", inception),
        of("kid_inception", "KID", "kernel distance, torch-fidelity's resize", "kernel", inception),
        of("fid_clean", "FID clean", "Fréchet distance, clean-fid's resize", "frechet", "inception_clean"),
        of("kid_clean", "KID clean", "kernel distance, clean-fid's resize", "kernel", "inception_clean"),
        of("fd_effnetlite0", "FD lite0", "Fréchet distance of " + proxy.format("FID"), "frechet", lite),
        of("kd_effnetlite0", "KD lite0", "kernel distance of " + proxy.format("KID"), "kernel", lite),
        of(
            "precision_effnetlite0",
            "Precision",
            "share of pictures among the truths, proxy",
            "precision",
            lite,
            "higher",
        ),
        of("recall_effnetlite0", "Recall", "share of truths among the pictures, proxy", "recall", lite, "higher"),
    ]


def _pasted(metrics: list[Metric]) -> list[Metric]:
    return [
        replace(m, name=m.name + PASTED, title=m.title + ", pasted", meaning=m.meaning + "; after paste-back",
                column=m.column + PASTED if m.column else "")
        for m in metrics
    ]  # fmt: skip


_PLAIN = [*_similarity(), *_region(), *_identity(), *_fit(), *_distribution()]
METRICS: dict[str, Metric] = {metric.name: metric for metric in [*_PLAIN, *_pasted(_PLAIN)]}
OF_GROUP: dict[str, list[str]] = {
    group: [metric.name for metric in _PLAIN if metric.group == group]
    for group in ("whole picture", "garment region", "identity", "fit", "distribution")
}


def metric(name: str) -> Metric:
    """The metric called ``name``.

    Raises:
        EvaluationError: there is none.
    """
    if name not in METRICS:
        raise EvaluationError(
            f"there is no metric {name!r}", rule="a name of the catalogue", fix=nearest(name, list(METRICS))
        )
    return METRICS[name]
