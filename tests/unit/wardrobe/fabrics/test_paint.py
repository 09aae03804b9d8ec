from __future__ import annotations

import numpy as np
import pytest

from fitroom.wardrobe.fabrics.chest_art import art_layer
from fitroom.wardrobe.fabrics.describe import describe
from fitroom.wardrobe.fabrics.paint import paint, paint_trim
from fitroom.wardrobe.fabrics.palettes import dye
from fitroom.wardrobe.fabrics.prints import NUM_PRINTS, Print, print_

PLAIN = Print(0, "solid", "plain", (dye("ecru"),))
STYLES = {
    "t-shirt": {"neckband_cm": 2.0, "hem_stitch_cm": 2.0, "pockets": "chest"},
    "shirt": {
        "collar": "shirt",
        "placket": "full",
        "placket_cm": 3.2,
        "buttons": 7.0,
        "yoke": 8.0,
        "cuff_band_cm": 6.0,
    },
    "polo": {"collar": "polo", "placket": "half", "placket_cm": 14.0, "buttons": 3.0, "cuff_rib_cm": 2.5},
    "hoodie": {"hood": True, "pockets": "kangaroo", "drawstring": True, "zip": True, "hem_rib_cm": 6.0},
    "coat": {"placket": "full", "buttons": 4.0, "pockets": "flap", "collar": "coat", "belt_cm": 3.0},
    "jacket": {"zip": True, "pockets": "welt", "lapel": True, "darts": True},
    "trousers": {"waistband_cm": 4.0, "fly": True, "belt_loops": True, "pockets": "jeans"},
    "shorts": {"waistband_cm": 4.5, "drawstring": True, "pockets": "slash", "pleats": True, "creases": True},
}


def crop(mesh, surface, panel, low_cm, high_cm):
    """Albedo between two corners (panel coordinates, cm)."""
    low = (np.array(low_cm) + mesh.panel_offset_cm[panel]) * surface.px_per_cm
    high = (np.array(high_cm) + mesh.panel_offset_cm[panel]) * surface.px_per_cm
    height = surface.albedo.shape[0]
    return surface.albedo[int(height - high[1]) : int(height - low[1]), int(low[0]) : int(high[0])]


def sound(surface):
    assert surface.albedo.dtype == surface.height_mm.dtype == np.float32
    assert np.isfinite(surface.albedo).all() and np.isfinite(surface.height_mm).all()
    assert surface.albedo.min() >= 0.0 and surface.albedo.max() <= 1.0
    assert np.abs(surface.height_mm).max() < 5.0


@pytest.mark.parametrize("index", range(0, NUM_PRINTS, 10))
def test_every_print_paints(tailor, roll, index):
    surface = paint(tailor(neckband_cm=2.0), roll("jersey"), print_(index), 3.0)
    sound(surface)
    assert surface.colors[0] == print_(index).palette[0].name


@pytest.mark.parametrize("category", STYLES)
@pytest.mark.parametrize("material", ["poplin", "denim", "fleece"])
def test_every_detail_paints(tailor, roll, category, material):
    mesh = tailor(category, **STYLES[category])
    sound(paint(mesh, roll(material), PLAIN, 4.0))
    bare = paint(tailor(category), roll(material), PLAIN, 4.0)
    sound(bare)
    assert np.abs(paint(mesh, roll(material), PLAIN, 4.0).height_mm - bare.height_mm).max() > 0.2


def test_painting_twice_gives_the_same(tailor, roll):
    one, two = (paint(tailor(neckband_cm=2.0), roll("denim"), print_(5)) for _ in range(2))
    np.testing.assert_array_equal(one.albedo, two.albedo)
    np.testing.assert_array_equal(one.height_mm, two.height_mm)


def test_size_of_the_atlas(tailor, roll):
    mesh = tailor()
    surface = paint(mesh, roll("jersey"), PLAIN, 8.0)
    width, height = mesh.atlas_size_cm
    assert surface.albedo.shape == (np.ceil(height * 8), np.ceil(width * 8), 3)


def test_stripes_keep_their_period_and_meet_at_the_side_seams(tailor, roll):
    repeat = 2.5
    stripe = Print(
        0, "stripe", "horizontal even", (dye("white"), dye("black")), (repeat, repeat), ((0, 1.25), (1, 1.25))
    )
    mesh = tailor()
    surface = paint(mesh, roll("satin"), stripe, 8.0)
    # Forty centimetres hold 16 repeats: the strongest frequency is the sixteenth.
    front = crop(mesh, surface, 0, (-10, -58), (10, -18)).mean((1, 2))
    assert len(front) == 320
    assert np.argmax(np.abs(np.fft.rfft(front - front.mean()))) == 16
    back = crop(mesh, surface, 1, (-10, -58), (10, -18)).mean((1, 2))
    assert np.corrcoef(front, back)[0, 1] > 0.98


def test_color_goes_past_the_outline(tailor, roll):
    surface_mesh = tailor()
    stripe = Print(0, "stripe", "vertical even", (dye("white"), dye("black")), (2.0, 2.0), ((0, 1.0), (1, 1.0)))
    surface = paint(surface_mesh, roll("satin"), stripe, 8.0)
    inside = crop(surface_mesh, surface, 0, (-10, -55), (10, -54.5)).mean(0)
    outside = crop(surface_mesh, surface, 0, (-10, -60.6), (10, -60.2)).mean(0)
    assert np.abs(inside - outside).mean() < 0.1


@pytest.mark.parametrize("pattern", ["lettering", "logo"])
def test_chest_art_stays_inside_the_front(tailor, roll, pattern):
    mesh = tailor()
    for entry in [e for e in map(print_, range(NUM_PRINTS)) if e.pattern == pattern][:8]:
        plain = Print(entry.index, "solid", "plain", entry.palette[:1])
        inked, blank = paint(mesh, roll("jersey"), entry, 4.0), paint(mesh, roll("jersey"), plain, 4.0)
        sheets = [crop(mesh, surface, 0, (-19, -55), (19, -9)) for surface in (inked, blank)]
        changed = np.abs(sheets[0] - sheets[1]).max(2) > 0.02
        assert changed.any(), entry.kind
        assert not changed[:, [0, -1]].any() and not changed[[0, -1]].any(), entry.kind
        backs = [crop(mesh, surface, 1, (-19, -55), (19, -9)) for surface in (inked, blank)]
        np.testing.assert_array_equal(*backs)


def test_art_has_both_inks_and_clear_cloth_around():
    entry = next(e for e in map(print_, range(NUM_PRINTS)) if e.pattern == "logo")
    layer = art_layer(entry, 8.0)
    assert layer.shape[2] == 4 and layer[..., 3].min() == 0.0 and layer[..., 3].max() == pytest.approx(1.0, abs=0.01)
    assert abs(layer.shape[1] / 8.0 - entry.repeat_cm[0]) < 0.2


def test_trims_take_the_cloth_or_the_rib(roll):
    stripe = next(e for e in map(print_, range(NUM_PRINTS)) if e.pattern == "stripe")
    cloth = paint_trim(roll("jersey"), stripe, (12.0, 6.0))
    ribbed = paint_trim(roll("jersey"), stripe, (12.0, 6.0), rib=True)
    assert cloth.albedo.shape == ribbed.albedo.shape == (48, 96, 3)
    assert cloth.pattern == "stripe" and ribbed.pattern == "solid"
    assert np.ptp(ribbed.height_mm) > 0.3
    sound(cloth)


def test_labels_follow_what_the_material_can_carry(tailor, roll):
    design = tailor("shirt").pattern.design
    floral = next(e for e in map(print_, range(NUM_PRINTS)) if e.pattern == "floral")
    assert describe(design, roll("poplin"), floral).pattern == "floral"
    labels = describe(design, roll("denim"), floral)
    assert labels.pattern == "solid" and labels.material == "denim" and labels.category == "shirt"
    assert labels.drape == roll("denim").drape_coefficient
