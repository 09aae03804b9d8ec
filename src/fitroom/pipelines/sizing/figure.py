"""A person in a photo as a figure: which parts lie where, in the person's own height, whatever the photo's size.

photo -> parse -> the one person, found fit to be read -> rows from crown to sole -> shares of groups of parts (C, R, W)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fitroom.contracts import Part
from fitroom.images import at_most_u8
from fitroom.models.body_photo.config import BodyPhotoConfig
from fitroom.pipelines.parse import Parsed, ParsePipeline
from fitroom.pipelines.prepare.framing import Window, person_window
from fitroom.pipelines.prepare.one_person import OnePerson, one_person
from fitroom.pipelines.sizing.photo_check import check_photo

_FILLS = 0.7  # of the photo's height: whoever is smaller is looked at again, alone
_LONGEST_PX = 768  # a first look at a larger photo costs time and tells no more
_ARMS = (Part.LEFT_ARM, Part.RIGHT_ARM)


def figure_of(image_u8: np.ndarray, parser: ParsePipeline, config: BodyPhotoConfig, where: str = "photo") -> np.ndarray:
    """(C, R, W) uint8, in 1/255: how much of each cell each group of parts covers.

    Args:
        image_u8: (H, W, 3) uint8 RGB of one standing person, seen from the front, head to feet.
        parser: tells the parts.
        config: groups, rows and columns.
        where: the photo's name, said in messages.

    Raises:
        ImageError: as :func:`fitroom.pipelines.sizing.photo_check.check_photo`.
    """
    parsed = parser([at_most_u8(image_u8, _LONGEST_PX)])[0]
    person = one_person(parsed.parse)
    check_photo(parsed, person, where)
    if (window := _closer(image_u8, person)) is None:
        return figure(parsed, person, config.parts, config.rows, config.columns)
    return checked_figure(parser([window.take(image_u8, parser.preprocessing.height_px)])[0], config, where)


def checked_figure(parsed: Parsed, config: BodyPhotoConfig, where: str) -> np.ndarray:
    """As :func:`figure_of`, of a photo that was parsed."""
    person = one_person(parsed.parse)
    check_photo(parsed, person, where)
    return figure(parsed, person, config.parts, config.rows, config.columns)


def figure(
    parsed: Parsed, person: OnePerson, groups: Sequence[tuple[Part, ...]], rows: int, columns: int
) -> np.ndarray:
    """As :func:`figure_of`, of a photo that was parsed and checked."""
    top, _, bottom, _ = person.box()
    trunk = (person.parse > 0) & ~np.isin(person.parse, _ARMS)
    middle = float(np.median(np.nonzero(trunk)[1])) + 0.5
    half = (bottom - top) / rows * columns / 2
    edges_y, edges_x = np.linspace(top, bottom, rows + 1), np.linspace(middle - half, middle + half, columns + 1)
    kept = person.parse > 0
    shares_CRW = _averages(np.stack([parsed.probability(parts) * kept for parts in groups]), edges_y, edges_x)
    return np.round(np.clip(shares_CRW, 0, 1) * 255).astype(np.uint8)


def _averages(values_CHW: np.ndarray, edges_y: np.ndarray, edges_x: np.ndarray) -> np.ndarray:
    """(C, R, W) mean over cells whose borders may lie between pixels; beyond the picture there is nothing."""
    over_y_CRX = _shares(edges_y, values_CHW.shape[1]) @ values_CHW
    return np.asarray(over_y_CRX @ _shares(edges_x, values_CHW.shape[2]).T)


def _shares(edges: np.ndarray, num_px: int) -> np.ndarray:
    """(len(edges) - 1, num_px) float32: how much of each cell each pixel fills."""
    pixels = np.arange(num_px)
    over = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return (np.maximum(over, 0) / np.diff(edges)[:, None]).astype(np.float32)


def _closer(image_u8: np.ndarray, person: OnePerson) -> Window | None:
    """The part of the photo with the person; None where that is most of it."""
    top, left, bottom, right = person.box()
    if bottom - top >= _FILLS * person.parse.shape[0]:
        return None
    scale = image_u8.shape[0] / person.parse.shape[0]
    box = (round(top * scale), round(left * scale), round(bottom * scale), round(right * scale))
    return person_window(box, *image_u8.shape[:2])
