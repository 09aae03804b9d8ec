"""Shop photos of garments alone with every label, as a recogniser's training folder.

out/
    garments.json                       what the folder was made with
    images/<split>/<photo>.jpg
    labels.csv                          one row a photo
    failures.jsonl                      garments that could not be photographed, with the reason
"""

from __future__ import annotations

import csv
import io
import json
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fitroom.errors import ConfigError, RunError
from fitroom.progress import log, track
from fitroom.runinfo import seed_everything
from fitroom.wardrobe.folder import writing
from fitroom.wardrobe.garment_plan import GarmentItem, GarmentPlanner, GarmentsConfig, label_row
from fitroom.wardrobe.pool import Pool
from fitroom.wardrobe.shelves import shipped
from fitroom.wardrobe.worker import GroupResult
from fitroom.writing import file_beside, write_text_atomically

SETTINGS, LABELS, FAILURES = "garments.json", "labels.csv", "failures.jsonl"
TIMEOUT_S = 180.0
QUALITY = 95
FAILURES_IN_A_ROW = 12  # by then it is no accident
Photographer = Callable[[GarmentItem, GarmentsConfig], np.ndarray]


def make_garments(
    config: GarmentsConfig,
    out: Path,
    workers: int = 1,
    photographer: Photographer | None = None,
    timeout_s: float = TIMEOUT_S,
) -> dict[str, Any]:
    """Takes every photo that ``out`` does not hold yet; the same bytes for any number of workers.

    Args:
        config: which photos; a folder may be gone on with for another ``count``.
        out: folder; new, or of the same config.
        workers: processes of one thread each.
        photographer: importable function in place of the real one.
        timeout_s: a garment that takes longer is given up.

    Returns:
        Counts: "photos", "failed" in all, and "photos" by split and by category.

    Raises:
        ConfigError: no workers.
        RunError: ``out`` is of another config or cannot be written to, or nothing but failures comes.
    """
    if workers < 1:
        raise ConfigError("there is nobody to work", where="workers", rule="at least 1", got=workers)
    planner = GarmentPlanner(config, shipped())
    items = [planner.item(place) for place in range(len(planner))]
    with writing(out):
        _open(out, config, planner.registry.hash)
        for split in {item.split for item in items}:
            (out / "images" / split).mkdir(parents=True, exist_ok=True)
    missing = [place for place in _convenient(planner, items) if not (out / items[place].file).is_file()]
    log.info("%d of %d photos to take, %d workers", len(missing), len(items), workers)
    failures: dict[int, dict[str, Any]] = {}
    try:
        with Pool(GarmentJob(config, out.absolute(), photographer), workers, timeout_s) as pool:
            in_a_row = 0
            for result in track(pool.results(missing), "photographing garments", total=len(missing)):
                if result.failure is None:
                    in_a_row = 0
                    continue
                in_a_row += 1
                failures[result.number] = _failure(items[result.number], result)
                log.warning("%s is left out: %s", items[result.number].item_id, result.failure)
                _check_luck(in_a_row, result)
    finally:
        with writing(out):
            counts = _write_tables(out, planner, items, failures)
    return counts


@dataclass(frozen=True)
class GarmentJob:
    """What a worker needs to know; goes through pickle.

    Attributes:
        config: of the set.
        out: folder of the set.
        photographer: None = the real one.
    """

    config: GarmentsConfig
    out: Path
    photographer: Photographer | None = None

    def workshop(self) -> GarmentWorkshop:
        """Takes photos, in this process."""
        return GarmentWorkshop(self)


class GarmentWorkshop:
    """Takes photos, one after the other, and writes them."""

    def __init__(self, job: GarmentJob) -> None:
        self.config, self.out = job.config, job.out
        self.planner = GarmentPlanner(job.config, shipped())
        self.photographer = job.photographer or _photographer()

    def make(self, number: int) -> GroupResult:
        """Takes the photo of that place; what goes wrong in it is in the result."""
        result, begun_s = GroupResult(number), time.perf_counter()
        try:
            seed_everything(self.config.seed + number)  # for libraries that ask no generator
            item = self.planner.item(number)
            _write_jpeg(self.out / item.file, self.photographer(item, self.config))
        except Exception as error:
            first = (str(error).splitlines() or [""])[0]
            result.failure, result.detail = f"{type(error).__name__}: {first}", traceback.format_exc()
        result.seconds = time.perf_counter() - begun_s
        return result


def _photographer() -> Photographer:
    from fitroom.wardrobe.garment_photos import take  # brings the body model along

    return take


def _write_jpeg(path: Path, image_u8: np.ndarray) -> None:
    with file_beside(path) as beside:
        Image.fromarray(image_u8).save(beside, "JPEG", quality=QUALITY, subsampling=0)


def _open(out: Path, config: GarmentsConfig, registry: str) -> None:
    """Makes the folder, or checks that its photos are of the same plan."""
    plan = {name: value for name, value in asdict(config).items() if name != "count"} | {"registry": registry}
    path = out / SETTINGS
    if not out.exists() or not any(out.iterdir()):
        out.mkdir(parents=True, exist_ok=True)
        write_text_atomically(path, json.dumps(plan, indent=1) + "\n")
        return
    there = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    if there != plan:
        raise RunError(
            "the folder was made with another config" if there else "the folder is not empty, and of no garments",
            where=out,
            rule=json.dumps(plan),
            got=json.dumps(there) if there else "other files",
            fix="another --out",
        )


def _convenient(planner: GarmentPlanner, items: list[GarmentItem]) -> list[int]:
    """Places in an order that lets a worker keep its mannequins."""

    def mannequin(place: int) -> tuple[str, str, str, bool]:
        garment = items[place].garment
        style = planner.catalogues.design(garment.design)
        return garment.photo, garment.size, style.sex, style.region == "bottom"

    return sorted(range(len(items)), key=mannequin)


def _failure(item: GarmentItem, result: GroupResult) -> dict[str, Any]:
    return {"photo": item.item_id, "reason": result.failure, "garment": asdict(item.garment), "detail": result.detail}


def _check_luck(in_a_row: int, result: GroupResult) -> None:
    if in_a_row >= FAILURES_IN_A_ROW:
        log.debug("%s", result.detail)
        raise RunError(
            "garment after garment fails",
            rule=f"fewer than {FAILURES_IN_A_ROW} in a row",
            got=result.failure,
            fix="failures.jsonl shows where; finished photos are kept",
        )


def _write_tables(
    out: Path, planner: GarmentPlanner, items: list[GarmentItem], failures: Mapping[int, dict[str, Any]]
) -> dict[str, Any]:
    """labels.csv of the photos that are there, failures.jsonl of this run; returns the counts."""
    rows = [label_row(item, planner.catalogues) for item in items if (out / item.file).is_file()]
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text_atomically(out / LABELS, text.getvalue())
    lines = [json.dumps(failures[place]) + "\n" for place in sorted(failures)]
    write_text_atomically(out / FAILURES, "".join(lines))
    return {
        "photos": len(rows),
        "failed": len(failures),
        "split": dict(Counter(row["split"] for row in rows)),
        "category": dict(Counter(row["category"] for row in rows)),
    }
