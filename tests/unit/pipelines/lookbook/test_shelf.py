"""A catalogue for a lookbook: what can be worn, what is left out and why, and faults by the item's name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.pipelines.lookbook.shop import SIZES, lines, write_shop

from fitroom.data.outfits.jsonl import read_jsonl, write_jsonl
from fitroom.errors import ConfigError, DataError
from fitroom.pipelines.lookbook.shelf import NO_CHART, NO_PHOTO, read_shelf


def test_charts_stand_in_a_line_or_in_a_file(tmp_path: Path) -> None:
    items = lines()
    (tmp_path / "shirt.csv").write_text("size,chest\nM,104\nL,110\n")
    items[0]["size_chart"] = "shirt.csv"
    shelf = read_shelf(write_shop(tmp_path, items))
    first = shelf.articles[items[0]["item_id"]]
    assert first.chart and first.chart.measures_cm("l") == {"chest": 110.0}
    trousers = shelf.articles["trousers-beige"]
    assert trousers.region == "bottom" and trousers.chart and tuple(trousers.chart.sizes) == SIZES
    write_jsonl(tmp_path / "again.jsonl", read_jsonl(tmp_path / "items.jsonl").pieces.values(), [])
    assert read_jsonl(tmp_path / "again.jsonl").pieces == read_jsonl(tmp_path / "items.jsonl").pieces


def test_what_lacks_a_photo_or_a_chart_is_left_out_and_a_bag_needs_no_chart(tmp_path: Path) -> None:
    items = lines()
    del items[0]["image"], items[1]["size_chart"]
    items.append({**items[2], "item_id": "bag", "category": "bags", "size_chart": None})
    shelf = read_shelf(write_shop(tmp_path, items))
    assert shelf.left_out == {items[0]["item_id"]: NO_PHOTO, items[1]["item_id"]: NO_CHART}
    assert shelf.articles["bag"].region is None and shelf.articles["bag"].chart is None


@pytest.mark.parametrize(
    ("chart", "error", "said"),
    [
        ({"S": {"chest": 92}, "M": {"length": 60}}, DataError, "the size chart has holes"),
        ({"S": {"chest": 38}}, ConfigError, "if 38 is in inches, give 96.5"),
        ({"S": {"chst": 92}}, ConfigError, "did you mean 'chest'"),
        ({"S": {"chest": 98}, "M": {"chest": 92}}, DataError, "chest gets smaller from S to M"),
        ("none.csv", DataError, "none.csv"),
        ([92], DataError, "this is no size chart"),
        ({}, DataError, "this is no size chart"),
    ],
)
def test_a_faulty_chart_is_told_with_its_item(tmp_path: Path, chart: Any, error: type[Exception], said: str) -> None:
    items = lines()
    items[1]["size_chart"] = chart
    with pytest.raises(error, match=said) as caught:
        read_shelf(write_shop(tmp_path, items))
    assert items[1]["item_id"] in str(caught.value) or "none.csv" in said or "line 2" in str(caught.value)


def test_a_catalogue_that_nothing_can_be_worn_of_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="0 without a photo, 11 without a chart"):
        read_shelf(write_shop(tmp_path, [{**item, "size_chart": None} for item in lines()]))


def test_a_photo_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = write_shop(tmp_path)
    (tmp_path / "skirt-red.jpg").unlink()
    with pytest.raises(DataError, match="named by skirt-red"):
        read_shelf(path)


def test_departments_are_kept_to_but_for_what_is_liked(tmp_path: Path) -> None:
    shelf = read_shelf(write_shop(tmp_path))
    everything = {*shelf.articles}
    assert everything - {*shelf.for_department("male", ())} == {"skirt-red"}
    assert {*shelf.for_department("male", ("skirt-red",))} == everything
    assert {*shelf.for_department(None, ())} == {*shelf.for_department("female", ())} == everything
    with pytest.raises(DataError, match="did you mean 'female'"):
        shelf.for_department("femal", ())


def test_a_catalogue_of_other_words_for_departments_is_told(tmp_path: Path) -> None:
    items = lines()
    for item in items:
        item["attributes"]["department"] = "women" if item["category"] == "skirt" else "unisex"
    with pytest.raises(DataError, match="--department any"):
        read_shelf(write_shop(tmp_path, items)).for_department("female", ())
