"""The photos of a folder: which files, and what their folders say of them.

persons/ann.jpg                 a person
garments/tee.jpg                a garment
garments/dresses/red.jpg        a garment of a category that is known
anything/else.jpg               what it shows is to be seen
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fitroom.data.pairs.dresscode import CATEGORIES
from fitroom.data.source import require_text
from fitroom.errors import DataError
from fitroom.images import EXTENSIONS

Role = Literal["person", "garment"]
FOLDERS: dict[str, Role] = {
    "persons": "person", "person": "person", "people": "person", "models": "person",
    "garments": "garment", "garment": "garment", "clothes": "garment", "cloth": "garment",
}  # fmt: skip
# What phones write and nothing here reads: named in the report, not passed over.
_FOREIGN = {".heic", ".heif", ".avif", ".dng", ".raw"}
_KNOWN = {ending for endings in EXTENSIONS.values() for ending in endings} | _FOREIGN


@dataclass(frozen=True)
class Photo:
    """One file, not opened yet.

    Attributes:
        name: its path below the folder, with "/".
        path: where it is.
        role: what its folder says; None = nothing.
        category: "upper_body", "lower_body" or "dresses", where its folder says so.
    """

    name: str
    path: Path
    role: Role | None
    category: str | None


def find_photos(root: Path) -> list[Photo]:
    """All pictures below a folder, sorted by name; hidden files and folders are passed over.

    Raises:
        DataError: no such folder, no picture in it, or a name that is no text.
    """
    if not root.is_dir():
        raise DataError("the folder of photos is not there", where=root, fix="check the path")
    found = []
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if path.suffix.lower() in _KNOWN and path.is_file() and not any(part.startswith(".") for part in parts):
            found.append(_photo(path, parts))
    require_text((photo.name for photo in found), root)
    if not found:
        raise DataError("the folder holds no photos", where=root, rule=", ".join(sorted(_KNOWN)))
    return found


def _photo(path: Path, parts: tuple[str, ...]) -> Photo:
    folders = [part.lower() for part in parts[:-1]]
    role = next((FOLDERS[name] for name in folders if name in FOLDERS), None)
    category = next((name for name in folders if name in CATEGORIES), None) if role == "garment" else None
    return Photo("/".join(parts), path, role, category)
