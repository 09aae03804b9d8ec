"""Size advice is scored on held-out people alone; records are computed again from rows that tell nobody's measures."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from fitroom.data.sizing.body_surveys import read_surveys
from fitroom.data.sizing.people import MEASURES
from fitroom.errors import EvaluationError
from fitroom.evaluation.flat.checks import check_record
from fitroom.evaluation.flat.records import read_rows
from fitroom.evaluation.leaderboard import build_leaderboard
from fitroom.evaluation.size_advice import runner
from fitroom.evaluation.size_advice.asking import hear
from fitroom.evaluation.size_advice.contestants import ControlContestant
from fitroom.evaluation.size_advice.protocol import PROTOCOLS, SizeAdviceProtocol, get_protocol
from fitroom.evaluation.size_advice.scoring import score

OWN = "size-advice-own@1"


@pytest.fixture(scope="module")
def records(survey_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    results = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        few = dataclasses.replace(get_protocol(OWN), num_resamples=50)
        patch.setitem(PROTOCOLS, OWN, lambda: few)
        return runner.evaluate(
            runner.EvaluateSizesConfig(protocol=OWN, folder=str(survey_folder), results=str(results))
        )


def test_the_frozen_protocol_is_frozen() -> None:
    protocol = get_protocol("size-advice@1")
    assert protocol.hash == "6fb55f12abf30d6f1034bfa67636084bd2866b9d3275d4d706165e37de41bb1c"
    assert len(protocol.people_digest) == 64


def test_other_people_are_refused(survey_folder: Path, tmp_path: Path) -> None:
    config = runner.EvaluateSizesConfig(protocol="size-advice@1", folder=str(survey_folder), results=str(tmp_path))
    with pytest.raises(EvaluationError, match="not the people that the protocol is frozen for"):
        runner.evaluate(config)
    assert not list(tmp_path.iterdir())


def test_records_agree_with_their_rows_and_make_a_table(records: list[Path], tmp_path: Path) -> None:
    assert [check_record(path, "size-advice").model.name for path in records] == [
        "control-linear-regression", "control-population-mean",
    ]  # fmt: skip
    build_leaderboard(records[0].parents[2], tmp_path / "site", tmp_path)
    table = (tmp_path / "site" / "LEADERBOARD.md").read_text()
    assert OWN in table and "control-linear-regression (control)" in table
    assert "Girths, cm" in (tmp_path / "site" / "index.html").read_text()


def test_regression_beats_the_mean_and_intervals_hold(records: list[Path]) -> None:
    regression, mean = (json.loads(path.read_text())["scores"] for path in records)
    assert regression["girths_cm"]["value"] < 0.6 * mean["girths_cm"]["value"]
    assert regression["girths_cm"]["low"] < regression["girths_cm"]["value"] < regression["girths_cm"]["high"]
    assert 0.7 < regression["coverage80"]["value"] < 0.9
    assert regression["girths_after_tape_cm"]["value"] < regression["girths_after_height_weight_cm"]["value"]


def test_an_altered_row_is_found(records: list[Path], tmp_path: Path) -> None:
    path = tmp_path.joinpath(*records[0].parts[-3:])
    path.parent.mkdir(parents=True)
    path.write_bytes(records[0].read_bytes())
    rows = read_rows(records[0])
    rows["error_cm"] *= 0.5
    rows.to_parquet(path.with_suffix(".parquet"))
    with pytest.raises(EvaluationError, match="not the file whose hash it holds"):
        check_record(path, "size-advice")


def test_rows_tell_nobodys_measures(records: list[Path], survey_folder: Path) -> None:
    rows = read_rows(records[0])
    assert set(rows.columns) == {"person", "survey", "effort", "measure", "error_cm", "share_below"}
    test = read_surveys(survey_folder).of_part("test").table
    assert set(rows["person"]) <= set(test["sha256"].str[:16])
    assert not rows[(rows["effort"] == "height_weight") & (rows["measure"] == "height")].size


def test_the_control_is_scikit_learns_regression(survey_folder: Path) -> None:
    people, protocol = read_surveys(survey_folder), get_protocol(OWN)
    train, test = people.of_part("train"), people.of_part("test")
    effort = protocol.efforts["height_weight"]
    axis = MEASURES.index("chest")
    heard = hear(test, effort, protocol)
    told = ControlContestant(train, True, protocol).foretell(heard, test.values_ND[:, axis], effort, "chest", protocol)
    for sex in ("female", "male"):
        fit = train.table[(train.table["sex"] == sex) & train.table["chest"].notna()]
        mine = ((test.table["sex"] == sex) & test.table["chest"].notna()).to_numpy()
        model = LinearRegression().fit(fit[["height", "weight"]], fit["chest"])
        assert told.value_N[mine] == pytest.approx(model.predict(test.table[mine][["height", "weight"]]))


def test_tapes_err_alike_for_everybody(survey_folder: Path) -> None:
    people, protocol = read_surveys(survey_folder).of_part("test"), get_protocol(OWN)
    tape = protocol.efforts["tape"]
    once, again = (hear(people, tape, protocol).values_ND for _ in range(2))
    assert np.array_equal(once, again, equal_nan=True)
    axis = MEASURES.index("waist")
    assert np.nanstd(once[:, axis] - people.values_ND[:, axis]) == pytest.approx(1.5, abs=0.3)


def test_scores_of_rows_made_by_hand() -> None:
    protocol = SizeAdviceProtocol("by-hand", 1, num_resamples=20)
    rows = pd.DataFrame(
        [(f"p{n}", "ansur2", effort, measure, error, share)
         for effort in protocol.efforts for measure in ("chest", "waist", "hip")
         for n, (error, share) in enumerate([(-1.0, 0.5), (3.0, 0.93)])],
        columns=["person", "survey", "effort", "measure", "error_cm", "share_below"],
    )  # fmt: skip
    scores = score(rows, protocol.settings)
    assert scores["girths_cm"].value == 2.0 and scores["girths_cm"].num_samples == 2
    assert scores["coverage80"].value == 0.5 and scores["coverage95"].value == 1.0
    assert scores["thigh_cm"].value is None and scores["thigh_cm"].reason
