"""What a wardrobe's folder holds: one record a shard, and the manifest, which is derived from the records alone.

A record is written when its shard is complete, so a shard without one is none. Machines that share a folder, or whose
folders are copied together, never write the same file but the manifest, which any of them can derive anew.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fitroom.errors import DataError
from fitroom.wardrobe.table import Cells
from fitroom.writing import write_text_atomically

MANIFEST, FAILURES, RECORDS = "manifest.json", "failures.jsonl", "records"
COUNTED = ("split", "kind", "region", "category", "size", "fit")


@dataclass(frozen=True)
class ShardRecord:
    """What became of one shard.

    Attributes:
        number, split, file: which; ``file`` is relative to the folder.
        sha256: of the file.
        rows: how many it holds.
        seeds: of its groups, by their id.
        counts: rows by value, for every name in :data:`COUNTED`.
        rejections: case id, reason and numbers of every case not worth keeping.
        failures: group, reason and traceback of every group that gave nothing.
        seconds: of all its groups, one worker's time.
        stages_s: the same by stage.
        peak_memory_mb: of the largest worker.
        made_by: fitroom, commit, versions and machine.
    """

    number: int
    split: str
    file: str
    sha256: str
    rows: int
    seeds: Mapping[str, int]
    counts: Mapping[str, Mapping[str, int]]
    rejections: Sequence[Mapping[str, Any]]
    failures: Sequence[Mapping[str, Any]]
    seconds: float
    stages_s: Mapping[str, float]
    peak_memory_mb: float
    made_by: Mapping[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Writes ``folder/records/shard-00012.json``."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"
        write_text_atomically(folder / RECORDS / f"shard-{self.number:05d}.json", text)

    def stands(self, folder: Path) -> bool:
        """Whether the file is there, and is the one that was written."""
        path = folder / self.file
        return path.is_file() and sha256_of(path) == self.sha256


def read_records(folder: Path) -> list[ShardRecord]:
    """All records of a folder, by number.

    Raises:
        DataError: one cannot be read.
    """
    found = []
    for path in sorted((folder / RECORDS).glob("shard-*.json")):
        try:
            found.append(ShardRecord(**json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError) as error:
            fix = "remove it: the shard is then made again"
            raise DataError("a shard's record cannot be read", where=path, got=str(error), fix=fix) from error
    return found


def write_manifest(folder: Path, config: Mapping[str, Any], registry_hash: str, num_shards: int) -> dict[str, Any]:
    """Derives ``manifest.json`` and ``failures.jsonl`` from the records.

    Args:
        folder: of the wardrobe.
        config: plain values, as resolved.
        registry_hash: of the split registry.
        num_shards: that the config makes, done or not.

    Returns:
        The manifest.
    """
    records = read_records(folder)
    failures = [failure for record in records for failure in record.failures]
    lines = (json.dumps(failure, ensure_ascii=False) + "\n" for failure in failures)
    write_text_atomically(folder / FAILURES, "".join(lines))
    manifest = {
        "schema_version": 1,
        "config": dict(config),
        "registry_sha256": registry_hash,
        "shards_done": len(records),
        "shards_planned": num_shards,
        "cases": sum(record.rows for record in records),
        "counts": _sum_counts(record.counts for record in records),
        "rejected": dict(Counter(case["reason"] for record in records for case in record.rejections).most_common()),
        "failed_groups": dict(Counter(failure["reason"] for failure in failures).most_common()),
        "worker_seconds": round(sum(record.seconds for record in records), 1),
        "stages_s": _sum_stages(records),
        "peak_memory_mb": max((record.peak_memory_mb for record in records), default=0.0),
        "made_by": _different(record.made_by for record in records),
        "shards": [
            {"file": record.file, "sha256": record.sha256, "rows": record.rows, "seeds": dict(record.seeds)}
            for record in records
        ],
    }
    write_text_atomically(folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    return manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """What ``manifest.json`` says.

    Raises:
        DataError: there is none, or it is of something else.
    """
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(manifest, dict) or not isinstance(manifest.get("shards"), list):
            raise ValueError("it lists no shards")
    except (OSError, ValueError) as error:
        raise DataError(
            "this is no wardrobe, or one without a single shard",
            where=folder,
            rule=f"a folder with {MANIFEST}",
            got=str(error),
            fix="fitroom wardrobe --config configs/wardrobe/mini.yaml --out FOLDER makes one",
        ) from error
    return manifest


def verify(folder: Path) -> dict[str, Any]:
    """Checks every shard against its hash.

    Returns:
        The manifest.

    Raises:
        DataError: a shard is missing or altered, or lies there without being listed.
    """
    manifest = read_manifest(folder)
    wrong = [f"{name} {what}" for name, what in alterations(folder, manifest).items()]
    if wrong:
        raise DataError(
            f"{len(wrong)} shards are not as they were written",
            where=folder,
            rule=f"the files and hashes of {MANIFEST}",
            got="; ".join(wrong[:5]) + ("; ..." if len(wrong) > 5 else ""),
            fix="the command that made the folder makes again what is missing or altered",
        )
    return manifest


def alterations(folder: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    """By shard, what became of each that is not as the manifest says: "is missing", "is not listed", "is altered"."""
    listed = {shard["file"]: shard["sha256"] for shard in manifest["shards"]}
    there = {path.relative_to(folder).as_posix() for path in (folder / "data").glob("*/*.parquet")}
    altered = [name for name in sorted(there & listed.keys()) if sha256_of(folder / name) != listed[name]]
    return {
        **dict.fromkeys(sorted(listed.keys() - there), "is missing"),
        **dict.fromkeys(sorted(there - listed.keys()), "is not listed"),
        **dict.fromkeys(altered, "is altered"),
    }


def counts_of(rows: Iterable[Cells]) -> dict[str, dict[str, int]]:
    """Rows by value of every counted column; what is empty is not counted."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in COUNTED}
    for row in rows:
        for name in COUNTED:
            value = row[name]
            if name == "fit" and value is not None:
                value = json.loads(value).get("overall")
            if value is not None:
                counts[name][value] += 1
    return {name: dict(sorted(values.items())) for name, values in counts.items()}


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sum_counts(parts: Iterable[Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    total: dict[str, Counter[str]] = {name: Counter() for name in COUNTED}
    for counts in parts:
        for name, values in counts.items():
            total[name].update(values)
    return {name: dict(sorted(values.items())) for name, values in total.items()}


def _sum_stages(records: Sequence[ShardRecord]) -> dict[str, float]:
    total: Counter[str] = Counter()
    for record in records:
        total.update(record.stages_s)
    return {stage: round(seconds, 1) for stage, seconds in total.most_common()}


def _different(makers: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for maker in makers:
        if maker not in found:
            found.append(maker)
    return found
