"""``fitroom data check``: what a folder of photos holds, and all that is wrong with it, before anything trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fitroom.config import parse_config
from fitroom.data.audit import AuditReport
from fitroom.data.manifest import Manifest, audit_source
from fitroom.data.source import SourceConfig, main_label
from fitroom.errors import DataError

NO_SPLIT = "photos"


@dataclass
class CheckConfig:
    """Checks a folder of photos.

    Attributes:
        source: what to check.
        out: Parquet file to write the manifest to; only written where nothing is wrong, or with source.skip_bad.
    """

    source: SourceConfig
    out: str | None = None


def main(argv: Sequence[str]) -> int:
    """Prints counts and problems.

    Args:
        argv: fields of :class:`CheckConfig` as command-line words; a first word without dashes is ``source.root``.

    Returns:
        0, or 3 where there are problems that would stop a run.
    """
    words = list(argv)
    if words and not words[0].startswith("-"):
        words.insert(0, "--source.root")
    config = parse_config(CheckConfig, words, prog="fitroom data check")
    manifest, report = audit_source(config.source)
    _show(manifest, report, config.source)
    stops = bool(report.faults) and not config.source.skip_bad
    if stops or not len(manifest):
        return DataError.exit_code
    if config.out is not None:
        manifest.write(Path(config.out))
        print(f"wrote {config.out}: {len(manifest)} photos, digest {manifest.digest}")
    return 0


def _show(manifest: Manifest, report: AuditReport, source: SourceConfig) -> None:
    console = Console()
    if len(manifest):
        console.print(_counts(manifest))
        for line in _facts(manifest):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(str(report), markup=False, highlight=False, soft_wrap=True)
    if report.num_skipped:
        rest = "left out" if source.skip_bad else "to repair or remove; --source.skip_bad true goes on without them"
        console.print(f"{report.num_skipped} of {report.num_files} photos {rest}", highlight=False, soft_wrap=True)


def _counts(manifest: Manifest) -> Table:
    """Photos per class and split."""
    label = main_label(manifest.labels)
    splits = manifest.table["split"].fillna(NO_SPLIT)
    names = sorted(splits.unique())
    table = Table(title="usable photos")
    table.add_column(Text(label))
    for name in [*names, "total"] if len(names) > 1 else names:
        table.add_column(Text(name), justify="right")
    for value, in_class in splits.groupby(manifest.table[label]):
        _add_row(table, str(value), [int((in_class == name).sum()) for name in names])
    table.add_section()
    _add_row(table, "total", [int((splits == name).sum()) for name in names])
    return table


def _add_row(table: Table, name: str, counts: list[int]) -> None:
    total = [sum(counts)] if len(counts) > 1 else []
    table.add_row(Text(name), *(str(count) for count in counts + total))


def _facts(manifest: Manifest) -> list[str]:
    table = manifest.table
    facts = [_group_facts(table)]
    for label in manifest.labels:
        if label != main_label(manifest.labels):
            answers = table[label].dropna()
            facts.append(f"{label}: {answers.nunique()} values on {len(answers)} of {len(table)} photos")
    for side in ("width_px", "height_px"):
        facts.append(f"{side}: {table[side].min()} to {table[side].max()}, median {table[side].median():.0f}")
    return facts


def _group_facts(table: pd.DataFrame) -> str:
    groups = table["group"].dropna()
    if groups.empty:
        return "groups: none known"
    line = f"groups: {groups.nunique()}, largest {groups.value_counts().iloc[0]} photos"
    if len(groups) < len(table):
        line += f", {len(table) - len(groups)} photos without one"
    shared = int((table.groupby("group")["split"].nunique() > 1).sum())
    if shared:
        line += f"; {shared} lie in more than one split, so parts.by = split would test on groups it learned from"
    return line
