"""Photos of garments with a parse each, from photos of which only the class is known: what a person parser learns from.

``python -m fitroom.pipelines.prepare.garment_parses PHOTOS --out DIR [--part fit] [--pose FILE] [--workers N]``

A parser that has met people alone sees arms and necks on a shirt that lies on a bed. Here the garment is cut out by its
colours, gets the part of its class, and a rim about the cut is not known; all else is background. What is cut out with
doubt, is of a class that has no part, or shows somebody (a pose model tells) is left out. The folder is as
:func:`fitroom.data.parsing.labelled.read_labelled` reads it.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import get_args

import numpy as np
from scipy.ndimage import binary_dilation, binary_erosion

from fitroom.contracts import UNKNOWN_PART, Part
from fitroom.data.manifest import Manifest, read_source
from fitroom.data.parsing.labelled import LabelledWriter
from fitroom.data.source import SourceConfig
from fitroom.data.splits import PartName, PartsConfig, assign_parts, require_part
from fitroom.errors import DataError
from fitroom.images import decode_rgb_u8
from fitroom.pipelines.pose.model import PoseModel
from fitroom.pipelines.pose.opening import open_pose
from fitroom.pipelines.prepare.garment_mask import garment_mask
from fitroom.writing import folder_beside

PART_OF_CLASS = {
    "t-shirt": Part.TOP, "longsleeve": Part.TOP, "shirt": Part.TOP, "top": Part.TOP,
    "outwear": Part.OUTERWEAR, "outerwear": Part.OUTERWEAR, "dress": Part.DRESS, "pants": Part.TROUSERS,
    "trousers": Part.TROUSERS, "shorts": Part.TROUSERS, "skirt": Part.SKIRT,
}  # fmt: skip
SURE_CUT = 0.85  # of a cut-out; no probability
_RIM = 0.012  # of the longer side, on both sides of the cut: no colour says where exactly it runs
TAKEN, UNSURE, WORN = "taken", "cut out with doubt", "shows somebody"


@dataclass(frozen=True)
class Cut:
    """What became of a photo.

    Attributes:
        outcome: one of this file's words.
        parse: (H, W) uint8 of Part and ``UNKNOWN_PART``; None where it is left out.
    """

    outcome: str
    parse: np.ndarray | None = None


def parse_of(image_u8: np.ndarray, part: Part) -> np.ndarray | None:
    """The parse of a garment's photo, (H, W) uint8; None where the garment is not surely told from what it lies on.

    Args:
        image_u8: (H, W, 3) uint8 RGB of one garment.
        part: what the garment is.
    """
    found = garment_mask(image_u8)
    if found.confidence < SURE_CUT:
        return None
    rim = max(round(_RIM * max(found.mask.shape)), 1)
    parse = np.full(found.mask.shape, UNKNOWN_PART, np.uint8)
    parse[~binary_dilation(found.mask, iterations=rim)] = Part.BACKGROUND
    parse[binary_erosion(found.mask, iterations=rim)] = part
    return parse


def write(photos: Manifest, out: Path, pose: Path | None = None, workers: int = 1) -> Counter[str]:
    """Writes the folder, which appears complete or not at all.

    Args:
        photos: with a label "category"; others than :data:`PART_OF_CLASS` are passed over.
        out: new.
        pose: file of a pose model; None = nobody is looked for.
        workers: processes.

    Returns:
        Number of photos by outcome.

    Raises:
        DataError: ``out`` is there, or no photo is taken.
        WeightsError: see :func:`~fitroom.pipelines.pose.opening.open_pose`.
    """
    if out.exists():
        raise DataError("the folder is there already", where=out, rule="a new one", fix="remove it, or name another")
    table = photos.table[photos.table["category"].isin(list(PART_OF_CLASS))]
    groups = table["group"].fillna(table["sample_id"]).astype(str).tolist()  # who is not known stands alone
    names, classes = (table[column].astype(str).tolist() for column in ("sample_id", "category"))
    jobs = [(photos.path(name), PART_OF_CLASS[label]) for name, label in zip(names, classes, strict=True)]
    outcomes: Counter[str] = Counter()
    with folder_beside(out) as stage:
        writer = LabelledWriter(stage)
        for name, group, cut in zip(names, groups, _cuts(jobs, pose, workers), strict=True):
            outcomes[cut.outcome] += 1
            if cut.parse is not None:
                writer.add(name, photos.path(name), cut.parse, group)
        if not outcomes[TAKEN]:
            raise DataError("no photo can be learned from", where=photos.root, got=dict(outcomes))
        writer.close()
        stage.rename(out)
    return outcomes


def _cuts(jobs: Sequence[tuple[Path, Part]], pose: Path | None, workers: int) -> Iterator[Cut]:
    if workers < 2:
        yield from map(partial(_cut, pose=pose), jobs)
        return
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(partial(_cut, pose=pose), jobs, chunksize=8)


def _cut(job: tuple[Path, Part], pose: Path | None) -> Cut:
    path, part = job
    image_u8 = decode_rgb_u8(path)
    if pose is not None and _opened(pose)(image_u8) is not None:
        return Cut(WORN)
    parse = parse_of(image_u8, part)
    return Cut(UNSURE) if parse is None else Cut(TAKEN, parse)


@cache
def _opened(pose: Path) -> PoseModel:
    """The model, opened once a process."""
    return open_pose(pose)


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the folder and prints what became of the photos."""
    parser = argparse.ArgumentParser(prog="fitroom.pipelines.prepare.garment_parses", description=__doc__)
    parser.add_argument("photos", metavar="PHOTOS", help="folder as a recogniser learns from: classes, contributors")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write, new")
    parser.add_argument("--part", choices=get_args(PartName), help="of seed 0's division by contributor (all photos)")
    parser.add_argument("--pose", type=Path, metavar="FILE", help="pose model; photos in which it finds somebody go")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (1)")
    args = parser.parse_args(argv)
    photos, _ = read_source(SourceConfig(args.photos, skip_bad=True))
    if args.part:
        photos = photos.subset(require_part(assign_parts(photos, PartsConfig()), args.part))
    for outcome, number in write(photos, args.out, args.pose, args.workers).most_common():
        print(f"{number:6d}  {outcome}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
