"""Photos of anybody's with a parse each, in a plain folder; a person parser learns from them beside a wardrobe.

    DIR/photos/NAME.jpg       any size; .png, .webp ... too
    DIR/parses/NAME.png       one channel or a palette, of the photo's size: values of Part, 255 where nobody knows
    DIR/groups.csv            name,group: whom photos must not be separated by; may be missing

Names may lie in folders, the same under ``photos`` and ``parses``.
"""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from fitroom.contracts import UNKNOWN_PART, Part
from fitroom.data.csv_table import read_csv
from fitroom.data.parsing.photos import ParsedPhotos, manifest_of
from fitroom.data.source import image_files
from fitroom.errors import DataError
from fitroom.images import decode_labels, decode_rgb_u8, pixel_sha256
from fitroom.wardrobe.truth.encode import encode_mask

PHOTOS, PARSES, GROUPS = "photos", "parses", "groups.csv"


def read_labelled(folder: str | Path) -> ParsedPhotos:
    """All photos of such a folder, in the order of their names, as photos to fit to.

    Raises:
        DataError: no photo, two photos of one name, a photo without a parse or a parse without a photo, another size,
            values that are no part, or a table that lacks a column or a name.
        ImageError: a file that is no image, or a parse in colours.
    """
    root = Path(folder)
    shown = list(image_files(root / PHOTOS))
    files = {PurePosixPath(name).with_suffix("").as_posix(): root / PHOTOS / name for name in shown}
    if len(files) < len(shown):
        double = next(name for name in shown if root / PHOTOS / name not in files.values())
        raise DataError("two photos have one name", where=root / PHOTOS / double, rule="one ending a name")
    parses = {path.relative_to(root / PARSES).with_suffix("").as_posix() for path in (root / PARSES).rglob("*.png")}
    if not files or (alone := sorted(set(files) ^ parses)):
        raise DataError(
            "photos and parses do not belong together",
            where=root,
            rule=f"{PHOTOS}/NAME.jpg (.png ...), and {PARSES}/NAME.png for each, one at least",
            got="no photo" if not files else f"one of the two is missing of {', '.join(alone[:5])}",
        )
    groups = _groups(root, list(files))
    rows, photos, labels = [], [], []
    for name, path in files.items():
        image_u8, parse = decode_rgb_u8(path), decode_labels(_parse_file(root, name))
        height, width = image_u8.shape[:2]
        if parse.shape != (height, width):
            got = f"{parse.shape[1]} x {parse.shape[0]} px for a photo of {width} x {height}"
            raise DataError("a parse has another size than its photo", where=_parse_file(root, name), got=got)
        if other := sorted(set(np.unique(parse).tolist()) - {*Part, UNKNOWN_PART}):
            rule = f"0 to {len(Part) - 1}, see fitroom.contracts.Part, or {UNKNOWN_PART} where nobody knows"
            raise DataError(
                "a parse holds values that are no part", where=_parse_file(root, name), rule=rule, got=other
            )
        rows.append((name, pixel_sha256(image_u8), width, height, groups.get(name, name), "train"))
        photos.append(path.read_bytes())
        labels.append(encode_mask(parse))
    return ParsedPhotos(manifest_of(root, rows), photos, labels)


class LabelledWriter:
    """Writes such a folder, photo by photo.

    Args:
        folder: empty.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._groups: list[tuple[str, str]] = []

    def add(self, name: str, photo: Path, parse: np.ndarray, group: str) -> None:
        """One photo, copied as it is, and its parse, (H, W) uint8; of ``name``, a path, the ending does not count.

        A second photo of that name gets the name with "-2", a third with "-3".
        """
        stem = plain = PurePosixPath(name).with_suffix("").as_posix()
        number = 1
        while _parse_file(self.folder, plain).exists():
            number += 1
            plain = f"{stem}-{number}"
        copy, labels = self.folder / PHOTOS / f"{plain}{photo.suffix.lower()}", _parse_file(self.folder, plain)
        for file in (copy, labels):
            file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photo, copy)
        labels.write_bytes(encode_mask(parse))
        self._groups.append((plain, group))

    def close(self) -> None:
        """Writes who belongs together."""
        table = pd.DataFrame(self._groups, columns=["name", "group"])
        table.to_csv(self.folder / GROUPS, index=False)


def _parse_file(root: Path, name: str) -> Path:
    return root / PARSES / f"{name}.png"


def _groups(root: Path, names: list[str]) -> dict[str, str]:
    file = root / GROUPS
    if not file.is_file():
        return {}
    table = read_csv(file, "the table of groups")
    if more := next((line for line, row in table.rows if "".join(row.get(None, [])).strip()), None):
        raise DataError("a row of the table of groups has more cells than the heading", where=f"{file}, line {more}")
    groups = {str(row.get("name")): str(row.get("group")) for _, row in table.rows}
    if not {"name", "group"} <= set(table.columns) or (lost := sorted(set(names) - set(groups))):
        raise DataError(
            "the table of groups does not fit the photos",
            where=file,
            rule="columns name and group, a row a photo, names without their ending",
            got=f"no row of {lost[0]}"
            if {"name", "group"} <= set(table.columns)
            else ", ".join(table.columns) or "nothing",
        )
    return groups
