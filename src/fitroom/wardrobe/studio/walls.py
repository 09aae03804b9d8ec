"""Painters of studio walls and floors: paper, two-tone cove, plaster, concrete, boards."""

from __future__ import annotations

import numpy as np

from fitroom.wardrobe.studio.noise import lay, tile
from fitroom.wardrobe.studio.room_view import RoomView


def paper(view: RoomView, color: np.ndarray, floor_gain: float) -> np.ndarray:
    """Seamless paper that sweeps from wall to floor: one tone, no corner."""
    return _over(color, color * floor_gain, view.floor(0.9))


def cove(view: RoomView, wall: np.ndarray, floor: np.ndarray, soft_m: float) -> np.ndarray:
    """A painted cove: floor and wall of two tones that meet in a soft horizon."""
    return _over(wall, floor, view.floor(soft_m))


def plaster(view: RoomView, color: np.ndarray, seed: int, strength: float) -> np.ndarray:
    """A wall with brush marks and clouds, (H, W, 3)."""
    clouds = lay(tile(seed, 1.7), view.across, view.above, 3.1)
    marks = lay(tile(seed + 1, 1.0, 0.5), view.across, view.above, 0.9)
    tone = 1.0 + strength * (0.05 * clouds + 0.022 * marks)
    warm = 1.0 + strength * 0.012 * clouds
    return color * np.stack([tone * warm, tone, tone / warm], -1)


def concrete(view: RoomView, color: np.ndarray, seed: int, panel_m: float) -> np.ndarray:
    """Cast concrete: stains, pores, and panel seams with tie holes."""
    stains = lay(tile(seed, 1.5), view.across, view.above, 2.3)
    pores = lay(tile(seed + 1, 0.6), view.across, view.above, 0.7)
    tone = 1.0 + 0.07 * stains + 0.03 * pores - 0.05 * np.clip(pores - 1.8, 0.0, 1.0)
    soft = max(0.006, view.pixel_m)
    seam = np.minimum(_to_grid(view.across + 0.31, panel_m), _to_grid(view.above, 1.3 * panel_m))
    tone = tone * (1.0 - 0.22 * np.exp(-((seam / soft) ** 2)))
    hole = np.hypot(_to_grid(view.across + 0.31 - panel_m / 4, panel_m / 2), _to_grid(view.above - 0.4, 0.65 * panel_m))
    tone = tone * (1.0 - 0.35 / (1.0 + np.exp(np.minimum((hole - 0.016) / (0.4 * soft), 30.0))))
    return color * tone[..., None]


def screed(view: RoomView, color: np.ndarray, seed: int) -> np.ndarray:
    """A smooth floor of screed or painted concrete."""
    clouds = lay(tile(seed + 5, 1.7), view.floor_across, view.floor_out, 2.7)
    return color * (1.0 + 0.05 * clouds)[..., None]


def boards(view: RoomView, color: np.ndarray, seed: int, board_m: float, along: bool) -> np.ndarray:
    """A floor of wooden boards, with grain, joints and a tone per board."""
    a, b = (view.floor_across, view.floor_out) if along else (view.floor_out, view.floor_across)
    row = np.floor(a / board_m)
    shifted = b + 0.83 * np.mod(row * 0.618, 1.0) * 2.0
    tones = np.random.default_rng(seed).normal(0.0, 1.0, 256)
    board = np.mod(row * 7 + np.floor(shifted / 1.9) * 31, 256).astype(int)
    grain = lay(tile(seed, 1.1, 9.0), b + 0.37 * row, a, 0.9)
    tone = 1.0 + 0.09 * tones[board] + 0.07 * grain
    # a joint narrower than a pixel only darkens it a little
    soft = max(0.003, 1.2 * view.pixel_m)
    joint = np.minimum(_to_grid(a, board_m), _to_grid(shifted, 1.9))
    tone = tone * (1.0 - 0.45 * min(1.0, 0.004 / soft) * np.exp(-((joint / soft) ** 2)))
    warm = 1.0 + 0.02 * tones[(board * 3) % 256]
    return color * np.stack([tone * warm, tone, tone / warm], -1)


def room(
    view: RoomView, wall: np.ndarray, floor: np.ndarray, skirting: np.ndarray | None, skirting_m: float = 0.11
) -> np.ndarray:
    """Wall (H, W, 3) over floor (H, W, 3), with a skirting board and the dim corner between them."""
    share = view.floor()[..., None]
    near = np.exp(-np.maximum(view.above, 0.0) / 0.22)[..., None]
    out = wall * (1.0 - 0.14 * near)
    if skirting is not None:
        soft = max(1.5 * view.pixel_m, 0.004)
        edge = np.clip((skirting_m - view.above) / soft + 0.5, 0.0, 1.0)[..., None]
        line = np.exp(-(((view.above - skirting_m - soft) / (1.5 * soft)) ** 2))[..., None]
        out = (out * (1.0 - 0.10 * line)) * (1.0 - edge) + skirting * edge
    gloom = np.exp(-view.floor_out / 0.30)[..., None]
    return out * (1.0 - share) + floor * (1.0 - 0.35 * gloom) * share


def window_light(view: RoomView, shift_m: float, slant: float, panes: int, soft_m: float) -> np.ndarray:
    """(H, W) in [0, 1]: the slanted patches that a window with bars throws on the wall."""
    u = view.across - shift_m + slant * (view.above - 1.4)
    v = view.above + 0.15 * view.across
    pane = 0.48
    column = _bump(np.abs(u) - pane * panes / 2, soft_m) * _bars(u + pane * panes / 2, pane, soft_m)
    return column * _bump(np.abs(v - 1.45) - 0.95, soft_m) * _bars(v - 0.5, 0.63, soft_m)


def _bars(u: np.ndarray, pane_m: float, soft_m: float) -> np.ndarray:
    return 1.0 - 0.75 * np.exp(-((_to_grid(u, pane_m) / (0.025 + soft_m)) ** 2))


def _bump(outside_m: np.ndarray, soft_m: float) -> np.ndarray:
    t = np.clip(0.5 - outside_m / (3.0 * soft_m), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _to_grid(u: np.ndarray, pitch: float) -> np.ndarray:
    """Distance to the nearest multiple of ``pitch``."""
    return np.abs(np.mod(u + pitch / 2, pitch) - pitch / 2)


def _over(back: np.ndarray, front: np.ndarray, share: np.ndarray) -> np.ndarray:
    return back * (1.0 - share[..., None]) + front * share[..., None]
