"""Writes a planned data set: its pictures, its lists, the report and the sheets, complete or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from fitroom.data.pairs.layout_case import LayoutGarment, LayoutPerson
from fitroom.data.pairs.layout_files import LAYOUTS
from fitroom.data.pairs.try_on_pairs import SPLITS
from fitroom.errors import DataError, RunError
from fitroom.images import decode_rgb_u8
from fitroom.pipelines.prepare.plan import Place, Plan
from fitroom.pipelines.prepare.single import Prepared
from fitroom.progress import track
from fitroom.writing import folder_beside, put

Kept = Callable[[str], Prepared]


def write_tree(made: Plan, layout: str, out: Path, kept: Kept, report: Callable[[Path], None]) -> None:
    """Writes all files; the folder appears complete, in place of the one that is there.

    Args:
        made: what to write.
        layout: of ``data.layout_files.LAYOUTS``.
        out: the folder.
        kept: name of a photo to what was made of it.
        report: writes further files into a folder.

    Raises:
        DataError: no pair can be written.
        RunError: the disk does not take it.
    """
    lists = {
        name: pairs
        for split in SPLITS
        for name, pairs in LAYOUTS[layout].lists(split, made.paired[split], made.unpaired[split]).items()
        # Readers would take this one for a list of paired pairs as well, where there is no other.
        if pairs and (made.paired[split] or name != f"{split}_pairs.txt")
    }
    if not lists:
        raise DataError(
            "no pair of a person and a garment can be made",
            where=out,
            rule=f"of one category at least, of {', '.join(LAYOUTS[layout].categories)}, a person and a garment",
            got=f"{len(made.persons)} persons and {len(made.garments)} garments with a partner",
            fix="see what was refused and why; DressCode's train list holds paired pairs alone",
        )
    try:
        with folder_beside(out) as stage:
            for folder in LAYOUTS[layout].folders:
                (stage / folder).mkdir(parents=True)
            for place in track([*made.persons, *made.garments], "writing photos"):
                _write(place, layout, stage, kept(place.photo))
            for name, pairs in lists.items():
                put(stage / name, "".join(f"{pair}\n" for pair in pairs).encode())
            report(stage)
            _swap(stage, out)
    except OSError as error:
        raise RunError("the data set cannot be written", where=out, got=error.strerror or str(error)) from error


def _write(place: Place, layout: str, stage: Path, prepared: Prepared) -> None:
    jpeg, arrays = prepared.arrays["jpeg"].tobytes(), prepared.arrays
    if prepared.outcome.role == "garment":
        files = LAYOUTS[layout].garment_files(LayoutGarment(place.shown, jpeg, arrays["mask"]))
    else:
        mask = arrays[f"mask_{place.shown.category}"]
        person_u8 = np.array(decode_rgb_u8(jpeg))
        person = LayoutPerson(place.shown, jpeg, person_u8, arrays["parse"], mask, arrays["keypoints"])
        files = LAYOUTS[layout].person_files(person)
    for name, content in files:
        put(stage / name, content)


def _swap(stage: Path, out: Path) -> None:
    """A folder cannot be renamed over one that holds files: the old one steps aside first, and goes last."""
    with folder_beside(out) as aside:
        old = aside / "old"
        try:
            if out.exists():
                out.rename(old)
            stage.rename(out)
        except BaseException:
            if old.exists() and not out.exists():
                old.rename(out)
            raise
