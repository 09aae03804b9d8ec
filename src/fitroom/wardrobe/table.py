"""Rows as shards of Parquet: plan and truth in the columns of ``truth.columns``; the same rows are the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from fitroom.wardrobe.plan import CasePlan, GroupPlan
from fitroom.wardrobe.rows import Row
from fitroom.wardrobe.truth.columns import COLUMNS, columns
from fitroom.wardrobe.truth.rows import encode_row, schema

Cells = dict[str, Any]
ROWS_AT_ONCE = 16  # of a row group: what a reader that streams holds in memory


def cells_of(row: Row, group: GroupPlan, keep: Sequence[str] = ()) -> Cells:
    """A row's cells: what was planned, and what was found.

    Args:
        row: of the simulation.
        group: it belongs to.
        keep: names of the columns that are filled beside those of the plan; empty = all.

    Raises:
        ConfigError: a column is missing, or does not fit its kind.
        DataError: there is no column of a name in ``keep``.
    """
    planned = plan_values(row.case, group)
    unwanted = {column.name for column in COLUMNS} - set(planned) - {column.name for column in columns(keep)}
    empty = dict.fromkeys(unwanted if keep else ())
    return encode_row({**row.columns, **planned, **empty})


def plan_values(case: CasePlan, group: GroupPlan) -> dict[str, Any]:
    """The columns that are known before anything is simulated."""
    person, target = case.person, case.target
    return {
        "case_id": case.case_id,
        "group_id": group.group_id,
        "split": case.split,
        "kind": case.kind,
        "seed": group.seed,
        "person_id": f"body{person.body}-look{person.appearance}",
        "garment_id": f"design{target.design}-fabric{target.fabric}-print{target.print}",
        "design_id": f"design{target.design}",
        "plan": {**asdict(case), "others": [asdict(garment) for garment in case.others]},
    }


def write_table(path: Path, rows: Sequence[Cells], note: Mapping[str, Any]) -> None:
    """Writes cells as Parquet, zstd, with the features that datasets reads in its metadata.

    Args:
        path: file to write.
        rows: cells by column; may be none.
        note: kept in the metadata; must not differ between runs that make the same rows.
    """
    table = pa.Table.from_pylist(list(rows), schema=schema(note))
    pq.write_table(table, path, compression="zstd", row_group_size=ROWS_AT_ONCE)


def read_cells(path: Path, names: Iterable[str] | None = None) -> list[Cells]:
    """The cells of a shard; only the columns called ``names`` where given."""
    return pq.read_table(path, columns=list(names) if names is not None else None).to_pylist()
