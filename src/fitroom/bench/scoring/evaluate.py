"""``fitroom bench evaluate``: scores of many pictures in one pass, beside three packages one after the other."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from fitroom.bench.report import Report, check_out, publish, surroundings
from fitroom.bench.scoring.costs import bootstrap_table, memory_table
from fitroom.bench.scoring.one_pass import OnePass, Seen, only_read, our_distances
from fitroom.bench.scoring.picture_pairs import Pair, make_pairs, make_weights
from fitroom.bench.scoring.speed import KID_SUBSET, Side, numbers_table, speed_table
from fitroom.bench.scoring.usual_way import UsualWay, usual_distances
from fitroom.config import parse_config
from fitroom.errors import ConfigError
from fitroom.progress import log

TUNE_PAIRS = 16


@dataclass
class EvaluateBenchConfig:
    """Speed of scoring pictures: one pass beside torch-fidelity, torchmetrics and lpips, as ratios."""

    pictures: int = 1000
    """Pairs of a worn picture and its truth; made up."""
    block: int = 100
    """Pairs of a block; both sides take turns with it."""
    height_px: int = 512
    """Of the pictures."""
    width_px: int = 384
    """Of the pictures."""
    threads: int | None = None
    """Of PyTorch, for both sides; none = its own choice."""
    draws: int = 200
    """Resamples of FID that are timed."""
    memory_pictures: int = 100
    """Pairs that one pass measures for its peak of memory; then twice as many."""
    quick: bool = False
    """Only see that everything works, with the least of everything: no figure is worth quoting."""
    out: str | None = None
    """Report to write, .md or .json."""

    def __post_init__(self) -> None:
        check_out(self.out)
        if self.quick:
            self.pictures, self.block, self.draws, self.memory_pictures = 6, 3, 2, 2
        least = min(self.pictures // 4, self.block, self.draws, self.memory_pictures, self.threads or 1)
        if least < 1 or min(self.height_px, self.width_px) < 32:
            raise ConfigError(
                "there would be nothing to measure", rule="numbers of at least 1, pictures 4, sides of 32 px", got=least
            )


def main(argv: Sequence[str]) -> int:
    """Measures as the words say; see :class:`EvaluateBenchConfig`.

    Returns:
        0; 1 where the two sides do not find the same numbers.
    """
    config = parse_config(EvaluateBenchConfig, argv, prog="fitroom bench evaluate")
    if config.threads:
        torch.set_num_threads(config.threads)
    about = surroundings(["bench", "evaluate", *argv])
    with tempfile.TemporaryDirectory(prefix="fitroom-bench-") as name:
        pairs = make_pairs(Path(name), config.pictures, (config.width_px, config.height_px))
        weights = make_weights(Path(name))
        memory = memory_table(weights, pairs, config.memory_pictures)
        one_pass, usual = OnePass(weights), UsualWay(weights)
        if not config.quick:
            log.info("choosing the loaders of the usual way")
            usual.tune(pairs[:TUNE_PAIRS])
        one_pass.run(pairs[:TUNE_PAIRS], Seen())
        ours = Side(one_pass.run, only_read, our_distances)
        theirs = Side(usual.run, usual.only_read, usual_distances)
        _take_turns(ours, theirs, pairs, config.block)
    numbers = numbers_table(ours, theirs, min(KID_SUBSET, config.pictures))
    speed = speed_table(ours, theirs, "; ".join(f"{part}: {loading}" for part, loading in usual.loading.items()))
    bootstraps = bootstrap_table(config.pictures, config.draws)
    publish(Report("Speed of scoring", _settings(config), [speed, numbers, bootstraps, memory], about), config.out)
    return 0 if all(row[-1] == "yes" for row in numbers.rows) else 1


def _take_turns(ours: Side, theirs: Side, pairs: Sequence[Pair], block: int) -> None:
    blocks = [pairs[start : start + block] for start in range(0, len(pairs), block)]
    for number, few in enumerate(blocks):
        ours.block(few)
        theirs.block(few)
        spent = [side.times_by_block()[-1] / len(few) for side in (ours, theirs)]
        log.info("block %d of %d: %.3f and %.3f s a pair", number + 1, len(blocks), *spent)


def _settings(config: EvaluateBenchConfig) -> dict[str, str]:
    size = f"{config.height_px} x {config.width_px} px"
    settings = {"pictures": f"{config.pictures} pairs of {size}, a PNG and a JPEG each, made up"}
    return settings | ({"quick": "yes: these figures are worth nothing"} if config.quick else {})
