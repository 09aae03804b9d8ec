"""Pictures for the documentation: where every tape lies, and the population against its survey."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh
from PIL import Image, ImageDraw, ImageFont

from fitroom.wardrobe.bodies.body import BodyShape
from fitroom.wardrobe.bodies.comparison import Comparison
from fitroom.wardrobe.bodies.model import BodyModel
from fitroom.wardrobe.bodies.normals import vertex_normals
from fitroom.wardrobe.bodies.tape import MEASURES, Tape, standing, tapes

_TILE = (230, 300)
_SKIN, _PAPER, _INK, _HIDDEN = (222, 200, 184), (247, 246, 243), (184, 32, 44), (226, 158, 160)
_LIGHT = np.array([-0.45, -0.75, 0.5])
_ROUND = ("chest", "waist", "hip", "thigh", "neck", "upper_arm")
_LABELS = {"upper_arm": "upper arm", "back_length": "back length", "shoulder_width": "shoulder width"}
# Per measure: how far the camera walks round the body (degrees), and the height of the picture in metres.
_VIEWS = {
    "height": (0, 1.95), "chest": (30, 0.75), "waist": (30, 0.75), "hip": (30, 0.75), "thigh": (-20, 0.75),
    "neck": (30, 0.5), "upper_arm": (-35, 0.75), "inseam": (0, 1.2), "back_length": (160, 0.85),
    "shoulder_width": (0, 0.75), "sleeve": (-35, 0.95),
}  # fmt: skip


def tape_picture(model: BodyModel, shape: BodyShape, path: Path) -> None:
    """Save a PNG sheet: every tape of :data:`tape.MEASURES` on the standing body, with its reading.

    The red line is the tape, pale where the body hides it; straight measures shine through.
    """
    body = standing(model, shape)
    lengths = tapes(model, body)
    columns = 6
    sheet = Image.new("RGB", (columns * _TILE[0], -(-len(MEASURES) // columns) * _TILE[1]), _PAPER)
    for i, name in enumerate(MEASURES):
        tile = _tape_tile(body.vertices_m, model.faces, name, lengths[name])
        sheet.paste(tile, (i % columns * _TILE[0], i // columns * _TILE[1]))
    sheet.quantize(200, dither=Image.Dither.NONE).save(path, optimize=True)


def population_picture(comparisons: Sequence[Comparison], path: Path) -> None:
    """Save a PNG: per measure the survey's quantiles against those of the bodies, and all correlations."""
    import matplotlib  # imported here: only documentation needs it, and it is slow to import

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = comparisons[0].survey.measures
    figure, axes = plt.subplots(3, 4, figsize=(11, 8.4), constrained_layout=True)
    colours = {"female": "#b8202c", "male": "#22577a"}
    for axis, name in zip(axes.flat, names, strict=False):
        for comparison in comparisons:
            row = comparison.survey.measures.index(name)
            x, y = comparison.survey.quantiles[row], comparison.reached.quantiles[row]
            axis.plot(x, y, "o-", ms=3.5, lw=1, color=colours[comparison.sex], label=comparison.sex)
        axis.axline((x.mean(), x.mean()), slope=1, color="0.6", lw=0.8, zorder=0)
        axis.set_title(f"{_LABELS.get(name, name)} ({'kg' if name == 'mass' else 'cm'})", fontsize=10)
    last = axes.flat[len(names)]
    for comparison in comparisons:
        upper = np.triu_indices(len(names), 1)
        x, y = comparison.survey.correlation[upper], comparison.reached.correlation[upper]
        last.plot(x, y, "o", ms=3, color=colours[comparison.sex])
    last.axline((0.5, 0.5), slope=1, color="0.6", lw=0.8, zorder=0)
    last.set_title("correlations", fontsize=10)
    for axis in axes.flat[len(names) + 1 :]:
        axis.axis("off")
    axes.flat[0].legend(frameon=False, fontsize=9)
    figure.supxlabel("survey: quantiles from 2 % to 98 %")
    figure.supylabel(f"bodies measured with the tape, {' + '.join(str(c.count) for c in comparisons)}")
    figure.savefig(path, dpi=80)
    plt.close(figure)


def _tape_tile(vertices: np.ndarray, faces: np.ndarray, name: str, tape: Tape) -> Image.Image:
    length, line = tape
    yaw_deg, span = _VIEWS[name]
    turn = _about_z(np.radians(yaw_deg))
    seen, line = vertices @ turn.T, line @ turn.T
    middle = (line.min(0) + line.max(0)) / 2
    scale = 2 * (_TILE[1] - 30) / span
    scene = rtcore_scene.EmbreeScene()
    TriangleMesh(scene, seen[faces].astype(np.float32))
    picture = _shade(scene, seen, faces, middle, scale)
    points = _densify(np.vstack([line, line[:1]]) if name in _ROUND else line)
    hidden = _is_hidden(scene, points) & (name in _ROUND)
    draw = ImageDraw.Draw(picture)
    flat = np.stack([picture.width / 2 + (points[:, 0] - middle[0]) * scale, _row(points[:, 2], middle[2], scale)], 1)
    for covered, colour, width in ((True, _HIDDEN, 3), (False, _INK, 6)):
        for a, b, is_hidden in zip(flat[:-1], flat[1:], hidden, strict=False):
            if is_hidden == covered:
                draw.line([*a, *b], fill=colour, width=width)
    tile = picture.resize(_TILE, Image.Resampling.LANCZOS)
    text = f"{_LABELS.get(name, name)} {100 * length:.1f} cm"
    ImageDraw.Draw(tile).text((10, 8), text, fill=(40, 40, 40), font=ImageFont.load_default(15))
    return tile


def _shade(
    scene: rtcore_scene.EmbreeScene, vertices: np.ndarray, faces: np.ndarray, middle: np.ndarray, scale: float
) -> Image.Image:
    width, height = 2 * _TILE[0], 2 * _TILE[1]
    x, row = np.meshgrid((np.arange(width) - width / 2) / scale, np.arange(height))
    z = (height / 2 + 20 - row) / scale
    origin = np.stack([x + middle[0], np.full_like(x, -9.0), z + middle[2]], -1).reshape(-1, 3).astype(np.float32)
    ahead = np.tile(np.array([0, 1, 0], np.float32), (len(origin), 1))
    hits = scene.run(origin, ahead, query="INTERSECT", output=True)
    face, weight = hits["primID"], np.stack([1 - hits["u"] - hits["v"], hits["u"], hits["v"]], 1)
    normals = np.einsum("nkc,nk->nc", vertex_normals(vertices, faces)[faces[face]], weight)
    shade = 0.5 + 0.5 * np.clip(normals @ (_LIGHT / np.linalg.norm(_LIGHT)), 0, 1)
    pixels = np.where((face >= 0)[:, None], shade[:, None] * _SKIN, _PAPER)
    return Image.fromarray(pixels.reshape(height, width, 3).astype(np.uint8))


def _row(z: np.ndarray, middle: float, scale: float) -> np.ndarray:
    """Picture row of height ``z``; the middle lies 20 pixels below the centre, under the label."""
    return _TILE[1] + 20 - (z - middle) * scale


def _is_hidden(scene: rtcore_scene.EmbreeScene, points: np.ndarray) -> np.ndarray:
    """(N,) bool: more than 1.2 cm behind the surface the camera sees."""
    origin = points.astype(np.float32)
    origin[:, 1] = -9.0
    hits = scene.run(origin, np.tile(np.array([0, 1, 0], np.float32), (len(points), 1)), query="INTERSECT", output=True)
    hidden: np.ndarray = (hits["primID"] >= 0) & (hits["tfar"] < points[:, 1] + 9.0 - 0.012)
    return hidden


def _densify(line: np.ndarray, step_m: float = 0.004) -> np.ndarray:
    pieces = [
        a + (b - a) * np.linspace(0, 1, max(int(np.linalg.norm(b - a) / step_m), 1), endpoint=False)[:, None]
        for a, b in pairwise(line)
    ]
    return np.vstack([*pieces, line[-1:]])


def _about_z(angle: float) -> np.ndarray:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
