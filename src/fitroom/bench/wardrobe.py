"""``fitroom bench wardrobe``: simulated cases an hour, from new drapes and from old ones, and where the time goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from time import perf_counter
from typing import Any

from fitroom.bench.blocks import ratio, take_turns
from fitroom.bench.report import Report, Spread, Table, check_out, publish, surroundings
from fitroom.config import parse_config
from fitroom.errors import ConfigError
from fitroom.wardrobe.config import KindShares, SimulationSettings, SplitShares, WardrobeConfig
from fitroom.wardrobe.outline import outlines
from fitroom.wardrobe.pool import Pool
from fitroom.wardrobe.run import TIMEOUT_S
from fitroom.wardrobe.worker import GroupResult, Job

HOUR_S = 3600.0
AFRESH = KindShares(0, 1, 0, 0, 0)  # every case has a drape of its own for its target, and one for its source
MakeJob = Callable[[WardrobeConfig], Job]


@dataclass
class WardrobeBenchConfig:
    """Speed of the simulated wardrobe: counterfactual cases an hour."""

    simulation: SimulationSettings = field(default_factory=SimulationSettings)
    """Size of pictures and meshes."""
    cases: int = 12
    """Cases of a block."""
    looks: int = 4
    """Cases from the same drapes, where they are used again: other prints, views, backdrops and lights."""
    workers: int = 2
    """Workers of the block that is compared with one worker."""
    rounds: int = 3
    """Blocks of each side, after one that does not count."""
    seed: int = 0
    """Of what is simulated."""
    quick: bool = False
    """Only see that everything works, with the least of everything: no figure is worth quoting."""
    out: str | None = None
    """Report to write, .md or .json."""

    def __post_init__(self) -> None:
        check_out(self.out)
        if self.quick:
            self.cases, self.looks, self.rounds = 4, 2, 1
        if min(self.cases // 4, self.looks - 1, self.workers - 1, self.rounds) < 1:
            raise ConfigError(
                "there would be nothing to compare",
                rule="cases of 4, looks and workers of 2, rounds of 1 at least",
                got=(self.cases, self.looks, self.workers, self.rounds),
            )


def main(argv: Sequence[str], make_job: MakeJob = Job) -> int:
    """Measures as the words say.

    Args:
        argv: fields of :class:`WardrobeBenchConfig`.
        make_job: what the workers do with a config; another one stands in for the simulation.
    """
    config = parse_config(WardrobeBenchConfig, argv, prog="fitroom bench wardrobe")
    about = surroundings(["bench", "wardrobe", *argv])
    sides = {
        "half as many": Side(config, make_job, workers=1, cases=config.cases // 2),
        "afresh": Side(config, make_job, workers=1, cases=config.cases),
        "reused": Side(config, make_job, workers=1, cases=config.cases, looks=config.looks),
        "more workers": Side(config, make_job, workers=config.workers, cases=config.cases),
    }
    try:
        rates = take_turns({name: side.block for name, side in sides.items()}, config.rounds)
    finally:
        for side in sides.values():
            side.close()
    tables = [_speed(config, sides, rates), _stages(sides["afresh"], sides["reused"])]
    publish(Report("Wardrobe speed", _settings(config), tables, about), config.out)
    return 0


class Side:
    """One way of simulating, by workers that stay: importing and compiling is done before the blocks that count.

    Args:
        config: of the benchmark.
        make_job: see :func:`main`.
        workers: how many.
        cases: of a block; rounded up to whole groups.
        looks: cases from the same drapes.
    """

    def __init__(
        self, config: WardrobeBenchConfig, make_job: MakeJob, *, workers: int, cases: int, looks: int = 1
    ) -> None:
        blocks = config.rounds + 1  # no block repeats another's groups: what is cached must not count
        self.config = WardrobeConfig(
            seed=config.seed,
            cases=cases * blocks + 2 * looks * blocks,
            splits=SplitShares(1, 0, 0),
            kinds=AFRESH,
            garments_per_person=2,
            looks=looks,
            simulation=config.simulation,
        )
        self.workers = workers
        self.groups_a_block = -(-cases // (2 * looks))
        self.results: list[GroupResult] = []
        self._left = iter([outline.number for outline in outlines(self.config)])
        self._pool = Pool(make_job(self.config), workers, TIMEOUT_S)

    def block(self) -> float:
        """Simulates the next groups; gives cases a second, those that were rejected included."""
        groups = list(islice(self._left, self.groups_a_block))
        self._pool.wait_until_ready()
        begun_s = perf_counter()
        done = list(self._pool.results(groups))
        elapsed_s = perf_counter() - begun_s
        self.results += done
        failed = [result.failure for result in done if result.failure is not None]
        if failed:
            raise ConfigError("what is to be measured fails", got=failed[0], fix="--verbose shows where")
        return sum(_num_cases(result) for result in done) / elapsed_s

    def close(self) -> None:
        """Ends the workers."""
        self._pool.close()


def _num_cases(result: GroupResult) -> int:
    return len(result.rows) + len(result.rejections)


def _speed(config: WardrobeBenchConfig, sides: dict[str, Side], rates: dict[str, Spread]) -> Table:
    about = {
        "half as many": "new drapes, half as many cases",
        "afresh": "new drapes",
        "reused": f"each drape in {config.looks} looks",
        "more workers": "new drapes",
    }
    rows: list[tuple[Any, ...]] = []
    for name, side in sides.items():
        per_hour = Spread(tuple(value * HOUR_S for value in rates[name].values))
        rejected = sum(len(result.rejections) for result in side.results)
        total = sum(_num_cases(result) for result in side.results)
        memory_mb = max(result.peak_memory_mb for result in side.results)
        compared = ratio(rates[name], rates["afresh"])
        cases = side.groups_a_block * 2 * side.config.looks
        rows.append((about[name], side.workers, cases, per_hour, compared, f"{rejected} of {total}", memory_mb))
    columns = ("what", "workers", "N", "cases/h", "ratio to new drapes, 1 worker", "rejected", "peak MB a worker")
    notes = [
        f"Median and range of {config.rounds} blocks of N cases in turn; no group comes twice, and a first block, in "
        "which workers start and compile, does not count.",
        "A case: a person in one garment and in another of the same region, both draped, both rendered, the shop photo "
        "and all maps. Groups of two: each garment is the source once and the target once. Rejected cases count: "
        "their work is done.",
        "Half as many cases in a block: a ratio of 1 means that time grows as the number of cases does.",
    ]
    return Table("Counterfactual cases an hour", columns, rows, notes)


def _stages(afresh: Side, reused: Side) -> Table:
    times = [_per_case(side) for side in (afresh, reused)]
    names = sorted(times[0] | times[1], key=lambda name: -times[0].get(name, 0.0))
    wholes = [sum(side_times.values()) or 1.0 for side_times in times]
    rows: list[tuple[Any, ...]] = [
        (
            name,
            *(cell for part, whole in zip(times, wholes, strict=True) for cell in _share(part.get(name, 0.0), whole)),
        )
        for name in names
    ]
    columns = ("stage", "new drapes s a case", "% of it", f"{reused.config.looks} looks s a case", "% of that")
    notes = ["One worker; mean of all kept rows. What cases of a group share is counted in the first of them."]
    return Table("Where the time goes", columns, rows, notes)


def _share(part_s: float, whole_s: float) -> tuple[float, float]:
    return part_s, 100 * part_s / whole_s


def _per_case(side: Side) -> dict[str, float]:
    """Seconds of every stage a kept row."""
    total: Counter[str] = Counter()
    for result in side.results:
        total.update(result.stages_s)
    rows = max(sum(len(result.rows) for result in side.results), 1)
    return {stage: seconds / rows for stage, seconds in total.items()}


def _settings(config: WardrobeBenchConfig) -> dict[str, str]:
    size = config.simulation
    return {
        "pictures": f"{size.height_px} x {size.width_px} px, shop photos {size.photo_height_px} x "
        f"{size.photo_width_px} px, {size.samples} rays a pixel",
        "cloth": f"edges of {size.spacing_cm} cm",
        "workers": "processes of one thread each",
        "seed": str(config.seed),
    }
