"""``fitroom data check``: what a folder of data is and holds, and all that is wrong with it, before anything trains."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fitroom.config import parse_config
from fitroom.data.audit import AuditReport
from fitroom.data.findings import TryOnFindings
from fitroom.data.layouts import TITLES, Layout, recognise
from fitroom.data.manifest import Manifest, audit_source
from fitroom.data.pairs.audit import READERS, audit_pairs
from fitroom.data.source import SourceConfig, main_label
from fitroom.data.wardrobe_audit import audit_wardrobe
from fitroom.errors import ConfigError, DataError

NO_SPLIT = "photos"


@dataclass
class CheckConfig:
    """Checks a folder: photos with labels, or a try-on data set, for which ``source.root`` is all there is to say.

    Attributes:
        source: what to check.
        out: Parquet file to write the manifest to; only written where nothing is wrong, or with source.skip_bad.
    """

    source: SourceConfig
    out: str | None = None


def main(argv: Sequence[str], protocols: Callable[[str, Path], Iterable[str]] | None = None) -> int:
    """Prints what the folder is, counts and problems.

    Args:
        argv: fields of :class:`CheckConfig` as command-line words; a first word without dashes is ``source.root``.
        protocols: layout and folder of a try-on data set to lines that say which protocols it can serve.

    Returns:
        0, or 3 where there are problems that would stop a run.
    """
    words = list(argv)
    if words and not words[0].startswith("-"):
        words.insert(0, "--source.root")
    config = parse_config(CheckConfig, words, prog="fitroom data check")
    if config.out is not None and Path(config.out).suffix.lower() != ".parquet":
        raise ConfigError(
            "a manifest is a Parquet file", where="out", rule="a name that ends in .parquet", got=config.out
        )
    root = Path(config.source.root)
    layout = recognise(root)
    if layout != "photos":
        print(f"{root}: {TITLES[layout]}")
    if layout not in ("photos", "deepfashion"):
        _require_root_alone(config, layout)
        findings = audit_wardrobe(root) if layout == "wardrobe" else audit_pairs(root, READERS[layout])
        _show_findings(findings, protocols(layout, root) if protocols else ())
        return DataError.exit_code if findings.report.faults else 0
    manifest, report = audit_source(config.source)
    _show(manifest, report, config.source)
    stops = bool(report.faults) and not config.source.skip_bad
    if stops or not len(manifest):
        return DataError.exit_code
    if config.out is not None:
        manifest.write(Path(config.out))
        print(f"wrote {config.out}: {len(manifest)} photos, digest {manifest.digest}")
    return 0


def _require_root_alone(config: CheckConfig, layout: Layout) -> None:
    if config != CheckConfig(SourceConfig(config.source.root)):
        raise ConfigError(
            f"{TITLES[layout]} has no such settings",
            where=config.source.root,
            rule="the folder alone; --out, --skip-bad and source.* are for photos with labels",
            fix="leave them out, or name a folder of photos",
        )


def _show_findings(findings: TryOnFindings, protocols: Iterable[str]) -> None:
    console = Console()
    if findings.counts:
        console.print(_count_table("what is there", "", findings.counts))
    for line in (*findings.facts, *protocols, str(findings.report)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


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
    counts = {str(value): in_class.value_counts() for value, in_class in splits.groupby(manifest.table[label])}
    table = _count_table("usable photos", label, counts)
    table.add_section()
    _add_row(table, "total", [int((splits == name).sum()) for name in sorted(splits.unique())])
    return table


def _count_table(title: str, first: str, counts: Mapping[str, Mapping[str, int] | pd.Series]) -> Table:
    """One row a name, one column a split, and their sum where there are several."""
    splits = sorted({split for of_split in counts.values() for split in of_split.keys()})  # noqa: SIM118 - of a Series
    table = Table(title=title)
    table.add_column(Text(first))
    for split in [*splits, "total"] if len(splits) > 1 else splits:
        table.add_column(Text(split), justify="right")
    for name, of_split in counts.items():
        _add_row(table, name, [int(of_split.get(split, 0)) for split in splits])
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
