"""``fitroom compare``: two records case by case. Both models painted the same cases, so their difference is known
better than either score: its interval leaves out how hard the cases are."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from fitroom.config import parse_config
from fitroom.errors import ConfigError, EvaluationError
from fitroom.evaluation.tryon.catalogue import METRICS, Metric
from fitroom.evaluation.tryon.checks import check_record
from fitroom.evaluation.tryon.records import TryOnRecord
from fitroom.evaluation.tryon.samples import mean_columns, read_samples
from fitroom.metrics.two_way import Difference, paired_differences, two_way_weights
from fitroom.writing import write_bytes_atomically

Verdict = Literal["a", "b", "open"]
SIGNIFICANT = 0.05


@dataclass
class CompareConfig:
    """Compares two try-on records of one protocol case by case."""

    a: str
    """Path of a record."""
    b: str
    """Path of another; every difference is a less b."""
    metrics: list[str] | None = None
    """Scores to compare; None = all that single cases have. p-values are corrected over all that are compared."""
    out: str | None = None
    """JSON file for the comparison."""
    num_draws: int = 10_000
    """Draws of the bootstrap; no p-value is below 2 / draws, times the number of scores after Holm's correction."""

    def __post_init__(self) -> None:
        if self.num_draws < 1:
            raise ConfigError("there would be no draw", where="num_draws", rule="at least 1", got=self.num_draws)


@dataclass(frozen=True)
class Compared:
    """One score of both models.

    Attributes:
        metric: its name.
        num_cases: where both have it.
        a, b: means over these cases; of a score that should be 1, the mean distance from 1.
        difference, low, high: of a less b, and its interval.
        p, p_holm: two-sided p-value, and after Holm's correction over all scores compared.
        better: the model whose value is better with ``p_holm`` below 0.05, or "open".
    """

    metric: str
    num_cases: int
    a: float
    b: float
    difference: float
    low: float | None
    high: float | None
    p: float
    p_holm: float
    better: Verdict


@dataclass(frozen=True)
class Comparison:
    """Two models under one protocol.

    Attributes:
        protocol, protocol_hash, data_digest: what both were scored by.
        a, b: model and revision.
        num_cases: predicted by both.
        num_draws: of the bootstrap.
        level: of the intervals.
        rows: by score, in the order of the protocol.
    """

    protocol: str
    protocol_hash: str
    data_digest: str
    a: str
    b: str
    num_cases: int
    num_draws: int
    level: float
    rows: list[Compared]

    def to_json(self) -> str:
        """All of it as JSON."""
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    def to_text(self) -> str:
        """A table for a terminal."""
        head = ["score", "a", "b", "a - b", f"{self.level:.0%} interval", "p (Holm)", "cases", "better"]
        lines = [head, *(_line(row) for row in self.rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        table = ["  ".join(f"{c:<{w}}" if i in (0, 7) else f"{c:>{w}}" for i, (c, w) in
                           enumerate(zip(line, widths, strict=True))).rstrip() for line in lines]  # fmt: skip
        return "\n".join([f"{self.protocol}, {self.num_cases} cases", f"  a: {self.a}", f"  b: {self.b}", *table])


def main(argv: Sequence[str] | None = None) -> int:
    """``RECORD RECORD [--metrics LIST] [--out FILE]``; prints the table."""
    words = list(argv or [])
    paths = [f"--{name}={word}" for name, word in zip("ab", _leading(words), strict=False)]
    config = parse_config(CompareConfig, [*paths, *words[len(paths) :]], prog="fitroom compare")
    comparison = compare(Path(config.a), Path(config.b), config.metrics, config.num_draws)
    if config.out is not None:
        out = Path(config.out)
        out.parent.mkdir(parents=True, exist_ok=True)
        write_bytes_atomically(out, comparison.to_json().encode())
    print(comparison.to_text())
    return 0


def compare(a: Path, b: Path, metrics: Sequence[str] | None = None, num_draws: int = 10_000) -> Comparison:
    """Compares the records at two paths over the cases that both models have predicted.

    Args:
        a, b: two records.
        metrics: see :class:`CompareConfig`.
        num_draws: of the bootstrap over persons and garments.

    Raises:
        EvaluationError: a record that cannot be true, two of other protocols, cases or instruments, a score that single
            cases do not have, or nothing in common.
    """
    one, other = check_record(a), check_record(b)
    _require_comparable(one, other, a, b)
    names = _names(one, metrics)
    ours, theirs = _common(a, b)
    recipe = one.recipe
    persons, garments = ours["person_id"].to_list(), ours["garment_id"].to_list()
    weights_RN = two_way_weights(persons, garments, num_draws, recipe.seed)
    values_a, values_b = ({name: _values(samples, METRICS[name]) for name in names} for samples in (ours, theirs))
    found = paired_differences(values_a, values_b, weights_RN, recipe.level)
    rows = [_compared(METRICS[name], values_a[name], values_b[name], found[name]) for name in names if name in found]
    return Comparison(
        one.protocol.id, one.protocol.hash, one.data.digest, _title(one), _title(other), len(ours), num_draws,
        recipe.level, rows,
    )  # fmt: skip


def _leading(words: Sequence[str]) -> list[str]:
    """The first two words, unless options come before."""
    found = []
    for word in words[:2]:
        if word.startswith("-"):
            break
        found.append(word)
    return found


def _require_comparable(one: TryOnRecord, other: TryOnRecord, a: Path, b: Path) -> None:
    pairs = {
        "protocols": ({"hash": one.protocol.hash}, {"hash": other.protocol.hash}),
        "cases": ({"digest": one.data.digest}, {"digest": other.data.digest}),
        "instruments": (one.instruments, other.instruments),
    }
    for what, (mine, yours) in pairs.items():
        if mine != yours:
            raise EvaluationError(
                f"these records are of different {what}, so their scores cannot be compared", where=f"{a} and {b}",
                got=f"{_short(mine)} and {_short(yours)}", fix="evaluate both models in one call",
            )  # fmt: skip


def _short(hashes: dict[str, str]) -> str:
    return ", ".join(f"{name} {value[:12]}" for name, value in sorted(hashes.items()))


def _names(record: TryOnRecord, metrics: Sequence[str] | None) -> list[str]:
    known = mean_columns(record.recipe)
    for name in metrics or ():
        if name not in known:
            raise EvaluationError(
                f"{name!r} is no score of single cases under {record.protocol.id}", rule=", ".join(known)
            )
    return list(metrics) if metrics else known


def _common(a: Path, b: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables, rows in one order: the cases that both models have predicted."""
    ours, theirs = (read_samples(path.with_suffix(".parquet")) for path in (a, b))
    there = [set(samples["case_id"][samples["pixels_sha256"].notna()]) for samples in (ours, theirs)]
    cases = sorted(there[0] & there[1])
    if not cases:
        raise EvaluationError("no case was predicted by both models", where=f"{a} and {b}")
    return ours.set_index("case_id").loc[cases], theirs.set_index("case_id").loc[cases]


def _values(samples: pd.DataFrame, metric: Metric) -> np.ndarray:
    values_N: np.ndarray = samples[metric.source].to_numpy(dtype=np.float64)
    return np.abs(values_N - 1) if metric.better == "one" else values_N


def _compared(metric: Metric, a_N: np.ndarray, b_N: np.ndarray, found: Difference) -> Compared:
    known = np.isfinite(a_N - b_N)
    low, high = (end if math.isfinite(end) else None for end in (found.low, found.high))
    a_is_better = (found.mean > 0) == (metric.better == "higher")
    better: Verdict = "open" if found.p_holm >= SIGNIFICANT or found.mean == 0 else "a" if a_is_better else "b"
    return Compared(metric.name, found.num_cases, float(a_N[known].mean()), float(b_N[known].mean()), found.mean, low,
                    high, found.p, found.p_holm, better)  # fmt: skip


def _title(record: TryOnRecord) -> str:
    return f"{record.model.name} {record.model.revision}"


def _line(row: Compared) -> list[str]:
    metric = METRICS[row.metric]
    name = f"|{row.metric} - 1|" if metric.better == "one" else row.metric
    ends = "" if row.low is None or row.high is None else f"{row.low:+.4g} to {row.high:+.4g}"
    numbers = [f"{row.a:.4g}", f"{row.b:.4g}", f"{row.difference:+.4g}", ends, f"{row.p_holm:.3g}"]
    return [name, *numbers, f"{row.num_cases}", "-" if row.better == "open" else row.better]
