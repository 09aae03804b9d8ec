from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitroom.wardrobe.fabrics.canvas import Canvas
from fitroom.wardrobe.patterns.pattern import Edge, Panel

PX_PER_CM = 8.0


def blank(side: int = -1, mirror: bool = False, offset_cm: tuple[float, float] = (0.0, 0.0)) -> Canvas:
    """A canvas of 20 x 20 cm with panel point (0, 0) in the middle."""
    square = np.array([(-9.0, -9.0), (9.0, -9.0), (9.0, 9.0), (-9.0, 9.0), (-9.0, -9.0)])
    edges = (Edge("hem", "hem", square[:2]), Edge("rest", "side", square[1:]))
    panel = Panel("front", edges, side, offset_cm, mirror=mirror)  # type: ignore[arg-type]
    return Canvas(panel, PX_PER_CM, (80.0, 80.0), np.zeros((160, 160, 3), np.float32), np.zeros((160, 160), np.float32))


def test_texel_centres():
    canvas = blank(offset_cm=(3.0, 1.0))
    assert canvas.columns()[80] == pytest.approx(3.0 + 0.5 / PX_PER_CM)
    assert canvas.rows()[80] == pytest.approx(1.0 - 0.5 / PX_PER_CM)
    assert canvas.columns()[0] < canvas.columns()[-1] and canvas.rows()[0] > canvas.rows()[-1]


def test_mirrored_panels_run_to_the_wearers_right():
    assert blank(side=1, mirror=True).columns()[0] == pytest.approx(-blank().columns()[0])
    np.testing.assert_array_equal(blank(side=0, mirror=True).columns(), blank(side=0).columns())


@given(
    angle=st.floats(0, 6.28),
    x=st.floats(-4, 4),
    y=st.floats(-4, 4),
    mirror=st.booleans(),
    at_x=st.floats(-7, 7),
    at_y=st.floats(-7, 7),
)
@settings(max_examples=40, deadline=None)
def test_ribbons_measure_signed_distance(angle, x, y, mirror, at_x, at_y):
    canvas = blank(mirror=mirror)
    along = np.array([np.cos(angle), np.sin(angle)])
    line = np.stack([(x, y) - 30.0 * along, (x, y) + 30.0 * along])
    ribbon = canvas.ribbon(line, 25.0)
    row = int(np.argmin(np.abs(canvas.rows()[ribbon.at[0]] - at_y)))
    column = int(np.argmin(np.abs(canvas.columns()[ribbon.at[1]] - at_x)))
    place = np.array([canvas.columns()[ribbon.at[1]][column], canvas.rows()[ribbon.at[0]][row]])
    left = np.array([-along[1], along[0]])
    assert ribbon.across_cm[row, column] == pytest.approx((place - (x, y)) @ left, abs=2e-3)
    assert ribbon.along_cm[row, column] == pytest.approx((place - (x, y)) @ along + 30.0, abs=2e-3)
    assert ribbon.length_cm == pytest.approx(60.0, abs=1e-3)


@pytest.mark.parametrize("mirror", [False, True])
def test_the_inside_of_a_panel_lies_left_of_its_edges(mirror):
    canvas = blank(side=1, mirror=mirror)
    ribbon = canvas.ribbon(canvas.edge_line(canvas.panel.edges[0]), 2.0)
    row = int(np.argmin(np.abs(canvas.rows()[ribbon.at[0]] + 8.0)))
    assert ribbon.across_cm[row, ribbon.across_cm.shape[1] // 2] == pytest.approx(1.0, abs=0.1)


def test_a_line_off_the_canvas_touches_nothing():
    assert blank().ribbon(np.array([[50.0, 50.0], [60.0, 50.0]]), 1.0) is None
    assert blank().patch(40.0, 50.0, 0.0, 1.0) is None
