"""A lookbook as one HTML file: all pictures in it, nothing asked of anybody, made to be read on a phone as well."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from fitroom import __version__
from fitroom.images import at_most_u8, decode_rgb_u8, encode_jpeg
from fitroom.pipelines.lookbook.make import Lookbook
from fitroom.pipelines.lookbook.tongues import Tongue

TEMPLATES = Path(__file__).parent / "templates"
_THUMB_PX, _QUALITY = 288, 85
_LOW_CM, _HIGH_CM = -10.0, 32.0
"""Ends of the drawing of room; what lies beyond is drawn at the end."""


def render(book: Lookbook, values: Mapping[str, Any], pictures: Mapping[str, bytes], tongue: Tongue) -> str:
    """The page.

    Args:
        book: pixels of the photos.
        values: see :func:`~fitroom.pipelines.lookbook.values.values_of`.
        pictures: JPEGs by file name.
        tongue: what it speaks.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(["html"]), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(uri=_uri, at=_at)
    shown = {item["item_id"] for outfit in values["outfits"] for item in outfit["items"]}
    shown |= {item["item_id"] for item in values["liked"]}
    photos = {one: _thumb(decode_rgb_u8(book.shelf.articles[one].photo)) for one in sorted(shown)}
    return environment.get_template("page.html").render(
        v=values, t=tongue, pictures=pictures, photos=photos, person=encode_jpeg(book.photo_u8, _QUALITY),
        small_person=_thumb(book.photo_u8), words={one: tongue.piece(_named(book, one)) for one in values["too_small"]},
        version=__version__,
    )  # fmt: skip


def _named(book: Lookbook, item_id: str) -> dict[str, Any]:
    piece = book.shelf.articles[item_id].piece
    return {"words": piece.words(), "category": piece.category, "attributes": dict(piece.attributes)}


def _thumb(image_u8: np.ndarray) -> bytes:
    """A JPEG at most :data:`_THUMB_PX` high and wide."""
    return encode_jpeg(at_most_u8(image_u8, _THUMB_PX), _QUALITY)


def _uri(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _at(ease_cm: float) -> float:
    """Where a room lies in its drawing, in % of the width."""
    share = (ease_cm - _LOW_CM) / (_HIGH_CM - _LOW_CM)
    return round(100 * min(max(share, 0.0), 1.0), 1)
