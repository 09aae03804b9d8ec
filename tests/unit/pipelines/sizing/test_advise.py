"""A chart and a believed body become a size, its probability and a sentence; faulty charts are named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fitroom import cli
from fitroom.data.sizing.size_charts import read_chart
from fitroom.errors import ConfigError, DataError, FitroomError
from fitroom.pipelines.sizing.advise import Advice, advise, print_advice
from fitroom.pipelines.sizing.answers import Answers
from fitroom.pipelines.sizing.body import BodyPipeline
from fitroom.pipelines.sizing.fit import Preference, fits
from fitroom.pipelines.sizing.hems import hem_of
from fitroom.pipelines.sizing.words import sentence
from fitroom.wardrobe.patterns.pattern import Region

SIZES = ("XS", "S", "M", "L", "XL")


def advice(pipeline: BodyPipeline, chart: Path, chest: float, prefer: Preference = "regular") -> Advice:
    answers = Answers({"height": 165.0, "chest": chest}, "female", measured=True)
    return advise(pipeline, answers, read_chart(chart), prefer=prefer)


def test_larger_bodies_get_larger_sizes_and_chances_add_up(pipeline: BodyPipeline, tee: Path) -> None:
    found = [advice(pipeline, tee, chest) for chest in (80.0, 88.0, 94.0, 100.0, 106.0)]
    places = [SIZES.index(one.size) for one in found]
    assert places == sorted(places) and places[0] < places[-1]
    for one in found:
        assert sum(size.probability for size in one.sizes) == pytest.approx(1.0)
        assert one.probability == max(size.probability for size in one.sizes)


def test_a_known_chest_has_the_ease_of_the_chart(pipeline: BodyPipeline, tee: Path) -> None:
    chosen = advice(pipeline, tee, 94.0)
    ease = {size.size: size.places["chest"].ease_cm for size in chosen.sizes}
    assert ease == pytest.approx({"XS": -6.0, "S": 0.0, "M": 6.0, "L": 12.0, "XL": 18.0}, abs=0.01)
    assert [size.places["chest"].label for size in chosen.sizes] == ["tight", "tight", "regular", "regular", "loose"]
    assert chosen.size == "M" and chosen.probability == 1.0


def test_preference_moves_the_size(pipeline: BodyPipeline, tee: Path) -> None:
    places = [SIZES.index(advice(pipeline, tee, 95.0, prefer).size) for prefer in ("tighter", "regular", "looser")]
    assert places == sorted(places) and places[0] < places[2]


def test_the_less_is_known_the_less_sure_is_the_size(pipeline: BodyPipeline, tee: Path) -> None:
    unsure = advise(pipeline, Answers({"height": 165.0}, "female"), read_chart(tee))
    assert unsure.probability < 0.8 < advice(pipeline, tee, 94.0).probability
    assert "may suit as well" in unsure.words


def test_the_sentence(pipeline: BodyPipeline, tee: Path) -> None:
    words = advice(pipeline, tee, 94.0).words
    assert words.startswith("M (100%): chest right (6 cm of room), ends ")
    assert "; S would pull across the chest; L would be roomier everywhere." in words


def test_a_body_beyond_the_chart(pipeline: BodyPipeline, tee: Path) -> None:
    assert advice(pipeline, tee, 125.0).words.startswith("No size of this chart is large enough; the nearest is XL")
    assert advice(pipeline, tee, 70.0).words.startswith("No size of this chart is small enough; the nearest is XS")


def chart(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "chart.csv"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("size,chest,hip\nS,90,96\nM,,100\n", DataError, "holes: chest of M"),
        ("size,chest\nS,98\nM,92\n", DataError, "chest gets smaller from S to M"),
        ("size,sleeve\nS,60\nM,61\n", DataError, "nothing to decide the fit by"),
        ("size,chest\nS,36\nM,38\n", ConfigError, "if 36 is in inches, give 91.4"),
        ("size,chest,inseam\nS,90,70\n", ConfigError, "name the region"),
    ],
)
def test_faulty_charts(pipeline: BodyPipeline, tmp_path: Path, text: str, error: type[FitroomError], said: str) -> None:
    with pytest.raises(error) as caught:
        advise(pipeline, Answers({"height": 165.0}, "female"), read_chart(chart(tmp_path, text)))
    assert said in str(caught.value)


def test_where_trousers_end(pipeline: BodyPipeline) -> None:
    body = pipeline(Answers({"height": 165.0, "inseam": 76.0}, "female", measured=True)).belief.draw(500)
    ends = {cm: hem_of({"inseam": cm}, body, "bottom") for cm in (76.0, 67.0, 30.0)}
    assert [hem.words for hem in ends.values() if hem] == ["at the floor", "at the ankle", "at the knee"]
    assert hem_of({"waist": 70.0}, body, "bottom") is None


@pytest.mark.parametrize("region", ["top", "outerwear"])
def test_sizes_of_which_some_end_above_the_hip_are_compared_without_it(
    pipeline: BodyPipeline, tmp_path: Path, region: Region
) -> None:
    body = pipeline(Answers({"height": 165.0, "chest": 94.0}, "female", measured=True)).belief
    clear = float(np.median(body.draw(100, 0)["back_length"])) + 13  # where the hip begins to count
    found = []
    for low in (clear - 2, clear - 9):
        lengths = [low + 1.5 * step for step in range(4)]
        chart = tmp_path / "short.csv"
        rows = [f"{'SMLX'[i]},{96 + 4 * i},{96 + 4 * i},{length:.1f}" for i, length in enumerate(lengths)]
        chart.write_text("\n".join(["size,chest,hip,length", *rows]))
        found.append(fits(body, read_chart(chart), region))
    for sizes in found:
        assert {tuple(size.places) for size in sizes} == {("chest",)} and sentence(sizes)
    assert [size.probability for size in found[0]] == [size.probability for size in found[1]]


def test_sizes_are_shown_as_the_chart_has_them(
    pipeline: BodyPipeline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    print_advice(advice(pipeline, chart(tmp_path, "size,chest\nM [short],94\n[/l],100\n"), 94.0))
    shown = capsys.readouterr().out
    assert " M [short] " in shown and " [/l] " in shown


def test_the_command(body_bundle: Path, tee: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["size-advice", "--bundle", str(body_bundle), "--chart", str(tee), "--sex", "female", "--height", "165"]
    assert cli.main([*words, "--body", "chest=94", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["size"] in SIZES and said["body"]["chest"]["low"] < said["body"]["chest"]["high"]
    assert cli.main([*words, "--weight", "70"]) == 0
    assert "in 8 of 10" in capsys.readouterr().out
    assert cli.main([*words[:-1], "65"]) == ConfigError.exit_code
    assert "65 looks like inches: give 165.1 cm" in capsys.readouterr().err
