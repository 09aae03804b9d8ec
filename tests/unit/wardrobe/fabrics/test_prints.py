from __future__ import annotations

from collections import Counter
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image

from fitroom.errors import ConfigError, DataError
from fitroom.wardrobe.fabrics.lettering import FONTS
from fitroom.wardrobe.fabrics.palettes import BASIC_COLORS, NAMED, SETS, display, linear
from fitroom.wardrobe.fabrics.photos import photo_tile
from fitroom.wardrobe.fabrics.prints import NUM_PRINTS, PATTERNS, SHARES, print_, printed_on
from fitroom.wardrobe.fabrics.tiles import print_tile
from fitroom.wardrobe.fabrics.weaves import TILE_CM, noise, weave_tile


@pytest.fixture(scope="module")
def book():
    return [print_(index) for index in range(NUM_PRINTS)]


def first(book, pattern, kind=""):
    return next(entry for entry in book if entry.pattern == pattern and kind in entry.kind)


def test_the_same_number_is_the_same_print(book):
    assert all(print_(index) == book[index] for index in range(0, NUM_PRINTS, 97))


def test_patterns_come_as_often_as_wanted(book):
    count = Counter(entry.pattern for entry in book)
    for pattern, share in zip(PATTERNS, SHARES, strict=True):
        assert count[pattern] / NUM_PRINTS == pytest.approx(share, abs=0.025)


def test_palettes_are_named_and_within_range(book):
    for entry in book:
        for color in entry.palette:
            assert color.name in NAMED and color.basic in BASIC_COLORS
            assert all(0.0 < channel < 1.0 for channel in color.rgb)
    assert {name for names in SETS for name in names} <= set(NAMED)


def test_only_chest_art_with_text_names_a_font_that_exists(book):
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    assert all((folder / font).is_file() for font in FONTS)
    for entry in book:
        assert (entry.font is not None) == entry.on_chest == (entry.text is not None)
        assert entry.font is None or entry.font in FONTS


def test_denim_and_leather_are_plain_in_their_own_colours(book):
    for entry in book[:200]:
        denim, leather = printed_on(entry, "denim"), printed_on(entry, "leather")
        assert denim.pattern == leather.pattern == "solid"
        assert denim.palette[0].basic in {"blue", "black", "grey", "white", "beige"}
        assert printed_on(entry, "denim") == denim
        assert printed_on(entry, "poplin") == entry


@pytest.mark.parametrize("index", [-1, NUM_PRINTS])
def test_an_index_outside_the_book_is_an_error(index):
    with pytest.raises(ConfigError, match="no such print"):
        print_(index)


def test_stripes_have_the_mean_colour_of_their_widths(book):
    entry = first(book, "stripe", "breton")
    tile = print_tile(entry, 7.3)
    widths = np.array([width for _, width in entry.rhythm])
    colors = np.array([entry.palette[color].rgb for color, _ in entry.rhythm])
    np.testing.assert_allclose(tile.mean((0, 1)), widths @ colors / widths.sum(), rtol=1e-4)


def test_gingham_mixes_halves(book):
    entry = first(book, "check", "gingham")
    tile = print_tile(entry, 20.0)
    ground, other = (np.array(color.rgb) for color in entry.palette)
    size = tile.shape[0]
    np.testing.assert_allclose(tile[size // 4, size // 4], ground, atol=1e-4)
    np.testing.assert_allclose(tile[size // 4, 3 * size // 4], (ground + other) / 2, atol=1e-4)


@pytest.mark.parametrize("pattern", ["floral", "dots", "print"])
def test_drawn_prints_have_no_seam(book, pattern):
    for entry in [entry for entry in book if entry.pattern == pattern][:12]:
        tile = print_tile(entry, 6.0)
        inner = np.abs(np.diff(tile, axis=0)).mean((1, 2))
        across = np.abs(tile[0] - tile[-1]).mean()
        assert across <= inner.max() * 1.05 + 0.02, entry.kind


def test_color_conversion_returns():
    values = np.linspace(0.0, 1.0, 50)
    np.testing.assert_allclose(display(linear(values)), values, atol=1e-5)


def test_weaves_are_even_and_periodic(roll):
    for material in ("jersey", "wool knit", "denim", "linen", "fleece", "leather", "satin"):
        tile = weave_tile(roll(material), 8.0)
        assert tile.gain.shape == tile.height_mm.shape == (TILE_CM * 8, TILE_CM * 8)
        assert tile.gain.mean() == pytest.approx(1.0, abs=0.04)
        assert np.abs(tile.height_mm).max() < 1.5


def test_noise_is_normal_and_wraps():
    field = noise(np.random.default_rng(0), 64, 3.0, 3.0)
    assert field.mean() == pytest.approx(0.0, abs=1e-9)
    assert field.std() == pytest.approx(1.0)
    assert np.abs(field[0] - field[-1]).max() < 1.0


@pytest.fixture
def pictures(tmp_path):
    for k in range(3):
        pixels = np.random.default_rng(k).integers(0, 255, size=(40, 60, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{k}.png")
    return tmp_path


def test_photo_prints_are_mirrored_and_chosen_by_number(book, pictures):
    entries = [entry for entry in book if entry.pattern == "photo"]
    tile = photo_tile(entries[0], 2.0, pictures)
    np.testing.assert_array_equal(tile, tile[:, ::-1])
    np.testing.assert_array_equal(tile, tile[::-1])
    assert len({photo_tile(entry, 2.0, pictures).mean().round(6) for entry in entries}) > 2


def test_a_folder_without_photos_is_an_error(book, tmp_path):
    entry = first(book, "photo")
    with pytest.raises(DataError, match="no pictures"):
        photo_tile(entry, 2.0, tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        photo_tile(entry, 2.0, tmp_path / "missing")


def test_a_broken_photo_is_named(book, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"not a picture")
    with pytest.raises(DataError, match="broken"):
        photo_tile(first(book, "photo"), 2.0, tmp_path)


def test_without_a_folder_photo_prints_show_their_ground(book):
    entry = first(book, "photo")
    np.testing.assert_allclose(print_tile(entry, 4.0)[0, 0], entry.palette[0].rgb, rtol=1e-5)
