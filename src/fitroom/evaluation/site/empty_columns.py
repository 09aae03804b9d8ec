"""Columns of a try-on table that no row can fill, since an instrument was not there: why, and what fills them."""

from __future__ import annotations

from dataclasses import dataclass

from fitroom.evaluation.tryon.tables import TryOnTable
from fitroom.metrics.external import NETWORKS

# The weights file (``ExternalWeights``) behind an instrument that no package carries.
_FILE_OF = {"inception": "inception", "inception_clean": "inception", "lpips_alex": "alexnet", "lpips_vgg": "vgg16",
            "lpips_squeeze": "squeezenet"}  # fmt: skip


@dataclass(frozen=True)
class Empty:
    """Titles of the columns, why they are empty, and the command that fills them; "" where no file would."""

    titles: list[str]
    reason: str
    command: str


def empty_columns(table: TryOnTable) -> list[Empty]:
    """One entry for all weights that must be fetched once, and one for each other instrument."""
    absent = {name: reason for name, reason in table.missing.items() if name not in table.first.instruments}
    fetched = [name for name in absent if name in _FILE_OF]
    found = [Empty(_titles(table, [name]), absent[name].rstrip("."), "") for name in absent if name not in _FILE_OF]
    if fetched:
        files = list(dict.fromkeys(_FILE_OF[name] for name in fetched))
        what = " and ".join(NETWORKS[name].purpose for name in files)
        reason = f"the weights of {what} are on no machine that evaluated, and nothing is downloaded"
        found.insert(0, Empty(_titles(table, fetched), reason, _command(table.first.protocol.id, files)))
    return [empty for empty in found if empty.titles]


def _titles(table: TryOnTable, instruments: list[str]) -> list[str]:
    columns = [column.metric for column in table.columns.values() if column.metric.needs in instruments]
    return list(dict.fromkeys(metric.title for metric in columns))


def _command(protocol_id: str, files: list[str]) -> str:
    weights = " ".join(f"--weights.{name} {NETWORKS[name].files[0]}" for name in files)
    return f"fitroom evaluate --protocol {protocol_id} --model BUNDLE {weights}"
