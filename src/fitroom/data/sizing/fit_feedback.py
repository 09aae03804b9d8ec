"""What buyers said of the fit of what they bought: RentTheRunway and ModCloth, JSON lines as published (Misra et al.,
"Decomposing fit semantics for product size recommendation in metric spaces", RecSys 2018).

A row has user, item, size, what the user says of the own body, and the answer: too small, fit, too large. Review text,
its summary and the rating are written after the answer and about it: they are not read.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fitroom.errors import DataError
from fitroom.progress import log

FITS = ("small", "fit", "large")
NUMBERS = (
    "size", "height_cm", "weight_kg", "age_years", "band_in", "cup", "waist_in", "bust_in", "hip_in", "shoe_size",
)  # fmt: skip
WORDS = ("category", "body_type", "occasion")
POUND_KG, INCH_CM = 0.45359237, 2.54
_AGES = (12, 100)  # the sets hold ages of 0 and of 117
# Bra cups in order; Americans and Britons name the large ones differently, so those share a place.
_CUPS = {"aa": 0, "a": 1, "b": 2, "c": 3, "d": 4, "d+": 4.5, "dd": 5, "dd/e": 5, "e": 5, "ddd/e": 6, "ddd/f": 6,
         "f": 6, "dddd/f": 6, "g": 7, "dddd/g": 7, "h": 8, "i": 9, "j": 10, "k": 11}  # fmt: skip


def read_feedback(path: Path) -> pd.DataFrame:
    """Rows of a file of feedback.

    Args:
        path: ``.json``, ``.jsonl`` or either with ``.gz``; one object a line.

    Returns:
        ``user`` and ``item`` (str), ``fit`` (0 small, 1 fit, 2 large), :data:`NUMBERS` (NaN = not said) and
        :data:`WORDS` ("" = not said), in the file's order.

    Raises:
        DataError: no such file, a line that is no JSON object, lines of neither set, or no usable row.
    """
    path = Path(path)
    rows, without = [], 0
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        said = _object(path, number, line)
        if said.get("fit") in FITS and said.get("user_id") not in (None, "") and said.get("item_id") not in (None, ""):
            rows.append(_row(said))
        else:
            without += 1
    if not rows:
        raise DataError(
            "the file holds no feedback on fit", where=path,
            rule='one JSON object a line with "user_id", "item_id" and "fit": small, fit or large',
            got=f"{without} lines without" if without else "nothing",
        )  # fmt: skip
    if without:
        log.warning(
            "%s: %d of %d lines have no user, item or fit, and are left out", path, without, without + len(rows)
        )
    return pd.DataFrame(rows, columns=["user", "item", "fit", *NUMBERS, *WORDS])


def _lines(path: Path) -> Iterator[str]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as stream:
            yield from stream
    except (OSError, UnicodeDecodeError, EOFError, zlib.error) as error:
        raise DataError("the feedback cannot be read", where=path, rule="JSON lines, or .gz", got=str(error)) from error


def _object(path: Path, number: int, line: str) -> Mapping[str, Any]:
    try:
        said = json.loads(line)
    except ValueError as error:
        raise DataError("a line of the feedback is not JSON", where=f"{path}, line {number}", got=str(error)) from error
    if not isinstance(said, dict):
        raise DataError("a line of the feedback is no object", where=f"{path}, line {number}", got=line[:60].strip())
    return said


def _row(said: Mapping[str, Any]) -> list[Any]:
    numbers = [_number(read(said)) for read in _NUMBERS.values()]
    words = [str(said.get(key) or "").strip().lower() for key in ("category", "body type", "rented for")]
    return [str(said["user_id"]), str(said["item_id"]), FITS.index(said["fit"]), *numbers, *words]


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


def first_number(text: object) -> float | None:
    """The first number of a text such as "137lbs", "34.0" or 12; None where there is none."""
    found = re.search(r"\d+(\.\d+)?", str(text)) if text is not None else None
    return float(found[0]) if found else None


def height_cm(text: object) -> float | None:
    """Feet and inches, written 5' 8", 5ft 6in or 5ft, to cm."""
    found = re.match(r"""\s*(\d+)\s*(?:'|ft)\s*(?:(\d+)\s*(?:"|in)?)?""", str(text or ""))
    return (int(found[1]) * 12 + int(found[2] or 0)) * INCH_CM if found else None


def cup(text: object) -> float | None:
    """The place of a cup's letter; of "34d" the "d"."""
    letters = re.sub(r"^\s*\d+\s*", "", str(text or "")).strip().lower()
    return _CUPS.get(letters)


def _pounds(said: Mapping[str, Any]) -> float | None:
    pounds = first_number(said.get("weight"))
    return None if pounds is None else pounds * POUND_KG


def _age(said: Mapping[str, Any]) -> float | None:
    years = first_number(said.get("age"))
    return years if years is not None and _AGES[0] <= years <= _AGES[1] else None


_NUMBERS: dict[str, Callable[[Mapping[str, Any]], float | None]] = {
    "size": lambda said: first_number(said.get("size")),
    "height_cm": lambda said: height_cm(said.get("height")),
    "weight_kg": _pounds,
    "age_years": _age,
    "band_in": lambda said: first_number(said.get("bust size", said.get("bra size"))),
    "cup": lambda said: cup(said.get("bust size", said.get("cup size"))),
    "waist_in": lambda said: first_number(said.get("waist")),
    "bust_in": lambda said: first_number(said.get("bust")),
    "hip_in": lambda said: first_number(said.get("hips")),
    "shoe_size": lambda said: first_number(said.get("shoe size")),
}
