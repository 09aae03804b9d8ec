"""Pictures of patterns: the pieces as a cutter lays them out, with seams, open borders and grain."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from fitroom.wardrobe.patterns.atlas import place_panels
from fitroom.wardrobe.patterns.pattern import Panel, Pattern

_FONT = ["DejaVu Sans"]
_SEAM_ALLOWANCE_CM = 1.2


@dataclass(frozen=True)
class Theme:
    """Colours of a sheet: page, text, quieter text, and paper and line of fronts, backs and folded pieces."""

    page: str
    ink: str
    quiet: str
    front: str
    back: str
    folded: str


LIGHT = Theme("#ffffff", "#1d1f21", "#8a8f94", "#d7e6e4", "#efe3d3", "#e2dded")


def pattern_sheet_png(patterns: Sequence[Pattern], columns: int = 5, theme: Theme = LIGHT) -> bytes:
    """All pieces of several patterns, drawn to one scale.

    Args:
        patterns: one cell each.
        columns: cells in a row.

    Returns:
        The bytes of a PNG with a palette.
    """
    rows = -(-len(patterns) // columns)
    layouts = [place_panels([_outline(panel) for panel in pattern.panels]) for pattern in patterns]
    width, height = (max(size[axis] for _, size in layouts) for axis in (0, 1))
    cell = 3.3
    figure = Figure(figsize=(cell * columns, cell * 1.12 * rows * height / width), facecolor=theme.page)
    figure.subplots_adjust(left=0.01, right=0.99, top=0.97, bottom=0.03, wspace=0.04, hspace=0.16)
    for number, (pattern, (offset, size)) in enumerate(zip(patterns, layouts, strict=True)):
        axes = figure.add_subplot(rows, columns, number + 1)
        _draw_pattern(axes, pattern, offset + np.array([(width - size[0]) / 2, height - size[1]]), theme)
        axes.set(xlim=(0, width), ylim=(0, height), aspect="equal")
        axes.axis("off")
    _scale_bar(figure, width, columns, theme)
    return _png(figure)


def _draw_pattern(axes: Axes, pattern: Pattern, offset: np.ndarray, theme: Theme) -> None:
    sewn = {(seam.panel_a, seam.edge_a) for seam in pattern.seams} | {(s.panel_b, s.edge_b) for s in pattern.seams}
    for panel, shift in zip(pattern.panels, offset, strict=True):
        outline = _outline(panel) + shift
        axes.fill(*outline.T, facecolor=_paper(panel, theme), edgecolor="none")
        for edge in panel.edges:
            points = edge.points_cm + shift
            is_sewn = (panel.name, edge.name) in sewn
            axes.plot(*points.T, color=theme.ink, linewidth=0.9 if is_sewn else 1.6, solid_capstyle="round")
            if is_sewn:
                axes.plot(*_inset(points).T, color=theme.quiet, linewidth=0.5, dashes=(3, 2))
        _label(axes, panel, outline, theme)
    design = pattern.design
    words = [
        design.cut,
        *(word for word in (design.neckline, design.sleeve) if word != "none"),
        design.sex,
        pattern.size,
    ]
    axes.set_title(design.category, loc="left", fontsize=10, fontweight="bold", color=theme.ink, family=_FONT)
    axes.set_title(" · ".join(words), loc="right", fontsize=6.5, color=theme.quiet, family=_FONT)


def _label(axes: Axes, panel: Panel, outline: np.ndarray, theme: Theme) -> None:
    low, high = outline.min(axis=0), outline.max(axis=0)
    middle = (low + high) / 2
    reach = min(0.22 * (high[1] - low[1]), 14.0)
    if high[1] - low[1] > 14:
        style = {"arrowstyle": "<->", "color": theme.quiet, "lw": 0.6}
        axes.annotate("", (middle[0], middle[1] - reach), (middle[0], middle[1] + reach), arrowprops=style)
    name = panel.name.replace("_", "\n", 1)
    box = {"facecolor": _paper(panel, theme), "edgecolor": "none", "pad": 1}
    x, y = middle
    axes.text(x, y, name, fontsize=5, ha="center", va="center", color=theme.ink, family=_FONT, bbox=box)


def _scale_bar(figure: Figure, width: float, columns: int, theme: Theme) -> None:
    axes = figure.add_axes((0.0, 0.0, 1.0, 0.03))
    axes.set(xlim=(0, width * columns), ylim=(0, 1))
    axes.axis("off")
    end = width * columns - 8
    axes.plot([end - 50, end], [0.45, 0.45], color=theme.ink, linewidth=1.4)
    axes.text(end - 54, 0.45, "50 cm", ha="right", va="center", fontsize=7, color=theme.ink, family=_FONT)


def _paper(panel: Panel, theme: Theme) -> str:
    return {-1: theme.front, 1: theme.back, 0: theme.folded}[panel.side]


def _outline(panel: Panel) -> np.ndarray:
    return np.concatenate([edge.points_cm[:-1] for edge in panel.edges])


def _inset(points: np.ndarray) -> np.ndarray:
    """The stitching line, a little inside the outline (which runs counter-clockwise)."""
    along = np.gradient(points, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True).clip(1e-9)
    return points + _SEAM_ALLOWANCE_CM * np.stack([-along[:, 1], along[:, 0]], axis=1)


def _png(figure: Figure) -> bytes:
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(110)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    stream = io.BytesIO()
    picture.quantize(64).save(stream, "PNG", optimize=True)
    return stream.getvalue()
