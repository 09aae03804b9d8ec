"""``fitroom evaluate`` for try-on models: bundles, folders of pictures and controls, under one or more protocols.

protocols -> passes (those that look alike) -> every case decoded once, shown by all -> rows -> scores -> results/...
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fitroom.bundles import resolve_bundle
from fitroom.config import nearest, parse_config
from fitroom.errors import EvaluationError
from fitroom.evaluation.entries import ProtocolEntry, RunEntry, check_place, record_path
from fitroom.evaluation.shards import Shards, join
from fitroom.evaluation.tryon.cases.case_set import CaseSet
from fitroom.evaluation.tryon.catalogue import METRICS
from fitroom.evaluation.tryon.differences import differences
from fitroom.evaluation.tryon.entrants import Entrant, enter_bundle, enter_controls, enter_folder
from fitroom.evaluation.tryon.measuring.instruments import Instruments, open_instruments
from fitroom.evaluation.tryon.measuring.reference_features import reference_features
from fitroom.evaluation.tryon.measuring.references import check_reference_folder
from fitroom.evaluation.tryon.passes import (
    DRAWN_S,
    Pass,
    cases_of,
    compared,
    compared_size,
    forget,
    make_passes,
    run_pass,
)
from fitroom.evaluation.tryon.protocol import PROTOCOLS, TryOnProtocol
from fitroom.evaluation.tryon.records import (
    RECORD_VERSION,
    CasesEntry,
    PredictionsEntry,
    ReferencesEntry,
    SamplesEntry,
    TryOnRecord,
    read_record,
    write_record,
)
from fitroom.evaluation.tryon.samples import digest_predictions, feature_columns, read_samples, to_frame
from fitroom.evaluation.tryon.scoring import score
from fitroom.evaluation.tryon.strips import Shown, choose, strips_webp
from fitroom.metrics.external import ExternalWeights
from fitroom.metrics.two_way import num_clusters
from fitroom.progress import log
from fitroom.writing import write_bytes_atomically


@dataclass
class EvaluateTryOnConfig:
    """Scores try-on models by their pictures and writes a record of each under each protocol."""

    protocols: list[str]
    """Recipes by name@version; --protocol NAME adds one."""
    root: str = "benchmarks/wardrobe"
    """Folder of the data set that the protocols name."""
    models: list[str] = field(default_factory=list)
    """Folders of bundles or runs; --model PATH adds one."""
    predictions: str | None = None
    """Folder of pictures made by any system, one a case."""
    name: str = "predictions"
    """What the system behind ``predictions`` is called in its records."""
    manifest: str | None = None
    """CSV, JSON lines or the data set's pairs file that says which picture is which case; without it, <case_id>.png."""
    allow_missing: bool = False
    """Accept missing pictures: every score is then null, with a count."""
    reference: str | None = None
    """Folder of reference pictures, checked to be the protocol's reference set and no other."""
    controls: bool = True
    """Also score what can be had without learning."""
    parser: str | None = None
    """Bundle of the person parser; None = the shipped one."""
    weights: ExternalWeights = field(default_factory=ExternalWeights)
    """Where FID's and LPIPS's networks lie."""
    results: str = "results"
    """Folder the records go to."""
    allow_seen: bool = False
    """Score a model on cases it has seen; its record is marked, and its row has no rank."""
    strips: bool = True
    """Keep pictures of the best, median and worst cases beside each record."""
    wandb: bool = False
    """Log the scores to wandb too (offline unless WANDB_MODE says otherwise)."""


def main(argv: Sequence[str] | None = None) -> int:
    """``--protocol NAME [--protocol NAME] --model PATH | --predictions DIR [any field]``; prints the scores."""
    words = [re.sub(r"^--(model|protocol)(?==|$)", r"--\1s+", word) for word in argv or []]
    config = parse_config(EvaluateTryOnConfig, words, prog="fitroom evaluate")
    shards = join()
    paths = evaluate(config, shards)
    if shards.rank == 0:
        print(_summary(paths))
        if config.wandb:
            from fitroom.evaluation.tryon.tracking import log_records

            log_records(paths)
    return 0


def evaluate(config: EvaluateTryOnConfig, shards: Shards | None = None) -> list[Path]:
    """Evaluates everybody under every protocol.

    Returns:
        Paths of the records; on ranks other than 0 none, as only rank 0 writes.

    Raises:
        EvaluationError: nothing to evaluate, an unknown protocol, pictures that do not fit the cases, a model that has
            seen them, a wrong reference folder, or records of other data in the way.
        BundleError, DataError, WeightsError: what was given cannot be used.
    """
    shards = shards or join()
    protocols = [_protocol(name) for name in dict.fromkeys(config.protocols)]
    if not config.models and config.predictions is None and not config.controls:
        raise EvaluationError(
            "there is nothing to evaluate", rule="a model, a folder of predictions or the controls",
            fix="add --model PATH or --predictions DIR",
        )  # fmt: skip
    for path in config.models:
        resolve_bundle(path)  # a mistyped path should not wait for the pictures
    needed = {METRICS[name].needs for protocol in protocols for name in protocol.metrics} - {""}
    instruments = open_instruments(needed, config.weights, config.parser, shards.device)
    for name, reason in instruments.missing.items():
        log.warning("no %s: its columns stay empty (%s)", name, reason)
    written: list[Path] = []
    for one in make_passes(protocols, Path(config.root)):
        written += _evaluate_pass(one, config, instruments, shards)
    return written


def _protocol(name: str) -> TryOnProtocol:
    if name not in PROTOCOLS:
        raise EvaluationError(f"unknown protocol {name!r}", rule="name@version", fix=nearest(name, list(PROTOCOLS)))
    return PROTOCOLS[name]()


def _evaluate_pass(one: Pass, config: EvaluateTryOnConfig, instruments: Instruments, shards: Shards) -> list[Path]:
    results = Path(config.results)
    if config.reference is not None:
        check_reference_folder(Path(config.reference), one.cases)
    entrants = _enter(one, config, shards)
    sets = {protocol.id: cases_of(protocol, Path(config.root)) for protocol in one.protocols}
    _check_entries(entrants, sets, results, config.allow_seen)
    start = time.time()
    rows = run_pass(one, entrants, instruments, results, shards)
    if shards.rank != 0:
        return []
    paths = []
    for protocol in one.protocols:
        cases = sets[protocol.id]
        for entrant in entrants:
            references = reference_features(
                cases, feature_columns(protocol), _set_size(one, entrant), protocol.truth_filter, instruments, results
            )
            own = one.rows_of(protocol, rows[f"{entrant.entry.name} {entrant.entry.revision}"])
            record = _record(entrant, own, protocol, cases, instruments, references, start, shards.world_size, results)
            path = write_record(results, record, own)
            if config.strips:
                _write_strips(path, record, one, entrant)
            paths.append(path)
    forget(one, entrants, instruments, results)
    return paths


def _enter(one: Pass, config: EvaluateTryOnConfig, shards: Shards) -> list[Entrant]:
    entrants = [enter_bundle(Path(path), one.recipe, shards.device) for path in config.models]
    if config.predictions is not None:
        manifest = Path(config.manifest) if config.manifest else None
        folder = Path(config.predictions)
        entrants.append(enter_folder(folder, config.name, one.cases, one.recipe, manifest, config.allow_missing))
    if config.controls:
        controls, without = enter_controls(one.cases)
        entrants += controls
        if without and shards.rank == 0:
            log.info("without %s: these data do not have what they need", ", ".join(sorted(without)))
    return entrants


def _check_entries(entrants: list[Entrant], sets: dict[str, CaseSet], results: Path, allow_seen: bool) -> None:
    """Before hours of work: nothing of it may end in one place twice, over other data, or be known by heart."""
    places = [(e.entry.name, e.entry.revision) for e in entrants]
    if twice := sorted({place for place in places if places.count(place) > 1}):
        raise EvaluationError("a model was given twice", got=" ".join(twice[0]), fix="name each model once")
    for entrant in entrants:
        for protocol_id, cases in sets.items():
            seen = entrant.num_seen(cases)
            if seen and not allow_seen:
                raise EvaluationError(
                    f"the model has seen {seen} of the {len(cases)} cases it would be scored on",
                    where=f"{entrant.entry.name} under {protocol_id}",
                    rule="none of their photos among those it learned or chose from (trained_on.json in its bundle)",
                    fix="train it without them, or set allow_seen: true for a row that is marked and has no rank",
                )
            place = record_path(results, entrant.entry.name, entrant.entry.revision, protocol_id)
            check_place(place, cases.digest, read_record, "cases")


def _set_size(one: Pass, entrant: Entrant) -> tuple[int, int]:
    """(height, width) of the reference pictures that an entrant's are compared with."""
    if one.recipe.sets_at == "own":
        return one.cases.height_px, one.cases.width_px
    if one.recipe.score_at != "prediction":
        return compared_size(one, None)
    drawn = (entrant.draw(case, one.cases.row(i)) for i, case in enumerate(one.cases.cases))
    return compared_size(one, next((picture_u8 for picture_u8 in drawn if picture_u8 is not None), None))


def _record(
    entrant: Entrant,
    rows: list[dict[str, Any]],
    protocol: TryOnProtocol,
    cases: CaseSet,
    instruments: Instruments,
    references: ReferencesEntry | None,
    start: float,
    world_size: int,
    results: Path,
) -> TryOnRecord:
    samples = to_frame(rows, protocol)
    features = read_samples(results / "references" / references.file) if references else None
    persons, garments = num_clusters(samples["person_id"].to_list(), samples["garment_id"].to_list())
    needed = {METRICS[name].needs for name in protocol.metrics} - {""}
    missing = {name: reason for name, reason in instruments.missing.items() if name in needed}
    num_seen = entrant.num_seen(cases)
    return TryOnRecord(
        record_version=RECORD_VERSION,
        task="try-on",
        model=entrant.entry,
        protocol=ProtocolEntry(protocol.id, protocol.hash, protocol.settings),
        data=CasesEntry(
            cases.name, cases.digest, len(rows), len(rows) - int(samples["pixels_sha256"].isna().sum()), persons,
            garments, cases.height_px, cases.width_px,
        ),
        predictions=PredictionsEntry(entrant.source, digest_predictions(rows)),
        instruments={name: value for name, value in instruments.hashes.items() if name in needed},
        missing=missing,
        oracle=entrant.oracle,
        seen=num_seen > 0,
        num_seen=num_seen,
        scores=score(samples, features, protocol, missing),
        samples=SamplesEntry("", "", 0),
        references=references,
        run=RunEntry.here(start, world_size, sum(row.get(DRAWN_S, 0.0) for row in rows)),
    )  # fmt: skip


def _write_strips(path: Path, record: TryOnRecord, one: Pass, entrant: Entrant) -> None:
    """Pictures of the best, median and worst cases, drawn once more: entrants give the same picture again."""
    chosen = choose(read_samples(path.with_suffix(".parquet")), record.recipe)
    place = {case.case_id: index for index, case in enumerate(one.cases.cases)}
    shown = []
    for label, case_id, value in chosen:
        case, row = one.cases.cases[place[case_id]], one.cases.row(place[case_id])
        picture_u8 = entrant.draw(case, row)
        if picture_u8 is not None:
            worn_u8 = compared(picture_u8, one)
            shown.append(Shown(label, case_id, value, row["person"], row["garment"], worn_u8, row.get("worn")))
    if shown:
        write_bytes_atomically(path.with_suffix(".strips.webp"), strips_webp(shown))


def _summary(paths: Sequence[Path]) -> str:
    records = [read_record(path) for path in paths]
    lines = []
    for protocol_id in dict.fromkeys(record.protocol.id for record in records):
        own = [(record, path) for record, path in zip(records, paths, strict=True) if record.protocol.id == protocol_id]
        data = own[0][0].data
        lines.append(f"{protocol_id}: {data.num_cases} cases, {data.num_persons} persons, {data.num_garments} garments")
        width = max(len(record.model.name) for record, _ in own)
        for record, path in own:
            lines += [f"  {record.model.name:<{width}}  {_scores_line(record)}", f"  {'':<{width}}  {path}"]
    return "\n".join(lines + differences(records))


def _scores_line(record: TryOnRecord) -> str:
    names = ("region_pd_effnetlite0", "region_psnr", "hem_error_cm", "fit_accuracy", "face_psnr", "ssim_color",
             "ssim_gray", "lpips_alex", "fd_effnetlite0")  # fmt: skip
    known = [(name, record.scores[name]) for name in names if name in record.scores]
    if record.data.num_predicted < record.data.num_cases:
        return f"{record.data.num_predicted} of {record.data.num_cases} predictions: no scores"
    said = [f"{METRICS[n].title} {s.value:.3g}{METRICS[n].unit and ' ' + METRICS[n].unit}" for n, s in known
            if s.value is not None]  # fmt: skip
    mark = f"  SEEN {record.num_seen} of its cases" if record.seen else ""
    return "; ".join(said) + mark
