"""Products found on the server's page in a real browser: by words in two languages, by what somebody wears, by looks;
by mouse and keyboard, with pictures, tried on, and told what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.chromium import Page, tab_to
from tests.e2e.page_server import STATUS, open_page, page_address, wait_for

FINDING, FOUND = "document.querySelector('#finding')", "document.querySelector('#finding .found')"
NAMES = f"[...{FOUND}.querySelectorAll('.name')].map(name => name.textContent)"


@pytest.fixture(scope="module")
def opened(browser: Page, example_index: Path) -> Iterator[Page]:
    """The page of a server that tries on and searches the example garments."""
    with page_address("tryon-compact", "parser-wardrobe", "search", index=example_index) as address:
        yield open_page(browser, address)


@pytest.fixture
def page(opened: Page) -> Page:
    """The page as the test before left it, in a wide, light window."""
    opened.look(1280)
    return opened


def look_for(page: Page, words: str) -> None:
    """Types words and presses Enter."""
    page.run("(() => { const field = document.querySelector('#words'); field.value = ''; field.focus(); })()")
    page.type(words)
    page.press("Enter")


def test_words_find_products_with_pictures_by_keyboard_alone(page: Page) -> None:
    assert not page.run(f"{FINDING}.hidden")
    tab_to(page, "#words")
    page.type("sparkly black polo")
    page.press("Enter")
    wait_for(page, f"{NAMES}.length > 0")
    assert page.run(NAMES)[0] == "black striped jersey polo"
    said = page.run(f"{FOUND}.textContent")
    assert "Not understood, and passed over: sparkly" in said and "fits in color, category" in said
    wait_for(page, f"{FOUND}.querySelector('img').naturalWidth > 0 && !{FOUND}.querySelector('img').hidden")
    tab_to(page, "#finding .products button")
    page.press("Enter")
    wait_for(page, f"{NAMES}.length > 0 && !{NAMES}.includes('black striped jersey polo')")  # it is not like itself
    assert page.run("document.activeElement.matches('#finding .found')")
    assert page.complaints == []


def test_what_the_person_wears_is_found_garment_by_garment(page: Page) -> None:
    page.run("document.querySelector('#look').click()")
    wait_for(page, f"{FOUND}.querySelectorAll('h3').length > 0")
    parts = page.run(f"[...{FOUND}.querySelectorAll('h3')].map(head => head.textContent)")
    assert "Bottom" in parts and page.run(f"{FOUND}.querySelectorAll('.products').length") == len(parts)
    assert page.run(f"{FOUND}.querySelectorAll('.products li').length") == 4 * len(parts)
    assert "similarity 0." in page.run(f"{FOUND}.textContent")
    assert page.complaints == []


def test_a_product_is_tried_on(page: Page) -> None:
    look_for(page, "polo")
    wait_for(page, f"{NAMES}.length > 0")
    named = f"{FOUND}.querySelector('[aria-label=\"Try on: black striped jersey polo\"]')"
    page.run(f"{named}.click()")
    chosen = "document.querySelector('#garments :checked').closest('label').title"
    wait_for(page, f"{chosen} === 'black striped jersey polo' && /^Made in \\d+ ms/.test({STATUS})")
    assert page.run("[document.activeElement.id, document.querySelector('#category').value]") == ["stage", "polo"]


def test_words_that_mean_nothing_are_said_with_the_nearest(page: Page) -> None:
    problem = f"{FINDING}.querySelector('.problem')"
    look_for(page, "shrit")
    wait_for(page, f"!{problem}.hidden")
    said = page.run(f"{problem}.textContent")
    assert "None of these words are understood" in said and "did you mean 'shirt'?" in said
    assert page.run(f"{problem}.getAttribute('role')") == "alert"
    look_for(page, "shirt")
    wait_for(page, f"{problem}.hidden && {NAMES}.length > 0")


def test_chinese_finds_and_is_spoken(page: Page) -> None:
    page.run("document.querySelector('#language').click()")
    wait_for(page, "document.documentElement.lang === 'zh-Hans'")
    look_for(page, "黑色 polo衫 宇航员")
    wait_for(page, f"{NAMES}.length > 0")
    left = page.run(
        f"[...{FINDING}.querySelectorAll('h2, .asked span, button, .hint, .name')].slice(0, 12)"
        ".map(e => e.textContent).filter(text => text && !/[\\u4e00-\\u9fff]/.test(text))"
    )
    assert left == [] and "宇航员" in page.run(f"{FOUND}.textContent")
    page.run("document.querySelector('#language').click()")
    wait_for(page, "document.documentElement.lang === 'en'")
    assert page.run(NAMES)[0] == "black striped jersey polo"  # what was found is said anew


def test_results_fit_a_phone_and_everything_has_a_name(page: Page) -> None:
    page.look(360, 780, "dark")
    look_for(page, "spring")
    wait_for(page, f"{NAMES}.length === 8")
    assert page.run("document.documentElement.scrollWidth") <= 360
    nodes = page.send("Accessibility.getFullAXTree")["nodes"]
    used = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes
            if node.get("role", {}).get("value") in {"button", "searchbox", "search"}]  # fmt: skip
    assert {"searchbox", "search"} <= {role for role, _ in used} and [one for one in used if not one[1].strip()] == []
    assert any(name.startswith("Find products similar to: ") for _, name in used)
