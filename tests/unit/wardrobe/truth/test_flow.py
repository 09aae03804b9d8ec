"""Flow from worn cloth to the shop photo: a sheet of cloth from two cameras warps on to itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.unit.wardrobe.truth.conftest import sheet, take

from fitroom.errors import ConfigError
from fitroom.wardrobe.studio.scene import Camera, Frame, SceneMesh
from fitroom.wardrobe.truth.flow import garment_flow, warp

FRONT = Camera((0.0, -3.0, 1.0), (0.0, 0.0, 1.0), 1.3, 260, 260)
ASIDE = Camera((0.9, -2.6, 1.3), (0.0, 0.0, 1.0), 1.5, 240, 200)


def painted(meshes: list[SceneMesh], camera: Camera, rest: SceneMesh) -> Frame:
    """A picture whose colours are slow waves over the cloth's rest position."""
    frame = take(meshes, camera)
    image = np.zeros((*frame.mesh.shape, 3), np.uint8)
    here = frame.mesh == 0
    point = np.einsum("nk,nkd->nd", frame.bary[here], rest.vertices_m[rest.faces[frame.face[here]]])
    waves = [np.sin(5 * point[:, 0]), np.sin(4 * point[:, 2] + 1), np.cos(3 * point[:, 0] + 4 * point[:, 2])]
    image[here] = np.round(127 + 100 * np.stack(waves, 1))
    return replace(frame, image_u8=image)


def inner(mask: np.ndarray) -> np.ndarray:
    """Without the outermost pixels of a mask, whose bilinear neighbours lie off the cloth."""
    kept = mask.copy()
    for axis in (0, 1):
        for step in (-2, -1, 1, 2):
            kept &= np.roll(mask, step, axis)
    return kept


def test_a_folded_sheet_warps_on_to_its_own_picture() -> None:
    flat, hung = sheet("top", 0.0), sheet("top", 0.0, 0.9, bulge_m=-0.15)
    photo, worn = painted([flat], FRONT, flat), painted([hung], ASIDE, flat)
    flow, visible = garment_flow(worn, [hung], photo, [flat], [(0, 0)])
    inside = inner(worn.mesh == 0)
    assert visible[inside].mean() == 1.0
    error = np.abs(warp(photo.image_u8, flow)[inside].astype(int) - worn.image_u8[inside])
    assert error.max() <= 1
    assert np.isnan(flow[worn.mesh != 0]).all()


def test_the_same_picture_flows_to_its_own_pixel_centres() -> None:
    cloth = sheet("top", 0.0)
    frame = take([cloth], FRONT)
    flow, visible = garment_flow(frame, [cloth], frame, [cloth], [(0, 0)])
    rows, columns = np.nonzero(frame.mesh == 0)
    np.testing.assert_allclose(flow[rows, columns], np.stack([columns, rows], 1) + 0.5, atol=2e-3)
    assert visible[rows, columns].all()


def test_it_is_what_grid_sample_takes() -> None:
    flat, hung = sheet("top", 0.0), sheet("top", 0.0, 0.9, bulge_m=-0.15)
    photo, worn = painted([flat], FRONT, flat), take([hung], ASIDE)
    flow, _ = garment_flow(worn, [hung], photo, [flat], [(0, 0)])
    height, width = photo.mesh.shape
    grid = torch.from_numpy(np.nan_to_num(2 * flow / (width, height) - 1, nan=-2)).float()[None]
    source = torch.from_numpy(photo.image_u8).float().permute(2, 0, 1)[None]
    sampled = torch.nn.functional.grid_sample(source, grid, align_corners=False)[0].permute(1, 2, 0).numpy()
    inside = inner(worn.mesh == 0)
    assert np.abs(sampled[inside] - warp(photo.image_u8, flow)[inside]).max() <= 0.51


def test_what_lies_below_another_piece_in_the_photo_is_not_visible() -> None:
    cloth, patch = sheet("top", 0.0), sheet("pocket", -0.01, 0.4)
    worn = take([cloth], FRONT)
    photo = take([cloth, patch], FRONT)
    flow, visible = garment_flow(worn, [cloth], photo, [cloth, patch], [(0, 0)])
    middle, side = (130, 130), (130, 50)
    assert np.isfinite(flow[middle]).all()
    assert not visible[middle]
    assert visible[side]


def test_several_pieces_flow_each_to_its_own() -> None:
    cloth, pocket = sheet("top", 0.0), sheet("pocket", -0.02, 0.4)
    worn, photo = take([cloth, pocket], ASIDE), take([pocket, cloth], FRONT)
    flow, visible = garment_flow(worn, [cloth, pocket], photo, [pocket, cloth], [(0, 1), (1, 0)])
    assert np.isfinite(flow[worn.mesh >= 0]).all()
    assert visible[inner(worn.mesh == 1)].all()


def test_the_other_side_of_the_cloth_is_not_visible() -> None:
    cloth = sheet("top", 0.0)
    behind = Camera((0.0, 3.0, 1.0), (0.0, 0.0, 1.0), 1.3, 100, 100)
    worn = take([cloth], behind)
    flow, visible = garment_flow(worn, [cloth], take([cloth], FRONT), [cloth], [(0, 0)])
    assert np.isfinite(flow[worn.mesh == 0]).all()
    assert not visible.any()


def test_a_point_off_the_photo_is_not_visible_but_has_a_place() -> None:
    cloth = sheet("top", 0.0)
    near = Camera((0.0, -3.0, 1.0), (0.0, 0.0, 1.0), 0.5, 100, 100)
    worn = take([cloth], FRONT)
    flow, visible = garment_flow(worn, [cloth], take([cloth], near), [cloth], [(0, 0)])
    x, y = flow[visible].T
    assert 0 < visible.sum() < (worn.mesh == 0).sum()
    assert x.min() >= 0 and x.max() < 100 and y.min() >= 0 and y.max() < 100
    assert np.nanmin(flow) < 0


def test_no_garment_in_sight_gives_nothing() -> None:
    cloth = sheet("top", 0.0)
    away = Camera((0.0, -3.0, 9.0), (0.0, 0.0, 9.0), 0.5, 20, 20)
    flow, visible = garment_flow(take([cloth], away), [cloth], take([cloth], FRONT), [cloth], [(0, 0)])
    assert np.isnan(flow).all()
    assert not visible.any()


def test_meshes_that_are_not_the_same_cloth_are_refused() -> None:
    one, other = sheet("top", 0.0), sheet("coat", 0.0, cells=5)
    with pytest.raises(ConfigError, match="not the same cloth") as caught:
        garment_flow(take([one], FRONT), [one], take([other], FRONT), [other], [(0, 0)])
    assert "128 and 50 faces" in str(caught.value)


def test_warp_fills_what_has_no_flow() -> None:
    flow = np.full((2, 2, 2), np.nan, np.float32)
    flow[0, 0] = (0.5, 0.5)
    photo = np.full((3, 3, 3), 9, np.uint8)
    warped = warp(photo, flow, fill=200)
    assert warped[0, 0, 0] == 9
    assert (warped.reshape(-1, 3)[1:] == 200).all()
