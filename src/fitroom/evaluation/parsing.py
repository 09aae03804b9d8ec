"""How good a parser is on simulated people: overlap and boundaries by label, and where it sees the hems; and on photos
of garments alone: whether it sees somebody where nobody is, and how it tells and names the garment.

``python -m fitroom.evaluation.parsing --bundle DIR --folder WARDROBE --split validation [--name NAME] [--into-bundle]``
``python -m fitroom.evaluation.parsing --bundle DIR --garments LABELLED [--name NAME] [--into-bundle]``

LABELLED is a folder as :mod:`fitroom.pipelines.prepare.garment_parses` writes it, of photos that are new to the parser.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fitroom.bundles import Bundle, add_files, open_bundle, resolve_bundle
from fitroom.bundles.card import NUMBERS, with_section
from fitroom.bundles.card_parts import measured_table
from fitroom.bundles.format import CARD
from fitroom.contracts import UNKNOWN_PART, Part
from fitroom.data.parsing.labelled import read_labelled
from fitroom.data.parsing.photos import ParsedPhotos, outputs_of_parts
from fitroom.data.wardrobe import stream
from fitroom.errors import EvaluationError, ImageError
from fitroom.images import pixel_sha256
from fitroom.metrics.fit.profiles import lower_edge
from fitroom.metrics.fit.scene import Seen
from fitroom.metrics.parsing import ParseCounts
from fitroom.pipelines.parse import Parsed, ParsePipeline
from fitroom.pipelines.tryon.checks import judge_garment, judge_person, seen_in

MEASURED = "measured.json"
HEMMED = (Part.TOP, Part.OUTERWEAR, Part.DRESS, Part.SKIRT, Part.TROUSERS)
_PAIRS = (("person", "person_parse"), ("worn", "worn_parse"))
_COLUMNS = [name for pair in _PAIRS for name in pair] + ["px_per_cm"]
_MIN_SHARE = 0.01  # of the picture: less of a garment has no hem to speak of
_MIN_COLUMNS = 8
_GAP_PX = 3


@dataclass(frozen=True)
class Photo:
    """A picture with its truth.

    Attributes:
        image_u8: (H, W, 3) uint8.
        parse: (H, W) uint8 of Part.
        px_per_cm: scale at the body.
    """

    image_u8: np.ndarray
    parse: np.ndarray
    px_per_cm: float


def photos(folder: Path, split: str) -> Iterator[Photo]:
    """Every different picture of a split, once."""
    known: set[str] = set()
    for row in stream(folder, split, _COLUMNS):
        for photo, parse in _PAIRS:
            digest = pixel_sha256(row[photo])
            if digest not in known:
                known.add(digest)
                yield Photo(row[photo], row[parse], float(row["px_per_cm"]))


def shop_photos(folder: Path, split: str) -> Iterator[np.ndarray]:
    """Every different photo of a garment of a split, (h, w, 3) uint8, once."""
    known: set[str] = set()
    for row in stream(folder, split, ["garment"]):
        digest = pixel_sha256(row["garment"])
        if digest not in known:
            known.add(digest)
            yield row["garment"]


def measure(pipeline: ParsePipeline, folder: Path, split: str) -> dict[str, float | int]:
    """Scores by name; IoU and boundary F over all pictures, hem errors over all hems that both show, and what try-on's
    checks would say of the pictures and of the garments' photos.

    A part that the parser has no label for counts in the truth as what it lies on, see ``data.parsing.LIES_ON``.
    """
    outputs = outputs_of_parts([part.name for part in pipeline.parts])
    told_as = np.array(pipeline.parts, np.uint8)[outputs[: len(Part)]]
    counts = ParseCounts(len(Part))
    hems_px, hems_cm, people, garments = [], [], Judged(), Judged()
    for photo in photos(folder, split):
        parsed = pipeline([photo.image_u8])[0]
        counts.add(parsed.parse, told_as[photo.parse])
        people.add(parsed.parse)
        for error_px in hem_errors_px(parsed, photo.parse):
            hems_px.append(error_px)
            hems_cm.append(error_px / photo.px_per_cm)
    for image_u8 in shop_photos(folder, split):
        garments.add(pipeline([image_u8])[0].parse)
    scores = counts.scores()
    found: dict[str, float | int] = {
        "pictures": people.number,
        "mean IoU": scores.mean_iou,
        "boundary F at 2 px": scores.boundary_f,
        "hems": len(hems_px),
    }
    for unit, errors in (("px", hems_px), ("cm", hems_cm)):
        if errors:
            found[f"hem, median error, {unit}"] = float(np.median(errors))
            found[f"hem, median absolute error, {unit}"] = float(np.median(np.abs(errors)))
            found[f"hem, 90 % of absolute errors below, {unit}"] = float(np.quantile(np.abs(errors), 0.9))
    for part in Part:
        if not np.isnan(scores.iou_L[part]):
            found[f"IoU {part.name.lower()}"] = float(scores.iou_L[part])
    return found | people.scores("person photos, ") | garments.scores("garment photos, ")


@dataclass
class Judged:
    """What try-on's checks say of photos, by their parses, as the photo of a person and as that of a garment."""

    number: int = 0
    refused: int = 0
    unsure: int = 0
    worn: int = 0
    body: float = 0.0

    def add(self, parse: np.ndarray) -> None:
        """One photo's parse, (H, W) uint8."""
        found = seen_in(parse)
        self.number += 1
        self.worn += bool(judge_garment(found))
        self.body += found.body
        try:
            self.unsure += bool(judge_person(found))
        except ImageError:
            self.refused += 1

    def scores(self, prefix: str = "") -> dict[str, float | int]:
        """Counts by name, and the mean share of body parts in what is shown."""
        told = {
            "judged": self.number,
            "person-missing": self.refused,
            "person-unsure": self.unsure,
            "garment-on-person": self.worn,
            "mean share of body": self.body / self.number if self.number else float("nan"),
        }
        return {f"{prefix}{name}": value for name, value in told.items()}


def hem_errors_px(parsed: Parsed, truth: np.ndarray) -> list[float]:
    """How much too low each garment's lower edge is seen: the median over the middle half of its columns, in px."""
    errors = []
    for part in HEMMED:
        true = _seen((truth == part).astype(np.float32), truth)
        if true.garment_unit.mean() < _MIN_SHARE:
            continue
        columns = np.flatnonzero(true.garment_unit.any(0))
        quarter = len(columns) // 4
        columns = columns[quarter : len(columns) - quarter]
        found = _seen(parsed.probability(part), parsed.parse)
        difference = lower_edge(found, columns, _GAP_PX) - lower_edge(true, columns, _GAP_PX)
        difference = difference[~np.isnan(difference)]
        if len(difference) >= _MIN_COLUMNS:
            errors.append(float(np.median(difference)))
    return errors


def measure_garments(pipeline: ParsePipeline, garments: ParsedPhotos) -> dict[str, float | int]:
    """Scores by name, over photos of one garment that nobody wears.

    Args:
        pipeline: opened parser.
        garments: photos whose parse holds one part, background and ``UNKNOWN_PART``.

    Raises:
        EvaluationError: the parser has learned from one of the photos.
    """
    if met := pipeline.bundle.trained_on() & {digest[:16] for digest in garments.manifest.table["sha256"]}:
        raise EvaluationError(
            f"the parser has learned from {len(met)} of these photos", where=garments.manifest.root, rule="unseen ones"
        )
    named, judged, overlaps = 0, Judged(), []
    for index in range(len(garments)):
        image_u8, truth = garments.pair(index)
        parse = pipeline([image_u8])[0].parse
        judged.add(parse)
        part = int(truth[np.isin(truth, HEMMED)][0])
        named += HEMMED[int(np.argmax([(parse == one).sum() for one in HEMMED]))] == part
        known = truth != UNKNOWN_PART
        told, true = np.isin(parse, HEMMED) & known, (truth == part) & known
        overlaps.append(float((told & true).sum() / (told | true).sum()))
    return {
        "pictures": len(garments),
        "garment named rightly": named / len(garments),
        "garment told from the rest, median IoU": float(np.median(overlaps)),
        "garment told from the rest, IoU of the worst tenth below": float(np.quantile(overlaps, 0.1)),
    } | judged.scores()


def write_into(bundle: Bundle, measured: dict[str, dict[str, float | int]]) -> Bundle:
    """Keeps scores in the bundle: all of them in ``measured.json``, and a table each in its card."""
    file = bundle.path / MEASURED
    before = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    measured = {**before, **measured}
    tables = [f"{name}:\n\n{measured_table(scores)}" for name, scores in measured.items()]
    card = with_section((bundle.path / CARD).read_text(encoding="utf-8"), NUMBERS, "\n\n".join(tables))
    return add_files(bundle, {MEASURED: (json.dumps(measured, indent=1) + "\n").encode(), CARD: card.encode()})


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and prints; with ``--into-bundle`` also keeps it in the bundle."""
    parser = argparse.ArgumentParser(prog="fitroom.evaluation.parsing", description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True, help="bundle of a parser, or its run")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--folder", type=Path, help="wardrobe")
    what.add_argument("--garments", type=Path, metavar="LABELLED", help="photos of garments alone")
    parser.add_argument("--split", default="test", help="which pictures of the wardrobe (test)")
    parser.add_argument("--name", help="what the pictures are called in the card (folder and split)")
    parser.add_argument("--into-bundle", action="store_true", help="keep the scores in the bundle")
    args = parser.parse_args(argv)
    pipeline = ParsePipeline.from_bundle(args.bundle)
    if args.garments:
        name, scores = args.garments.name, measure_garments(pipeline, read_labelled(args.garments))
    else:
        name, scores = f"{args.folder.name}, {args.split}", measure(pipeline, args.folder, args.split)
    print(measured_table(scores), flush=True)
    if args.into_bundle:
        write_into(open_bundle(resolve_bundle(args.bundle)), {args.name or name: scores})
    return 0


def _seen(garment_unit: np.ndarray, parse: np.ndarray) -> Seen:
    nothing = np.zeros_like(garment_unit)
    return Seen(garment_unit, nothing, nothing, parse)


if __name__ == "__main__":
    raise SystemExit(main())
