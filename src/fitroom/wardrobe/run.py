"""Generates a wardrobe: shards still missing, by as many workers as are wanted, the same bytes in the end."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from fitroom import __version__
from fitroom.config import config_to_dict
from fitroom.errors import ConfigError, RunError
from fitroom.progress import log, track
from fitroom.runinfo import commit, machine, versions
from fitroom.wardrobe import card
from fitroom.wardrobe.catalogues import Catalogues
from fitroom.wardrobe.config import WardrobeConfig
from fitroom.wardrobe.folder import open_folder, writing
from fitroom.wardrobe.manifest import ShardRecord, counts_of, read_records, sha256_of, write_manifest
from fitroom.wardrobe.outline import ShardPlan, choose_shards, shards
from fitroom.wardrobe.pool import Pool
from fitroom.wardrobe.rows import Simulate
from fitroom.wardrobe.table import write_table
from fitroom.wardrobe.worker import GroupResult, Job
from fitroom.writing import file_beside

TIMEOUT_S = 900.0
EXIT_TERMINATED = 128 + signal.SIGTERM
PACKAGES = ("anny", "embreex", "numba", "pillow", "pyarrow", "scipy")  # that can change a picture
FAILURES_IN_A_ROW = 12  # of groups: by then it is no accident


def generate(
    config: WardrobeConfig,
    out: Path,
    workers: int = 1,
    shards_wanted: str | None = None,
    *,
    simulate: Simulate | None = None,
    catalogues: Callable[[], Catalogues] | None = None,
    timeout_s: float = TIMEOUT_S,
    retry_lost: bool = False,
) -> dict[str, Any]:
    """Makes every wanted shard that ``out`` does not hold yet.

    What is in a shard depends on the config alone: neither on the number of workers, nor on the order they end in, nor
    on interruptions. A group whose worker dies or hangs is lost, and listed in ``failures.jsonl``.

    Args:
        config: what to make.
        out: folder; new, or of the same config.
        workers: processes of one thread each.
        shards_wanted: as :func:`fitroom.wardrobe.outline.choose_shards` takes them; None = all.
        simulate: importable function in place of the real simulation.
        catalogues: importable function that gives what cases are drawn from, in place of the shipped ones.
        timeout_s: a group that takes longer is given up.
        retry_lost: make shards again that lost groups, which a passing fault may have taken.

    Returns:
        The manifest.

    Raises:
        ConfigError: no workers, or no such shards.
        RunError: ``out`` cannot be used, the disk is full, or nothing but failures comes.
        KeyboardInterrupt: after Ctrl-C; SystemExit 143 after SIGTERM. The same words go on with what is missing.
    """
    if workers < 1:
        raise ConfigError("there is nobody to work", where="workers", rule="at least 1", got=workers)
    plans = shards(config)
    wanted = choose_shards(plans, shards_wanted)
    job = Job(config, simulate, catalogues)
    registry = job.shelves().registry()
    open_folder(out, config, registry)
    records = [record for record in read_records(out) if record.stands(out)]
    done = {record.number for record in records if not (retry_lost and record.failures)}
    missing = [plan for plan in wanted if plan.number not in done]
    log.info("%d of %d shards to make, %d workers", len(missing), len(plans), workers)
    with _sigterm_ends(), Pool(job, workers, timeout_s) as pool:
        groups = [number for plan in missing for number in plan.groups]
        results = track(_watched(pool.results(groups)), "simulating groups", total=len(groups))
        for plan, parts in _collected(missing, results):
            with writing(out):
                _write_shard(out, config, plan, parts)
                write_manifest(out, config_to_dict(config), registry.hash, len(plans))
    with writing(out):
        manifest = write_manifest(out, config_to_dict(config), registry.hash, len(plans))
        card.write_card(out, manifest)
    if lost := sum(manifest["failed_groups"].values()):
        log.warning("%d groups are lost; --retry-lost makes their shards again", lost)
    return manifest


def _collected(
    plans: Sequence[ShardPlan], results: Iterator[GroupResult]
) -> Iterator[tuple[ShardPlan, list[GroupResult]]]:
    """Shards whose groups are all in, with their results in the order of the plan."""
    shard_of = {number: plan for plan in plans for number in plan.groups}
    arrived: dict[int, dict[int, GroupResult]] = {}
    for result in results:
        plan = shard_of[result.number]
        parts = arrived.setdefault(plan.number, {})
        parts[result.number] = result
        if len(parts) == len(plan.groups):
            yield plan, [parts[number] for number in plan.groups]
            del arrived[plan.number]


def _watched(results: Iterator[GroupResult]) -> Iterator[GroupResult]:
    """Says what fails, and stops where nothing else comes."""
    in_a_row = 0
    for result in results:
        if result.failure is None:
            in_a_row = 0
        else:
            in_a_row += 1
            log.warning("group %d is lost: %s", result.number, result.failure)
            log.debug("%s", result.detail)
        if in_a_row == FAILURES_IN_A_ROW:
            raise RunError(
                "group after group fails",
                rule=f"fewer than {FAILURES_IN_A_ROW} in a row",
                got=result.failure,
                fix="--verbose shows where; what is finished is kept, and --retry-lost makes again what lost groups",
            )
        yield result


def _write_shard(out: Path, config: WardrobeConfig, plan: ShardPlan, parts: Sequence[GroupResult]) -> None:
    """The file first, then its record: a shard without one does not count."""
    rows = [row for part in parts for row in part.rows]
    path = out / plan.file
    with file_beside(path) as beside:
        write_table(beside, rows, {"fitroom": __version__, "seed": config.seed, "shard": plan.number})
    stages: Counter[str] = Counter()
    for part in parts:
        stages.update(part.stages_s)
    record = ShardRecord(
        number=plan.number,
        split=plan.split,
        file=plan.file,
        sha256=sha256_of(path),
        rows=len(rows),
        seeds={f"{plan.split}-{part.number:06d}": part.seed for part in parts if part.seed is not None},
        counts=counts_of(rows),
        rejections=[rejection for part in parts for rejection in part.rejections],
        failures=[_failure(plan, part) for part in parts if part.failure is not None],
        seconds=round(sum(part.seconds for part in parts), 2),
        stages_s={stage: round(seconds, 3) for stage, seconds in stages.items()},
        peak_memory_mb=round(max(part.peak_memory_mb for part in parts), 1),
        made_by=_maker(),
    )
    record.write(out)
    log.info(
        "%s: %d cases, %d rejected, %d groups lost", plan.file, len(rows), len(record.rejections), len(record.failures)
    )


def _failure(plan: ShardPlan, part: GroupResult) -> dict[str, Any]:
    return {"group_id": f"{plan.split}-{part.number:06d}", "reason": part.failure, "detail": part.detail}


@cache
def _maker() -> dict[str, Any]:
    found = versions() | {name: metadata.version(name) for name in PACKAGES}
    return {"fitroom": __version__, "commit": commit(), "versions": found, "machine": machine()}


@contextmanager
def _sigterm_ends() -> Iterator[None]:
    """Inside, SIGTERM leaves as SystemExit does, so that workers are ended and nothing is left half-written."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(*_: object) -> None:
        raise SystemExit(EXIT_TERMINATED)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
