"""The leaderboard in a real browser, from the file system: sorted, filtered and read with mouse and keyboard, in both
themes and on a phone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.e2e.chromium import Page, tab_to
from tests.unit.evaluation.conftest import make_record as make_recognition_record
from tests.unit.evaluation.tryon.small_records import make_record, make_rows, quick_protocol

from fitroom.evaluation import leaderboard
from fitroom.evaluation.tryon.records import read_record
from fitroom.evaluation.tryon.samples import read_samples
from fitroom.evaluation.tryon.strips import Shown, choose, strips_webp

FIRST = "document.querySelector('.tryon .board')"
NAMES = f"[...{FIRST}.tBodies].filter(b => !b.hidden).map(b => b.querySelector('.name').textContent)"
SKILLS = {"good": 0.9, "fair": 0.5, "control-copy": 0.2}
TRUTHS = {"control-truth": 1.0, "control-truth-blurred": 0.95}
# Relative luminance and contrast by WCAG 2, over what lies behind an element.
CONTRAST = """
(selector) => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  return [...document.querySelectorAll(selector)].filter((e) => e.offsetParent).map((e) => {
    let behind = e;
    while (behind.parentElement && /rgba\\(.*, 0\\)/.test(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
    const [a, b] = [light(getComputedStyle(e).color), light(getComputedStyle(behind).backgroundColor)].sort((x, y) => y - x);
    return (a + .05) / (b + .05);
  });
}
"""  # noqa: E501


def write_strips(path: Path) -> None:
    chosen = choose(read_samples(path.with_suffix(".parquet")), read_record(path).recipe)
    pictures = [np.full((128, 96, 3), 40 * i, np.uint8) for i in range(1, 5)]
    path.with_suffix(".strips.webp").write_bytes(strips_webp([Shown(*one, *pictures) for one in chosen]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with rows of every kind under two try-on protocols and one of recognition."""
    folder = tmp_path_factory.mktemp("board")
    results = folder / "results"
    for protocol in (quick_protocol(), quick_protocol("wardrobe-sizes@3")):
        for name, skill in SKILLS.items():
            path = make_record(results, name, skill=skill, protocol=protocol)
            if name == "good":
                write_strips(path)
        make_record(results, "half", make_rows(protocol, missing=2), protocol=protocol)
        for name, skill in TRUTHS.items():
            make_record(results, name, make_rows(protocol, skill), protocol=protocol, oracle=True)
    make_recognition_record(results, "recogniser")
    bundle = folder / "bundles" / "good"
    bundle.mkdir(parents=True)
    (bundle / "bundle.json").write_text(json.dumps({"revision": "0123456789ab"}))
    (bundle / "README.md").write_text("# good\n\nTries on.\n\n## Limits\nMany <script>alert(1)</script>\n")
    page = leaderboard.build_leaderboard(results, folder / "site", folder / "bundles")
    return page.parent


@pytest.fixture
def index(browser: Page, site: Path) -> Page:
    """The leaderboard, freshly opened in a wide, light window."""
    browser.look(1280)
    browser.open(site / "index.html")
    return browser


def click_head(page: Page, title: str) -> None:
    page.run(f"[...{FIRST}.tHead.querySelectorAll('button')].find(b => b.textContent.startsWith('{title}')).click()")


def visible_heads(page: Page) -> list[str]:
    found: list[str] = page.run(
        f"[...{FIRST}.tHead.rows[0].cells].filter(c => c.offsetParent).map(c => c.dataset.by ?? 'model')"
    )
    return found


def test_it_opens_from_the_file_system_and_loads_nothing_from_elsewhere(index: Page, site: Path) -> None:
    assert index.run("document.querySelectorAll('.tryon').length") == 2
    assert index.complaints == []
    for path in sorted((site / "models").iterdir()):
        index.open(path)
        assert index.complaints == [], path.name


class TestSorting:
    def test_models_come_by_rank_and_oracles_last(self, index: Page) -> None:
        assert index.run(NAMES) == ["good", "fair", "control-copy", "half", "control-truth", "control-truth-blurred"]

    def test_a_click_sorts_and_another_turns_it_round(self, index: Page) -> None:
        click_head(index, "PSNR")
        assert index.run(NAMES) == ["control-truth", "control-truth-blurred", "good", "fair", "control-copy", "half"]
        assert index.run("document.querySelector('.tryon [aria-sort]').getAttribute('aria-sort')") == "descending"
        click_head(index, "PSNR")
        assert index.run(NAMES)[:3] == ["control-copy", "fair", "good"] and index.run(NAMES)[-1] == "half"
        assert index.run("document.getElementById('sorted').textContent") == "sorted by PSNR, dB, ascending"

    def test_what_is_best_at_one_is_sorted_by_its_distance(self, index: Page) -> None:
        click_head(index, "Detail, fine")
        assert index.run(NAMES)[0] == "control-truth"

    def test_the_keyboard_does_it_too(self, index: Page) -> None:
        tab_to(index, ".tryon [data-by=region_ssim_color] button")
        index.press("Enter")
        assert index.run(NAMES)[0] == "control-truth"

    def test_other_tables_stay_as_they_are(self, index: Page) -> None:
        click_head(index, "PSNR")
        names = "[...document.querySelectorAll('.board')[1].tBodies].map(b => b.querySelector('.name').textContent)"
        assert index.run(names)[0] == "good"


class TestGroups:
    def test_one_group_is_shown_beside_the_main_score(self, index: Page) -> None:
        assert visible_heads(index) == [
            "rank", "model", "region_pd_effnetlite0", "region_psnr", "region_ssim_color", "detail_fine",
            "detail_medium", "detail_coarse",
        ]  # fmt: skip

    def test_arrows_choose_another(self, index: Page) -> None:
        tab_to(index, ".segments input")
        index.press("ArrowRight")
        heads = visible_heads(index)
        assert heads[:4] == ["rank", "model", "region_pd_effnetlite0", "hem_error_cm"] and "region_psnr" not in heads

    def test_the_parsers_noise_stands_under_the_fit_and_nowhere_else(self, index: Page) -> None:
        noise = f"!!{FIRST}.tFoot.offsetParent"
        assert not index.run(noise)
        index.run("document.querySelector('.tryon [value=fit-cm]').click()")
        assert index.run(noise) and "blurred" in index.run(f"{FIRST}.tFoot.textContent")

    def test_a_hidden_column_no_longer_sorts(self, index: Page) -> None:
        click_head(index, "PSNR")
        index.run("document.querySelector('.tryon [value=identity]').click()")
        assert index.run(NAMES)[0] == "good"


class TestFilter:
    def test_words_are_looked_for_in_names(self, index: Page) -> None:
        tab_to(index, "#filter")
        index.type("Truth CONTROL")
        assert index.run(NAMES) == ["control-truth", "control-truth-blurred"]
        assert index.run("document.getElementById('count').textContent") == "4 of 13 rows"

    def test_boxes_put_controls_and_oracles_away(self, index: Page) -> None:
        tab_to(index, "#controls")
        index.press("Space")
        assert index.run(NAMES) == ["good", "fair", "half", "control-truth", "control-truth-blurred"]
        tab_to(index, "#oracles")
        index.press("Space")
        assert index.run(NAMES) == ["good", "fair", "half"]

    def test_a_table_without_rows_says_so(self, index: Page) -> None:
        tab_to(index, "#filter")
        index.type("nobody")
        assert index.run("[...document.querySelectorAll('.nothing')].every(p => !!p.offsetParent)")


class TestPictures:
    def test_strips_are_loaded_when_they_are_opened(self, index: Page) -> None:
        assert not index.run("performance.getEntriesByType('resource').some(e => e.name.endsWith('.webp'))")
        tab_to(index, ".tryon summary")
        index.press("Enter")
        size = index.run(
            "(async () => { const i = document.querySelector('[open] img'); i.scrollIntoView(); await i.decode();"
            " return [i.naturalWidth, i.naturalHeight, i.width > 300, i.alt] })()"
        )
        assert size[0] > 400 and size[1] > 600 and size[2]
        assert "best: case-" in size[3] and "worst: case-" in size[3]

    def test_a_models_page_shows_scores_strips_and_card(self, index: Page) -> None:
        index.follow(f"{FIRST}.querySelector('a.name')")
        assert index.run("document.querySelector('h1').textContent") == "good"
        assert index.run("document.querySelectorAll('.scores').length") >= 12
        assert index.run("document.querySelectorAll('.strips img').length") == 2
        card = index.run("document.querySelector('.card').textContent")
        assert "Tries on." in card and "<script>" in card and "0123456789ab" in card
        index.follow("document.querySelector('.back a')")
        assert index.run("document.querySelector('h1').textContent") == "Leaderboard"


def test_missing_weights_are_named_above_the_table_with_the_command(index: Page) -> None:
    note = index.run("document.querySelector('.tryon .empty').textContent")
    assert "LPIPS alex" in note and "--weights.alexnet alexnet-owt-7be5be79.pth" in note
    assert index.run(
        f"document.querySelector('.empty').getBoundingClientRect().bottom < {FIRST}.getBoundingClientRect().top"
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_in_both_themes(index: Page, theme: str) -> None:
    index.look(1280, theme=theme)
    words = "p, li, th small, .title, .what, .range, .tag, .name, td b, summary, label, .segments span, code, .gap"
    index.run("document.querySelector('.tryon [value=fit-cm]').click()")
    contrasts = index.run(f"({CONTRAST})({words!r})")
    assert len(contrasts) > 100 and min(contrasts) >= 4.5
    dark = index.run("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0] < 60")
    assert dark == (theme == "dark")


@pytest.mark.parametrize("width_px", [390, 820])
def test_nothing_sticks_out_on_a_narrow_screen(browser: Page, site: Path, width_px: int) -> None:
    browser.look(width_px)
    browser.open(site / "index.html")
    wide = "document.documentElement.scrollWidth"
    for group in browser.run("[...document.querySelectorAll('.tryon .segments input')].map(i => i.value)"):
        browser.run(f"document.querySelector('.tryon [value={group}]').click()")
        assert browser.run(wide) <= width_px, group
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.run(wide) <= width_px
    for path in sorted((site / "models").iterdir()):
        browser.open(path)
        assert browser.run(wide) <= width_px, path.name


def test_everything_that_can_be_used_has_a_name(index: Page) -> None:
    nodes: list[dict[str, Any]] = index.send("Accessibility.getFullAXTree")["nodes"]
    used = [
        (node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes
        if node.get("role", {}).get("value") in ("button", "checkbox", "radio", "searchbox", "link", "img", "image")
    ]  # fmt: skip
    assert len(used) > 40 and [role for role, name in used if not name.strip()] == []
    assert {"button", "checkbox", "radio", "searchbox", "link"} <= {role for role, _ in used}
