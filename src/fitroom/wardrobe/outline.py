"""The data set in outline: split, kind and number of cases of every group, and which shard holds it.

A function of the config alone and cheap, so that every machine of many knows all shards without planning a case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from fitroom.errors import ConfigError
from fitroom.wardrobe.config import WardrobeConfig, shares_of
from fitroom.wardrobe.patterns.pattern import SIZES
from fitroom.wardrobe.plan import CaseKind, Split

HEAD_START = 1.5  # cases credited to all: the first group goes to the largest share, and small shares come early


@dataclass(frozen=True)
class Outline:
    """A group before it is planned.

    Attributes:
        number: its place in the data set.
        split, kind: what its cases are.
        num_cases: how many it yields if none is rejected.
    """

    number: int
    split: Split
    kind: CaseKind
    num_cases: int

    @property
    def group_id(self) -> str:
        """Such as "train-000012"."""
        return f"{self.split}-{self.number:06d}"


@dataclass(frozen=True)
class ShardPlan:
    """A file of the data set.

    Attributes:
        number: counted over all splits.
        split: of all its cases.
        groups: their numbers, in the order of their rows.
    """

    number: int
    split: Split
    groups: tuple[int, ...]

    @property
    def file(self) -> str:
        """Its place in the folder of the data set."""
        return f"data/{self.split}/shard-{self.number:05d}.parquet"


def outlines(config: WardrobeConfig) -> list[Outline]:
    """All groups, in order; shares of splits, and of kinds in each split, hold from the first groups on."""
    splits, kinds, sizes = shares_of(config.splits), shares_of(config.kinds), group_sizes(config)
    cases = {split: 0 for split in splits}
    by_kind = {split: dict.fromkeys(kinds, 0) for split in splits}
    found: list[Outline] = []
    while sum(cases.values()) < config.cases:
        split = _next(splits, cases)
        kind = _next(kinds, by_kind[split])
        cases[split] += sizes[kind]
        by_kind[split][kind] += sizes[kind]
        found.append(Outline(len(found), cast(Split, split), cast(CaseKind, kind), sizes[kind]))
    return found


def group_sizes(config: WardrobeConfig) -> dict[str, int]:
    """Cases in a group of each kind."""
    drapes = {
        "paired": 1,
        "counterfactual-garment": config.garments_per_person,
        "counterfactual-size": len(SIZES),
        "size-across-bodies": config.bodies_per_garment,
        "leak": config.sources_per_target,
    }
    return {kind: number * config.looks for kind, number in drapes.items()}


def shards(config: WardrobeConfig) -> list[ShardPlan]:
    """All shards, numbered as they fill up; those that do not come last, by split."""
    open_groups: dict[Split, list[Outline]] = {}
    found: list[ShardPlan] = []

    def close(split: Split) -> None:
        groups = open_groups.pop(split)
        found.append(ShardPlan(len(found), split, tuple(group.number for group in groups)))

    for outline in outlines(config):
        groups = open_groups.setdefault(outline.split, [])
        groups.append(outline)
        if sum(group.num_cases for group in groups) >= config.cases_per_shard:
            close(outline.split)
    for split in sorted(open_groups):
        close(split)
    return found


def choose_shards(plans: list[ShardPlan], words: str | None) -> list[ShardPlan]:
    """Those that ``words`` name: "3", "0-9", "0-9,20", or with the number of all of them "0-9/100".

    Args:
        plans: all shards.
        words: which; None = all.

    Raises:
        ConfigError: not of that form, out of range, or another number of shards than the config makes.
    """
    if words is None:
        return plans
    ranges, _, total = words.partition("/")
    if total and total != str(len(plans)):
        raise ConfigError(
            "the number of shards does not fit the config", where="shards", rule=f"{len(plans)}", got=total
        )
    chosen: set[int] = set()
    try:
        for word in ranges.split(","):
            first, dash, last = word.partition("-")
            chosen |= set(range(int(first), int(last if dash else first) + 1))
    except ValueError as error:
        raise ConfigError(
            "the shards are not named", where="shards", rule="such as 3, 0-9 or 0-9,20/100", got=words
        ) from error
    if not chosen or not chosen <= set(range(len(plans))):
        raise ConfigError("there is no such shard", where="shards", rule=f"0 to {len(plans) - 1}", got=words)
    return [plans[number] for number in sorted(chosen)]


def _next(shares: Mapping[str, float], cases: Mapping[str, int]) -> str:
    """The one that most lacks cases, by Webster's method."""
    return max(shares, key=lambda name: shares[name] / (cases[name] + HEAD_START))
