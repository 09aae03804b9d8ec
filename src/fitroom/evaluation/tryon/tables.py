"""Try-on records to tables: what may stand beside each other, in which order and groups of columns, with which rank.

A table holds one protocol hash, one set of cases and one set of instruments, measured by packages of the same major
versions. Rows are ordered by one score, the first of ``columns.MAIN`` that the table has; oracles, which have seen the
truth, come last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fitroom.evaluation.tryon.catalogue import METRICS, Metric
from fitroom.evaluation.tryon.columns import (
    Column,
    Group,
    badness,
    groups_of,
    main_metrics,
    make_column,
    may_be_ranked,
)
from fitroom.evaluation.tryon.records import TryOnRecord

# Packages that compute a score: another major version is another table, another minor one a caution.
COMPUTE = ("torch", "torchvision", "torchmetrics", "timm", "fitroom")
NOISE = "control-truth"


@dataclass(frozen=True)
class Row:
    """A record in its table; no rank for a control, a model that has seen cases, or one whose pictures are missing."""

    record: TryOnRecord
    rank: int | None

    @property
    def coverage(self) -> float:
        """Share of the cases that have a prediction."""
        return self.record.data.num_predicted / self.record.data.num_cases


@dataclass(frozen=True)
class Noise:
    """What a fit score is for the truth itself: the parser's own error, and its worst over disturbed truths."""

    value: float
    worst: float
    worst_name: str


@dataclass(frozen=True)
class TryOnTable:
    """Records that are comparable, best first.

    Attributes:
        rows: models and controls by the main score, then oracles by it.
        main: what they are ordered by; None where nothing of ``columns.MAIN`` was scored.
        groups: of the protocol's metrics, ``main`` included.
        columns: by name of metric, ``main`` first, then group by group.
        noise: by name of a fit metric.
        differs: in what it differs from other tables of its protocol; empty where there are none.
    """

    rows: list[Row]
    main: Metric | None
    groups: list[Group]
    columns: dict[str, Column]
    noise: dict[str, Noise]
    differs: list[str]

    @property
    def first(self) -> TryOnRecord:
        """Any of its records: protocol, cases and instruments are the same in all."""
        return self.rows[0].record

    @property
    def missing(self) -> dict[str, str]:
        """Reason by instrument that was not there."""
        return {name: reason for row in self.rows for name, reason in row.record.missing.items()}

    @property
    def mixed(self) -> dict[str, list[str]]:
        """Versions by package, where the records were not all measured with the same major.minor."""
        found = {name: sorted({_version(row.record, name) for row in self.rows} - {""}) for name in COMPUTE}
        return {name: versions for name, versions in found.items() if len({_minor(v) for v in versions}) > 1}


def make_tables(records: Sequence[TryOnRecord]) -> list[TryOnTable]:
    """Groups records into tables, the wardrobe's first and ``compat/`` last, the largest of a protocol first."""
    by_key: dict[str, dict[str, list[TryOnRecord]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        by_key[record.protocol.id][repr(_key(record))].append(record)
    tables = []
    for protocol in sorted(by_key, key=_place_of):
        members = sorted(by_key[protocol].values(), key=lambda group: (-len(group), repr(_key(group[0]))))
        keys = [_key(group[0]) for group in members]
        differs = [what for what in keys[0] if len({repr(key[what]) for key in keys}) > 1]
        tables += [_table(group, differs) for group in members]
    return tables


def _place_of(protocol_id: str) -> tuple[bool, bool, str]:
    return protocol_id.startswith("compat/"), not protocol_id.startswith("wardrobe"), protocol_id


def _key(record: TryOnRecord) -> dict[str, object]:
    """What records of one table have in common."""
    return {
        "settings": record.protocol.hash,
        "cases": record.data.digest,
        "instruments": sorted(record.instruments.items()),
        "package versions": [_version(record, name).partition(".")[0] for name in COMPUTE],
    }


def _version(record: TryOnRecord, package: str) -> str:
    return record.run.fitroom if package == "fitroom" else record.run.versions.get(package, "")


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _table(records: list[TryOnRecord], differs: list[str]) -> TryOnTable:
    protocol = records[0].recipe
    known = [name for name in main_metrics(protocol) if any(r.scores[name].value is not None for r in records)]
    main = METRICS[known[0]] if known else None
    rows = [Row(record, _rank(record, records, main)) for record in sorted(records, key=lambda r: _order(r, main))]
    groups = groups_of(protocol)
    members = sorted(((m, group.key) for group in groups for m in group.metrics), key=lambda member: member[0] != main)
    columns = {metric.name: make_column(metric, group, records) for metric, group in members}
    return TryOnTable(rows, main, groups, columns, dict(_noise(records, groups)), differs)


def _order(record: TryOnRecord, main: Metric | None) -> tuple[bool, bool, bool, float, str, str]:
    value = record.scores[main.name].value if main else None
    bad = 0.0 if value is None or main is None else badness(main, value)
    return record.oracle, value is None, record.seen, bad, record.model.name, record.model.revision


def _rank(record: TryOnRecord, records: list[TryOnRecord], main: Metric | None) -> int | None:
    """1 + the number of better ones; equals share a rank."""
    if main is None or not may_be_ranked(record) or (value := record.scores[main.name].value) is None:
        return None
    others = [other.scores[main.name].value for other in records if may_be_ranked(other)]
    return 1 + sum(badness(main, other) < badness(main, value) for other in others if other is not None)


def _noise(records: list[TryOnRecord], groups: list[Group]) -> Iterator[tuple[str, Noise]]:
    """Of every fit score, among the records of the truth and its disturbed copies."""
    truths = {r.model.name: r for r in records if r.model.name == NOISE or r.model.name.startswith(f"{NOISE}-")}
    for metric in (m for group in groups if group.key.startswith("fit") for m in group.metrics):
        values = {name: value for name, r in truths.items() if (value := r.scores[metric.name].value) is not None}
        if NOISE in values:
            worst = max(values, key=lambda name: (badness(metric, values[name]), name != NOISE, name))
            yield metric.name, Noise(values[NOISE], values[worst], worst)
