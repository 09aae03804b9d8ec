"""Plain files of outfits, one JSON object a line.

items.jsonl    {"item_id": "a1", "category": "trousers",
                "attributes": {"color": "beige", "season": ["spring", "summer"]},
                "price": 59, "image": "a1.jpg", "embedding": [0.1, ...],
                "size_chart": {"S": {"waist": 70, "hip": 96}, "M": {"waist": 74, "hip": 100}}}
outfits.jsonl  {"outfit_id": "o1", "season": "summer", "weather": "hot", "occasion": "office",
                "items": [ITEM, ITEM, ...]}

All but ``item_id``, ``category`` and ``items`` may be left out. An entry of ``items`` may also be the id of an item of
an earlier line, so that a catalogue and the outfits made of it fit into one file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fitroom.config import nearest
from fitroom.data.outfits.pieces import ATTRIBUTES, CONTEXT, Outfit, OutfitSet, Piece, check_context, check_outfit_size
from fitroom.errors import DataError
from fitroom.writing import write_text_atomically

_ITEM_KEYS = ("item_id", "category", "attributes", "price", "image", "embedding", "size_chart")
_OUTFIT_KEYS = ("outfit_id", "items", "family", *CONTEXT)
_ITEM = "invalid-item"  # the code of an item that cannot be


def read_jsonl(path: Path) -> OutfitSet:
    """Items and outfits of a file, in any mixture.

    Raises:
        DataError: cannot be read, or a line that does not fit; it names the line, and what would be right.
    """
    return outfit_set(_lines(path), Path(path))


def outfit_set(lines: Iterable[tuple[str, dict[str, Any]]], root: Path) -> OutfitSet:
    """Items and outfits of plain values, in any mixture.

    Args:
        lines: where each stands, and its values.
        root: said in messages.

    Raises:
        DataError: values that do not fit; it says where, and what would be right.
    """
    pieces: dict[str, Piece] = {}
    outfits: list[Outfit] = []
    for where, values in lines:
        if "items" in values:
            outfits.append(_outfit(values, pieces, where))
        else:
            _add(pieces, _piece(values, where), where)
    widths = {len(piece.embedding) for piece in pieces.values() if piece.embedding}
    if len(widths) > 1:
        raise DataError(
            "embeddings differ in width", where=root, rule="one width for all", got=sorted(widths), code=_ITEM
        )
    if len({outfit.outfit_id for outfit in outfits}) < len(outfits):
        raise DataError("an outfit_id stands twice", where=root, rule="every outfit under an id of its own")
    if not pieces:
        raise DataError("there is no item", where=root, rule="a JSON object a line", fix="docs/outfits.md shows both")
    return OutfitSet(root, pieces, outfits)


def write_jsonl(path: Path, pieces: Iterable[Piece], outfits: Iterable[Outfit]) -> None:
    """Writes what :func:`read_jsonl` reads: the pieces, then outfits that name them."""
    lines: list[dict[str, Any]] = []
    for piece in pieces:
        attributes = {
            name: values[0] if len(values) == 1 else list(values) for name, values in piece.attributes.items()
        }
        line = {"item_id": piece.piece_id, "category": piece.category, "attributes": attributes}
        known = {
            "price": piece.price, "image": piece.image, "embedding": piece.embedding, "size_chart": piece.size_chart,
        }  # fmt: skip
        lines.append(line | {name: value for name, value in known.items() if value is not None})
    for outfit in outfits:
        family = {} if outfit.family is None else {"family": outfit.family}
        lines.append({"outfit_id": outfit.outfit_id, **family, **outfit.context, "items": list(outfit.piece_ids)})
    write_text_atomically(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError("the file of items cannot be read", where=path, got=str(error)) from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError as error:
            raise DataError("a line is not JSON", where=f"{path}, line {number}", got=str(error)) from error
        if not isinstance(values, dict):
            raise DataError("a line is no JSON object", where=f"{path}, line {number}", got=line[:60])
        yield f"{path}, line {number}", values


def _outfit(values: dict[str, Any], pieces: dict[str, Piece], where: str) -> Outfit:
    _check_keys(values, _OUTFIT_KEYS, "an outfit", where)
    if not isinstance(values["items"], list):
        raise DataError("items is no list", where=where, got=values["items"])
    ids = []
    for item in values["items"]:
        if isinstance(item, dict):
            piece = _piece(item, where)
            _add(pieces, piece, where)
            ids.append(piece.piece_id)
        elif str(item) in pieces:
            ids.append(str(item))
        else:
            raise DataError("an outfit names an item that is not there", where=where, rule="an earlier line", got=item)
    context = {name: values[name] for name in CONTEXT if values.get(name) is not None}
    name = str(values.get("outfit_id", where.rsplit(" ", 1)[1]))
    return Outfit(name, check_outfit_size(ids, where), check_context(context, where), values.get("family"))


def _piece(values: dict[str, Any], where: str) -> Piece:
    _check_keys(values, _ITEM_KEYS, "an item", where)
    for key in ("item_id", "category"):
        if not isinstance(values.get(key), str | int) or values[key] == "":
            raise DataError(f"an item has no {key}", where=where, rule="a word", got=values.get(key), code=_ITEM)
    given = values.get("attributes") or {}
    if not isinstance(given, dict):
        raise DataError("attributes is no object", where=where, rule='{"color": "beige"}', got=given)
    _check_keys(given, ATTRIBUTES, "attributes", where, "unknown-attribute")
    price, embedding, image = values.get("price"), values.get("embedding"), values.get("image")
    if not isinstance(image, str | None):
        raise DataError("this is no image", where=where, rule="one path, beside the file or below it, or left out",
                        got=str(image)[:60], code=_ITEM)  # fmt: skip
    if price is not None and not (_is_number(price) and price > 0):
        raise DataError("this is no price", where=where, rule="a number above 0, or left out", got=price, code=_ITEM)
    if embedding is not None and not (isinstance(embedding, list) and embedding and all(map(_is_number, embedding))):
        raise DataError("this is no embedding", where=where, rule="a list of finite numbers", got=str(embedding)[:60],
                        code=_ITEM)  # fmt: skip
    return Piece(
        str(values["item_id"]), str(values["category"]),
        {name: _words(value, name, where) for name, value in given.items() if value not in (None, [], "")},
        None if price is None else float(price), image,
        None if embedding is None else tuple(map(float, embedding)), _chart(values.get("size_chart"), where),
    )  # fmt: skip


def _chart(value: Any, where: str) -> Any:
    """Its form alone: what it says is judged by whoever wants a size."""
    is_table = isinstance(value, dict) and bool(value) and all(isinstance(size, dict) for size in value.values())
    if value is None or is_table or (isinstance(value, str) and value):
        return value
    raise DataError(
        "this is no size chart", where=where, got=str(value)[:60], code=_ITEM,
        rule='{"M": {"chest": 104}}: finished measures in cm by size; or the path of a chart\'s file',
    )  # fmt: skip


def _words(value: Any, name: str, where: str) -> tuple[str, ...]:
    words = tuple(value) if isinstance(value, list) else (value,)
    if not all(isinstance(word, str) and word for word in words):
        raise DataError(f"the {name} is no word", where=where, rule="a word, or a list of words", got=value, code=_ITEM)
    return words


def _add(pieces: dict[str, Piece], piece: Piece, where: str) -> None:
    if pieces.setdefault(piece.piece_id, piece) != piece:
        raise DataError("an item_id stands for two different items", where=where, got=piece.piece_id, code=_ITEM)


def _check_keys(values: dict[str, Any], known: tuple[str, ...], what: str, where: str, code: str = _ITEM) -> None:
    if unknown := [key for key in values if key not in known]:
        raise DataError(
            f"{what} cannot have {unknown[0]!r}", where=where, rule=f"any of {', '.join(known)}",
            fix=nearest(unknown[0], known), code=code,
        )  # fmt: skip


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
