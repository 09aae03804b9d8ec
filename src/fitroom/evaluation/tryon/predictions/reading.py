"""A folder of pictures that somebody's model made, read strictly: every case its one picture, and no picture more.

    folder/<case_id>.png                    without a manifest; .jpg, .jpeg and .webp as well
    folder/anything.png                     with a manifest that says which case it is

What is missing is never left out in silence, nothing is resized, and everything that is wrong is said at once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fitroom.data.source import image_files
from fitroom.errors import EvaluationError, ImageError
from fitroom.evaluation.tryon.cases.case_set import Case
from fitroom.evaluation.tryon.predictions.files import Found, by_manifest, by_name
from fitroom.evaluation.tryon.predictions.problems import Problem, report
from fitroom.images import decode_rgb_u8, pixel_sha256
from fitroom.progress import track


@dataclass(frozen=True)
class Predictions:
    """Pictures of a folder, by case; all were decoded once, and are of the right size.

    Attributes:
        folder: where they lie.
        size_px: height and width of each.
        files: path relative to the folder, by case id, in the order of the cases.
        pixels_sha256: SHA-256 (hex) over the pixels, by case id.
        missing: cases without a picture; empty unless that was allowed.
        repeated: cases of which several hold one and the same picture. A model may do that, but a mistake does as well.
        digest: SHA-256 (hex) over the sorted cases and their pixels: the same for the same pictures, however they are
            called and compressed.
    """

    folder: Path
    size_px: tuple[int, int]
    files: Mapping[str, str]
    pixels_sha256: Mapping[str, str]
    missing: tuple[str, ...]
    repeated: tuple[tuple[str, ...], ...]
    digest: str

    def __len__(self) -> int:
        return len(self.files)

    def load(self, case_id: str) -> tuple[np.ndarray, str]:
        """The picture of a case.

        Returns:
            (H, W, 3) uint8 RGB, and the SHA-256 (hex) over its pixels.

        Raises:
            EvaluationError: there is no picture of this case, or it is another one than before.
        """
        if case_id not in self.files:
            raise EvaluationError("there is no prediction of this case", where=self.folder, got=case_id)
        image_u8 = decode_rgb_u8(self.folder / self.files[case_id])
        sha256 = pixel_sha256(image_u8)
        if sha256 != self.pixels_sha256[case_id]:
            raise EvaluationError(
                "a prediction has changed while it was scored",
                where=self.folder / self.files[case_id],
                rule="the folder stays as it is",
                fix="score it again once it is complete",
            )
        return image_u8, sha256


def read_predictions(
    folder: str | Path,
    cases: Sequence[Case],
    size_px: tuple[int, int],
    manifest: str | Path | None = None,
    allow_missing: bool = False,
) -> Predictions:
    """Finds, decodes and checks the picture of every case.

    Args:
        folder: of pictures; those in folders below it belong to it.
        cases: that are scored.
        size_px: height and width that every picture must have.
        manifest: which file is which case: CSV or JSON lines with ``file`` and ``case_id``, or ``file``, ``person`` and
            ``garment``; or the data set's own list of pairs (*.txt), where files are called after the person, or
            <person>_<garment>. None = files are called after the case.
        allow_missing: go on where cases have no picture. Nothing else is tolerated.

    Raises:
        EvaluationError: with every problem by name: missing, extra, duplicate, unreadable or wrongly sized pictures,
            and rows of the manifest that point nowhere; or no such folder or manifest.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise EvaluationError(
            "the folder of predictions is not there", where=folder, rule="a folder of pictures", fix="check the path"
        )
    names = list(image_files(folder))
    found = by_name(names, cases) if manifest is None else by_manifest(folder, names, cases, Path(manifest))
    looks = _look_at(folder, found.files.values())
    problems = [*found.problems, *_wrong_pictures(found, looks, size_px)]
    missing = tuple(case.case_id for case in cases if case.case_id not in found.files | found.blamed)
    if not allow_missing:
        problems += [Problem("missing", case_id) for case_id in missing]
    report(problems, folder, num_cases=len(cases), size_px=size_px)
    pixels_sha256 = {case_id: looks[name][0] for case_id, name in found.files.items()}
    digest = hashlib.sha256("\n".join(sorted(f"{key}:{value}" for key, value in pixels_sha256.items())).encode())
    repeated = _repeated(pixels_sha256)
    return Predictions(folder, size_px, found.files, pixels_sha256, missing, repeated, digest.hexdigest())


Look = tuple[str, tuple[int, int]]


def _look_at(folder: Path, names: Iterable[str]) -> dict[str, Look]:
    """By file: hash over the pixels and (height, width), or what is wrong and (0, 0)."""
    known = list(dict.fromkeys(names))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        looks = pool.map(_look, (folder / name for name in known))
        return dict(zip(known, track(looks, "checking predictions", len(known)), strict=True))


def _look(path: Path) -> Look:
    try:
        image_u8 = decode_rgb_u8(path)
    except ImageError as error:
        return f"{error.what} ({error.got})" if error.got else error.what, (0, 0)
    return pixel_sha256(image_u8), (image_u8.shape[0], image_u8.shape[1])


def _wrong_pictures(found: Found, looks: Mapping[str, Look], size_px: tuple[int, int]) -> list[Problem]:
    problems = []
    for name in dict.fromkeys(found.files.values()):
        said, (height, width) = looks[name]
        if not height:
            problems.append(Problem("unreadable", name, said))
        elif (height, width) != size_px:
            problems.append(Problem("wrong-size", name, f"{height} x {width}"))
    return problems


def _repeated(pixels_sha256: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    groups: dict[str, list[str]] = {}
    for case_id, sha256 in pixels_sha256.items():
        groups.setdefault(sha256, []).append(case_id)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)
