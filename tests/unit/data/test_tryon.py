"""Views of cases: truth that moves with the picture, modes that are what they say, seeds that decide everything."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
import torch
from tests.unit.data.tryon_rows import RECIPE, SIDE, tryon_row, write_wardrobe
from torch.nn import functional as F

from fitroom.data.tryon import cases as tryon_cases
from fitroom.data.tryon.batches import TryOnAugment, TryOnDataset, TryOnModes, siblings, tucks
from fitroom.data.tryon.cases import TryOnCases, read_cases
from fitroom.data.tryon.conditions import NUM_CONDITIONS, NUM_SIZES, REGIONS
from fitroom.data.tryon.frames import BEND_NODES, Move, PersonFrame, random_photo_move
from fitroom.data.tryon.terms import GAIN_OFFSET, GAIN_SCALE, PAINT, PERSON, TARGET, TEXTURE
from fitroom.data.tryon.views import TryOnBatch, _blurred, collate_views, reduced
from fitroom.errors import ConfigError
from fitroom.wardrobe.patterns.pattern import CATEGORIES

STILL = TryOnAugment(mirror=0, move=0, photo=0, dye=0, light=0, tint=0, widen_px=0, drop=0, drop_all=0)


def only(mode: str) -> TryOnModes:
    return TryOnModes(**{name: float(name == mode) for name in vars(TryOnModes())})


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> TryOnCases:
    root = tmp_path_factory.mktemp("w")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tryon_cases, "cache_folder", lambda: root / "cache")
        rows = [tryon_row(0), tryon_row(1), tryon_row(1, size="XL"), tryon_row(2)]
        return read_cases(write_wardrobe(root, rows), RECIPE)


def dataset(cases: TryOnCases, mode: str = "counterfactual", augment: TryOnAugment | None = STILL) -> TryOnDataset:
    return TryOnDataset(cases, np.arange(len(cases)), only(mode), augment, seed=3)


def rebuilt(view: TryOnBatch) -> torch.Tensor:
    """The cloth of the worn picture at half size, from the garment's colours, flow and light."""
    size = view.person.shape[-2:]
    flow, light = (F.interpolate(m[None], size=size, mode="bilinear") for m in (view.flow, view.clean[:3]))
    texture = F.grid_sample(view.texture[None], flow.permute(0, 2, 3, 1), align_corners=False)
    return 2 * (((texture + 1) / 2 + GAIN_OFFSET) * (light / GAIN_SCALE).exp() - GAIN_OFFSET)[0] - 1


@pytest.mark.parametrize(
    "augment",
    [
        STILL,
        replace(STILL, mirror=1),
        replace(STILL, mirror=0.5, move=1, scale=1.3, bend=0, light=0.3, tint=0.05),
        replace(STILL, mirror=0.5, move=1, bend=0.2),
        replace(STILL, mirror=0.5, photo=1, photo_scale=1.4, photo_turn=20),
        replace(STILL, dye=1),
        TryOnAugment(move=1, photo=1, dye=1),
    ],
    ids=["still", "mirrored", "moved and relit", "bent", "photo moved", "dyed", "all"],
)
def test_truth_moves_with_the_picture(cases: TryOnCases, augment: TryOnAugment) -> None:
    for sample in range(4):
        view = dataset(cases, augment=augment)[sample, 5]
        worn = F.interpolate(view.clean[None, 3:], size=view.person.shape[-2:], mode="bilinear")[0]
        inner = -F.max_pool2d(-F.interpolate(view.cover[None], size=worn.shape[-2:]), 9, 1, 4)[0, 0] > 0.99
        assert inner.sum() > 8
        assert (rebuilt(view) - worn).abs()[:, inner].mean() < 0.05


@pytest.mark.parametrize("move", [Move(), Move(mirrored=True), Move(scale=1.4, shift=(0.1, -0.2))])
def test_joints_move_with_the_picture_and_are_not_known_where_it_is_bent(move: Move) -> None:
    picture = torch.zeros(1, SIDE, SIDE)
    picture[:, 30:34] = 1
    seen = PersonFrame(SIDE, SIDE, move).half(picture)[0].mean(1)
    rows = (torch.arange(SIDE // 2) + 0.5) / (SIDE // 2)
    (row,) = PersonFrame(SIDE, SIDE, move).rows(np.array([32 / SIDE]))
    assert row == pytest.approx(float((seen * rows).sum() / seen.sum()), abs=0.01)
    bent = replace(move, bend=np.zeros((2, *BEND_NODES)))
    assert np.isnan(PersonFrame(SIDE, SIDE, bent).rows(np.array([0.5]))).all()


def test_sources_of_pixels(cases: TryOnCases) -> None:
    view = dataset(cases)[0]
    middle = view.source[view.source.shape[0] // 2, 6]
    assert middle == TEXTURE and view.source[0, 0] == PERSON
    assert view.source[3, 8] == PAINT, "the old garment shows above the new one"
    assert (view.layout == TARGET).any()


def test_a_mask_makes_the_person_grey_inside_and_is_said(cases: TryOnCases) -> None:
    view = dataset(cases, "masked")[0]
    inside = view.mask[0] > 0.5
    assert inside.any() and view.person[:, inside].abs().max() == 0
    assert view.conditions[2 * NUM_SIZES + len(REGIONS)] == 1
    assert view.source[view.source == PERSON].numel() < view.source.numel()
    assert dataset(cases)[0].mask.max() == 0


def test_nothing_is_to_change_where_the_person_wears_just_this(cases: TryOnCases) -> None:
    view = dataset(cases, "unchanged")[1]
    torch.testing.assert_close(view.person_cut, view.worn_cut)
    assert (view.source == PERSON).all() and (view.source_cut == PERSON).all()


def test_a_sibling_wears_the_other_size(cases: TryOnCases) -> None:
    assert siblings(cases, np.arange(4)) == {1: [2], 2: [1]}
    view = dataset(cases, "sibling")[1]
    torch.testing.assert_close(view.person, dataset(cases, "unchanged")[2].person)


def test_dye_changes_the_cloth_alone_and_in_both_photos(cases: TryOnCases) -> None:
    for mode in ("counterfactual", "unchanged"):
        plain, dyed = (dataset(cases, mode, replace(STILL, dye=share))[1, 2] for share in (0.0, 1.0))
        order = [
            next(k for k in range(3) if torch.allclose(dyed.texture[c], plain.texture[k], atol=1e-6)) for c in range(3)
        ]
        assert sorted(order) == [0, 1, 2]
        cloth = F.interpolate(plain.cover[None], size=plain.person.shape[-2:])[0, 0] > 0.99
        away = F.interpolate(plain.cover[None], size=plain.person.shape[-2:])[0, 0] == 0
        own = mode == "unchanged"
        torch.testing.assert_close(dyed.person[:, cloth], plain.person[:, cloth][order if own else [0, 1, 2]])
        torch.testing.assert_close(dyed.person[:, away], plain.person[:, away])


def test_a_moved_photo_keeps_the_garment_in_it() -> None:
    rng = np.random.default_rng(0)
    in_photo = np.zeros((64, 48), bool)
    in_photo[2:60, 4:47] = True
    for _ in range(40):
        back = random_photo_move(in_photo, rng, 1.5, 30)
        places = np.linalg.inv(back[:, :2]) @ (np.array([[-40 / 48, 46 / 48], [-60 / 64, 56 / 64]]) - back[:, 2:])
        assert np.abs(places).max() <= 1


def test_samples_follow_from_seed_epoch_and_index(cases: TryOnCases) -> None:
    augment = TryOnAugment()
    one, two = (TryOnDataset(cases, np.arange(4), TryOnModes(), augment, seed=7) for _ in range(2))
    assert all(torch.equal(getattr(one[2, 9], f.name), getattr(two[2, 9], f.name)) for f in fields(TryOnBatch))
    assert not torch.equal(one[2, 9].person, one[2, 10].person)


def test_a_batch_has_the_promised_shapes_and_ranges(cases: TryOnCases) -> None:
    batch = collate_views([dataset(cases, augment=TryOnAugment())[i, 0] for i in range(3)])
    half, quarter = SIDE // 2, SIDE // 4
    shapes = {
        "person": (3, 3, half, half), "mask": (3, 1, half, half), "texture": (3, 3, SIDE, SIDE),
        "conditions": (3, NUM_CONDITIONS), "layout": (3, quarter, quarter), "flow": (3, 2, quarter, quarter),
        "clean": (3, 6, quarter, quarter), "worn_cut": (3, 3, half, half), "window": (3, 2), "joints": (3, 4),
        "frame_cm": (3,), "tucks": (3, 2),
    }  # fmt: skip
    assert {name: tuple(getattr(batch, name).shape) for name in shapes} == shapes
    for name in ("person", "garment", "texture", "person_cut", "worn_cut"):
        assert getattr(batch, name).abs().max() <= 1 and getattr(batch, name).dtype == torch.float32
    assert not (batch.window % 4).any()


def test_a_reduced_batch_is_the_same_truth_in_half_the_frame(cases: TryOnCases) -> None:
    batch = collate_views([dataset(cases)[i] for i in range(2)])
    small = reduced(batch)
    assert small.person.shape[-1] == SIDE // 4 and small.flow.shape[-1] == SIDE // 8
    assert torch.equal(small.window * 2, batch.window)
    inner = small.cover > 0.99
    assert inner.any()
    upright = F.avg_pool2d(batch.flow, 2)
    assert ((small.flow - upright).abs() * inner).max() < 1e-5


def test_sizes_are_dropped_as_often_as_asked(cases: TryOnCases) -> None:
    always = TryOnAugment(drop=0, drop_all=1)
    views = [dataset(cases, augment=always)[0], dataset(cases)[0]]
    assert not views[0].conditions[: 2 * NUM_SIZES].any() and views[1].conditions[: 2 * NUM_SIZES].any()
    for view in views:
        called = view.conditions[-len(CATEGORIES) :]
        assert called.sum() == 1 and CATEGORIES[int(called.argmax())] == cases.rows[int(view.index)]["category"]
    assert not dataset(cases, augment=TryOnAugment(drop=1))[0].conditions.any()


@pytest.mark.parametrize(
    ("category", "region", "others", "told"),
    [
        ("t-shirt", "top", [12], [1, 1]),
        ("sweater", "top", [12], [0, 1]),
        ("t-shirt", "top", [0], [1, 0]),
        ("coat", "outerwear", [12, 1], [0, 1]),
        ("skirt", "bottom", [1], [0, np.nan]),
        ("t-shirt", "top", None, [1, np.nan]),
    ],
)
def test_light_tops_are_tucked_into_skirts(category: str, region: str, others: list[int] | None, told: Any) -> None:
    """Designs 0, 1 and 12 are trousers, a T-shirt and a skirt."""
    plan = {} if others is None else {"others": [{"design": index} for index in others]}
    assert tucks({"category": category, "region": region, "plan": plan}) == pytest.approx(told, nan_ok=True)


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="no mode"):
        TryOnModes(0, 0, 0, 0)
    for wrong in ({"mirror": 2}, {"widen_px": -1}, {"shift": -0.1}, {"tint": -0.1}, {"photo_turn": -1}, {"light": 1}):
        with pytest.raises(ConfigError, match="out of range"):
            TryOnAugment(**wrong)


def test_blurring_by_shifts_is_pooling() -> None:
    picture = torch.rand(3, 20, 9, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(_blurred(picture), F.avg_pool2d(picture, 7, 1, 3, count_include_pad=False))
