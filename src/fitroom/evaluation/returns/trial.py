"""The A/B test that would show it: how many orders it takes, and what one has shown.

Shoppers are dealt to arms, and orders of one shopper are alike; both the size and the read-out know that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm

from fitroom.errors import ConfigError, DataError

ARMS = ("control", "treatment")
_UNEVEN = 1e-3  # arms this unlikely under an even deal were not dealt evenly


def orders_per_arm(
    rate: float, rate_after: float, power: float = 0.8, level: float = 0.05,
    orders_per_shopper: float = 1.0, spread: float = 0.0, icc: float = 0.0,
) -> int:  # fmt: skip
    """Orders in each arm of a two-sided two-proportion z test (Fleiss, Levin and Paik 2003, section 4.2, without
    continuity correction), times the design effect of shoppers ``1 + ((1 + spread^2) m - 1) icc`` (Eldridge 2006).

    Args:
        rate, rate_after: share of orders that come back, without and with.
        power, level: of the test.
        orders_per_shopper: m, their mean during the test.
        spread: coefficient of variation of that number.
        icc: how alike one shopper's orders are, 0 to 1.

    Raises:
        ConfigError: rates that are equal or outside 0 to 1, or another value out of its range.
    """
    if not (0 < rate < 1 and 0 < rate_after < 1) or rate == rate_after:
        raise ConfigError(
            "there is no difference to find", rule="two different rates between 0 and 1 (30 % is 0.3)",
            got=(rate, rate_after),
        )  # fmt: skip
    if not (0 < power < 1 and 0 < level < 1 and orders_per_shopper >= 1 and spread >= 0 and 0 <= icc <= 1):
        raise ConfigError(
            "the test cannot be planned so",
            rule="power and level between 0 and 1, 1 or more orders a shopper, spread of 0 or more, icc from 0 to 1",
            got=(power, level, orders_per_shopper, spread, icc),
        )
    middle = (rate + rate_after) / 2
    within = norm.isf(level / 2) * math.sqrt(2 * middle * (1 - middle))
    beyond = norm.isf(1 - power) * math.sqrt(rate * (1 - rate) + rate_after * (1 - rate_after))
    alone = ((within + beyond) / (rate - rate_after)) ** 2
    return math.ceil(alone * (1 + ((1 + spread**2) * orders_per_shopper - 1) * icc))


@dataclass(frozen=True)
class ReadOut:
    """What a test has shown.

    Attributes:
        orders, shoppers, rates: by arm, control first.
        difference, low, high: treatment less control, with the ends of the 95 % interval.
        p_value: two-sided, of no difference, shoppers as clusters.
        by_reason: returns by reason as shares of the orders, (control, treatment).
        warnings: what makes the result doubtful.
    """

    orders: tuple[int, int]
    shoppers: tuple[int, int]
    rates: tuple[float, float]
    difference: float
    low: float
    high: float
    p_value: float
    by_reason: dict[str, tuple[float, float]]
    warnings: list[str]


def read_out(orders: pd.DataFrame, returns: pd.DataFrame, where: str = "orders and returns") -> ReadOut:
    """Reads a test out of its orders and returns.

    Args:
        orders: ``order``, ``shopper`` and ``arm`` ("control" or "treatment"), a row an order.
        returns: ``order``, and ``reason`` where it is known, a row a return.
        where: said in messages.

    Raises:
        DataError: missing columns, another arm, an order twice, a return of no order, a shopper in both arms, or fewer
            than two shoppers an arm.
    """
    _check(orders, returns, where)
    came_back = orders["order"].isin(returns["order"]).astype(float)
    arms = [orders["arm"] == arm for arm in ARMS]
    rates = [float(came_back[arm].mean()) for arm in arms]
    shoppers = [orders["shopper"][arm].nunique() for arm in arms]
    if min(shoppers) < 2:
        raise DataError("an arm has too few shoppers", where=where, rule="two or more in each", got=shoppers)
    error = math.sqrt(sum(_variance(came_back[arm], orders["shopper"][arm]) for arm in arms))
    difference = rates[1] - rates[0]
    reach = norm.isf(0.025) * error
    p_value = 2 * norm.sf(abs(difference) / error) if error else float(difference == 0)
    counts = (int(arms[0].sum()), int(arms[1].sum()))
    return ReadOut(
        counts, (shoppers[0], shoppers[1]), (rates[0], rates[1]), difference, difference - reach, difference + reach,
        float(p_value), _by_reason(orders, returns), _warnings(shoppers),
    )  # fmt: skip


def _variance(came_back: pd.Series, shopper: pd.Series) -> float:
    """Of a rate whose shoppers are drawn, not its orders: the linearised ratio (Cochran 1977, section 9A)."""
    residual = (came_back - came_back.mean()).groupby(shopper.to_numpy()).sum().to_numpy()
    num = len(residual)
    return float(num / (num - 1) * np.square(residual).sum() / len(came_back) ** 2)


def _by_reason(orders: pd.DataFrame, returns: pd.DataFrame) -> dict[str, tuple[float, float]]:
    if "reason" not in returns:
        return {}
    joined = returns.drop_duplicates("order").merge(orders[["order", "arm"]], on="order")
    shares = {arm: joined["reason"][joined["arm"] == arm].value_counts() / (orders["arm"] == arm).sum() for arm in ARMS}
    names = sorted(set(joined["reason"].dropna()))
    return {name: (float(shares[ARMS[0]].get(name, 0.0)), float(shares[ARMS[1]].get(name, 0.0))) for name in names}


def _warnings(shoppers: list[int]) -> list[str]:
    expected = sum(shoppers) / 2
    chance = float(chi2.sf(sum((count - expected) ** 2 for count in shoppers) / expected, 1))
    if chance >= _UNEVEN:
        return []
    return [
        f"{shoppers[0]} shoppers in control and {shoppers[1]} in treatment: an even deal gives such a difference "
        f"once in {1 / max(chance, 1e-300):.0g} tests; find out why before trusting the result"
    ]


def _check(orders: pd.DataFrame, returns: pd.DataFrame, where: str) -> None:
    for name, table, columns in (("orders", orders, ("order", "shopper", "arm")), ("returns", returns, ("order",))):
        if lacks := [column for column in columns if column not in table]:
            raise DataError(
                f"the {name} have no column {lacks[0]!r}", where=where, rule=", ".join(columns),
                got=", ".join(map(str, table.columns)),
            )  # fmt: skip
        if blank := [column for column in columns if table[column].isna().any()]:
            raise DataError(
                f"{int(table[blank[0]].isna().sum())} of the {name} say no {blank[0]}", where=where,
                rule="a word in every row", fix="give a guest's order a shopper of its own",
            )  # fmt: skip
    if other := sorted(set(orders["arm"]) - set(ARMS), key=str):
        raise DataError("an arm is not known", where=where, rule=" or ".join(ARMS), got=other)
    if twice := orders["order"][orders["order"].duplicated()].tolist():
        raise DataError("an order is there twice", where=where, got=twice[:3], fix="one row an order (a piece)")
    if strange := returns["order"][~returns["order"].isin(orders["order"])].tolist():
        raise DataError(
            f"{len(strange)} returns are of no order", where=where, rule="orders and returns of the same weeks",
            got=strange[:3],
        )  # fmt: skip
    both = orders.groupby("shopper")["arm"].nunique()
    if (both > 1).any():
        raise DataError(
            f"{int((both > 1).sum())} shoppers are in both arms", where=where, rule="a shopper stays in one arm",
            got=both.index[both > 1][:3].tolist(), fix="deal shoppers, not visits, or leave those out",
        )  # fmt: skip
