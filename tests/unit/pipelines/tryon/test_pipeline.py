"""The try-on pipeline: photos of any size, a picture that its seed decides, garments looked at once, bad input said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.unit.pipelines.tryon.photos import blocks_u8
from tests.unit.pipelines.tryon.tiny import write_tiny

from fitroom.bundles import Bundle
from fitroom.contracts import Garment, Person, TryOnSample
from fitroom.errors import BundleError, ConfigError
from fitroom.pipelines.tryon import TryOnPipeline


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> TryOnPipeline:
    bundle = write_tiny(tmp_path_factory.mktemp("b") / "tiny")
    return TryOnPipeline.from_bundle(bundle.path, device="cpu")


@pytest.mark.parametrize("size", [(128, 128), (256, 192), (80, 160)])
def test_the_worn_picture_has_the_persons_size(pipeline: TryOnPipeline, size: tuple[int, int]) -> None:
    worn = pipeline.worn(blocks_u8(*size), blocks_u8(seed=1))
    assert worn.shape == (*size, 3) and worn.dtype == np.uint8


@pytest.mark.parametrize("size", [(64, 48), (256, 192)])
def test_a_photo_smaller_or_larger_than_the_frame_is_answered_in_bf16(
    pipeline: TryOnPipeline, size: tuple[int, int]
) -> None:
    person, garment = blocks_u8(*size), blocks_u8(seed=1)
    plain = pipeline.worn(person, garment, seed=3)
    with torch.autocast("cpu", torch.bfloat16):
        low = pipeline.worn(person, garment, seed=3)
    assert low.shape == plain.shape
    assert np.abs(low.astype(float) - plain).mean() < 6


def test_the_seed_decides(pipeline: TryOnPipeline) -> None:
    person, garment = blocks_u8(), blocks_u8(seed=1)
    first = pipeline.worn(person, garment, seed=3)
    np.testing.assert_array_equal(first, pipeline.worn(person, garment, seed=3))
    assert (first != pipeline.worn(person, garment, seed=4)).any()


def test_sizes_change_the_picture_and_ease_follows_from_both_measures(pipeline: TryOnPipeline) -> None:
    person, garment = blocks_u8(), blocks_u8(seed=1)
    measures = {"garment_cm": {"chest": 130.0}, "body_cm": {"chest": 90.0}, "category": "t-shirt"}
    implied = pipeline.worn(person, garment, **measures)
    np.testing.assert_array_equal(implied, pipeline.worn(person, garment, **measures, ease_cm={"chest": 40.0}))
    assert (implied != pipeline.worn(person, garment)).any()
    assert (implied != pipeline.worn(person, garment, **measures, ease_cm={"chest": 1.0})).any()


def test_outside_the_mask_the_photo_stays(pipeline: TryOnPipeline) -> None:
    person = blocks_u8()
    mask = np.zeros(person.shape[:2], bool)
    mask[40:120, 30:90] = True
    worn = pipeline.worn(person, blocks_u8(seed=1), repaint_mask=mask)
    np.testing.assert_array_equal(worn[~mask], person[~mask])
    assert (worn[mask] != person[mask]).any()


def test_a_garment_is_looked_at_once(pipeline: TryOnPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    garment, looks = blocks_u8(seed=77), []
    look_at = pipeline._look_at
    monkeypatch.setattr(pipeline, "_look_at", lambda image: looks.append(1) or look_at(image))
    first = pipeline.encode_garment(garment)
    assert pipeline.encode_garment(garment.copy()) is first and len(looks) == 1


def test_a_sample_is_answered_as_its_parts_are(pipeline: TryOnPipeline) -> None:
    person, garment = blocks_u8(), blocks_u8(seed=1)
    mask = np.ones(person.shape[:2], bool)
    sample = TryOnSample(
        Person(person, body_cm={"chest": 95.0}), Garment(garment, "t-shirt", measures_cm={"chest": 110.0}), None, mask
    )
    expected = {"category": "t-shirt", "body_cm": {"chest": 95.0}, "garment_cm": {"chest": 110.0}}
    np.testing.assert_array_equal(pipeline(sample), pipeline.worn(person, garment, **expected))
    masked = pipeline.worn(person, garment, **expected, repaint_mask=mask)
    np.testing.assert_array_equal(pipeline(sample, use_mask=True), masked)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"person_u8": np.zeros((64, 64, 3), np.float32)}, "person_u8 is not an RGB picture"),
        ({"garment_u8": np.zeros((64, 64), np.uint8)}, "garment_u8 is not an RGB picture"),
        ({"person_u8": np.zeros((16, 64, 3), np.uint8)}, "too small"),
        ({"repaint_mask": np.zeros((3, 3), bool)}, "repaint mask does not fit"),
        ({"person_mask": np.zeros((160, 120), bool)}, "person mask does not fit"),
        ({"person_mask": np.zeros((3, 3), np.float32)}, "person mask does not fit"),
        ({"person_mask": np.full((160, 120), np.nan, np.float32)}, "nan to nan"),
        ({"person_mask": np.full((160, 120), 255.0, np.float32)}, "255.0 to 255.0"),
        ({"steps": 0}, "denoising steps"),
        ({"region": "head"}, "unknown region"),
        ({"body_cm": {"chest": float("inf")}}, "no number"),
    ],
)
def test_bad_input_is_said(pipeline: TryOnPipeline, changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        pipeline.worn(**{"person_u8": blocks_u8(), "garment_u8": blocks_u8(seed=1), **changes})


def test_a_bundle_of_another_kind_is_refused(tiny_bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="not one of a try-on model"):
        TryOnPipeline.from_bundle(tiny_bundle.path, device="cpu")
