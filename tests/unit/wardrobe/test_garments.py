"""Photos of garments alone: planned evenly, split cleanly, the same bytes whoever works, and labelled in full."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
import wardrobe_fakes as fakes

from fitroom.data.manifest import read_source
from fitroom.data.source import SourceConfig
from fitroom.errors import ConfigError, RunError
from fitroom.wardrobe.catalogues import Catalogues
from fitroom.wardrobe.garment_plan import (
    CLOTHING_CLASSES,
    LEAST_WINDOW,
    MAX_TURN_DEG,
    GarmentItem,
    GarmentPlanner,
    GarmentsConfig,
    label_row,
)
from fitroom.wardrobe.garments import make_garments
from fitroom.wardrobe.outfits import MATERIALS_OF
from fitroom.wardrobe.patterns.pattern import CATEGORIES
from fitroom.wardrobe.registry import Kind
from fitroom.wardrobe.shelves import shipped

SMALL = GarmentsConfig(count=14, height_px=16, width_px=16)


@pytest.fixture(scope="module")
def shelves() -> Catalogues:
    return shipped()


@pytest.fixture(scope="module")
def items(shelves: Catalogues) -> list[GarmentItem]:
    planner = GarmentPlanner(GarmentsConfig(count=560), shelves)
    return [planner.item(place) for place in range(len(planner))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by one worker; not to be changed."""
    out = tmp_path_factory.mktemp("garments") / "one"
    make_garments(SMALL, out, photographer=fakes.photograph)
    return out


def photos(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*.jpg"))}


class TestThePlan:
    def test_categories_are_even_within_a_split(self, items: list[GarmentItem], shelves: Catalogues) -> None:
        counts = Counter((item.split, shelves.design(item.garment.design).category) for item in items)
        assert {(split, number) for (split, _), number in counts.items()} == {
            ("train", 30), ("validation", 4), ("test", 6),
        }  # fmt: skip
        assert len(counts) == 3 * len(CATEGORIES)

    def test_nothing_is_seen_in_two_splits(self, items: list[GarmentItem], shelves: Catalogues) -> None:
        seen: defaultdict[tuple[Kind, int], set[str]] = defaultdict(set)
        for item in items:
            used: list[tuple[Kind, int]] = [
                ("design", item.garment.design), ("fabric", item.garment.fabric), ("print", item.garment.print),
            ]  # fmt: skip
            if item.look:
                used.append(("light", item.look.light))
                used += zip(("fabric", "print"), item.look.cloth or (), strict=False)  # type: ignore[arg-type]
            for thing in used:
                seen[thing].add(item.split)
        registry = shelves.registry()
        assert all(splits == {registry.split_of(*thing)} for thing, splits in seen.items())

    def test_each_design_comes_before_any_comes_again(self, items: list[GarmentItem]) -> None:
        train = [item.garment.design for item in items if item.split == "train"]
        assert len(set(train)) == len(train)

    def test_cloth_is_of_the_garments_kind(self, items: list[GarmentItem], shelves: Catalogues) -> None:
        for item in items:
            category = shelves.design(item.garment.design).category
            assert shelves.material(item.garment.fabric) in MATERIALS_OF[category]

    def test_most_are_of_size_m_and_a_third_are_varied(self, items: list[GarmentItem]) -> None:
        assert 0.6 < np.mean([item.garment.size == "M" for item in items]) < 0.8
        looks = [item.look for item in items if item.look]
        assert 0.26 < len(looks) / len(items) < 0.41
        assert {look.color is None for look in looks} == {True, False}
        for look in looks:
            left, top, side = look.window
            assert LEAST_WINDOW <= side <= 1 and min(left, top) >= 0 and max(left, top) + side <= 1
            assert abs(look.turn_deg) <= MAX_TURN_DEG and (look.color is None) != (look.cloth is None)

    def test_a_photo_depends_neither_on_their_number_nor_on_the_order(
        self, items: list[GarmentItem], shelves: Catalogues
    ) -> None:
        fewer = GarmentPlanner(GarmentsConfig(count=140), shelves)
        known = {item.item_id: item for item in items}
        for place in reversed(range(len(fewer))):
            item = fewer.item(place)
            assert known[item.item_id] == item

    def test_another_seed_is_another_set(self, items: list[GarmentItem], shelves: Catalogues) -> None:
        other = GarmentPlanner(GarmentsConfig(count=560, seed=1), shelves)
        assert other.item(3).garment != items[3].garment

    def test_every_label_is_there(self, items: list[GarmentItem], shelves: Catalogues) -> None:
        rows = [label_row(item, shelves) for item in items]
        assert all(all(row.values()) for row in rows)
        assert {row["clothing_class"] for row in rows} == set(CLOTHING_CLASSES.values())
        assert all(0 <= float(row["drape"]) <= 1 for row in rows)

    @pytest.mark.parametrize("wrong", [{"count": 0}, {"seed": -1}, {"height_px": 4}, {"width_px": 9999}])
    def test_a_useless_config_is_refused(self, wrong: dict[str, int]) -> None:
        with pytest.raises(ConfigError):
            GarmentsConfig(**wrong)


class TestWhatIsMade:
    def test_the_source_reads_it(self, folder: Path) -> None:
        heads = ("category", "clothing_class", "cut", "material", "sleeve", "neckline", "length", "pattern", "color")
        columns = {name: name for name in (*heads, "season", "style", "drape")}
        manifest, report = read_source(SourceConfig(str(folder), label_columns=columns))
        assert not report.problems
        assert set(manifest.table["split"]) == {"train", "validation", "test"}
        assert set(manifest.table["category"]) == set(CATEGORIES) - {"coat"}
        assert manifest.table["group"].notna().all()

    def test_what_fails_is_left_out_and_told(self, folder: Path) -> None:
        failures = [json.loads(line) for line in (folder / "failures.jsonl").read_text().splitlines()]
        assert {row["photo"] for row in failures} == {
            f"{split}-coat-00000" for split in ("train", "validation", "test")
        }
        assert {row["reason"] for row in failures} == {"ValueError: a coat has no hanger"}
        assert "Traceback" in failures[0]["detail"]

    def test_the_same_whatever_the_number_of_workers(self, folder: Path, tmp_path: Path) -> None:
        make_garments(SMALL, tmp_path / "two", workers=2, photographer=fakes.photograph)
        assert photos(tmp_path / "two") == photos(folder)
        for name in ("labels.csv", "garments.json"):
            assert (tmp_path / "two" / name).read_bytes() == (folder / name).read_bytes()

    def test_nothing_is_taken_twice_and_more_can_be_added(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out, marks = tmp_path / "w", tmp_path / "marks"
        make_garments(SMALL, out, photographer=fakes.photograph)
        (gone := next(out.rglob("*polo*.jpg"))).unlink()
        marks.mkdir()
        monkeypatch.setenv(fakes.MARKS, str(marks))
        make_garments(SMALL, out, photographer=fakes.photograph)
        assert fakes.marked(marks) == {gone.stem}
        assert photos(out) == photos(folder)
        counts = make_garments(GarmentsConfig(count=40, height_px=16, width_px=16), out, photographer=fakes.photograph)
        assert counts["split"]["train"] == 26 and photos(folder).items() <= photos(out).items()

    def test_another_config_is_refused(self, folder: Path, tmp_path: Path) -> None:
        with pytest.raises(RunError, match="another config"):
            make_garments(GarmentsConfig(14, 1, 16, 16), folder, photographer=fakes.photograph)
        (tmp_path / "notes.txt").touch()
        with pytest.raises(RunError, match="not empty"):
            make_garments(SMALL, tmp_path, photographer=fakes.photograph)

    def test_where_everything_fails_it_stops(self, tmp_path: Path) -> None:
        with pytest.raises(RunError, match="garment after garment"):
            make_garments(SMALL, tmp_path / "w", photographer=fakes.photographs_nothing)
        assert (tmp_path / "w" / "failures.jsonl").read_text()
        with pytest.raises(ConfigError, match="nobody to work"):
            make_garments(SMALL, tmp_path / "w", workers=0)
