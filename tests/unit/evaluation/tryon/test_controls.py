"""Controls: each makes what its line says, from the fields it names, and says so where one is missing."""

import numpy as np
import pytest
from tests.unit.evaluation.tryon.small_row import HEIGHT, WIDTH, small_row

from fitroom.contracts import Part
from fitroom.errors import EvaluationError
from fitroom.evaluation.tryon.controls.control import CONTROLS
from fitroom.evaluation.tryon.controls.row_fields import source_garment


@pytest.mark.parametrize("name", CONTROLS)
def test_each_gives_a_picture_of_the_persons_size_and_the_same_again(name: str) -> None:
    row = small_row()
    before = {field: value.copy() for field, value in row.items() if isinstance(value, np.ndarray)}
    first, again = CONTROLS[name](row), CONTROLS[name](small_row())
    assert first.shape == (HEIGHT, WIDTH, 3) and first.dtype == np.uint8
    assert np.array_equal(first, again)
    for field, value in before.items():
        np.testing.assert_array_equal(row[field], value)
    assert not any(np.shares_memory(first, row[field]) for field in ("person", "worn"))


@pytest.mark.parametrize("name", CONTROLS)
def test_each_runs_on_what_it_needs_alone(name: str) -> None:
    control, row = CONTROLS[name], small_row()
    least = {field: row[field] for field in control.needs}
    assert control.can_be_had(least)
    assert np.array_equal(control(least), control(row))


@pytest.mark.parametrize(("name", "field"), [(name, field) for name in CONTROLS for field in CONTROLS[name].needs])
def test_a_missing_field_is_named(name: str, field: str) -> None:
    row = small_row(**{field: None})
    assert not CONTROLS[name].can_be_had(row)
    with pytest.raises(EvaluationError, match=rf"{name} needs {field}\b"):
        CONTROLS[name](row)


def test_only_oracles_look_at_the_truth() -> None:
    truth = {"worn", "worn_parse", "flow", "flow_visible"}
    assert {name for name, control in CONTROLS.items() if truth & set(control.needs)} == {
        name for name, control in CONTROLS.items() if control.oracle
    }


def test_pictures_of_two_sizes_are_refused() -> None:
    with pytest.raises(EvaluationError, match="another size"):
        CONTROLS["control-truth"](small_row(worn=small_row()["worn"][:-2]))


def test_copy_and_truth_are_identical() -> None:
    row = small_row()
    assert np.array_equal(CONTROLS["control-copy"](row), row["person"])
    assert np.array_equal(CONTROLS["control-truth"](row), row["worn"])


def test_the_fill_is_one_color_inside_the_source_garment_and_nothing_outside() -> None:
    row = small_row()
    filled, inside = CONTROLS["control-mean-color"](row), source_garment(row)
    mean = row["garment"][row["garment_mask"]].mean(axis=0)
    assert inside.sum() == (row["person_parse"] == Part.TOP).sum()
    assert np.abs(filled[inside].astype(float) - mean).max() <= 0.5
    assert np.array_equal(filled[~inside], row["person"][~inside])


def test_a_dress_is_taken_off_for_a_top_where_there_is_no_top() -> None:
    parse = small_row()["person_parse"]
    parse[parse == Part.TOP] = Part.DRESS
    assert np.array_equal(source_garment(small_row(person_parse=parse)), parse == Part.DRESS)


def test_an_unknown_region_is_refused() -> None:
    for name in ("control-mean-color", "control-paste", "control-warp", "control-truth-reshaded"):
        with pytest.raises(EvaluationError, match="unknown region"):
            CONTROLS[name](small_row(region="feet"))


def test_an_empty_garment_mask_is_refused() -> None:
    empty = np.zeros((HEIGHT, WIDTH), bool)
    for name in ("control-mean-color", "control-paste"):
        with pytest.raises(EvaluationError, match="mask is empty"):
            CONTROLS[name](small_row(garment_mask=empty))


def test_the_warp_brings_back_a_flat_lit_garment() -> None:
    row = small_row()
    warped, shown = CONTROLS["control-warp"](row), row["flow_visible"]
    inner = shown & np.roll(shown, 2, 0) & np.roll(shown, -2, 0) & np.roll(shown, 2, 1) & np.roll(shown, -2, 1)
    assert inner.sum() > 1000
    assert np.array_equal(warped[inner], row["worn"][inner])


def test_the_warp_leaves_nothing_of_the_source_garment() -> None:
    row = small_row()
    warped = CONTROLS["control-warp"](row)
    source = row["person"][row["person_parse"] == Part.TOP][0]
    assert not (warped == source).all(axis=-1).any()
    stays = (row["person_parse"] == Part.FACE) | (row["person_parse"] == Part.HAIR)
    assert np.array_equal(warped[stays], row["person"][stays])
    forearm = warped[80:90, 32:40].reshape(-1, 3)
    assert len(np.unique(forearm, axis=0)) == 1  # plain skin where the long sleeve was
    assert np.abs(forearm[0].astype(int) - row["worn"][85, 35]).max() < 12
