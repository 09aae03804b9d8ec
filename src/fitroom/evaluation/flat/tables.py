"""Flat records to tables: what may stand beside each other, in which order, and with which rank."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from fitroom.evaluation.flat.records import FlatRecord
from fitroom.evaluation.flat.task import FlatTask
from fitroom.evaluation.flat.tasks import FLAT_TASKS


@dataclass(frozen=True)
class FlatRow:
    """A record in its table; no rank for a control, a model that has seen the cases, or a missing score."""

    record: FlatRecord
    rank: int | None


@dataclass(frozen=True)
class FlatTable:
    """Records of one protocol hash on the same cases, best first; then those without the score."""

    rows: list[FlatRow]

    @property
    def first(self) -> FlatRecord:
        """Any of its records: protocol and cases are the same in all."""
        return self.rows[0].record

    @property
    def task(self) -> FlatTask:
        """Its columns, and what ranks."""
        return FLAT_TASKS[self.first.task]


def make_tables(records: Sequence[FlatRecord]) -> list[FlatTable]:
    """Groups records into tables: only what was scored by the same recipe on the same cases is comparable."""
    groups: dict[tuple[str, ...], list[FlatRecord]] = defaultdict(list)
    for record in records:
        groups[record.task, record.protocol.id, record.protocol.hash, record.data.digest].append(record)
    return [_table(groups[key]) for key in sorted(groups)]


def _table(records: list[FlatRecord]) -> FlatTable:
    ordered = sorted(records, key=_order)
    ranked = [record for record in ordered if _badness(record) is not None and not _is_beside(record)]
    places = {id(record): 1 + sum(_order(other)[2] < _order(record)[2] for other in ranked) for record in ranked}
    return FlatTable([FlatRow(record, places.get(id(record))) for record in ordered])


def _is_beside(record: FlatRecord) -> bool:
    return record.seen or record.model.control


def _badness(record: FlatRecord) -> float | None:
    column = FLAT_TASKS[record.task].main
    value = record.scores[column.name].value
    return None if value is None else column.badness(value)


def _order(record: FlatRecord) -> tuple[bool, bool, float, str, str]:
    badness = _badness(record)
    return badness is None, record.seen, badness or 0.0, record.model.name, record.model.revision
