"""Answers become a body: more of them narrow it, wrong units and impossible bodies are named, with what was meant."""

from __future__ import annotations

import pytest

from fitroom.errors import ConfigError
from fitroom.pipelines.sizing.answers import Answers, check_answers
from fitroom.pipelines.sizing.body import BodyPipeline


def test_each_answer_narrows_the_chest(pipeline: BodyPipeline) -> None:
    told = [{}, {"height": 165.0}, {"height": 165.0, "weight": 70.0}, {"height": 165.0, "weight": 70.0, "chest": 95.0}]
    widths = []
    for values in told:
        low, high = pipeline(Answers(values, "female")).interval("chest")
        widths.append(high - low)
    assert widths[0] >= widths[1] > widths[2] > widths[3] > 1


def test_a_measured_answer_is_taken_at_its_word_and_a_told_one_is_not(pipeline: BodyPipeline) -> None:
    told = pipeline(Answers({"height": 170.0, "weight": 70.0}, "female"))
    measured = pipeline(Answers({"height": 170.0, "weight": 70.0}, "female", measured=True))
    assert measured.median("height") == pytest.approx(170.0, abs=0.01)
    assert told.median("height") < 169.0  # people tell 1.8 cm more than they have
    low, high = told.interval("height", 0.8)
    assert high - low > 1.0


def test_without_a_sex_the_body_is_less_sure(pipeline: BodyPipeline) -> None:
    answers = {"age": 30.0}
    known, either = (pipeline(Answers(answers, sex)).interval("height") for sex in ("female", None))
    assert either[1] - either[0] > known[1] - known[0]


@pytest.mark.parametrize(
    ("values", "fix"),
    [
        ({"height": 68.0}, "68 looks like inches: give 172.7 cm"),
        ({"height": 1.72}, "1.72 looks like metres: give 172.0 cm"),
        ({"height": 1720.0}, "1720 looks like mm: give 172.0 cm"),
        ({"weight": 10.0}, "10 looks like stone: give 63.5 kg"),
        ({"chest": 38.0}, "38 looks like inches: give 96.5 cm"),
        ({"age": 8.0}, "give it in years"),
    ],
)
def test_another_unit_is_recognised(values: dict[str, float], fix: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_answers(Answers(values))
    assert caught.value.fix == fix


def test_unknown_words() -> None:
    with pytest.raises(ConfigError, match=r"no measure 'chset'(.|\n)*did you mean 'chest'"):
        check_answers(Answers({"chset": 96.0}))
    with pytest.raises(ConfigError, match=r"female, male, or leave it out"):
        check_answers(Answers({}, "x"))


def test_an_impossible_body_is_refused_and_half_a_girth_is_guessed(pipeline: BodyPipeline) -> None:
    answers = {"height": 165.0, "weight": 120.0, "hip": 65.0}
    with pytest.raises(ConfigError) as caught:
        pipeline(Answers(answers, "female"))
    assert caught.value.what == "no body has these measures together"
    assert caught.value.got == "65 cm" and "in 99 of 100" in str(caught.value.rule)
    assert caught.value.fix == "if 65 is half the girth, give 130.0 cm"


def test_a_rare_body_is_answered_with_a_remark(pipeline: BodyPipeline) -> None:
    common = pipeline(Answers({"height": 165.0, "weight": 70.0, "chest": 96.0}, "female", measured=True))
    rare = pipeline(Answers({"height": 165.0, "weight": 70.0, "chest": 84.5}, "female", measured=True))
    assert common.remarks == []
    assert len(rare.remarks) == 1 and "rare beside the other answers" in rare.remarks[0]
