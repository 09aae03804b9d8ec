"""A part of a folder of outfits, whatever its layout."""

from __future__ import annotations

from pathlib import Path

from fitroom.data.outfits.jsonl import read_jsonl
from fitroom.data.outfits.pieces import OutfitSet
from fitroom.data.outfits.polyvore import METADATA, Polyvore, Release
from fitroom.errors import DataError


def read_part(root: Path, part: str, release: Release = "disjoint") -> OutfitSet | None:
    """Outfits of "train", "valid" or "test"; None where a folder of plain files has no such part.

    Args:
        root: folder with ``{part}.jsonl``, or with Polyvore Outfits as published.
        part: which.
        release: of Polyvore Outfits.

    Raises:
        DataError: no such folder, or files that do not fit.
    """
    if not root.is_dir():
        raise DataError("there is no such folder of outfits", where=root, fix="name a folder with train.jsonl")
    if (root / METADATA).is_file():
        return Polyvore(root, part, release).outfits
    path = root / f"{part}.jsonl"
    return read_jsonl(path) if path.is_file() else None
