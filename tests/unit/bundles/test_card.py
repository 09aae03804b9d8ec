"""The model card says what is known, and says so where nothing is."""

from __future__ import annotations

import dataclasses

from fitroom.bundles import Bundle
from fitroom.bundles.card import NOT_MEASURED, NUMBERS, numbers_section, render_card, with_section

RECORD = {
    "protocol": "clothing-recognition@1",
    "num_images": 341,
    "scores": {"top1": {"value": 0.9123, "low": 0.881, "high": 0.94}, "ece": 0.0312, "map": {"value": None}},
}


def test_a_card_tells_use_answers_data_calibration_limits_and_licence(tiny_bundle: Bundle) -> None:
    card = (tiny_bundle.path / "README.md").read_text()
    assert card == render_card(dataclasses.replace(tiny_bundle.spec, files={}))
    for heading in ("Intended use", "Answers", "Data", NUMBERS, "Calibration", "Limits", "Licence"):
        assert f"\n## {heading}\n" in card
    assert "one of dress, hat, shirt" in card
    assert "any of collar, pocket, zip" in card
    assert "a number from 10 to 90" in card
    assert "2 different photos" in card
    assert 'temperature 1.700, "unknown" below 0.500; select part, N=40' in card
    assert "48 x 64 px" in card
    assert "Apache-2.0" in card
    assert tiny_bundle.spec.revision in card


def test_no_number_is_shown_where_none_was_measured(tiny_bundle: Bundle) -> None:
    card = render_card(tiny_bundle.spec)
    assert NOT_MEASURED in card
    assert "|" not in card
    assert "No ONNX graph" in card


def test_measured_numbers_are_shown_with_their_intervals() -> None:
    table = numbers_section([RECORD])
    assert "| these | clothing-recognition@1 | 341 | top1 | 0.9123 | 0.8810 to 0.9400 |" in table
    assert "| ece | 0.0312 | - |" in table
    assert "| map | not measured | - |" in table


def test_numbers_of_other_weights_are_never_passed_off_as_its_own() -> None:
    other = RECORD | {"revision": "0123456789ab", "seed": 1, "num_seen": 7}
    alone = numbers_section([other], "ba9876543210")
    assert alone.startswith("These weights were not scored themselves.")
    assert "| `0123456789ab`, seed 1 | clothing-recognition@1 | 341, 7 of them learned from | top1 |" in alone
    assert "these |" not in alone
    both = numbers_section([RECORD | {"revision": "ba9876543210"}, other], "ba9876543210")
    assert both.startswith("| weights |")
    assert both.count("| these |") == both.count("| `0123456789ab`, seed 1 |") == 3


def test_a_section_is_replaced_and_the_rest_kept() -> None:
    card = "# a\n\n## Use\nby hand\n\n## Measured\nold\nolder\n\n## Limits\nmany\n"
    changed = with_section(card, NUMBERS, r"new \1 line")
    assert changed == "# a\n\n## Use\nby hand\n\n## Measured\nnew \\1 line\n\n## Limits\nmany\n"
    assert with_section("# a\n", NUMBERS, "new") == "# a\n\n## Measured\nnew\n"
    last = with_section("# a\n\n## Measured\nold\n", NUMBERS, "new")
    assert last == "# a\n\n## Measured\nnew\n"


def test_a_try_on_model_has_a_card_of_its_own(tiny_bundle):
    spec = dataclasses.replace(tiny_bundle.spec, kind="tryon", model={"steps": 4}, measured={"hem, cm": 1.25})
    card = render_card(spec)
    assert card.startswith(f"# {spec.name}\n\nA try-on model, revision") and "4 denoising steps where" in card
    assert "| hem, cm | 1.2500 |" in card and "recogni" not in card and "Confidences" not in card
