"""A lookbook as plain values: all that ``lookbook.json`` says, and all that the page is drawn from.

The same question to the same bundles has the same values: no time, no path of a machine is among them.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from fitroom.data.outfits.pieces import Piece
from fitroom.images import pixel_sha256
from fitroom.pipelines.lookbook.dress import LAYERS, Step
from fitroom.pipelines.lookbook.make import Look, Lookbook
from fitroom.pipelines.sizing.advise import Advice
from fitroom.pipelines.sizing.answers import unit_of
from fitroom.pipelines.sizing.fit import SizeFit
from fitroom.pipelines.sizing.words import misfit
from fitroom.wardrobe.truth.fit import THRESHOLDS_CM

VERSION = 1
SHOWN = ("height", "weight", "chest", "waist", "hip", "inseam")


def values_of(book: Lookbook) -> dict[str, Any]:
    """Everything of a lookbook but pixels; numbers are rounded to what they are worth."""
    shopper = book.shopper
    pieces = {one: article.piece for one, article in book.shelf.articles.items()}
    asked = {name: getattr(shopper, name) for name in ("season", "weather", "occasion", "prefer")}
    return {
        "version": VERSION,
        "shopper": {
            "name": shopper.name, "photo_sha256": pixel_sha256(book.photo_u8), "department": shopper.wears, **asked,
            "told": dict(shopper.answers().values), "sex": shopper.sex, "measured": shopper.measured,
        },
        "body": {name: _measure(book, name) for name in SHOWN},
        "remarks": list(book.body.remarks),
        "options": dataclasses.asdict(book.options),
        "liked": [_named(pieces[one]) for one in shopper.liked],
        "outfits": [_outfit(place, look, book) for place, look in enumerate(book.looks, 1)],
        "num_items": len(book.shelf.articles),
        "left_out": dict(sorted(book.shelf.left_out.items())),
        "too_small": sorted(book.too_small),
        "made_by": dict(book.made_by),
    }  # fmt: skip


def picture_name(rank: int, place: int) -> str:
    """File of an outfit's picture number ``place``, both from 1."""
    return f"pictures/{rank}-{place}.jpg"


def _measure(book: Lookbook, name: str) -> dict[str, Any]:
    low, high = book.body.interval(name)
    return {"median": _cm(book.body.median(name)), "low": _cm(low), "high": _cm(high), "unit": unit_of(name)}


def _outfit(rank: int, look: Look, book: Lookbook) -> dict[str, Any]:
    pieces = sorted(look.outfit.pieces, key=_layer)
    told = look.outfit.plain()
    prices = [piece.price for piece in pieces]
    return {
        "rank": rank,
        "probability": told["probability"],
        "leant": round(look.outfit.leant, 4),
        "liking": round(sum(book.likings.get(piece.piece_id, 0.0) for piece in pieces) / len(pieces), 4),
        "price": None if None in prices else round(sum(price for price in prices if price is not None), 2),
        "why": told["why"],
        "reasons": told["reasons"],
        "items": [_item(piece, look.advice.get(piece.piece_id), book) for piece in pieces],
        "pictures": [_picture(rank, place, step) for place, step in enumerate(look.steps, 1)],
    }


def _item(piece: Piece, advice: Advice | None, book: Lookbook) -> dict[str, Any]:
    values = _named(piece) | {
        "price": piece.price,
        "is_liked": piece.piece_id in book.shopper.liked,
        "liking": round(book.likings.get(piece.piece_id, 0.0), 4),
    }
    return values | {"size": None if advice is None else _size(advice)}


def _named(piece: Piece) -> dict[str, Any]:
    attributes = {name: list(words) for name, words in piece.attributes.items()}
    return {
        "item_id": piece.piece_id, "words": piece.words(), "category": piece.category, "role": piece.role,
        "attributes": attributes,
    }  # fmt: skip


def _size(advice: Advice) -> dict[str, Any]:
    chosen = next(size for size in advice.sizes if size.size == advice.size)
    return {
        "label": advice.size,
        "probability": round(advice.probability, 4),
        "sentence": advice.words,
        "misfit": misfit(advice.sizes),
        "places": {name: _place(name, chosen, advice) for name in chosen.places},
        "hem": None if chosen.hem is None else {"words": chosen.hem.words, "height_cm": _cm(chosen.hem.height_cm)},
        "sizes": {size.size: round(size.probability, 4) for size in advice.sizes},
    }


def _place(name: str, chosen: SizeFit, advice: Advice) -> dict[str, Any]:
    fit = chosen.places[name]
    window = THRESHOLDS_CM[advice.region][name]
    ease = {"ease_cm": fit.ease_cm, "low_cm": fit.low_cm, "high_cm": fit.high_cm}
    return {key: round(value, 2) for key, value in ease.items()} | {"label": fit.label, "regular_cm": list(window)}


def _picture(rank: int, place: int, step: Step) -> dict[str, Any]:
    return {
        "file": picture_name(rank, place),
        "after": step.item_id,
        "seen": None if step.seen is None else round(step.seen, 4),
        "warnings": [dataclasses.asdict(flag) for flag in step.flags],
    }


def _layer(piece: Piece) -> int:
    """As people dress; what is not tried on comes last."""
    return [*LAYERS, piece.role].index(piece.role)


def _cm(value: float) -> float:
    return round(float(value), 1)
