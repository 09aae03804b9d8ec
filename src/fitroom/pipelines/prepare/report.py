"""What became of every photo: ``prepare.jsonl``, a line each, and sheets to look at, the refused first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from fitroom.contracts import Part
from fitroom.data.pairs.openpose import from_coco
from fitroom.data.pairs.skeleton import draw_skeleton
from fitroom.errors import ImageError
from fitroom.images import decode_rgb_u8, resize_filtered_u8
from fitroom.pipelines.prepare.outcome import FLAGGED, READY, REFUSED, Outcome
from fitroom.pipelines.prepare.plan import Plan
from fitroom.pipelines.prepare.tree import Kept
from fitroom.wardrobe.layout import Page, Tile, save
from fitroom.wardrobe.truth.masks import emptied
from fitroom.writing import write_text_atomically

REPORT = "prepare.jsonl"
_ORDER = (REFUSED, FLAGGED, READY)
_TILES_A_ROW, _ROWS_A_PAGE = 3, 6
_HEIGHT_PX = 260
_CUT_AWAY = np.array([255, 0, 255], np.uint8)
_COLORS = np.array(
    [(0, 0, 0), (120, 72, 30), (255, 205, 175), (255, 150, 120), (230, 70, 70), (70, 90, 230), (200, 60, 160),
     (60, 160, 210), (40, 190, 70), (10, 110, 50), (215, 200, 40), (70, 70, 130), (160, 40, 170), (240, 140, 40),
     (255, 60, 255), (60, 240, 240), (250, 250, 250), (140, 140, 20), (120, 200, 200), (200, 120, 200), (255, 110, 60),
     (110, 80, 60), (170, 110, 70)],
    dtype=np.uint8,
)  # fmt: skip


def write_lines(outcomes: Sequence[Outcome], made: Plan, folder: Path) -> None:
    """``prepare.jsonl``: an outcome a line, with the photo's names in the layout."""
    ids = made.ids()
    lines = [json.dumps({**asdict(one), "names": ids.get(one.photo, [])}, ensure_ascii=False) for one in outcomes]
    write_text_atomically(folder / REPORT, "".join(f"{line}\n" for line in lines))


def write_sheets(outcomes: Sequence[Outcome], kept: Kept, root: Path, folder: Path) -> None:
    """``prepare-01.png`` ...: each photo with what was made of it, 18 a page.

    Args:
        outcomes: of all photos.
        kept: name of a photo to what was made of it.
        root: folder of the photos; refused ones are shown from there.
        folder: to write to.
    """
    shown = sorted(outcomes, key=lambda one: (_ORDER.index(one.outcome), one.role or "", one.photo))
    size = _TILES_A_ROW * _ROWS_A_PAGE
    pages = [shown[start : start + size] for start in range(0, len(shown), size)]
    for number, page in enumerate(pages, 1):
        tiles = [Tile(_pictures(one, kept, root), _caption(one)) for one in page]
        rows = [tiles[start : start + _TILES_A_ROW] for start in range(0, len(tiles), _TILES_A_ROW)]
        title = f"{root.name}: photos as prepared"
        save(Page(title, f"{told(outcomes)}; page {number} of {len(pages)}", rows, _HEIGHT_PX), folder / _name(number))


def told(outcomes: Sequence[Outcome]) -> str:
    """Counts in words."""
    counts = Counter((one.outcome, one.role or "unreadable") for one in outcomes)
    words = [
        f"{sum(number for (state, _), number in counts.items() if state == outcome)} {outcome}"
        + "".join(f" ({number} {role})" for (state, role), number in sorted(counts.items()) if state == outcome)
        for outcome in _ORDER[::-1]
    ]
    return f"{len(outcomes)} photos: {', '.join(words)}"


def _name(number: int) -> str:
    return f"prepare-{number:02d}.png"


def _caption(one: Outcome) -> list[str]:
    sure = ", ".join(f"{name} {value:.0%}" for name, value in one.confidence.items() if name != "role" or value < 1)
    codes = ", ".join(flag.code for flag in one.flags)
    what = f"{one.role or 'unreadable'}{f', {one.label}' if one.label else ''}"
    return [one.photo, f"{one.outcome}: {codes}" if codes else one.outcome, f"{what}; {sure}" if sure else what]


def _pictures(one: Outcome, kept: Kept, root: Path) -> list[np.ndarray]:
    if one.outcome == REFUSED:
        return [_original(root / one.photo)]
    arrays = kept(one.photo).arrays
    picture = _small(decode_rgb_u8(arrays["jpeg"].tobytes()))
    size = picture.shape[:2]
    if one.role == "garment":
        cut = picture.copy()
        cut[~_nearest(arrays["mask"].astype(np.uint8), size).astype(bool)] = _CUT_AWAY
        return [picture, cut]
    parse = _nearest(arrays["parse"], size)
    points = arrays["keypoints"] * (size[0] / len(arrays["parse"]), size[0] / len(arrays["parse"]), 1)
    sticks = draw_skeleton(from_coco(points, 18), *size)
    colored = np.where(sticks.any(-1, keepdims=True), sticks, _COLORS[np.minimum(parse, len(Part) - 1)])
    masks = [_nearest(arrays[f"mask_{name}"].astype(np.uint8), size).astype(bool) for name in one.categories]
    return [picture, colored.astype(np.uint8), *(emptied(picture, mask) for mask in masks)]


def _original(path: Path) -> np.ndarray:
    try:
        return _small(decode_rgb_u8(path, at_least=(_HEIGHT_PX, _HEIGHT_PX)))
    except ImageError:
        return np.full((_HEIGHT_PX, _HEIGHT_PX * 3 // 4, 3), 200, np.uint8)


def _small(image_u8: np.ndarray) -> np.ndarray:
    return resize_filtered_u8(
        image_u8, _HEIGHT_PX, max(round(image_u8.shape[1] * _HEIGHT_PX / len(image_u8)), 1), "area"
    )


def _nearest(labels: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    rows, columns = (np.arange(to) * have // to for to, have in zip(size, labels.shape, strict=True))
    return labels[rows[:, None], columns]
