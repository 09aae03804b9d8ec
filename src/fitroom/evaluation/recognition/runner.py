"""``fitroom evaluate``: models and controls under one protocol, each to a record of its own.

source -> manifest -> parts -> every photo decoded once, shown to all -> answers -> scores -> results/...
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fitroom.bundles import resolve_bundle
from fitroom.config import parse_config
from fitroom.data.manifest import read_source
from fitroom.data.source import SourceConfig
from fitroom.data.splits import assign_parts, require_part
from fitroom.errors import EvaluationError
from fitroom.evaluation.entries import ProtocolEntry, RunEntry, check_place, digest_samples, record_path
from fitroom.evaluation.recognition.answers import answers_table
from fitroom.evaluation.recognition.contestants import Case, Contestant, Verdict, enter_control, enter_model
from fitroom.evaluation.recognition.controls import Control, LinearProbe, MostFrequentClass, NearestColorCentroid
from fitroom.evaluation.recognition.figures import confusion_png
from fitroom.evaluation.recognition.photos import Reader, look_through
from fitroom.evaluation.recognition.protocol import get_protocol
from fitroom.evaluation.recognition.records import (
    RECORD_VERSION,
    AnswersEntry,
    DataEntry,
    Record,
    read_record,
    write_record,
)
from fitroom.evaluation.recognition.scoring import extended_classes, score
from fitroom.evaluation.shards import Shards, join
from fitroom.evaluation.spelling import spelled_out
from fitroom.progress import log
from fitroom.writing import write_bytes_atomically


@dataclass
class EvaluateConfig:
    """Scores recognisers on labelled photos and writes a record of each."""

    protocol: str
    """A recipe by name@version, e.g. clothing-recognition@1."""
    source: SourceConfig
    """The labelled photos."""
    models: list[str] = field(default_factory=list)
    """Folders of bundles or runs; --model PATH adds one."""
    controls: bool = True
    """Also score what can be had without training a network."""
    results: str = "results"
    """Folder the records go to."""
    batch_size: int = 32
    """Photos at a time."""
    allow_seen: bool = False
    """Score a model on photos it has seen; its record is marked, and its row has no rank."""
    probe_backbone: str = "tf_efficientnet_lite1"
    """Backbone of the linear-probe control."""


def main(argv: Sequence[str] | None = None) -> int:
    """``--config FILE --model PATH [--model PATH] [any field of EvaluateConfig]``; prints a line for each record."""
    config = parse_config(EvaluateConfig, spelled_out(argv or []), prog="fitroom evaluate")
    shards = join()
    records = evaluate(config, shards)
    if shards.rank == 0:
        print(_summary(records))
    return 0


def evaluate(config: EvaluateConfig, shards: Shards | None = None) -> list[Path]:
    """Evaluates the models, and the controls beside them.

    Args:
        config: what to do.
        shards: this process among those that share the work; None = alone.

    Returns:
        Paths of the records, models first; on ranks other than 0 none, as only rank 0 writes.

    Raises:
        EvaluationError: nothing to evaluate, an unknown protocol, a model that has seen the photos or answers another
            question, two models of one revision, or records of other data in the way.
        BundleError, DataError, WeightsError: what was given cannot be used.
    """
    shards = shards or join()
    protocol = get_protocol(config.protocol)
    for path in config.models:
        resolve_bundle(path)  # a mistyped path should not wait for the photos
    manifest = shards.from_first(lambda: read_source(config.source)[0])
    if protocol.label not in manifest.labels:
        raise EvaluationError(
            f"the photos have no label {protocol.label!r}", where=protocol.id, got=manifest.labels,
            fix="name its column in source.label_columns",
        )  # fmt: skip
    parts = assign_parts(manifest, protocol.parts, protocol.label)
    if protocol.classes:
        wanted = manifest.table[protocol.label].isin(protocol.classes).to_numpy()
        manifest, parts = manifest.subset(wanted), parts[wanted]
    require_part(parts, protocol.part)
    case = Case(manifest, parts, protocol)
    contestants = _enter(config, case, shards)
    _check_entries(contestants, case, Path(config.results))
    readers = _look(contestants, case, config.batch_size, shards)
    if shards.rank != 0:
        return []
    return [
        _record(contestant, reader, case, Path(config.results), shards.world_size)
        for contestant, reader in zip(contestants, readers, strict=True)
    ]


def _enter(config: EvaluateConfig, case: Case, shards: Shards) -> list[Contestant]:
    entered = [
        enter_model(Path(path), case, shards.device, config.batch_size, config.allow_seen) for path in config.models
    ]
    if config.controls:
        controls: list[Control] = [
            MostFrequentClass(), NearestColorCentroid(), LinearProbe(config.probe_backbone, shards.device),
        ]  # fmt: skip
        entered += [enter_control(control, case) for control in controls]
    if not entered:
        raise EvaluationError("there is nothing to evaluate", rule="a model or the controls", fix="add --model PATH")
    return entered


def _check_entries(contestants: list[Contestant], case: Case, results: Path) -> None:
    """Before hours of work: nothing of it may end in one place twice, or over a record of other photos."""
    places = [(one.entry.name, one.entry.revision) for one in contestants]
    if twice := sorted({place for place in places if places.count(place) > 1}):
        raise EvaluationError("a model was given twice", got=" ".join(twice[0]), fix="name each model once")
    for name, revision in places:
        check_place(record_path(results, name, revision, case.protocol.id), case.manifest.digest, read_record, "photos")


def _look(contestants: list[Contestant], case: Case, batch_size: int, shards: Shards) -> list[Reader]:
    """One reader a contestant, with what all ranks found."""
    readers = [Reader(one.wanted, one.read) for one in contestants]
    rows = sorted(frozenset().union(*(reader.wanted for reader in readers)))
    ids = case.manifest.table["sample_id"].to_list()
    paths = {row: case.manifest.path(ids[row]) for row in shards.mine(rows)}
    look_through(paths, readers, batch_size, "looking at photos" if shards.rank == 0 else None)
    for others in shards.gather([(reader.found, reader.wall_s) for reader in readers]):
        for reader, (found, wall_s) in zip(readers, others, strict=True):
            reader.found.update(found)
            reader.wall_s = max(reader.wall_s, wall_s)
    return readers


def _record(contestant: Contestant, reader: Reader, case: Case, results: Path, world_size: int) -> Path:
    start = time.perf_counter()
    verdict = contestant.conclude(reader.found)
    wall_s = reader.wall_s + time.perf_counter() - start
    scored = case.manifest.subset(np.isin(np.arange(len(case.manifest)), case.rows))
    answers = answers_table(scored, case.protocol.label, verdict.answers, verdict.classes, verdict.questions)
    classes = extended_classes(verdict.classes, answers["truth"].to_list())
    scores = score(answers, classes, len(verdict.classes), verdict.questions, case.protocol)
    record = Record(
        record_version=RECORD_VERSION,
        task="recognition",
        model=verdict.entry,
        protocol=ProtocolEntry(case.protocol.id, case.protocol.hash, case.protocol.settings),
        data=_data_entry(case, classes, verdict),
        seen=verdict.num_seen > 0,
        num_seen=verdict.num_seen,
        scores=scores,
        answers=AnswersEntry("", "", 0),
        run=RunEntry.here(time.time() - wall_s, world_size, wall_s),
    )
    path = write_record(results, record, answers)
    picture = path.with_suffix(".confusion.png")
    if scores.confusion is None:
        picture.unlink(missing_ok=True)
        missing = scores.overall["top1"]
        log.warning("%s has no scores: %s", record.model.name, missing.reason)
    else:
        write_bytes_atomically(picture, confusion_png(record))
    return path


def _data_entry(case: Case, classes: list[str], verdict: Verdict) -> DataEntry:
    return DataEntry(
        digest=case.manifest.digest,
        num_photos=len(case.manifest),
        part=case.protocol.part,
        num_samples=len(case.rows),
        samples_digest=digest_samples(case.manifest.table["sha256"].iloc[case.rows]),
        classes=classes,
        num_known=len(verdict.classes),
    )


def _summary(paths: list[Path]) -> str:
    records = [read_record(path) for path in paths]
    scores = records[0].scores
    lines = [
        f"{records[0].protocol.id}: {records[0].data.num_samples} photos; "
        f"{records[0].protocol.settings['level']:.0%} intervals over {scores.num_clusters} {scores.clusters}"
    ]
    width = max(len(record.model.name) for record in records)
    for record, path in zip(records, paths, strict=True):
        top1 = record.scores.overall["top1"]
        mark = f"  SEEN {record.num_seen} of its photos" if record.seen else ""
        f1 = record.scores.overall["macro_f1"].value
        numbers = (
            top1.reason
            if top1.value is None
            else f"top-1 {top1.value:.3f}{_ends(top1.low, top1.high)}  macro-F1 {f1:.3f}"
        )
        lines += [f"  {record.model.name:<{width}}  {numbers}{mark}", f"  {'':<{width}}  {path}"]
    return "\n".join(lines)


def _ends(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" ({low:.3f} to {high:.3f})"
