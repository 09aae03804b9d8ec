"""Whether a size chart can carry advice: for which region it is, that it has no holes, and that its sizes grow."""

from __future__ import annotations

from itertools import pairwise

from fitroom.data.sizing.size_charts import SizeChart
from fitroom.errors import ConfigError, DataError
from fitroom.wardrobe.patterns.pattern import Region
from fitroom.wardrobe.truth.fit import DECIDING, PLACES

REGIONS: tuple[Region, ...] = ("top", "outerwear", "dress", "bottom")
_BOTTOM_ONLY = {"inseam", "outseam", "rise", "thigh", "leg_opening"}
_TOP_ONLY = {"chest", "shoulder", "sleeve", "biceps", "cuff", "neck"}


def region_of(chart: SizeChart, asked: str | None) -> Region:
    """The region that was asked for, or else what the chart's measures say: a bottom, or a top.

    Raises:
        ConfigError: no such region, or measures of both halves of the body.
    """
    if asked is not None:
        for region in REGIONS:
            if asked == region:
                return region
        raise ConfigError("no such region", where="--region", rule=", ".join(REGIONS), got=asked)
    names = {name for measures in chart.sizes.values() for name in measures}
    if names & _BOTTOM_ONLY and names & _TOP_ONLY:
        raise ConfigError(
            "the chart does not say where the garment is worn", where=chart.path, got=", ".join(sorted(names)),
            rule=f"a region: {', '.join(REGIONS)}", fix="name the region, e.g. dress", code="region-needed",
        )  # fmt: skip
    return "top" if names & _TOP_ONLY else "bottom"


def check_chart(chart: SizeChart, region: Region) -> list[str]:
    """The places that the chart decides the fit by, after it was found whole.

    Raises:
        DataError: nothing to decide by; a measure that some sizes have and others lack; or a girth that falls from one
            size to the next, which no grading does.
    """
    measures = [PLACES[region][place][0] for place in DECIDING[region]]
    given = [name for name in measures if any(name in size for size in chart.sizes.values())]
    if not given:
        raise DataError(
            "the size chart has nothing to decide the fit by", where=chart.path,
            rule=f"finished garment measures in cm, at least one of {', '.join(measures)}, for a {region}",
            got=", ".join(sorted({name for size in chart.sizes.values() for name in size})), code="chart-unusable",
        )  # fmt: skip
    for name in sorted({name for size in chart.sizes.values() for name in size}):
        _check_whole(chart, name)
    for name in given:
        _check_growing(chart, name)
    return [place for place in DECIDING[region] if PLACES[region][place][0] in given]


def _check_whole(chart: SizeChart, name: str) -> None:
    if lacks := [label for label, size in chart.sizes.items() if name not in size]:
        has = [label for label in chart.sizes if label not in lacks]
        raise DataError(
            f"the size chart has holes: {name} of {', '.join(lacks)}", where=chart.path,
            rule="a measure for all sizes, or for none", got=f"{name} only for {', '.join(has)}",
            fix=f"measure {name} of {', '.join(lacks)}, or leave the column {name} out", code="chart-holes",
        )  # fmt: skip


def _check_growing(chart: SizeChart, name: str) -> None:
    girths = [(label, size[name]) for label, size in chart.sizes.items()]
    for (small, before), (large, after) in pairwise(girths):
        if after < before:
            raise DataError(
                f"{name} gets smaller from {small} to {large}", where=chart.path,
                rule="sizes from the smallest to the largest, none narrower than the one before",
                got=f"{small} {before:g} cm, {large} {after:g} cm",
                fix="order the sizes, or correct the measure that was mistyped", code="chart-order",
            )  # fmt: skip
