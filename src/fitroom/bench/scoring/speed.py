"""The two sides of ``fitroom bench evaluate``: what each has found and spent, and the tables that compare them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from fitroom.bench.report import Cell, Spread, Table
from fitroom.bench.scoring.one_pass import LPIPS, PARTS, SSIM, TRUTH, Seen
from fitroom.bench.scoring.picture_pairs import Pair

READING, DISTANCES = "reading alone", "FID and KID, distances"
KID_SUBSETS, KID_SUBSET = 100, 1000
# Allowed differences: SSIM and LPIPS are float32 sums; rows of features are stored as float16.
ALLOWED = {SSIM: 1e-4, LPIPS: 1e-5, "FID": 1e-3, "KID": 1e-3}


@dataclass
class Side:
    """One of the two.

    Attributes:
        run: measures pairs, adds to what was seen, gives the seconds of each part.
        read: only reads pairs, gives seconds.
        distances: FID and KID of what was seen, by subsets of a size.
        seen: so far.
        times: seconds by part, one a block.
    """

    run: Callable[[Sequence[Pair], Seen], dict[str, float]]
    read: Callable[[Sequence[Pair]], float]
    distances: Callable[[Seen, int], tuple[float, float]]
    seen: Seen = field(default_factory=Seen)
    times: dict[str, list[float]] = field(default_factory=dict)

    def block(self, pairs: Sequence[Pair]) -> None:
        """Measures the next pairs."""
        for part, seconds in (self.run(pairs, self.seen) | {READING: self.read(pairs)}).items():
            self.times.setdefault(part, []).append(seconds)

    def compare_sets(self, subset_size: int) -> tuple[float, float]:
        """FID and KID of all that was seen."""
        begun_s = perf_counter()
        found = self.distances(self.seen, subset_size)
        self.times[DISTANCES] = [perf_counter() - begun_s]
        return found

    def times_by_block(self) -> list[float]:
        """Seconds of all parts together, one a block."""
        return [sum(parts) for parts in zip(*(self.times[part] for part in PARTS), strict=True)]


def speed_table(ours: Side, theirs: Side, loading: str) -> Table:
    """Seconds and ratios of every part.

    Args:
        ours, theirs: after their last block and :meth:`Side.compare_sets`.
        loading: how the usual way reads, in words.
    """
    rows = [_row(part, ours.times[part], theirs.times[part]) for part in (*PARTS, DISTANCES)]
    blocks = [side.times_by_block() for side in (ours, theirs)]
    rows.append(_whole("in all", blocks[0], blocks[1], ours, theirs))
    further = [
        [a - b for a, b in zip(side.times_by_block(), side.times[TRUTH], strict=True)] for side in (ours, theirs)
    ]
    rows.append(_whole("in all, each further model", further[0], further[1], ours, theirs))
    rows.append(_row(f"{READING}, within the above", ours.times[READING], theirs.times[READING]))
    columns = ("part", "fitroom s", "usual way s", "ratio", "ratio by blocks")
    notes = [
        f"Seconds for all {len(ours.seen.ssim)} pairs, in {len(blocks[0])} blocks that both sides measure in turn; "
        "ratio = usual way over fitroom, above 1 = fitroom is the faster; by blocks: median and range, no distances.",
        "fitroom: what fitroom evaluate measures with, one picture at a time on each thread, which reads it once; time "
        "is shared out as the threads spent it, that of reading evenly over the three parts.",
        "Usual way: torch-fidelity (the functions of its calculate_metrics), then torchmetrics' SSIM, then lpips, and "
        f"each reads the pictures itself. The fastest of the settings tried: {loading}.",
        "Each further model: fitroom measures a truth once for all models of a call, and torch-fidelity could keep its "
        "features by name; both are left out of that row.",
        "Both: the same files, threads and networks, of random weights, in float32.",
    ]
    return Table("Scoring pictures", columns, rows, notes)


def numbers_table(ours: Side, theirs: Side, subset_size: int) -> Table:
    """Both sides' scores; "yes" in the last cell of every row where they are equal."""
    (our_fid, our_kid), (fid, kid) = (side.compare_sets(subset_size) for side in (ours, theirs))
    rows = [
        _pairwise(SSIM, ours.seen.ssim, theirs.seen.ssim),
        _pairwise(LPIPS, ours.seen.lpips, theirs.seen.lpips),
        _relative("FID", our_fid, fid),
        _relative("KID", our_kid, kid),
    ]
    columns = ("score", "fitroom", "usual way", "largest difference", "allowed", "equal")
    notes = [
        "SSIM and LPIPS: means, and the largest difference of a pair. FID and KID: the relative difference; KID by "
        f"{KID_SUBSETS} subsets of {subset_size}. The weights are random: the values mean nothing."
    ]
    return Table("The same numbers", columns, rows, notes)


def _whole(name: str, our_blocks: list[float], their_blocks: list[float], ours: Side, theirs: Side) -> tuple[Cell, ...]:
    """Blocks and distances together; the ratio by blocks is without distances."""
    our_s, their_s = sum(our_blocks) + ours.times[DISTANCES][0], sum(their_blocks) + theirs.times[DISTANCES][0]
    return name, our_s, their_s, their_s / our_s, _ratio(our_blocks, their_blocks)


def _row(name: str, ours: list[float], theirs: list[float]) -> tuple[Cell, ...]:
    return name, sum(ours), sum(theirs), sum(theirs) / sum(ours), _ratio(ours, theirs)


def _ratio(ours: list[float], theirs: list[float]) -> Spread:
    return Spread(tuple(b / a for a, b in zip(ours, theirs, strict=True)))


def _pairwise(name: str, ours: list[float], theirs: list[float]) -> tuple[Cell, ...]:
    return _number(name, float(np.mean(ours)), float(np.mean(theirs)), float(np.abs(np.subtract(ours, theirs)).max()))


def _relative(name: str, ours: float, theirs: float) -> tuple[Cell, ...]:
    return _number(name, ours, theirs, abs(ours - theirs) / max(abs(theirs), 1e-9))


def _number(name: str, ours: float, theirs: float, difference: float) -> tuple[Cell, ...]:
    equal = "yes" if difference <= ALLOWED[name] else "NO"
    return name, f"{ours:.6g}", f"{theirs:.6g}", f"{difference:.1e}", f"{ALLOWED[name]:g}", equal
