"""One small group simulated: a man changes from a tee into a sweater and back, over the same trousers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from fitroom.contracts import Part
from fitroom.wardrobe.config import SimulationSettings
from fitroom.wardrobe.fitting import drape_word, simulate
from fitroom.wardrobe.plan import CasePlan, GarmentPlan, GroupPlan, PersonPlan
from fitroom.wardrobe.rows import Rejection, Row
from fitroom.wardrobe.table import cells_of
from fitroom.wardrobe.truth.columns import COLUMNS
from fitroom.wardrobe.truth.flow import warp

HEIGHT, WIDTH = 128, 96
SETTINGS = SimulationSettings(HEIGHT, WIDTH, HEIGHT, WIDTH, spacing_cm=2.2, samples=1)
PERSON = PersonPlan(4, 3, "arms_away", 0.0, "full", 2, 3)
TEE = GarmentPlan(6, "L", 4, 5)
LONGSLEEVE = GarmentPlan(10, "L", 14, 6, "ghost")
TROUSERS = GarmentPlan(0, "L", 7, 7)
GROUP = GroupPlan(
    "train-000001",
    7,
    tuple(
        CasePlan(f"train-000001-{n}", "counterfactual-garment", "train", PERSON, source, target, (TROUSERS,))
        for n, (source, target) in enumerate([(TEE, LONGSLEEVE), (LONGSLEEVE, TEE)])
    ),
)


def rows_of(group: GroupPlan) -> Iterator[Row]:
    for row in simulate(group, SETTINGS):
        assert isinstance(row, Row), row
        yield row


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(rows_of(GROUP))


@pytest.fixture(params=[0, 1], ids=["longsleeve", "tee"])
def row(rows: list[Row], request: pytest.FixtureRequest) -> Row:
    return rows[request.param]


def grown(mask: np.ndarray, by: int = 3) -> np.ndarray:
    """The mask and everything ``by`` pixels around it."""
    from scipy.ndimage import binary_dilation

    wide: np.ndarray = binary_dilation(mask, iterations=by)
    return wide


def test_every_case_becomes_a_row_in_order(rows: list[Row]) -> None:
    assert [row.case for row in rows] == list(GROUP.cases)
    assert all(second >= 0 for row in rows for second in row.timings_s.values())


def test_all_columns_are_there_and_can_be_written(row: Row) -> None:
    cells = cells_of(row, GROUP)
    assert set(cells) == {column.name for column in COLUMNS}
    assert not [name for name, cell in cells.items() if cell is None]


def test_ids_name_what_was_planned(row: Row) -> None:
    cells = cells_of(row, GROUP)
    assert cells["case_id"] == row.case.case_id and cells["group_id"] == GROUP.group_id
    assert cells["person_id"] == "body4-look3"
    assert cells["design_id"] == f"design{row.case.target.design}"
    assert (cells["size"], cells["source_size"]) == (row.case.target.size, row.case.source.size)


def test_pictures_and_maps_have_the_size_asked_for(row: Row) -> None:
    for name in ("person", "worn", "agnostic", "garment"):
        assert row.columns[name].shape == (HEIGHT, WIDTH, 3) and row.columns[name].dtype == np.uint8
    for name in ("person_parse", "worn_parse", "body_part", "depth"):
        assert row.columns[name].shape == (HEIGHT, WIDTH)
    for name in ("garment_mask", "repaint_mask", "flow_visible"):
        assert row.columns[name].shape == (HEIGHT, WIDTH) and row.columns[name].dtype == bool
    assert row.columns["flow"].shape == (HEIGHT, WIDTH, 2)
    assert row.columns["canonical"].shape == row.columns["normal"].shape == (HEIGHT, WIDTH, 3)
    assert row.columns["keypoints"].shape == (17, 3)


def test_the_flow_takes_the_shop_photo_to_the_worn_picture(row: Row) -> None:
    """Light differs between the pictures, colour does not: hue is compared after brightness is evened out."""
    here = row.columns["flow_visible"]
    assert here.sum() > 300
    carried = warp(row.columns["garment"], row.columns["flow"])[here].astype(float)
    worn = row.columns["worn"][here].astype(float)
    assert np.median(np.abs(carried - worn).max(1)) < 60
    carried, worn = (colours / np.maximum(colours.sum(1, keepdims=True), 1) for colours in (carried, worn))
    assert np.median(np.abs(carried - worn).max(1)) < 0.06


def test_the_flow_is_given_on_the_garment_and_nowhere_else(row: Row) -> None:
    given = np.isfinite(row.columns["flow"]).all(-1)
    top = row.columns["worn_parse"] == Part.TOP
    assert (given & row.columns["flow_visible"]).sum() == row.columns["flow_visible"].sum()
    assert (given == top).mean() > 0.995


def test_the_repaint_mask_covers_both_garments(row: Row) -> None:
    mask = row.columns["repaint_mask"]
    for name in ("person_parse", "worn_parse"):
        top = row.columns[name] == Part.TOP
        assert top.sum() > 500
        assert (top & ~mask).sum() <= 0.01 * top.sum()
    assert (row.columns["agnostic"][mask] == 128).all()
    assert np.array_equal(row.columns["agnostic"][~mask], row.columns["person"][~mask])
    head = np.isin(row.columns["person_parse"], (Part.FACE, Part.HAIR))
    assert (head & mask).sum() < 0.2 * head.sum()  # a few pixels of chin over a collar


def test_the_mask_does_not_tell_what_was_worn(rows: list[Row]) -> None:
    assert np.array_equal(rows[0].columns["repaint_mask"], rows[1].columns["repaint_mask"])


def test_only_the_garment_changes(row: Row) -> None:
    person, worn = (row.columns[name].astype(int) for name in ("person", "worn"))
    tops = (row.columns["person_parse"] == Part.TOP) | (row.columns["worn_parse"] == Part.TOP)
    changed = np.abs(person - worn).max(-1)
    assert np.median(changed[tops]) > 20
    elsewhere = ~grown(tops, 6)
    assert (changed[elsewhere] <= 2).mean() > 0.97
    backdrop = (row.columns["person_parse"] == 0) & (row.columns["worn_parse"] == 0) & ~grown(tops, 12)
    assert (changed[backdrop] <= 2).mean() > 0.99


def test_change_and_change_back_are_each_others_source(rows: list[Row]) -> None:
    there, back = (row.columns for row in rows)
    assert np.array_equal(there["worn"], back["person"]) and np.array_equal(there["person"], back["worn"])
    assert there["source_labels"]["category"] == back["category"] == "t-shirt"


def test_fit_and_lengths_are_those_of_the_draped_garment(rows: list[Row]) -> None:
    long, tee = (row.columns for row in rows)
    assert long["ease_cm"]["chest"] == pytest.approx(long["garment_cm"]["chest"] - long["body_cm"]["chest"], abs=0.02)
    assert long["lengths_cm"]["left_sleeve_share"] > 0.9 > 0.6 > tee["lengths_cm"]["left_sleeve_share"]
    assert tee["fit"]["overall"] in ("tight", "regular", "loose")
    assert 0 <= tee["strain"]["mean"] < 0.05


def test_the_same_plan_gives_the_same_bytes(rows: list[Row]) -> None:
    for first, again in zip(rows, rows_of(GROUP), strict=True):
        one, two = cells_of(first, GROUP), cells_of(again, GROUP)
        assert [name for name in one if not same(one[name], two[name])] == []


def same(a: Any, b: Any) -> bool:
    return repr(a) == repr(b)


def test_what_does_not_drape_is_rejected_with_its_reason() -> None:
    """Men's slim trousers in the smallest size cannot be drawn over a large woman's hips."""
    person = PersonPlan(5, 3, "arms_away", 0.0, "full", 2, 3)
    small = GarmentPlan(0, "XS", 7, 7)
    case = CasePlan("train-000002-0", "paired", "train", person, small, small, (TEE,))
    found = list(simulate(GroupPlan("train-000002", 1, (case,)), SETTINGS))
    assert len(found) == 1 and isinstance(found[0], Rejection)
    assert found[0].case_id == case.case_id
    assert found[0].reason in ("overstretched", "inside the body", "slid down", "still moving")
    assert found[0].numbers["design"] == 0


def test_drape_in_words_goes_from_fluid_to_stiff() -> None:
    words = [drape_word(share) for share in np.linspace(0, 1, 101)]
    assert list(dict.fromkeys(words)) == ["fluid", "soft", "firm", "stiff"]
    assert words == sorted(words, key=["fluid", "soft", "firm", "stiff"].index)
