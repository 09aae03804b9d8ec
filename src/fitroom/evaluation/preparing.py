"""How good what ``fitroom prepare`` derives is, on simulated people, whose truth is known.

``python -m fitroom.evaluation.preparing --folder WARDROBE [--split test] [--groups odd] [--pose FILE]``

Joints against the true ones; repaint masks of one body in two garments against each other, since a mask that knew
neither garment would be the same for both; garment masks against the true ones. Beside the masks stands a control: the
old garment's outline, widened by 7 cm.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import distance_transform_edt

from fitroom.contracts import ANKLES, ELBOWS, HIPS, KNEES, NOSE, SHOULDERS, WRISTS
from fitroom.data.pairs.try_on_pairs import CATEGORY_OF
from fitroom.data.wardrobe import stream
from fitroom.metrics.fit.borders import iou
from fitroom.pipelines.pose.model import PoseModel
from fitroom.pipelines.pose.opening import open_pose
from fitroom.pipelines.prepare.cover import OLD, cover
from fitroom.pipelines.prepare.eyes import of_person
from fitroom.pipelines.prepare.garment_mask import garment_mask
from fitroom.pipelines.prepare.one_person import one_person
from fitroom.pipelines.prepare.parsers import open_parser
from fitroom.pipelines.prepare.parts import PartParser
from fitroom.pipelines.prepare.person import keypoints_of

COLUMNS = [
    "group_id", "garment_id", "region", "person", "worn", "person_parse", "worn_parse", "garment", "garment_mask",
    "keypoints", "px_per_cm",
]  # fmt: skip
JOINTS = {
    "nose": (NOSE,), "shoulders": SHOULDERS, "elbows": ELBOWS, "wrists": WRISTS, "hips": HIPS, "knees": KNEES,
    "ankles": ANKLES,
}  # fmt: skip
OUTLINE_CM = 7.0
GROUPS: dict[str, Callable[[int], bool]] = {
    "all": lambda _: True,
    "even": lambda number: number % 2 == 0,
    "odd": lambda number: number % 2 == 1,
}


@dataclass
class Found:
    """Numbers of all cases, not summed up yet.

    Attributes:
        joints_cm: distances from the true joints, by name; NaN = not found.
        masks: by name, one number a case.
        garments: overlaps of garment masks by garment.
        without_mask: cases whose two photos did not both get a repaint mask.
    """

    joints_cm: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in JOINTS})
    masks: dict[str, list[float]] = field(default_factory=dict)
    garments: dict[str, float] = field(default_factory=dict)
    without_mask: int = 0


def measure(rows: Iterator[Mapping[str, Any]], parser: PartParser, pose: PoseModel | None = None) -> Found:
    """Prepares every case's photos and compares.

    Args:
        rows: with :data:`COLUMNS`, decoded.
        parser: what looks at the photos.
        pose: that looks too; None = joints are guessed from the parse.
    """
    found = Found()
    for row in rows:
        poses = [None if pose is None else pose(row[name]) for name in ("person", "worn")]
        parses = [
            one_person(of_person(parser(row[name]).parse, posed)).parse
            for name, posed in zip(("person", "worn"), poses, strict=True)
        ]
        points = [keypoints_of(posed, parse) for posed, parse in zip(poses, parses, strict=True)]
        _add_joints(found, points[0], row)
        _add_masks(found, parses, points, row)
        if row["garment_id"] not in found.garments:
            cut = garment_mask(row["garment"]).mask
            found.garments[row["garment_id"]] = iou(cut.astype(np.float32), row["garment_mask"].astype(np.float32))
    return found


def summary(found: Found) -> dict[str, float | int | None]:
    """Medians, means and counts by name."""
    told: dict[str, float | int | None] = {"cases": len(found.joints_cm["nose"])}
    for name, distances in found.joints_cm.items():
        known = [distance for distance in distances if not np.isnan(distance)]
        told[f"{name}, share found"] = len(known) / len(distances) if distances else None
        told[f"{name}, median cm"] = float(np.median(known)) if known else None
        told[f"{name}, 90 % below cm"] = float(np.quantile(known, 0.9)) if known else None
    told |= {name: float(np.mean(values)) for name, values in found.masks.items()}
    told["cases without repaint mask"] = found.without_mask
    overlaps = list(found.garments.values())
    told |= {"garments": len(overlaps), "garment mask, median IoU": float(np.median(overlaps)) if overlaps else None}
    told["garment mask, IoU of the worst tenth below"] = float(np.quantile(overlaps, 0.1)) if overlaps else None
    return told


def _add_joints(found: Found, points: np.ndarray, row: Mapping[str, Any]) -> None:
    true = row["keypoints"]
    for name, which in JOINTS.items():
        for joint in which:
            if true[joint, 2] > 0:
                apart = float(np.hypot(*(points[joint, :2] - true[joint, :2]))) / row["px_per_cm"]
                found.joints_cm[name].append(apart if points[joint, 2] else float("nan"))


def _add_masks(
    found: Found, parses: Sequence[np.ndarray], points: Sequence[np.ndarray], row: Mapping[str, Any]
) -> None:
    category = CATEGORY_OF[row["region"]]
    person, worn = (cover(parse, at, category) for parse, at in zip(parses, points, strict=True))
    if person is None or worn is None:
        found.without_mask += 1
        return
    outlines = [
        distance_transform_edt(~np.isin(parse, OLD[category])) <= OUTLINE_CM * row["px_per_cm"] for parse in parses
    ]
    old, new = (np.isin(row[name], OLD[category]) for name in ("person_parse", "worn_parse"))
    values = {
        "repaint mask, IoU of one body in two garments": _iou(person.mask, worn.mask),
        "outline, IoU of one body in two garments": _iou(*outlines),
        "repaint mask, share of the old garment that stays": _outside(old, person.mask),
        "repaint mask, share of the new garment outside": _outside(new, person.mask),
        "outline, share of the new garment outside": _outside(new, outlines[0]),
        "repaint mask, share that no figure hid": float(person.follows),
    }
    for name, value in values.items():
        found.masks.setdefault(name, []).append(value)


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    return iou(one.astype(np.float32), other.astype(np.float32))


def _outside(garment: np.ndarray, mask: np.ndarray) -> float:
    return float((garment & ~mask).sum() / garment.sum()) if garment.any() else 0.0


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the numbers as JSON."""
    reader = argparse.ArgumentParser(description="measures what fitroom prepare derives, on simulated people")
    reader.add_argument("--folder", type=Path, required=True)
    reader.add_argument("--split", default="test")
    reader.add_argument("--groups", choices=list(GROUPS), default="all", help="constants were set on even groups")
    reader.add_argument("--parser", type=Path, default=Path("bundles/parser-photos"))
    reader.add_argument("--pose", type=Path, metavar="FILE", help="pose model (joints are guessed from the parse)")
    args = reader.parse_args(argv)
    rows = stream(args.folder, args.split, COLUMNS)
    wanted = (row for row in rows if GROUPS[args.groups](int(row["group_id"].rpartition("-")[2])))
    pose = None if args.pose is None else open_pose(args.pose)
    print(json.dumps(summary(measure(wanted, open_parser(args.parser), pose)), indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
