"""A folder that is given as the reference set of set metrics must be that set, picture for picture.

FID compares two crowds, so nobody sees it in the number when the wrong crowd was asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fitroom.data.pairs.pair_lists import listed
from fitroom.data.source import image_files
from fitroom.errors import EvaluationError, ImageError
from fitroom.evaluation.tryon.cases.case_set import CaseSet, References
from fitroom.images import decode_rgb_u8, pixel_sha256
from fitroom.progress import track

_WHY = (
    "FID and KID measure the distance to exactly these pictures; a DressCode FID of 57 was once published beside an "
    "SSIM of .93, for the folder also held train persons and garments"
)


def check_reference_folder(folder: str | Path, case_set: CaseSet) -> None:
    """Compares a folder with the reference set, by pixels; names and formats do not matter.

    Args:
        folder: of pictures; those in folders below it belong to it.
        case_set: whose :meth:`~fitroom.evaluation.tryon.cases.case_set.CaseSet.references` are asked for.

    Raises:
        EvaluationError: naming every picture that is missing, that is too much, or that cannot be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise EvaluationError("the folder of references is not there", where=folder, fix="check the path")
    references = case_set.references()
    there, unreadable = _contents(folder)
    problems = [*unreadable, *_differences(there, _hashes(references))]
    if problems:
        raise EvaluationError(
            f"the folder is not the reference set of {case_set.name}",
            where=folder,
            rule=f"its {len(references)} pictures at {case_set.height_px} x {case_set.width_px} px, pixel for pixel, "
            "and no other",
            got=listed(sorted(problems)),
            fix=f"leave the folder out, and the pictures are taken from the data set itself. {_WHY}",
        )


def _differences(there: dict[str, str], wanted: dict[str, str]) -> list[str]:
    """Pictures are matched by content; two references of one content need two files."""
    lost = _by_content(wanted)
    extra = []
    for name, sha256 in there.items():
        if lost.get(sha256):
            lost[sha256].pop()
        else:
            extra.append(name)
    missing = [key for keys in lost.values() for key in keys]
    others = {name for name in extra if Path(name).stem in missing}
    return [
        *(f"other pixels: {name}" for name in others),
        *(f"too much: {name}" for name in extra if name not in others),
        *(f"missing: {key}" for key in missing if key not in {Path(name).stem for name in others}),
    ]


def _by_content(hashes: dict[str, str]) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = {}
    for key, sha256 in reversed(hashes.items()):
        keys.setdefault(sha256, []).append(key)
    return keys


def _hashes(references: References) -> dict[str, str]:
    pictures = track(references.pictures(), "reading references", len(references))
    return {key: pixel_sha256(image_u8) for key, image_u8 in pictures}


def _contents(folder: Path) -> tuple[dict[str, str], list[str]]:
    """Hash over the pixels by name, and lines on what cannot be read."""
    names = list(image_files(folder))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        looks: Iterable[str | ImageError] = pool.map(_look, (folder / name for name in names))
        found = dict(zip(names, track(looks, "checking the reference folder", len(names)), strict=True))
    unreadable = [f"unreadable: {name}: {look.what}" for name, look in found.items() if isinstance(look, ImageError)]
    return {name: look for name, look in found.items() if isinstance(look, str)}, unreadable


def _look(path: Path) -> str | ImageError:
    try:
        return pixel_sha256(decode_rgb_u8(path))
    except ImageError as error:
        return error
