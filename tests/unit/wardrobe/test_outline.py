"""The outline: shares hold, groups are whole, every group lies in one shard, and shards are named by words."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitroom.errors import ConfigError
from fitroom.wardrobe.config import KindShares, SplitShares, WardrobeConfig, shares_of
from fitroom.wardrobe.outline import choose_shards, group_sizes, outlines, shards


@given(
    cases=st.integers(1, 400),
    per_shard=st.integers(1, 60),
    looks=st.integers(1, 3),
    test=st.floats(0, 1),
    leak=st.floats(0, 1),
)
def test_every_group_lies_in_one_shard_of_its_split(
    cases: int, per_shard: int, looks: int, test: float, leak: float
) -> None:
    config = WardrobeConfig(
        cases=cases,
        cases_per_shard=per_shard,
        looks=looks,
        splits=SplitShares(0.5, 0, test),
        kinds=KindShares(leak=leak),
    )
    groups, plans = outlines(config), shards(config)
    assert sorted(number for plan in plans for number in plan.groups) == list(range(len(groups)))
    assert [plan.number for plan in plans] == list(range(len(plans)))
    for plan in plans:
        assert {groups[number].split for number in plan.groups} == {plan.split}
    assert len({plan.file for plan in plans}) == len(plans)
    total = sum(group.num_cases for group in groups)
    assert cases <= total < cases + max(group_sizes(config).values())


def test_the_shares_hold() -> None:
    config = WardrobeConfig(cases=3000)
    groups = outlines(config)
    splits: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for group in groups:
        splits[group.split] += group.num_cases
        kinds[group.kind] += group.num_cases
    for counts, shares in ((splits, shares_of(config.splits)), (kinds, shares_of(config.kinds))):
        for name, share in shares.items():
            assert counts[name] / 3000 == pytest.approx(share, abs=0.01)


def test_a_share_of_nothing_gets_nothing() -> None:
    config = WardrobeConfig(cases=200, kinds=KindShares(paired=0), splits=SplitShares(1, 0, 0))
    assert {group.split for group in outlines(config)} == {"train"}
    assert "paired" not in {group.kind for group in outlines(config)}


def test_more_cases_leave_full_shards_as_they_are() -> None:
    config = WardrobeConfig(cases=300)
    longer = shards(replace(config, cases=600))
    full = [plan for plan in shards(config) if plan in longer]
    assert len(full) >= len(shards(config)) - 3  # one of each split is not full


@pytest.mark.parametrize(
    ("words", "numbers"), [(None, range(6)), ("3", [3]), ("0-2", range(3)), ("4,0-1", [0, 1, 4]), ("5/6", [5])]
)
def test_shards_by_words(words: str | None, numbers: list[int]) -> None:
    plans = shards(WardrobeConfig(cases=200, cases_per_shard=40))
    assert len(plans) == 6
    assert [plan.number for plan in choose_shards(plans, words)] == list(numbers)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("6", "no such shard"),
        ("2-1", "no such shard"),
        ("x", "not named"),
        ("1-", "not named"),
        ("0-2/7", "does not fit"),
    ],
)
def test_words_that_name_no_shards(words: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        choose_shards(shards(WardrobeConfig(cases=200, cases_per_shard=40)), words)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: SplitShares(0, 0, 0),
        lambda: KindShares(paired=-0.1),
        lambda: WardrobeConfig(cases=0),
        lambda: WardrobeConfig(garments_per_person=1),
    ],
)
def test_configs_that_make_no_sense(wrong) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError):
        wrong()
