"""Try-on records made from synthetic per-sample rows: no picture is made, no network is run."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fitroom.evaluation.entries import ModelEntry, ProtocolEntry, RunEntry
from fitroom.evaluation.tryon.catalogue import METRICS
from fitroom.evaluation.tryon.protocol import PROTOCOLS, TryOnProtocol
from fitroom.evaluation.tryon.records import (
    RECORD_VERSION,
    CasesEntry,
    PredictionsEntry,
    SamplesEntry,
    TryOnRecord,
    write_record,
)
from fitroom.evaluation.tryon.samples import digest_predictions, label_columns, mean_columns, read_samples, to_parquet
from fitroom.evaluation.tryon.scoring import score

SETS = ("frechet", "kernel", "precision", "recall")
NO_WEIGHTS = {"lpips_alex": "the weights of the AlexNet of LPIPS alex are missing; alexnet-owt-7be5be79.pth"}
VERSIONS = {"python": "3.11.9", "torch": "2.14.1", "timm": "1.0.31", "torchmetrics": "1.9.0"}
# Of a fair model; those of a better one are nearer to the best.
_TYPICAL = {"cm": 3.0}
_PLACES = {"fit": ("tight", "regular", "loose"), "length": ("too short", "right", "too long")}


def quick_protocol(name: str = "wardrobe-counterfactual@3", **changed: Any) -> TryOnProtocol:
    """A registered protocol without distances between sets, and with few draws."""
    protocol = PROTOCOLS[name]()
    metrics = [name for name in protocol.metrics if METRICS[name].over not in SETS]
    return dataclasses.replace(protocol, **({"metrics": metrics, "num_resamples": 60} | changed))


def make_rows(
    protocol: TryOnProtocol, skill: float = 0.5, num: int = 12, seed: int = 0, missing: int = 0
) -> list[dict[str, Any]]:
    """One row a case; ``skill`` in [0, 1], 1 = the truth itself. Cases do not depend on skill and seed."""
    return [_row(protocol, skill, case, seed, case < missing) for case in range(num)]


def _row(protocol: TryOnProtocol, skill: float, case: int, seed: int, gone: bool) -> dict[str, Any]:
    rng = np.random.default_rng([seed, case])
    row: dict[str, Any] = {
        "case_id": f"case-{case:03d}", "kind": "counterfactual-garment", "person_id": f"person-{case % 5}",
        "garment_id": f"garment-{case % 7}", "group_id": f"group-{case % 4}", "category": "t-shirt", "region": "top",
        "size": "M", "pixels_sha256": None,
    }  # fmt: skip
    if gone:
        return row
    row["pixels_sha256"] = hashlib.sha256(f"{skill}-{seed}-{case}".encode()).hexdigest()
    for name in mean_columns(protocol):
        row[name] = None if METRICS[name].needs in NO_WEIGHTS else _value(name, skill, rng)
    for labels in label_columns(protocol):
        names = _PLACES[labels.removesuffix("_pasted")]
        truth = [names[i] for i in rng.integers(3, size=3)]
        said = [t if rng.random() < 0.4 + 0.6 * skill else names[rng.integers(3)] for t in truth]
        row |= {f"{labels}_places": ["a", "b", "c"], f"{labels}_truth": truth, f"{labels}_predicted": said}
    return row


def _value(name: str, skill: float, rng: np.random.Generator) -> float:
    metric, noise = METRICS[name], abs(rng.normal(1, 0.3))
    if skill == 1:
        return {"higher": metric.high, "lower": 0.0, "one": 1.0}[metric.better]
    gap = (1 - skill) * noise
    if metric.better == "one":
        return float(max(1 - gap, 0.05))
    if metric.better == "lower":
        return float(_TYPICAL.get(metric.unit, 0.4) * gap)
    return float(38 - 30 * min(gap, 1)) if metric.unit == "dB" else float(max(1 - 0.8 * gap, 0.0))


def make_record(
    results: Path,
    name: str = "model",
    rows: list[dict[str, Any]] | None = None,
    *,
    protocol: TryOnProtocol | None = None,
    skill: float = 0.5,
    revision: str = "",
    oracle: bool = False,
    num_seen: int = 0,
    digest: str = "d" * 64,
    instruments: dict[str, str] | None = None,
    versions: dict[str, str] | None = None,
    missing: dict[str, str] | None = None,
    **entry: Any,
) -> Path:
    """Scores per-sample rows and writes their record; a name with "control-" makes it a control."""
    protocol = protocol or quick_protocol()
    rows = make_rows(protocol, skill, seed=len(name)) if rows is None else rows
    control = name.startswith("control-")
    missing = dict(NO_WEIGHTS) if missing is None else missing
    needed = {METRICS[metric].needs for metric in protocol.metrics} - {""}
    hashes = {need: hashlib.sha256(need.encode()).hexdigest() for need in sorted(needed - set(missing))}
    model: dict[str, Any] = {
        "name": name, "revision": revision or hashlib.sha256(name.encode()).hexdigest()[:12], "control": control,
        "kind": "control" if control else "try-on", "bundle_hash": None if control else "b" * 64,
        "seed": None if control else 0, "height_px": 256, "width_px": 192, "license": "Apache-2.0",
        "num_parameters": 0 if control else 11_300_000, "settings": {"steps": 12, "sampler": "euler"},
    } | entry  # fmt: skip
    results.mkdir(parents=True, exist_ok=True)
    frame = _as_stored(rows, protocol, results)
    record = TryOnRecord(
        record_version=RECORD_VERSION,
        task="try-on",
        model=ModelEntry(**model),
        protocol=ProtocolEntry(protocol.id, protocol.hash, protocol.settings),
        data=CasesEntry("wardrobe", digest, len(rows), int(frame["pixels_sha256"].notna().sum()),
                        frame["person_id"].nunique(), frame["garment_id"].nunique(), 512, 384),
        predictions=PredictionsEntry("control" if control else "bundle", digest_predictions(frame)),
        instruments=hashes | (instruments or {}),
        missing=missing,
        oracle=oracle,
        seen=num_seen > 0,
        num_seen=num_seen,
        scores=score(frame, None, protocol, missing),
        samples=SamplesEntry("", "", 0),
        references=None,
        run=RunEntry("0.1.0", VERSIONS | (versions or {}), {"processor": "a processor", "cores": 2}, None,
                     "2025-01-01T00:00:00Z", 1, 2.5),
    )  # fmt: skip
    return write_record(results, record, rows)


def _as_stored(rows: list[dict[str, Any]], protocol: TryOnProtocol, folder: Path) -> pd.DataFrame:
    """As they read back: scores are computed from what a file holds."""
    file = folder / ".samples"
    file.write_bytes(to_parquet(rows, protocol))
    try:
        return read_samples(file)
    finally:
        file.unlink()
