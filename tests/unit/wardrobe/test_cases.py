"""Planned cases: everyone dressed and in view, nothing of one split in another, the same whoever asks."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
import wardrobe_fakes as fakes
from hypothesis import given, settings
from hypothesis import strategies as st

from fitroom.wardrobe.bodies.body import Sex
from fitroom.wardrobe.bodies.population import wanted_measures
from fitroom.wardrobe.cases import Planner, plan_groups
from fitroom.wardrobe.config import WardrobeConfig
from fitroom.wardrobe.outfits import LIGHT_TOPS, MATERIALS_OF, PATTERNS, PATTERNS_OF
from fitroom.wardrobe.patterns.catalogue import design
from fitroom.wardrobe.patterns.grading import recommended_size
from fitroom.wardrobe.patterns.pattern import CATEGORIES, SIZES
from fitroom.wardrobe.plan import CasePlan, GroupPlan
from fitroom.wardrobe.registry import Kind, NothingFits
from fitroom.wardrobe.shelves import shipped

CATALOGUES = fakes.catalogues()
REGISTRY = CATALOGUES.registry()


@cache
def planner(seed: int, looks: int = 1) -> Planner:
    return Planner(WardrobeConfig(seed=seed, cases=1500 * looks, looks=looks), CATALOGUES, REGISTRY)


groups = st.builds(
    lambda seed, looks, number: planner(seed, looks).plan(number),
    st.integers(0, 3),
    st.integers(1, 2),
    st.integers(0, 500),
)


def indices(case: CasePlan) -> list[tuple[Kind, int]]:
    """Everything the case is made of."""
    person, garments = case.person, (case.source, case.target, *case.others)
    return [
        ("body", person.body),
        ("appearance", person.appearance),
        ("backdrop", person.backdrop),
        ("light", person.light),
        *(("design", garment.design) for garment in garments),
        *(("fabric", garment.fabric) for garment in garments),
        *(("print", garment.print) for garment in garments),
    ]


def regions(case: CasePlan, worn: str) -> set[str]:
    garment = case.source if worn == "source" else case.target
    return {CATALOGUES.design(piece.design).region for piece in (garment, *case.others)}


def test_nothing_of_one_split_is_in_another() -> None:
    seen: dict[tuple[Kind, int], str] = {}
    planned = list(plan_groups(WardrobeConfig(cases=1450), CATALOGUES))
    assert len(planned) >= 500
    for group in planned:
        for case in group.cases:
            for thing in indices(case):
                assert seen.setdefault(thing, case.split) == case.split
                assert REGISTRY.split_of(*thing) == case.split


@settings(max_examples=150, deadline=None)
@given(groups)
def test_everyone_is_dressed_before_and_after(group: GroupPlan) -> None:
    for case in group.cases:
        for worn in ("source", "target"):
            assert regions(case, worn) in ({"top", "bottom"}, {"dress"}, {"outerwear", "bottom", "top"})
        others = [CATALOGUES.design(other.design) for other in case.others]
        if CATALOGUES.design(case.target.design).region == "outerwear":
            assert [design.region for design in others] == ["bottom", "top"]
            assert others[1].category in LIGHT_TOPS


@settings(max_examples=150, deadline=None)
@given(groups)
def test_garments_suit_who_wears_them(group: GroupPlan) -> None:
    for case in group.cases:
        sex = CATALOGUES.sex(case.person.body)
        for garment in (case.source, case.target, *case.others):
            design = CATALOGUES.design(garment.design)
            assert design.sex in (sex, "unisex")
            assert CATALOGUES.material(garment.fabric) in MATERIALS_OF[design.category]
            pattern = CATALOGUES.pattern(garment.print)
            assert pattern == "solid" or PATTERNS_OF[design.category][PATTERNS.index(pattern)] > 0
        for other in case.others:
            assert other.size == CATALOGUES.size(other.design, case.person.body)


@settings(max_examples=150, deadline=None)
@given(groups)
def test_the_garment_is_in_the_picture(group: GroupPlan) -> None:
    for case in group.cases:
        source, target = CATALOGUES.design(case.source.design), CATALOGUES.design(case.target.design)
        assert source.region == target.region
        framings = {"top": {"upper", "full"}, "outerwear": {"upper", "full"}, "bottom": {"lower", "full"}}
        allowed = framings.get(target.region, {"full"})
        if "coat" in (source.category, target.category):
            allowed = {"full"}
        assert case.person.framing in allowed


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3), st.integers(1, 2), st.integers(0, 500), st.integers(0, 1))
def test_each_kind_varies_what_it_is_for(seed: int, looks: int, number: int, look: int) -> None:
    group = planner(seed, looks).plan(number)
    size, kind = len(group.cases) // looks, group.cases[0].kind
    cases = group.cases[look * size : (look + 1) * size] or group.cases
    targets = {(case.target.design, case.target.fabric) for case in cases}
    if kind == "paired":
        assert all(case.source == case.target for case in cases)
    elif kind == "counterfactual-size":
        assert [case.target.size for case in cases] == list(SIZES)
        assert len(targets) == len({case.person for case in cases}) == len({case.source for case in cases}) == 1
        assert CATALOGUES.size(cases[0].target.design, cases[0].person.body) in ("S", "M", "L")
    elif kind == "size-across-bodies":
        assert len({case.person.body for case in cases}) == len(cases)
        assert len({case.target for case in cases}) == 1
    elif kind == "leak":
        assert len({case.target for case in cases}) == len({case.person for case in cases}) == 1
        assert len({case.source.design for case in cases}) == len(cases)
    else:
        assert {case.source.design for case in cases} == {case.target.design for case in cases}


def test_another_look_is_of_the_same_drapes() -> None:
    group = next(
        group for number in range(99) if (group := planner(0, 2).plan(number)).cases[0].kind == "counterfactual-size"
    )
    first, second = group.cases[:6], group.cases[6:]
    for one, other in zip(first, second, strict=True):
        assert (one.person.body, one.person.pose) == (other.person.body, other.person.pose)
        for a, b in ((one.source, other.source), (one.target, other.target)):
            assert (a.design, a.size, a.fabric) == (b.design, b.size, b.fabric)
    assert len({case.target.print for case in second}) == len({case.person for case in second}) == 1
    assert first[0].person != second[0].person


def test_groups_are_about_the_categories_that_are_asked_for() -> None:
    wanted = ["shorts", "tank", "dress"]
    config = WardrobeConfig(seed=4, cases=600, categories=wanted)
    about = []
    for group in plan_groups(config, CATALOGUES):
        targets = [CATALOGUES.design(case.target.design) for case in group.cases]
        about.append(next(style.category for style in targets if style.category in wanted))
        if group.cases[0].kind != "counterfactual-garment":  # there each garment is the target once
            assert {style.category for style in targets} == {about[-1]}
        assert len({style.region for style in targets}) == 1
    assert min(about.count(category) for category in wanted) > len(about) / 5


def test_the_same_group_whoever_asks_and_when() -> None:
    config = WardrobeConfig(seed=5, cases=60)
    in_order = list(plan_groups(config, CATALOGUES))
    backwards = Planner(config, CATALOGUES)
    assert [backwards.plan(number) for number in reversed(range(len(in_order)))][::-1] == in_order
    assert len({group.seed for group in in_order}) == len(in_order)
    ids = [case.case_id for group in in_order for case in group.cases]
    assert len(set(ids)) == len(ids)


@cache
def survey(body: int) -> tuple[Sex, dict[str, float]]:
    """Sex and measures of a shipped body as they were drawn, without making it."""
    return wanted_measures(body)


def recommended(index: int, body: int) -> str:
    style, (_, measures_cm) = design(index), survey(body)
    names = ("waist", "hip") if style.region == "bottom" else ("chest", "waist")
    return recommended_size(measures_cm, style.sex, names)


@pytest.mark.parametrize("number", [300, pytest.param(3000, marks=pytest.mark.slow)])
def test_the_shipped_catalogues_hold_something_for_every_group(number: int) -> None:
    catalogues = replace(shipped(), sex=lambda body: survey(body)[0], size=recommended)
    planner = Planner(WardrobeConfig(seed=9, cases=3 * number), catalogues)
    groups = [planner.plan(group) for group in range(number)]
    assert {group.cases[0].split for group in groups} == {"train", "validation", "test"}
    regions = {catalogues.design(group.cases[0].target.design).region for group in groups}
    assert regions == {"top", "bottom", "dress", "outerwear"}


def test_what_no_split_holds_is_named() -> None:
    catalogues = replace(CATALOGUES, size=lambda design, body: "XXL")
    numbers = [group for group in range(40) if planner(0).outlines[group].kind == "counterfactual-size"]
    with pytest.raises(NothingFits, match="no body of the train split fits"):
        Planner(planner(0).config, catalogues, REGISTRY).plan(numbers[0])


def test_another_seed_is_another_wardrobe() -> None:
    assert planner(0).plan(0) != planner(1).plan(0)


def test_sizes_are_recommended_mostly_and_two_off_at_most() -> None:
    off = [
        abs(SIZES.index(case.target.size) - SIZES.index(CATALOGUES.size(case.target.design, case.person.body)))
        for number in range(300)
        for case in planner(0).plan(number).cases
        if case.kind in ("paired", "counterfactual-garment", "leak")
    ]
    assert max(off) == 2
    assert 0.4 < sum(distance == 0 for distance in off) / len(off) < 0.7


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_has_cloth_and_prints(category: str) -> None:
    assert MATERIALS_OF[category] and len(PATTERNS_OF[category]) == len(PATTERNS)  # type: ignore[index]
