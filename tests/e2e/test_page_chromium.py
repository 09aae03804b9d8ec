"""The server's page in a real browser over the shipped try-on bundle: chosen, uploaded, slid, resized, and told what is
wrong; by mouse and keyboard, in both languages, on a phone."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.chromium import Page, tab_to
from tests.e2e.page_server import EXAMPLES, STATUS, open_page, page_address, say, wait_for

AFTER = "document.querySelector('#compare .after')"
FIT = "document.querySelector('#fit .found').textContent"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server of the shipped bundles that try on, advise sizes and put outfits together."""
    with page_address("tryon-compact", "size-advisor", "outfits") as address:
        yield address


@pytest.fixture
def page(browser: Page, address: str) -> Page:
    """The page, freshly opened."""
    return open_page(browser, address)


def tiny_png(side_px: int) -> bytes:
    """A white PNG."""
    rows = b"".join(b"\0" + b"\xff\xff\xff" * side_px for _ in range(side_px))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", side_px, side_px, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    blocks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(blocks)


def test_the_first_picture_is_made_and_nothing_comes_from_elsewhere(page: Page) -> None:
    assert page.run(f"{AFTER}.decode().then(() => [{AFTER}.naturalWidth, {AFTER}.naturalHeight])") == [384, 512]
    assert page.complaints == []
    assert "tryon-compact" in page.run("document.querySelector('#facts').textContent")
    assert "simulated" in page.run("document.querySelector('#cards').textContent")


def test_a_size_changes_picture_and_fit(page: Page) -> None:
    picture, fit = page.run(f"{AFTER}.src"), page.run(FIT)
    tab_to(page, "#sizes input")
    page.press("ArrowRight")
    wait_for(page, f"{STATUS}.startsWith('Size L')")
    assert page.run(f"{AFTER}.src") != picture and page.run(FIT) != fit
    chest = [
        float(re.search(r"Chest([+\u2212][\d.]+)", text)[1].replace("\u2212", "-")) for text in (fit, page.run(FIT))
    ]  # type: ignore[index]
    assert chest[1] > chest[0]
    assert page.run("document.querySelector('#chart [aria-current] th').textContent") == "L"
    page.press("ArrowRight")
    wait_for(page, f"{STATUS}.startsWith('Size XL')")


def test_the_slider_obeys_the_keyboard(page: Page) -> None:
    at = "getComputedStyle(document.querySelector('#compare')).getPropertyValue('--at').trim()"
    tab_to(page, "#slide")
    page.press("Home")
    assert page.run(at) == "0%"
    page.press("ArrowRight")
    assert page.run(at) == "1%"
    assert page.run("document.querySelector('#slide').getAttribute('aria-valuetext')") == "99 % of the new picture"
    page.press("End")
    assert page.run(f"getComputedStyle({AFTER}).clipPath").endswith("100%)")


def test_own_photos_are_tried_on_and_their_measures_heard(page: Page) -> None:
    page.upload("#people input[type=file]", EXAMPLES / "person-3.jpg")
    wait_for(page, "document.querySelector('#people :checked').closest('label').title === 'Your person photo 1'")
    page.upload("#garments input[type=file]", EXAMPLES / "garment-4.jpg")
    wait_for(page, f"/^Made in \\d+ ms/.test({STATUS})")
    assert "once the garment" in page.run(FIT) and page.run("document.querySelector('#sizes').hidden")
    page.run(
        "(() => { const type = (box, i, v) => { const e = document.querySelectorAll(`${box} input`)[i]; e.value = v;"
        " e.dispatchEvent(new Event('change')); };"
        " type('#body', 0, 170); type('#body', 1, 96); type('#cut', 0, 104); type('#cut', 3, 70);"
        " const c = document.querySelector('#category'); c.value = 't-shirt';"
        " c.dispatchEvent(new Event('change')); })()"
    )
    wait_for(page, f"{FIT}.includes('+8.0')")
    assert "The hem falls about 78 cm above the floor" in page.run(FIT)
    assert page.complaints == []


def test_what_is_wrong_is_said_and_can_be_put_right(page: Page, tmp_path: Path) -> None:
    (tmp_path / "tiny.png").write_bytes(tiny_png(8))
    page.upload("#garments input[type=file]", tmp_path / "tiny.png")
    problem = "document.querySelector('#problem')"
    wait_for(page, f"!{problem}.hidden")
    said = page.run(f"{problem}.textContent")
    assert "The image is too small" in said and "Choose a larger photo." in said and "8 x 8 px" in said
    assert page.run(f"{problem}.getAttribute('role')") == "alert"
    page.run("document.querySelectorAll('#garments input[type=radio]')[1].click()")
    wait_for(page, f"{problem}.hidden && {STATUS}.startsWith('Size M')")


def test_chinese_is_spoken_throughout_and_remembered(page: Page, address: str) -> None:
    page.run("document.querySelector('#language').click()")
    wait_for(page, "document.documentElement.lang === 'zh-Hans'")
    left = page.run(
        "[...document.querySelectorAll('h1, h2, h3, legend, summary, #status, .tag, #fit th, .notes li, .asked span,"
        " .asked option, #advice .hint, #advice thead th, #matching p')]"
        ".map(e => e.textContent).filter(text => text && !/[\\u4e00-\\u9fff]/.test(text))"
    )
    assert left == []
    page.open(address)
    wait_for(page, f"/M 码.用时/.test({STATUS})")
    page.run("document.querySelector('#language').click()")
    wait_for(page, "document.documentElement.lang === 'en'")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_phone_in_both_themes(page: Page, theme: str) -> None:
    page.look(360, 780, theme)
    page.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.run("document.documentElement.scrollWidth") <= 360
    assert page.run("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0] < 60") == (theme == "dark")


def test_everything_that_can_be_used_has_a_name(page: Page) -> None:
    nodes = page.send("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "radio", "slider", "link", "img", "image", "spinbutton", "combobox"}
    used = [
        (node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes
        if node.get("role", {}).get("value") in roles
    ]  # fmt: skip
    assert len(used) > 30 and [role for role, name in used if not name.strip()] == []
    assert {"button", "radio", "slider", "spinbutton", "combobox"} <= {role for role, _ in used}


ADVICE, MATCHING = ("document.querySelector('#" + name + "')" for name in ("advice", "matching"))


def test_the_size_that_suits_is_told_marked_and_tried_on_by_keyboard(page: Page) -> None:
    wait_for(page, f"!!{ADVICE}.querySelector('.chances')")
    assert page.run(f"{ADVICE}.querySelector('.overall').textContent") == "L suits best, 100 %"
    marked = "document.querySelector('#sizes .best input')"
    assert page.run(f"[{marked}.value, {marked}.getAttribute('aria-label')]") == ["L", "L, suits best"]
    rows = page.run(f"[...{ADVICE}.querySelectorAll('tbody tr')].map(row => row.textContent)")
    assert len(rows) == 6 and rows[2].startswith("M+2.7regular")  # the room that the fit tells for M
    assert "Chest+2.7regular" in page.run(FIT)
    tab_to(page, "#advice .take")
    page.press("Enter")
    wait_for(page, f"{STATUS}.startsWith('Size L')")
    assert page.run("document.activeElement.matches('#advice .take')")
    say(page, "#prefer", "tighter")
    wait_for(page, f"{ADVICE}.querySelector('.overall').textContent.startsWith('M suits best')")
    assert page.complaints == []


def test_a_body_that_cannot_be_is_said_where_it_was_typed(page: Page) -> None:
    wait_for(page, f"!!{ADVICE}.querySelector('.chances')")
    say(page, "#told input", "31")
    wait_for(page, f"!{ADVICE}.querySelector('.problem').hidden")
    assert "No body has these measures together" in page.run(f"{ADVICE}.querySelector('.problem').textContent")
    assert page.run("document.querySelector('#problem').hidden")


def test_what_goes_with_it_is_shown_and_can_be_tried_on(page: Page) -> None:
    wait_for(page, f"!!{MATCHING}.querySelector('.outfits')")
    names = page.run(f"[...{MATCHING}.querySelectorAll('.piece')].map(piece => piece.getAttribute('aria-label'))")
    assert names == ["Striped polo, black, simulated", "Try on: Plain trousers, blue, simulated"]
    assert re.search(r"Goes together: \d+ %", page.run(f"{MATCHING}.textContent"))
    say(page, "#weather", "cold")  # there is no jacket for this department
    wait_for(page, f"!{MATCHING}.querySelector('.problem').hidden")
    assert "Choose another season or weather." in page.run(f"{MATCHING}.querySelector('.problem').textContent")
    say(page, "#weather", "")
    wait_for(page, f"!!{MATCHING}.querySelector('.outfits')")
    page.run(f"{MATCHING}.querySelectorAll('.piece')[1].click()")
    wait_for(page, "document.querySelector('#garments :checked').closest('label').title.startsWith('Plain trousers')")
    wait_for(page, f"{MATCHING}.querySelectorAll('.outfits li').length === 4")
    assert page.run("document.activeElement.id") == "stage"


def test_sections_of_models_that_are_not_loaded_are_not_shown(page: Page) -> None:
    assert page.run("document.querySelector('#finding').hidden")  # this server has no catalogue
    page.run(
        "Promise.all(['advice', 'matching'].map(name => import(`/page/${name}.js`)))"
        ".then(parts => parts.forEach(part => part.useModels([])))"
    )
    assert page.run(f"{ADVICE}.hidden && {MATCHING}.hidden")
