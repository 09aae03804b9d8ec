"""A checked try-on: settings judged early, flags in the answer, the recogniser asked only where nobody told."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.unit.pipelines.tryon.photos import blocks_u8

from fitroom.bundles import Bundle
from fitroom.errors import BundleError, ConfigError, ImageError
from fitroom.pipelines.parse import ParsePipeline
from fitroom.pipelines.pose.model import Pose
from fitroom.pipelines.tryon import TryOnPipeline
from fitroom.pipelines.tryon.checked import CheckedTryOn, TryOnSettings, open_tryon
from fitroom.pipelines.tryon.checks import Flag

WORN_BY = Flag("garment-on-person", "someone wears it")
NO_POSE = Flag("person-unsure", "no pose")


class Checks:
    """Says what it was told to; nobody is in a black photo."""

    def person(
        self, person_u8: np.ndarray, where: str | None = None, *, pose_missing: bool = False
    ) -> tuple[Flag, ...]:
        if not person_u8.any():
            raise ImageError("nobody", code="person-missing", where=where)
        return (NO_POSE,) if pose_missing else ()

    def garment(self, garment_u8: np.ndarray) -> tuple[Flag, ...]:
        return (WORN_BY,)


def says(category: str, unknown: bool = False) -> Any:
    return lambda images: [SimpleNamespace(category=category, unknown=unknown, confidence=0.9)]


@pytest.fixture(scope="module")
def pipeline(tryon_bundle: Bundle) -> TryOnPipeline:
    return TryOnPipeline.from_bundle(tryon_bundle.path, device="cpu")


def test_without_a_parser_the_answer_says_so(pipeline: TryOnPipeline) -> None:
    answer = CheckedTryOn(pipeline)(blocks_u8(), blocks_u8(seed=1), TryOnSettings("t-shirt", seed=3))
    assert [flag.code for flag in answer.warnings] == ["unchecked"] and answer.category == "t-shirt"
    np.testing.assert_array_equal(
        answer.worn_u8, pipeline.worn(blocks_u8(), blocks_u8(seed=1), category="t-shirt", seed=3)
    )


def test_settings_reach_the_pipeline(pipeline: TryOnPipeline) -> None:
    person, garment = blocks_u8(), blocks_u8(seed=1)
    mask = np.zeros(person.shape[:2], bool)
    mask[40:120] = True
    known = {"garment_cm": {"chest": 130.0}, "body_cm": {"chest": 90.0}, "drape_coefficient": 0.9, "steps": 3}
    answer = CheckedTryOn(pipeline)(person, garment, TryOnSettings("dress", guidance=2.0, **known), mask)  # type: ignore[arg-type]
    expected = pipeline.worn(person, garment, category="dress", guidance=2.0, repaint_mask=mask, **known)  # type: ignore[arg-type]
    np.testing.assert_array_equal(answer.worn_u8, expected)


class Finds:
    """A pose model that finds somebody in the photo's left half, or nobody; counts."""

    def __init__(self, somebody: bool) -> None:
        self.hash, self.somebody, self.asked = "p" * 64, somebody, 0

    def __call__(self, image_u8: np.ndarray) -> Pose | None:
        self.asked += 1
        mask = np.zeros(image_u8.shape[:2], np.float32)
        mask[:, : image_u8.shape[1] // 2] = 1
        return Pose(np.zeros((17, 3), np.float32), mask) if self.somebody else None


def test_a_pose_model_shows_the_person_alone_and_is_asked_once(pipeline: TryOnPipeline) -> None:
    pose, person, garment = Finds(True), blocks_u8(), blocks_u8(seed=1)
    tryon = CheckedTryOn(pipeline, pose=pose)
    answer = tryon(person, garment, TryOnSettings("t-shirt"))
    found = pose(person)
    assert found is not None
    expected = pipeline.worn(person, garment, category="t-shirt", person_mask=found.mask)
    np.testing.assert_array_equal(answer.worn_u8, expected)
    assert (answer.worn_u8 != CheckedTryOn(pipeline)(person, garment, TryOnSettings("t-shirt")).worn_u8).any()
    tryon(person.copy(), blocks_u8(seed=2))
    assert pose.asked == 2 and tryon.made_by()["pose"] == pose.hash  # one of them above


def test_a_garment_is_cut_out_where_it_was_looked_at_and_nobody_wears_it(
    pipeline: TryOnPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    worn = pipeline.worn
    monkeypatch.setattr(pipeline, "worn", lambda *a, **k: asked.append(k.get("cut_out")) or worn(*a, **k))
    looks = Checks()
    CheckedTryOn(pipeline)(blocks_u8(), blocks_u8(seed=1))
    CheckedTryOn(pipeline, looks)(blocks_u8(), blocks_u8(seed=1))  # type: ignore[arg-type]
    monkeypatch.setattr(looks, "garment", lambda _: ())
    tryon = CheckedTryOn(pipeline, looks)  # type: ignore[arg-type]
    tryon(blocks_u8(), blocks_u8(seed=1))
    assert asked == [None, False, True]
    encoded: list[bool] = []
    monkeypatch.setattr(pipeline, "encode_garment", lambda _, cut_out: encoded.append(cut_out))
    tryon.look_at_garment(blocks_u8(seed=1))
    assert encoded == [True]


def test_nobody_found_is_said_and_the_photo_taken_as_it_is(pipeline: TryOnPipeline) -> None:
    tryon = CheckedTryOn(pipeline, Checks(), pose=Finds(False))  # type: ignore[arg-type]
    answer = tryon(blocks_u8(), blocks_u8(seed=1), TryOnSettings("t-shirt"))
    assert answer.warnings == (NO_POSE, WORN_BY)
    np.testing.assert_array_equal(answer.worn_u8, pipeline.worn(blocks_u8(), blocks_u8(seed=1), category="t-shirt"))


def test_flags_come_with_the_answer_and_nobody_is_an_error(pipeline: TryOnPipeline) -> None:
    tryon = CheckedTryOn(pipeline, Checks())  # type: ignore[arg-type]
    assert tryon(blocks_u8(), blocks_u8(seed=1)).warnings == (WORN_BY,)
    with pytest.raises(ImageError, match=r"me\.jpg"):
        tryon(np.zeros((64, 64, 3), np.uint8), blocks_u8(seed=1), person_name="me.jpg")


@pytest.mark.parametrize(
    ("recognizer", "told", "category", "codes"),
    [
        (says("pants"), None, "pants", []),
        (says("pants"), "dress", "dress", []),
        (says("pants", unknown=True), None, None, []),
        (says("shoes"), None, None, ["category-unfit"]),
    ],
)
def test_who_says_the_category(
    pipeline: TryOnPipeline, recognizer: Any, told: str | None, category: str | None, codes: list[str]
) -> None:
    answer = CheckedTryOn(pipeline, None, recognizer)(blocks_u8(), blocks_u8(seed=1), TryOnSettings(told))
    assert answer.category == category
    assert [flag.code for flag in answer.warnings[1:]] == codes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"category": "t-shrit"}, "did you mean 't-shirt'?"),
        ({"guidance": float("nan")}, "0 to 10"),
        ({"guidance": -1.0}, "0 to 10"),
        ({"steps": 0}, "1 to 64"),
        ({"seed": -1}, "seed"),
    ],
)
def test_wrong_settings_are_said(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        TryOnSettings(**changes)
    assert said in str(caught.value)


class TestBeside:
    """Which bundles help, where none was named."""

    @pytest.fixture
    def shelf(self, tryon_bundle: Bundle, tiny_bundle: Bundle, tmp_path: Path) -> Path:
        shutil.copytree(tryon_bundle.path, tmp_path / "tryon")
        shutil.copytree(tiny_bundle.path, tmp_path / "recognizer")
        (tmp_path / "broken").mkdir()
        (tmp_path / "broken" / "bundle.json").write_text("[")
        return tmp_path

    def test_the_only_one_of_its_kind(self, shelf: Path, tiny_bundle: Bundle) -> None:
        tryon = open_tryon(shelf / "tryon", device="cpu")
        assert tryon.checks is None
        assert tryon.made_by()["recognizer"] == tiny_bundle.hash

    def test_none_is_none(self, shelf: Path) -> None:
        assert open_tryon(shelf / "tryon", recognizer="none", device="cpu").recognizer is None

    def test_of_two_none_is_taken(self, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        shutil.copytree(shelf / "recognizer", shelf / "another")
        said: list[str] = []
        monkeypatch.setattr(logging.getLogger("fitroom"), "warning", lambda text, *words: said.append(text % words))
        assert open_tryon(shelf / "tryon", device="cpu").recognizer is None
        assert len(said) == 1 and "recognizer" in said[0]
        named = open_tryon(shelf / "tryon", recognizer=str(shelf / "another"), device="cpu")
        assert named.recognizer is not None

    def test_of_two_the_one_for_photos_is_taken(self, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("parser-wardrobe", "parser-photos"):
            (shelf / name).mkdir()
            (shelf / name / "bundle.json").write_text(json.dumps({"kind": "parser", "name": name}))
        opened: list[Path] = []
        monkeypatch.setattr(ParsePipeline, "from_bundle", lambda folder, *_: opened.append(folder))
        open_tryon(shelf / "tryon", recognizer="none", device="cpu")
        assert opened == [shelf / "parser-photos"]

    def test_one_of_another_kind_is_refused(self, shelf: Path) -> None:
        assert json.loads((shelf / "recognizer" / "bundle.json").read_text())["kind"] == "recognizer"
        with pytest.raises(BundleError, match="person parser"):
            open_tryon(shelf / "tryon", parser=str(shelf / "recognizer"), device="cpu")
