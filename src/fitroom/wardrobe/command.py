"""``fitroom wardrobe``: from command-line words to a wardrobe."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from fitroom.config import parse_config
from fitroom.errors import ConfigError
from fitroom.progress import log
from fitroom.wardrobe.config import WardrobeConfig
from fitroom.wardrobe.outline import choose_shards, group_sizes, outlines, shards
from fitroom.wardrobe.run import TIMEOUT_S, generate

PROG = "fitroom wardrobe"
FLAGS = """\
  --out FOLDER          where to; a folder of the same config is gone on with (required)
  --workers N           processes, of one thread each (one a core)
  --shards WHICH        only these, for one of several machines: 3, 0-9, 0-9,20 or 0-9/100
  --timeout SECONDS     a group of cases that takes longer is given up (900)
  --retry-lost          make shards again that lost groups of cases, to a timeout or want of memory
  --dry-run             print what would be made, and write nothing
"""


class _Words(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigError(message, where=PROG, fix=f"{PROG} --help shows all its words")


def main(argv: Sequence[str]) -> int:
    """Generates as the words say: those of :data:`FLAGS`, a config, any field of :class:`WardrobeConfig`."""
    if {"-h", "--help"} & set(argv):
        _help()
    words, rest = _parser().parse_known_args(argv)
    config = parse_config(WardrobeConfig, rest, prog=PROG)
    if words.dry_run:
        print(describe(config, words.shards))
        return 0
    if words.out is None:
        raise ConfigError("the wardrobe has no place to go", where=PROG, fix="give --out FOLDER")
    manifest = generate(
        config, words.out, words.workers, words.shards, timeout_s=words.timeout, retry_lost=words.retry_lost
    )
    done = f"{manifest['shards_done']} of {manifest['shards_planned']} shards"
    log.info("%s: %d cases in %s", words.out, manifest["cases"], done)
    return 0


def describe(config: WardrobeConfig, shards_wanted: str | None = None) -> str:
    """What would be made, in a few lines."""
    plans = shards(config)
    wanted = {number for plan in choose_shards(plans, shards_wanted) for number in plan.groups}
    groups = [outline for outline in outlines(config) if outline.number in wanted]
    lines = [f"{sum(group.num_cases for group in groups)} cases in {len(groups)} groups"]
    for split in dict.fromkeys(group.split for group in groups):
        cases = {kind: 0 for kind in group_sizes(config)}
        for group in groups:
            cases[group.kind] += group.num_cases if group.split == split else 0
        shown = ", ".join(f"{number} {kind}" for kind, number in cases.items() if number)
        lines.append(f"  {split}: {sum(cases.values())} ({shown})")
    lines.append(f"  shards: {len(choose_shards(plans, shards_wanted))} of {len(plans)}")
    return "\n".join(lines)


def _parser() -> _Words:
    parser = _Words(prog=PROG, add_help=False, allow_abbrev=False)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--workers", type=int, default=_cores())
    parser.add_argument("--shards")
    parser.add_argument("--timeout", type=float, default=TIMEOUT_S)
    parser.add_argument("--retry-lost", action="store_true")
    parser.add_argument("--dry-run", action="store_true")
    return parser


def _cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _help() -> NoReturn:
    try:
        parse_config(WardrobeConfig, ["--help"], prog=PROG)
    finally:
        print(FLAGS, end="")
    raise AssertionError("--help leaves by itself")
