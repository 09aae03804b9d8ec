"""The person alone before a wall, the garment alone on white, and the photo's surroundings laid back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import binary_dilation, binary_erosion
from tests.unit.pipelines.tryon.photos import blocks_u8

from fitroom.bundles import Bundle
from fitroom.models.tryon.answer import Answer, Surroundings, answer
from fitroom.pipelines.tryon import TryOnPipeline
from fitroom.pipelines.tryon import pipeline as pipeline_module
from fitroom.pipelines.tryon.staging import WALL_U8, around, before_wall, behind, on_white


@pytest.fixture(scope="module")
def pipeline(tryon_bundle: Bundle) -> TryOnPipeline:
    return TryOnPipeline.from_bundle(tryon_bundle.path, device="cpu")


def standing(height: int = 320, width: int = 480) -> np.ndarray:
    """(height, width) float32 mask of somebody left of the middle, a fifth of the photo wide."""
    mask = np.zeros((height, width), np.float32)
    mask[40:280, 100:200] = 1
    return mask


def test_the_wall_is_where_the_person_is_not() -> None:
    photo, mask = blocks_u8(320, 480), standing()
    mask[40] = 0.5
    walled = before_wall(photo, mask)
    assert (walled[mask == 0] == WALL_U8).all() and (walled[mask == 1] == photo[mask == 1]).all()
    assert walled[40, 150] == pytest.approx((photo[40, 150].astype(float) + WALL_U8) / 2, abs=1)


def test_behind_the_person_colours_go_on() -> None:
    mask = standing()
    photo = np.zeros((320, 480, 3), np.uint8)
    photo[..., 0] = np.linspace(20, 220, 480).astype(np.uint8)  # a wall that gets redder to the right
    expected = photo.astype(float)
    photo[mask > 0] = (0, 255, 0)
    filled = behind(photo, mask)
    assert filled.shape == photo.shape and filled.dtype == np.uint8
    assert np.abs(filled - expected).max() < 8  # nothing green is left


def test_where_nobody_is_or_nothing_else_is_the_photo_is_given_back() -> None:
    photo = blocks_u8()
    nobody, everywhere = np.zeros(photo.shape[:2], np.float32), np.ones(photo.shape[:2], np.float32)
    assert behind(photo, nobody) is photo and behind(photo, everywhere) is photo
    assert around(nobody) == np.s_[:, :]


def tee_on(ground: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A blue garment in the middle of a ground (h, w, 3) uint8, and where it is."""
    photo, where = ground.copy(), np.zeros(ground.shape[:2], bool)
    where[ground.shape[0] // 4 : ground.shape[0] * 3 // 4, ground.shape[1] // 4 : ground.shape[1] * 3 // 4] = True
    photo[where] = (30, 60, 200)
    return photo, where


def test_a_garment_on_a_floor_is_laid_on_white() -> None:
    floor = np.clip(np.random.default_rng(0).normal((120, 80, 40), 12, (160, 120, 3)), 0, 255).astype(np.uint8)
    photo, where = tee_on(floor)
    cut = on_white(photo)
    inner, outer = binary_erosion(where, iterations=5), ~binary_dilation(where, iterations=5)
    assert (cut[outer] > 250).all() and np.abs(cut[inner].astype(int) - photo[inner]).max() <= 1


def test_a_shop_photo_and_one_that_cannot_be_cut_stay_as_they_are() -> None:
    shop, _ = tee_on(np.full((160, 120, 3), 246, np.uint8))
    noise = np.random.default_rng(0).integers(0, 256, (160, 120, 3)).astype(np.uint8)
    assert on_white(shop) is shop and on_white(noise) is noise


def test_a_garment_is_known_apart_with_and_without_its_ground(pipeline: TryOnPipeline) -> None:
    floor = np.clip(np.random.default_rng(0).normal((120, 80, 40), 12, (160, 120, 3)), 0, 255).astype(np.uint8)
    photo, _ = tee_on(floor)
    whole, cut = pipeline.encode_garment(photo), pipeline.encode_garment(photo, cut_out=True)
    assert pipeline.encode_garment(photo, cut_out=True) is cut and pipeline.encode_garment(photo) is whole
    assert torch.equal(cut.texture, pipeline.encode_garment(on_white(photo)).texture)
    person = blocks_u8()
    expected = pipeline.worn(person, on_white(photo))
    np.testing.assert_array_equal(pipeline.worn(person, photo, cut_out=True), expected)


def test_the_part_round_the_person_is_three_to_four() -> None:
    rows, columns = around(standing())
    assert rows.start < 40 and rows.stop > 280 and columns.start < 100 and columns.stop > 200
    assert (columns.stop - columns.start) / (rows.stop - rows.start) == pytest.approx(3 / 4, abs=0.02)
    far = np.zeros((320, 480), np.float32)
    far[10:40, 10:20] = 1
    assert around(far) == np.s_[:, :]  # too small to be cut out


def test_the_network_sees_nothing_of_what_is_behind_and_the_photo_keeps_it(
    pipeline: TryOnPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask, garment = standing(), blocks_u8(seed=1)
    street, beach = (np.where(mask[..., None] > 0, blocks_u8(320, 480), blocks_u8(320, 480, seed)) for seed in (7, 8))
    shown = []

    def watched(network: object, person: torch.Tensor, *args: object, **more: object) -> Answer:
        shown.append(person)
        return answer(network, person, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline_module, "answer", watched)
    worn = [pipeline.worn(photo, garment, person_mask=mask, category="t-shirt") for photo in (street, beach)]
    assert torch.equal(shown[0], shown[1])
    part = around(mask)
    outside = np.ones(mask.shape, bool)
    outside[part] = False
    for photo, got in zip((street, beach), worn, strict=True):
        assert got.shape == photo.shape and (got[outside] == photo[outside]).all()
        assert (got[part] != photo[part]).any()


def test_a_repaint_mask_is_cut_with_the_person(pipeline: TryOnPipeline) -> None:
    photo, mask, may = blocks_u8(320, 480), standing(), np.zeros((320, 480), bool)
    may[120:200, 110:190] = True
    worn = pipeline.worn(photo, blocks_u8(seed=1), person_mask=mask, repaint_mask=may)
    assert (worn[~may] == photo[~may]).all() and (worn[may] != photo[may]).any()


def test_the_persons_pixels_are_the_photos_and_painted_wall_is_what_lies_behind(pipeline: TryOnPipeline) -> None:
    """By how much the answer changes where photo or scene change: by the weights that the network gives."""
    network, frame = pipeline.network, (pipeline.preprocessing.height_px, pipeline.preprocessing.width_px)
    known = pipeline.encode_garment(blocks_u8(seed=1))
    generator = torch.Generator().manual_seed(0)
    person, photo, scene = (torch.rand(1, 3, *frame, generator=generator) * 0.2 - 0.1 for _ in range(3))
    noise = torch.randn(1, 6, frame[0] // 4, frame[1] // 4, generator=generator)
    conditions = torch.from_numpy(
        pipeline_module.told(
            category="t-shirt",
            region=None,
            garment_cm=None,
            body_cm=None,
            ease_cm=None,
            drape_coefficient=None,
            masked=False,
        )
    )[None]

    def answered(photo: torch.Tensor, scene: torch.Tensor) -> Answer:
        with torch.inference_mode():
            return answer(
                network, person, known, conditions, frame=frame, noise=noise, snap=False,
                surroundings=Surroundings(photo, scene),
            )  # fmt: skip

    before = answered(photo, scene)
    _, paint, own = before.weights.unsqueeze(2).unbind(1)
    wall = torch.nn.functional.interpolate(
        before.layout.parse_logits.softmax(1)[:, :1], size=frame, mode="bilinear", align_corners=False
    )
    free = before.worn.abs() < 0.9  # not clipped
    moved = answered(photo + 0.05, scene).worn - before.worn
    torch.testing.assert_close(moved[free], (own * 0.05).expand_as(moved)[free], atol=1e-5, rtol=1e-4)
    moved = answered(photo, scene + 0.05).worn - before.worn
    torch.testing.assert_close(moved[free], (paint * wall * 0.05).expand_as(moved)[free], atol=1e-5, rtol=1e-4)
    assert free.float().mean() > 0.5 and paint.max() > 0.01 and wall.max() > 0.01 and own.max() > 0.01
