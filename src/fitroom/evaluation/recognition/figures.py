"""Pictures of a record: the confusion matrix, for light and for dark pages."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image

from fitroom.evaluation.recognition.records import Record

MAX_LABELLED_CELLS = 30
FONT = ["DejaVu Sans"]


@dataclass(frozen=True)
class Theme:
    """Colours of a picture: page, text, quieter text, lines, and the ends of the scale of right and wrong answers."""

    page: str
    ink: str
    quiet: str
    line: str
    right: str
    wrong: str


LIGHT = Theme("#ffffff", "#1d1f21", "#6b7075", "#e3e3df", "#17625e", "#b4532a")
DARK = Theme("#1a1c1e", "#e9e8e4", "#9a9fa4", "#34383b", "#2b7a75", "#c4683d")


def confusion_png(record: Record, theme: Theme = LIGHT) -> bytes:
    """The confusion matrix as the bytes of a PNG.

    Rows are what the photos show, columns what was answered; a cell holds the count and its share of the row, and is
    shaded by that share, right answers and wrong ones in two colours.

    Args:
        record: one with a confusion matrix.
        theme: colours.
    """
    assert record.scores.confusion is not None
    counts_CC = np.array(record.scores.confusion)
    shares_CC = counts_CC / np.maximum(counts_CC.sum(axis=1, keepdims=True), 1)
    width = len(counts_CC)
    side = min(max(1.7 + 0.54 * width, 4.8), 14)
    figure = Figure(figsize=(side, side), dpi=160, facecolor=theme.page, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    shades_CC3 = _shades(shares_CC, theme)
    axes.imshow(shades_CC3, aspect="equal")
    _label(axes, record, theme)
    if width <= MAX_LABELLED_CELLS:
        _write_cells(axes, counts_CC, shares_CC, shades_CC3)
    return _small_png(figure)


def _shades(shares_CC: np.ndarray, theme: Theme) -> np.ndarray:
    """(C, C, 3) colours. The square root lets a share of 2 % be seen beside one of 90 %."""
    right = LinearSegmentedColormap.from_list("right", [theme.page, theme.right])
    wrong = LinearSegmentedColormap.from_list("wrong", [theme.page, theme.wrong])
    diagonal = np.eye(len(shares_CC), dtype=bool)[..., None]
    return np.where(diagonal, right(0.92 * shares_CC), wrong(0.92 * np.sqrt(shares_CC)))[..., :3]


def _label(axes: Axes, record: Record, theme: Theme) -> None:
    classes, scores = record.data.classes, record.scores
    support = [row.support for row in scores.per_class]
    axes.set_xticks(range(len(classes)), classes, rotation=40, ha="left", rotation_mode="anchor")
    axes.set_yticks(range(len(classes)), [f"{name}  ({n})" for name, n in zip(classes, support, strict=True)])
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("answered", color=theme.quiet, labelpad=10, fontfamily=FONT, fontsize=10)
    axes.set_ylabel("shown (photos)", color=theme.quiet, labelpad=10, fontfamily=FONT, fontsize=10)
    axes.tick_params(which="both", length=0, colors=theme.ink, labelsize=10, labelfontfamily=FONT[0])
    axes.spines[:].set_visible(False)
    axes.set_xticks(np.arange(len(classes) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(classes) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=theme.line, linewidth=1)
    top1 = scores.overall["top1"].value
    note = f"{record.model.name}  {record.model.revision}    top-1 {top1:.1%} of {record.data.num_samples} photos"
    axes.text(0, -0.02, note, transform=axes.transAxes, va="top", color=theme.quiet, fontsize=9, fontfamily=FONT)


def _write_cells(axes: Axes, counts_CC: np.ndarray, shares_CC: np.ndarray, shades_CC3: np.ndarray) -> None:
    for (row, column), count in np.ndenumerate(counts_CC):
        if not count:
            continue
        share = shares_CC[row, column]
        color = _readable_on(shades_CC3[row, column])
        weight = "bold" if row == column else "normal"
        axes.text(column, row - 0.1, f"{count}", ha="center", va="center", color=color, fontsize=11, fontweight=weight,
                  fontfamily=FONT)  # fmt: skip
        axes.text(column, row + 0.24, f"{share:.0%}" if share >= 0.01 else "<1%", ha="center", va="center", color=color,
                  fontsize=7.5, alpha=0.85, fontfamily=FONT)  # fmt: skip


def _readable_on(shade_3: np.ndarray) -> str:
    """White or near black, whichever has the greater contrast (WCAG 2 relative luminance)."""
    linear = np.where(shade_3 <= 0.04045, shade_3 / 12.92, ((shade_3 + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ [0.2126, 0.7152, 0.0722])
    return "#ffffff" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.058 else "#15181a"


def _small_png(figure: Figure) -> bytes:
    """128 colours are enough, and make half of the file; no date inside: equal records give equal bytes."""
    buffer, small = io.BytesIO(), io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    picture = Image.open(buffer).convert("RGB")
    picture.quantize(128, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()
