"""The lint of try-on records: what cannot be true of one, or of several beside each other, enters no leaderboard."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow import parquet

from fitroom.config import hash_settings
from fitroom.errors import EvaluationError
from fitroom.evaluation.agreement import disagreements, wrong_numbers, wrong_place
from fitroom.evaluation.entries import FIX
from fitroom.evaluation.tryon.catalogue import METRICS, OF_CASES
from fitroom.evaluation.tryon.records import TryOnRecord, read_record, references_path, rescore
from fitroom.evaluation.tryon.samples import digest_predictions, mean_columns, read_samples, schema

SET_TOLERANCE = 1e-6  # a distance between sets is a decomposition of large matrices, which libraries round differently
PERFECT = {"psnr": 100.0, "ssim_color": 1.0, "ssim_gray": 1.0, "ms_ssim": 1.0, "pd_effnetlite0": 0.0,
           "lpips_alex": 0.0, "lpips_alex_128": 0.0, "lpips_vgg": 0.0, "lpips_squeeze": 0.0, "region_psnr": 100.0,
           "region_ssim_color": 1.0, "region_pd_effnetlite0": 0.0}  # fmt: skip


def check_record(path: Path) -> TryOnRecord:
    """Reads a record and refuses what cannot be true.

    Raises:
        EvaluationError: naming the file and everything that is wrong with it: a record in the wrong place, a number out
            of its bounds, samples or references of another hash, a case twice, counts that disagree, scores although
            predictions are missing, a model without the truth whose every picture equals it, or a score that its own
            samples do not give.
    """
    record = read_record(path)
    problems = [
        *wrong_place(path, record.model, record.protocol, record.samples.file, "samples"),
        *_wrong_entry(record),
        *_wrong_files(path, record),
    ]
    if not problems:
        samples = read_samples(path.with_suffix(".parquet"))
        problems = [*_wrong_rows(samples, record), *_perfect(samples, record)]
        problems = problems or list(_wrong_scores(path, record, samples))
    if problems:
        raise EvaluationError(
            "a record cannot be true", where=path, got="\n" + "\n".join(f"    {line}" for line in problems), fix=FIX
        )
    return record


def check_together(records: Mapping[Path, TryOnRecord]) -> list[EvaluationError]:
    """What cannot be true of records beside each other: two models whose pictures are the same to the pixel.

    Controls may agree among themselves, and so may revisions of one model; an oracle may equal the truth.

    Returns:
        One error for each record of a model that is not a control.
    """
    groups: dict[tuple[str, str, str], list[tuple[Path, TryOnRecord]]] = defaultdict(list)
    for path, record in records.items():
        groups[record.protocol.hash, record.data.digest, record.predictions.digest].append((path, record))
    return [
        _identical(path, record, twins)
        for group in groups.values()
        for path, record in group
        if not record.model.control and not record.oracle
        if (twins := sorted({other.model.name for _, other in group} - {record.model.name}))
    ]


def _identical(path: Path, record: TryOnRecord, twins: list[str]) -> EvaluationError:
    return EvaluationError(
        "two models cannot have made the same pictures, to the pixel", where=path, rule="one record a model",
        got=f"{record.model.name} has the predictions of {', '.join(twins)}: SHA-256 {record.predictions.digest[:16]}",
        fix="remove the record that stands under the wrong name",
    )  # fmt: skip


def _wrong_entry(record: TryOnRecord) -> Iterator[str]:
    model, data, recipe = record.model, record.data, record.recipe
    if hash_settings(record.protocol.settings) != record.protocol.hash:
        yield "the protocol's hash is not that of its settings"
    if record.protocol.id != recipe.id:
        yield f"it names {record.protocol.id}, but holds the settings of {recipe.id}"
    if not 0 <= data.num_predicted <= data.num_cases or data.num_cases < 1:
        yield f"{data.num_predicted} of {data.num_cases} cases were predicted"
    if record.seen != (record.num_seen > 0) or not 0 <= record.num_seen <= data.num_cases:
        yield f"seen is {record.seen}, with {record.num_seen} of {data.num_cases} cases seen"
    if record.oracle and not model.control:
        yield "only a control may use the truth"
    if model.control != (record.predictions.source == "control") or (model.control and model.bundle_hash):
        yield f"control is {model.control}, with predictions from a {record.predictions.source}"
    if record.predictions.source == "bundle" and not model.bundle_hash:
        yield "its predictions are a bundle's, whose hash it lacks"
    if record.run.wall_s < 0 or model.num_parameters < 0:
        yield "time or number of parameters is negative"
    yield from _wrong_instruments(record)
    for name in sorted(set(record.scores) ^ set(recipe.metrics)):
        yield f"{name}: {'not a score of the protocol' if name in record.scores else 'its score is not there'}"
    for name, score in record.scores.items():
        if name in METRICS:
            yield from wrong_numbers(name, score, METRICS[name].low, METRICS[name].high, "predictions")


def _wrong_instruments(record: TryOnRecord) -> Iterator[str]:
    needed = {METRICS[name].needs for name in record.recipe.metrics} - {""}
    for name in sorted(needed):
        if (name in record.instruments) == (name in record.missing):
            both = name in record.missing
            yield f"{name}: {'both there and missing' if both else 'neither the hash of its weights nor a reason'}"
    for name, digest in record.instruments.items():
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            yield f"{name}: {digest!r} is not the hex of a SHA-256"


def _wrong_files(path: Path, record: TryOnRecord) -> Iterator[str]:
    file = path.with_suffix(".parquet")
    if not file.is_file():
        yield f"its samples are missing: {file.name}"
    elif hashlib.sha256(file.read_bytes()).hexdigest() != record.samples.sha256:
        yield f"{file.name} is not the file whose hash it holds"
    elif not parquet.read_schema(file).equals(schema(record.recipe)):
        yield f"{file.name} has not the columns of the protocol's samples"
    features = references_path(path, record)
    if features is None:
        sets = [METRICS[name] for name in record.recipe.metrics if METRICS[name].over not in OF_CASES]
        if any(metric.needs in record.instruments for metric in sets):  # without its network there are no features
            yield "its protocol compares sets, and it names no reference features"
    elif not features.is_file():
        yield f"its reference features are missing: {features.name}"
    elif record.references and hashlib.sha256(features.read_bytes()).hexdigest() != record.references.sha256:
        yield f"{features.name} is not the file of reference features whose hash it holds"


def _wrong_rows(samples: pd.DataFrame, record: TryOnRecord) -> Iterator[str]:
    data, num_there = record.data, int(samples["pixels_sha256"].notna().sum())
    if not len(samples) == record.samples.num_rows == data.num_cases:
        yield f"{len(samples)} samples, where it says {record.samples.num_rows} and {data.num_cases} cases"
    if num_there != data.num_predicted:
        yield f"{data.num_predicted} cases were predicted; its samples have {num_there}"
    twice = sorted(set(samples["case_id"][samples["case_id"].duplicated()]))
    if twice:
        yield f"{len(twice)} cases are there twice: {', '.join(twice[:3])}"
    counts = (samples["person_id"].nunique(), samples["garment_id"].nunique())
    if counts != (data.num_persons, data.num_garments):
        yield (f"{data.num_persons} persons and {data.num_garments} garments; its samples have "
               f"{counts[0]} and {counts[1]}")  # fmt: skip
    if digest_predictions(samples) != record.predictions.digest:
        yield "the digest of its predictions is not that of its samples"
    for name in mean_columns(record.recipe):
        values_N = samples[name].to_numpy(dtype=np.float64)
        wrong = values_N[np.isfinite(values_N) & ~((values_N >= METRICS[name].low) & (values_N <= METRICS[name].high))]
        if len(wrong):
            yield (f"{name}: {len(wrong)} samples, such as {wrong[0]:g}, are outside {METRICS[name].low:g} to "
                   f"{METRICS[name].high:g}")  # fmt: skip


def _perfect(samples: pd.DataFrame, record: TryOnRecord) -> Iterator[str]:
    """A metric of something with itself; a control that copies its input may be right where nothing was to change."""
    nothing_changes = record.recipe.pairs == "paired" or record.recipe.kinds == ["paired"]
    if record.oracle or (record.model.control and nothing_changes):
        return
    for name in (name for name in mean_columns(record.recipe) if name in PERFECT):
        values_N = samples[name].to_numpy(dtype=np.float64)
        known = np.isfinite(values_N)
        if known.any() and np.allclose(values_N[known], PERFECT[name], rtol=0, atol=1e-9):
            yield f"{name} is {PERFECT[name]:g} in every case: the truth was compared with itself"


def _wrong_scores(path: Path, record: TryOnRecord, samples: pd.DataFrame) -> Iterator[str]:
    for name, again in rescore(path, record, samples).items():
        ours = record.scores[name]
        exact = METRICS[name].over in OF_CASES
        yield from disagreements(name, ours, again, "samples", 1e-9 if exact else SET_TOLERANCE)
        if (ours.num_samples, ours.num_missing) != (again.num_samples, again.num_missing):
            yield (f"{name} is over {ours.num_samples} cases, {ours.num_missing} missing; its samples give "
                   f"{again.num_samples} and {again.num_missing}")  # fmt: skip
