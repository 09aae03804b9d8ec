"""The lint of try-on records: each thing that cannot be true is refused by name, and what can be true passes."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.evaluation.tryon.small_records import make_record, make_rows, quick_protocol

from fitroom.errors import EvaluationError
from fitroom.evaluation import leaderboard
from fitroom.evaluation.tryon.checks import check_record, check_together
from fitroom.evaluation.tryon.records import read_record, recompute

Values = dict[str, Any]


def alter(path: Path, change: Callable[[Values], None]) -> None:
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def set_score(name: str, **fields: Any) -> Callable[[Values], None]:
    return lambda values: values["scores"][name].update(fields)


def set_field(place: str, name: str, value: Any) -> Callable[[Values], None]:
    return lambda values: values[place].update({name: value})


def test_a_true_record_passes_and_its_scores_follow_from_its_samples(tmp_path: Path) -> None:
    path = make_record(tmp_path)
    record = check_record(path)
    assert recompute(path) == record.scores
    assert record.scores["region_psnr"].low < record.scores["region_psnr"].value < record.scores["region_psnr"].high


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (set_score("region_psnr", value=25.0), "its samples give"),
        (set_score("region_psnr", low=1.0), "has the interval"),
        (set_score("ssim_color", value=1.2), "is outside -1 to 1"),
        (set_score("hem_error_cm", value=-0.1), "is outside 0 to 400"),
        (set_score("psnr", low=40.0, high=20.0), "low is above high"),
        (set_score("psnr", num_missing=3), "although 3 predictions are missing"),
        (set_score("lpips_alex", reason=None), "a missing value needs a reason"),
        (set_score("psnr", num_samples=3), "is over 3 cases"),
        (set_field("model", "revision", "other"), "it lies at"),
        (set_field("data", "num_predicted", 11), "11 cases were predicted; its samples have 12"),
        (set_field("data", "num_persons", 2), "2 persons"),
        (set_field("data", "num_cases", 99), "12 samples, where it says 12 and 99 cases"),
        (set_field("predictions", "digest", "0" * 64), "not that of its samples"),
        (set_field("predictions", "source", "control"), "control is False"),
        (set_field("protocol", "hash", "0" * 64), "not that of its settings"),
        (set_field("samples", "sha256", "0" * 64), "is not the file whose hash it holds"),
        (set_field("missing", "parser", "gone"), "both there and missing"),
        (lambda values: values["instruments"].pop("parser"), "neither the hash of its weights nor a reason"),
        (lambda values: values["scores"].pop("psnr"), "its score is not there"),
        (lambda values: values.update(oracle=True), "only a control may use the truth"),
        (lambda values: values.update(seen=True), "seen is True"),
    ],
)
def test_what_cannot_be_true_is_refused(tmp_path: Path, change: Callable[[Values], None], words: str) -> None:
    path = make_record(tmp_path)
    alter(path, change)
    with pytest.raises(EvaluationError, match=words) as caught:
        check_record(path)
    assert str(path) in str(caught.value)


def test_altered_or_lost_samples_are_refused(tmp_path: Path) -> None:
    path, other = make_record(tmp_path), make_record(tmp_path, "other", skill=0.9)
    path.with_suffix(".parquet").write_bytes(other.with_suffix(".parquet").read_bytes())
    with pytest.raises(EvaluationError, match="whose hash it holds"):
        check_record(path)
    path.with_suffix(".parquet").unlink()
    with pytest.raises(EvaluationError, match="samples are missing"):
        check_record(path)


def test_a_case_twice_is_refused(tmp_path: Path) -> None:
    rows = make_rows(quick_protocol())
    rows[1] = {**rows[1], "case_id": rows[0]["case_id"]}
    with pytest.raises(EvaluationError, match="1 cases are there twice: case-000"):
        check_record(make_record(tmp_path, rows=rows))


def test_a_sample_out_of_bounds_is_refused(tmp_path: Path) -> None:
    rows = make_rows(quick_protocol())
    rows[3]["garment_iou"] = 1.5
    with pytest.raises(EvaluationError, match=r"garment_iou: 1 samples, such as 1\.5"):
        check_record(make_record(tmp_path, rows=rows))


class TestMetricOfSomethingWithItself:
    def test_a_model_that_equals_the_truth_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(EvaluationError, match="the truth was compared with itself"):
            check_record(make_record(tmp_path, rows=make_rows(quick_protocol(), skill=1)))

    def test_so_is_a_control_that_should_not_see_it(self, tmp_path: Path) -> None:
        with pytest.raises(EvaluationError, match="region_psnr is 100 in every case"):
            check_record(make_record(tmp_path, "control-copy", make_rows(quick_protocol(), skill=1)))

    def test_an_oracle_may(self, tmp_path: Path) -> None:
        rows = make_rows(quick_protocol(), skill=1)
        assert check_record(make_record(tmp_path, "control-truth", rows, oracle=True)).oracle

    def test_a_copy_may_where_nothing_was_to_change(self, tmp_path: Path) -> None:
        paired = quick_protocol("wardrobe-paired@3")
        check_record(make_record(tmp_path, "control-copy", make_rows(paired, skill=1), protocol=paired))


class TestIdenticalRows:
    def refused(self, paths: list[Path]) -> list[Path]:
        return [error.where for error in check_together({path: read_record(path) for path in paths})]

    def test_two_models_with_the_same_pictures_are_both_named(self, tmp_path: Path) -> None:
        rows = make_rows(quick_protocol())
        twins = [make_record(tmp_path, "one", rows), make_record(tmp_path, "two", rows)]
        assert self.refused([*twins, make_record(tmp_path, "three")]) == twins

    def test_a_model_that_is_a_control_in_disguise_is_named(self, tmp_path: Path) -> None:
        rows = make_rows(quick_protocol())
        model = make_record(tmp_path, "model", rows)
        assert self.refused([make_record(tmp_path, "control-copy", rows), model]) == [model]

    def test_controls_and_revisions_of_one_model_may_agree(self, tmp_path: Path) -> None:
        rows = make_rows(quick_protocol())
        names = [("control-copy", "a"), ("control-paste", "a"), ("model", "a"), ("model", "b")]
        controls, models = names[:2], names[2:]
        for group in (controls, models):
            folder = tmp_path / group[0][0]
            assert not self.refused([make_record(folder, name, rows, revision=rev) for name, rev in group])

    def test_the_leaderboard_refuses_them(self, tmp_path: Path) -> None:
        rows = make_rows(quick_protocol())
        for name in ("one", "two"):
            make_record(tmp_path, name, rows)
        with pytest.raises(EvaluationError, match="2 of 2 records are broken") as caught:
            leaderboard.load_records(tmp_path)
        assert "to the pixel" in str(caught.value)


def test_missing_predictions_null_every_score(tmp_path: Path) -> None:
    rows = make_rows(quick_protocol(), missing=2)
    path = make_record(tmp_path, rows=rows)
    record = check_record(path)
    assert record.data.num_predicted == 10 and all(score.value is None for score in record.scores.values())
    alter(path, set_score("psnr", value=20.0, reason=None))
    with pytest.raises(EvaluationError, match="psnr: has a value although 2 predictions are missing"):
        check_record(path)


def test_an_unknown_task_is_refused(tmp_path: Path) -> None:
    path = make_record(tmp_path)
    alter(path, lambda values: values.update(task="poetry"))
    with pytest.raises(EvaluationError, match="of no task that is known"):
        leaderboard.check_record(path)


def test_a_newer_version_is_refused_by_its_number(tmp_path: Path) -> None:
    path = make_record(tmp_path)
    alter(path, lambda values: values.update(record_version=99))
    with pytest.raises(EvaluationError, match="of a version that cannot be read"):
        check_record(path)


STORED = Path(__file__).parents[1] / "stored"


@pytest.mark.parametrize("path", sorted(STORED.rglob("*.json")), ids=lambda path: path.stem)
def test_records_of_earlier_days_still_load_and_hold(path: Path) -> None:
    record = leaderboard.check_record(path)
    assert record.record_version == 1


def test_there_is_a_stored_record_of_each_task() -> None:
    assert {dataclasses.asdict(record)["task"] for record in leaderboard.load_records(STORED)} == {
        "recognition",
        "try-on",
    }
