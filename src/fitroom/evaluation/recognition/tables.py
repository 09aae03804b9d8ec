"""Records to tables: what may stand beside each other, in which order, and with which rank."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from fitroom.evaluation.recognition.records import Record


@dataclass(frozen=True)
class Measure:
    """One column of scores.

    Attributes:
        name: of the score in a record.
        title: in the head of the column.
        meaning: in one line.
        percent: shown in per cent rather than as it is.
        lower_is_better: order of the column.
    """

    name: str
    title: str
    meaning: str
    percent: bool = True
    lower_is_better: bool = False


MEASURES = (
    Measure("top1", "Top-1", "share of photos named rightly, refusals ignored"),
    Measure("macro_f1", "Macro-F1", "mean of the classes' F1, each class counting the same"),
    Measure("ece", "ECE", "expected calibration error: how far confidence is from accuracy", lower_is_better=True),
    Measure("nll", "NLL", "negative log-likelihood of the truth, in nats", percent=False, lower_is_better=True),
    Measure("accepted_coverage", "Accepted", 'share of photos that were not answered "unknown"'),
    Measure("accepted_accuracy", "Accepted right", "share of the accepted answers that are right"),
)


@dataclass(frozen=True)
class Row:
    """A record in its table; no rank for a control, a model that has seen the photos, or a missing score."""

    record: Record
    rank: int | None


@dataclass(frozen=True)
class Spread:
    """A score over several seeds."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class SeedSummary:
    """Several revisions of one model.

    Attributes:
        name: of the model.
        num: how many.
        what: "seeds", or "revisions" where they do not all differ in seed.
        spreads: by name of score; None where one of them misses it.
    """

    name: str
    num: int
    what: str
    spreads: dict[str, Spread | None]

    @property
    def title(self) -> str:
        """What the row is called."""
        return f"mean of {self.num} {self.what} (min-max)"


@dataclass(frozen=True)
class Table:
    """Records of one protocol hash on one set of photos, best first; then those without a rank."""

    rows: list[Row]
    summaries: list[SeedSummary]

    @property
    def first(self) -> Record:
        """Any of its records: protocol and photos are the same in all."""
        return self.rows[0].record

    def in_order(self) -> list[Row | SeedSummary]:
        """All rows, a summary after the last revision it is of."""
        last = {row.record.model.name: row for row in self.rows}
        by_name = {summary.name: summary for summary in self.summaries}
        order: list[Row | SeedSummary] = []
        for row in self.rows:
            order.append(row)
            name = row.record.model.name
            if name in by_name and row is last[name]:
                order.append(by_name[name])
        return order


def make_tables(records: Sequence[Record]) -> list[Table]:
    """Groups records into tables: only what was scored by the same recipe on the same photos is comparable."""
    groups: dict[tuple[str, ...], list[Record]] = defaultdict(list)
    for record in records:
        key = (record.protocol.id, record.protocol.hash, record.data.digest, record.data.samples_digest)
        groups[key].append(record)
    return [_table(groups[key]) for key in sorted(groups)]


def top1_value(record: Record) -> float | None:
    """What rows are ordered by."""
    return record.scores.overall["top1"].value


def _table(records: list[Record]) -> Table:
    ordered = sorted(records, key=_order)
    rows = [Row(record, _rank(record, ordered)) for record in ordered]
    return Table(rows, _summaries(ordered))


def _rank(record: Record, records: list[Record]) -> int | None:
    """1 + the number of better ones; equals share a rank."""
    value = _ranked_value(record)
    others = [other for other in map(_ranked_value, records) if other is not None]
    return None if value is None else 1 + sum(other > value for other in others)


def _ranked_value(record: Record) -> float | None:
    return None if record.seen or record.model.control else top1_value(record)


def _order(record: Record) -> tuple[bool, bool, float, str, str]:
    value = top1_value(record)
    return value is None, record.seen, -(value or 0), record.model.name, record.model.revision


def _summaries(records: list[Record]) -> list[SeedSummary]:
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if not record.seen and not record.model.control:
            groups[record.model.name].append(record)
    return [_summary(name, group) for name, group in groups.items() if len(group) > 1]


def _summary(name: str, records: list[Record]) -> SeedSummary:
    seeds = {record.model.seed for record in records}
    spreads: dict[str, Spread | None] = {}
    for measure in MEASURES:
        values = [record.scores.overall[measure.name].value for record in records]
        known = [value for value in values if value is not None]
        complete = len(known) == len(values)
        spreads[measure.name] = Spread(sum(known) / len(known), min(known), max(known)) if complete else None
    return SeedSummary(name, len(records), "seeds" if len(seeds) == len(records) else "revisions", spreads)
