"""A shopper out of a file and words: words count for more, and what cannot be is said with the field's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from fitroom.errors import ConfigError
from fitroom.pipelines.lookbook.shopper import read_shopper
from fitroom.pipelines.sizing.answers import check_answers


@pytest.fixture
def ann(tmp_path: Path) -> Path:
    path = tmp_path / "ann.yaml"
    path.write_text("photo: ann.jpg\nsex: female\nheight: 172\nbody: {waist: 72}\nliked: [a1]\nseason: summer\n")
    return path


def test_words_count_for_more_than_the_file(ann: Path) -> None:
    shopper = read_shopper(ann, {"height": 170.0, "liked": [], "weather": "hot", "body": {"hip": 98.0}, "sex": None})
    assert shopper.photo == str(ann.parent / "ann.jpg")
    assert shopper.answers().values == {"height": 170.0, "waist": 72.0, "hip": 98.0}
    assert shopper.liked == ["a1"] and shopper.context == {"season": "summer", "weather": "hot"}
    assert shopper.wears == "female" and read_shopper(ann, {"department": "any"}).wears is None
    assert read_shopper(None, {"photo": "b.jpg", "weight": 60.0}).answers().values == {"weight": 60.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("photo: ann.jpg\nheigth: 172\n", "did you mean 'height'"),
        ("height: 172\n", "there is no photo of the shopper"),
        ("photo: ann.jpg\n", "nothing is known of the shopper's body"),
        ("photo: ann.jpg\nbody: {chst: 90}\n", "did you mean 'chest'"),
        ("photo: ann.jpg\nbody: {waist: 28}\n", "in inches, give 71.1"),
        ("photo: ann.jpg\nheight: 68\n", "68 looks like inches: give 172.7 cm"),
        ("photo: ann.jpg\nheight: 172\nsex: woman\n", "female, male, or leave it out"),
    ],
)
def test_what_cannot_be_is_said(ann: Path, text: str, said: str) -> None:
    ann.write_text(text)
    with pytest.raises(ConfigError, match=said):
        check_answers(read_shopper(ann, {}).answers())
