"""The photo of the page's size section, in a real browser: the one above, another one, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.e2e.chromium import Page, tab_to
from tests.e2e.page_server import EXAMPLES, open_page, page_address, say, wait_for

ADVICE = "document.querySelector('#advice')"
SAID, PROBLEM = (f"{ADVICE}.querySelector('{part}').textContent" for part in (".found", ".problem"))


@pytest.fixture(scope="module")
def page(browser: Page) -> Iterator[Page]:
    """The page of a server that reads photos, as the test before left it."""
    with page_address("tryon-compact", "parser-wardrobe", "size-advisor", "body-photo") as address:
        yield open_page(browser, address)


def test_the_photo_above_is_read_with_its_caution(page: Page) -> None:
    wait_for(page, f"!!{ADVICE}.querySelector('.chances')")
    assert "read by" not in page.run(SAID)
    tab_to(page, "#read")
    say(page, "#read", "shown")
    assert "Reading the photo" in page.run(f"{ADVICE}.querySelector('.reading .hint').textContent")
    wait_for(page, f"{SAID}.includes('The photo was read by body-photo')")
    assert "learned from simulated people alone; a tape" in page.run(SAID)
    assert "head to feet" in page.run(f"{ADVICE}.querySelector('.reading .hint').textContent")
    assert page.complaints == []


def test_without_a_height_it_says_so_and_with_one_it_answers(page: Page) -> None:
    page.upload("#people input[type=file]", EXAMPLES / "person-3.jpg")
    wait_for(page, "document.querySelector('#people :checked').closest('label').title === 'Your person photo 1'")
    assert page.run("document.querySelector('#read').value") == ""  # what was chosen for one person holds for that one
    say(page, "#told input", "65")
    say(page, "#read", "shown")
    wait_for(page, f"{PROBLEM}.includes('Type the height under the body measures.')")
    say(page, "#body input", "168")
    wait_for(page, f"{ADVICE}.querySelector('.problem').hidden && {SAID}.includes('read by body-photo')")


def test_another_photo_is_read_in_its_place_and_what_is_wrong_with_it_is_said(page: Page) -> None:
    page.upload("#reading input[type=file]", EXAMPLES / "person-4.jpg")
    wait_for(page, f"{PROBLEM}.includes('The photo does not show the whole body')")
    assert "head to feet in the picture" in page.run(PROBLEM)
    assert page.run("document.querySelector('#read').selectedOptions[0].textContent") == "the photo chosen here"
    page.upload("#reading input[type=file]", EXAMPLES / "person-1.jpg")
    wait_for(page, f"{ADVICE}.querySelector('.problem').hidden && {SAID}.includes('read by body-photo')")
    say(page, "#read", "")
    wait_for(page, f"!{SAID}.includes('read by')")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_phone(page: Page, theme: str) -> None:
    page.look(360, 780, theme)
    assert page.run("document.documentElement.scrollWidth") <= 360
    box = "document.querySelector('#reading').getBoundingClientRect()"
    left, right = page.run(f"[{box}.left, {box}.right]")
    assert left >= 0 and right <= 360
    page.look(1280)
