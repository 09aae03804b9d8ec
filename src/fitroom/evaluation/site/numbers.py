"""How numbers look: in the unit of their column, with the ends of their interval, and as a mark on a line."""

from __future__ import annotations

import math

from markupsafe import Markup

from fitroom.evaluation.entries import Score
from fitroom.evaluation.recognition.tables import Measure, Spread
from fitroom.evaluation.tryon.catalogue import PASTED, Metric
from fitroom.evaluation.tryon.columns import Column, badness

DASH = "\N{EN DASH}"


def percent(value: float | None, digits: int = 1) -> str:
    """A share in [0, 1] as a number of per cent, without the sign."""
    return DASH if value is None else f"{100 * value:.{digits}f}"


def shown(value: float | None, column: Measure | Column) -> str:
    """A score in the unit of its column."""
    if value is None:
        return DASH
    if isinstance(column, Column):
        return f"{value:.{column.digits}f}"
    return percent(value) if column.percent else f"{value:.3f}"


def ends(score: Score | Spread, column: Measure | Column) -> str:
    """The interval of a score, or the range over seeds, in the unit of its column; empty where not known."""
    return "" if score.low is None else f"{shown(score.low, column)}{DASH}{shown(score.high, column)}"


def head(metric: Metric) -> str:
    """A metric in the head of a column, with its unit."""
    title = metric.title.removesuffix(", pasted")
    if metric.name.endswith(PASTED) and metric.group == "garment region":
        title = f"Region {title}"  # stands beside the same score of the whole picture
    return f"{title}, {metric.unit}" if metric.unit else title


def direction(metric: Metric) -> str:
    """Which values are better, in words."""
    return "best at 1" if metric.better == "one" else f"{metric.better} is better"


def sort_key(metric: Metric, value: float) -> float:
    """What a column is sorted by: the value, or its distance from 1 where that is best."""
    return badness(metric, value) if metric.better == "one" else value


def millions(count: int) -> str:
    """A number of parameters, short."""
    if count < 10_000:
        return str(count)
    return f"{count / 1e3:.0f} k" if count < 1e6 else f"{count / 1e6:.1f} M"


def bar(score: Score | Spread, hollow: bool = False) -> Markup:
    """A share in [0, 1] as a mark on a line from 0 to 1, its interval as a band around it, as inline SVG."""
    value = score.mean if isinstance(score, Spread) else score.value
    if value is None:
        return Markup("")
    label = f"{percent(value)} %"
    if score.low is not None and score.high is not None:
        label += f", {percent(score.low)} to {percent(score.high)}"
    return _svg(value, score.low, score.high, hollow, f'role="img" aria-label="{label}"', ticks=(0, 50, 100))


def scaled_bar(score: Score, column: Column, hollow: bool = False) -> Markup:
    """A score on the scale of its column; nothing where it lies outside, as an oracle's may. Its numbers stand beside
    it, so a reader that speaks passes over it."""
    span = column.high - column.low
    if score.value is None or span <= 0 or not math.isfinite(span):
        return Markup("")
    value, low, high = ((None if x is None else (x - column.low) / span) for x in (score.value, score.low, score.high))
    assert value is not None
    if not all(0 <= x <= 1 for x in (value, low, high) if x is not None):
        return Markup("")
    return _svg(value, low, high, hollow, 'aria-hidden="true"', ticks=(0, 100))


def _svg(
    value: float, low: float | None, high: float | None, hollow: bool, role: str, ticks: tuple[int, ...]
) -> Markup:
    band = ""
    if low is not None and high is not None:
        band = f'<rect class="ci" x="{percent(low, 2)}%" width="{percent(high - low, 2)}%" y="3" height="8" rx="1.5"/>'
    lines = "".join(f'<line class="tick" x1="{x}%" x2="{x}%" y1="5" y2="9"/>' for x in ticks)
    return Markup(
        f'<svg class="{"bar hollow" if hollow else "bar"}" {role} width="100%" height="14">'
        f'<line class="axis" x1="0" x2="100%" y1="7" y2="7"/>{lines}{band}'
        f'<line class="mark" x1="{percent(value, 2)}%" x2="{percent(value, 2)}%" y1="1" y2="13"/></svg>'
    )
