"""``fitroom returns``: an estimate from a merchant's figures; ``ab-size`` and ``read-out``: the test that shows it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from fitroom.config import parse_config
from fitroom.errors import ConfigError, DataError, EvaluationError
from fitroom.evaluation.returns.assumptions import Assumption, assumptions
from fitroom.evaluation.returns.estimate import Estimate, Range, estimate
from fitroom.evaluation.returns.figures import OUTSIDE, MerchantFigures
from fitroom.evaluation.returns.trial import ReadOut, orders_per_arm, read_out


@dataclass
class ReturnsConfig:
    """Estimates how many returns size advice and try-on could spare, and what that saves."""

    merchant: MerchantFigures = field(default_factory=MerchantFigures)
    record: str = "results/size-advisor"
    """Record of the body model under size-advice@1, or the folder of its records: how well sizes are met."""
    tornado: str = ""
    """Picture of what matters most to write, .svg or .png; empty = none."""


@dataclass
class TrialConfig:
    """How many orders an A/B test needs."""

    rate: float
    """Share of orders that come back today, e.g. 0.3."""
    rate_after: float
    """The share that the test is to tell from it, e.g. 0.29."""
    power: float = 0.8
    """Probability of finding a difference that is there."""
    level: float = 0.05
    """Probability of finding one that is not."""
    orders_per_shopper: float = 1.0
    """Their mean during the test."""
    spread: float = 0.0
    """Coefficient of variation of that number."""
    icc: float = 0.0
    """How alike one shopper's orders are: 0 not at all, 1 all come back or none."""


@dataclass
class ReadOutConfig:
    """Reads an A/B test out of a merchant's tables."""

    orders: str
    """CSV with the columns order, shopper, arm (control or treatment)."""
    returns: str
    """CSV with the column order, and reason where it is known."""


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the estimate, and writes the tornado where asked."""
    config = parse_config(ReturnsConfig, list(argv or []), prog="fitroom returns")
    known = assumptions(girth_error_cm(Path(config.record)))
    found = estimate(config.merchant, known)
    print(report(config.merchant, known, found))
    if config.tornado:
        from fitroom.evaluation.returns.picture import draw_tornado

        draw_tornado(found, config.merchant.currency, Path(config.tornado))
    return 0


def main_trial(argv: Sequence[str] | None = None) -> int:
    """Prints the size of a test."""
    config = parse_config(TrialConfig, list(argv or []), prog="fitroom returns ab-size")
    num = orders_per_arm(**vars(config))
    print(
        f"{num:,} orders in each arm ({2 * num:,} together) to tell {config.rate_after:.2%} from {config.rate:.2%} "
        f"with power {config.power:.0%} at level {config.level:.0%}; deal shoppers to arms, not visits"
    )
    return 0


def main_read_out(argv: Sequence[str] | None = None) -> int:
    """Prints what a test has shown."""
    config = parse_config(ReadOutConfig, list(argv or []), prog="fitroom returns read-out")
    found = read_out(_table(config.orders), _table(config.returns), f"{config.orders}, {config.returns}")
    print(shown(found))
    return 0


def girth_error_cm(path: Path) -> float:
    """The mean error of the girths that a record of size-advice@1 holds; the newest file where a folder is given.

    Raises:
        EvaluationError: there is no such record.
    """
    files = (
        [path] if path.is_file() else sorted(path.glob("*/size-advice@1.json"), key=lambda file: file.stat().st_mtime)
    )
    try:
        return float(json.loads(files[-1].read_text(encoding="utf-8"))["scores"]["girths_cm"]["value"])
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise EvaluationError(
            "there is no record of how well sizes are met", where=path, rule="a record of size-advice@1",
            fix="run fitroom evaluate --protocol size-advice@1, or give --record",
        ) from error  # fmt: skip


def report(figures: MerchantFigures, known: dict[str, Assumption], found: Estimate) -> str:
    """The estimate in words and tables, assumptions with their sources included."""
    money = figures.currency
    lines = [
        f"{figures.orders:,} orders a year, {found.returns:,.0f} returns ({figures.return_rate:.0%})",
        f"out of reach of sizes and pictures: {found.out_of_reach:,.0f} ({', '.join(OUTSIDE)})",
        f"spared a year: {_range(found.avoided)}",
        f"return rate after: {found.rate_after.median:.1%} "
        f"({found.rate_after.low80:.1%} to {found.rate_after.high80:.1%} in 8 of 10)",
        f"saved a year, before the cost of running it: {_range(found.saving)} {money}; "
        f"a loss in {found.loses:.0%} of the draws",
        "",
        f"what matters most: saving in {money} with one assumption low or high, the others at their middle",
        *(f"  {swing.name:<18}{swing.at_low:>14,.0f}{swing.at_high:>14,.0f}" for swing in found.tornado),
        "",
        "assumptions: low, likely, high",
    ]
    for name, one in known.items():
        lines.append(f"  {name:<18}{one.low:>8.3f}{one.likely:>8.3f}{one.high:>8.3f}  {one.meaning}")
        lines.append(f"  {'':<18}{'':>24}  {one.source}")
    return "\n".join(lines)


def shown(found: ReadOut) -> str:
    """A read-out in words."""
    lines = [f"warning: {warning}" for warning in found.warnings]
    for name, orders, shoppers, rate in zip(
        ("control", "treatment"), found.orders, found.shoppers, found.rates, strict=True
    ):
        lines.append(f"{name}: {rate:.2%} of {orders:,} orders of {shoppers:,} shoppers came back")
    lines.append(
        f"difference: {100 * found.difference:+.2f} points ({100 * found.low:+.2f} to {100 * found.high:+.2f}, 95 %), "
        f"p = {found.p_value:.2g}, shoppers as clusters"
    )
    lines += [f"  {name}: {a:.2%} -> {b:.2%} of the orders" for name, (a, b) in found.by_reason.items()]
    return "\n".join(lines)


def _range(found: Range) -> str:
    return f"{found.median:,.0f} ({found.low80:,.0f} to {found.high80:,.0f} in 8 of 10)"


def _table(path: str) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    except (OSError, ValueError) as error:
        raise DataError("the table cannot be read", where=path, rule="CSV with a head", got=str(error)) from error
    if not len(table):
        raise ConfigError("the table is empty", where=path)
    return table.rename(columns=lambda name: str(name).strip().lower())
