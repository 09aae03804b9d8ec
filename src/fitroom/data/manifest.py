"""The manifest: one row a photo, known by its content. Everything that trains or evaluates starts from one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fitroom.data.audit import AuditReport, Problem, find_repeats, sort_problems
from fitroom.data.files import inspect_files
from fitroom.data.source import FIXED_COLUMNS, SourceConfig, list_source
from fitroom.errors import DataError
from fitroom.progress import log
from fitroom.writing import file_beside

_METADATA_KEY = b"fitroom"
_FORMAT_VERSION = 1


@dataclass(frozen=True, eq=False)
class Manifest:
    """The photos of a source.

    Attributes:
        root: folder of the photos.
        table: one row a photo, index 0..N-1, sorted by sample_id: sample_id (path relative to ``root``, posix), sha256
            (of the file, hex), width_px and height_px (upright), group, split (canonical: "train", "validation",
            "test"), then one column a label, named by head. All text is str, missing = NaN; several labels of one
            photo are joined by "|".
        labels: the label columns.
    """

    root: Path
    table: pd.DataFrame
    labels: list[str]

    def __len__(self) -> int:
        return len(self.table)

    @property
    def digest(self) -> str:
        """sha256 (hex) of what is learned from: contents, groups and labels; not of root, order or file names."""
        columns = ["sha256", "group", *sorted(self.labels)]
        plain = self.table[columns].astype(object).where(self.table[columns].notna(), None)
        lines = sorted(json.dumps(row, ensure_ascii=False) for row in plain.to_numpy().tolist())
        head = json.dumps(columns, ensure_ascii=False)
        return hashlib.sha256("\n".join([head, *lines]).encode()).hexdigest()

    def path(self, sample_id: str) -> Path:
        """The photo's file."""
        return self.root / sample_id

    def subset(self, mask: Any) -> Manifest:
        """The rows where ``mask`` ((N,) bool) is true."""
        return replace(self, table=self.table[np.asarray(mask, dtype=bool)].reset_index(drop=True))

    def write(self, path: Path) -> None:
        """Writes Parquet, atomically, that ``datasets.load_dataset("parquet", ...)`` reads as well."""
        from datasets import Dataset
        from pyarrow import parquet

        arrow = Dataset.from_pandas(self.table, preserve_index=False).data.table
        note = {"format_version": _FORMAT_VERSION, "root": str(self.root.resolve()), "labels": self.labels}
        arrow = arrow.replace_schema_metadata(
            {**(arrow.schema.metadata or {}), _METADATA_KEY: json.dumps(note).encode()}
        )
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with file_beside(path) as beside:
            parquet.write_table(arrow, beside)

    @classmethod
    def read(cls, path: Path, root: Path | None = None) -> Manifest:
        """Reads what :meth:`write` wrote.

        Args:
            path: the Parquet file.
            root: folder of the photos, where it is not the one they were in when the manifest was written.

        Raises:
            DataError: not there, not Parquet, or not a manifest.
        """
        from datasets import Dataset
        from pyarrow import ArrowException, parquet

        try:
            arrow = parquet.read_table(path)
        except (OSError, ArrowException) as error:
            raise DataError("the manifest cannot be read", where=path, got=str(error)) from error
        note = json.loads((arrow.schema.metadata or {}).get(_METADATA_KEY, b"{}"))
        if note.get("format_version") != _FORMAT_VERSION or not set(FIXED_COLUMNS) <= set(arrow.column_names):
            raise DataError(
                "this Parquet file is not a manifest that can be read",
                where=path,
                rule=f"format_version {_FORMAT_VERSION}, with columns {', '.join(FIXED_COLUMNS)}",
                got=f"format_version {note.get('format_version')}, columns {', '.join(arrow.column_names)}",
                fix="write it again with `fitroom data check --out`",
            )
        return cls(Path(root or note["root"]), _typed(Dataset(arrow).to_pandas(), note["labels"]), note["labels"])


def read_source(config: SourceConfig) -> tuple[Manifest, AuditReport]:
    """Audits every photo of a source and makes its manifest.

    Returns:
        The manifest of the usable photos, and the report.

    Raises:
        DataError: with every problem by name, unless ``config.skip_bad``; or where no usable photo is left.
    """
    manifest, report = audit_source(config)
    if report.faults and not config.skip_bad:
        raise DataError(
            f"{report.num_skipped} of {report.num_files} photos cannot be used",
            where=config.root,
            got="\n" + "\n".join(f"    {line}" for line in str(report).splitlines()),
            fix="repair or remove them, or set skip_bad: true to go on without them",
        )
    if not len(manifest):
        raise DataError("no usable photo is left", where=config.root, got=f"\n{report}")
    if report.num_skipped:
        log.warning("goes on without %d of %d photos:\n%s", report.num_skipped, report.num_files, report)
    elif report.problems:
        log.warning("%s", report)
    return manifest, report


def audit_source(config: SourceConfig) -> tuple[Manifest, AuditReport]:
    """As :func:`read_source`, without judging: the manifest of the usable photos, which may be none, and the report.

    Raises:
        DataError: no such folder or table, a column that is not there, or no photo at all.
    """
    root = Path(config.root)
    listing = list_source(config)
    rows, problems, faulty = listing.rows.copy(), list(listing.problems), listing.faulty.to_numpy(dtype=bool).copy()

    outside = {problem.sample_id for problem in problems if problem.kind == "outside-root"}
    facts = inspect_files(root, [name for name in rows["sample_id"] if name not in outside])
    problems += [Problem(fact.kind, name, fact.detail) for name, fact in facts.items() if fact.kind]
    found = [facts.get(name) for name in rows["sample_id"]]
    faulty |= np.array([fact is None or fact.kind is not None for fact in found])
    rows["sha256"] = [fact.sha256 if fact and fact.width_px else None for fact in found]
    rows["width_px"] = [fact.width_px if fact else 0 for fact in found]
    rows["height_px"] = [fact.height_px if fact else 0 for fact in found]

    repeats, dropped = find_repeats(rows, listing.labels, faulty)
    faulty |= dropped
    report = AuditReport(sort_problems(problems + repeats), num_files=len(rows), num_skipped=int(faulty.sum()))
    kept = _typed(rows[~faulty].reset_index(drop=True), listing.labels)
    return Manifest(root, kept, listing.labels), report


def _typed(table: pd.DataFrame, labels: list[str]) -> pd.DataFrame:
    types = {name: "int64" if name.endswith("_px") else "str" for name in FIXED_COLUMNS}
    table = table.astype(types | dict.fromkeys(labels, "str"))
    return table[[*FIXED_COLUMNS, *labels]]
