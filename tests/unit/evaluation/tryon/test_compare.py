"""The paired comparison: it finds what is there, corrects for asking often, and refuses what cannot be compared."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.evaluation.tryon.small_records import make_record, make_rows, quick_protocol

from fitroom.errors import EvaluationError
from fitroom.evaluation.tryon import compare

DRAWS = 500


def test_the_better_model_is_found_case_by_case(tmp_path: Path) -> None:
    good, fair = make_record(tmp_path, "good", skill=0.9), make_record(tmp_path, "fair", skill=0.4)
    names = ["psnr", "hem_error_cm", "detail_fine"]
    rows = {row.metric: row for row in compare.compare(good, fair, names, DRAWS).rows}
    assert list(rows) == names and {row.better for row in rows.values()} == {"a"}
    assert rows["psnr"].difference > 0 > rows["hem_error_cm"].difference
    assert rows["psnr"].difference == pytest.approx(rows["psnr"].a - rows["psnr"].b)
    assert rows["detail_fine"].difference < 0  # nearer to 1
    turned = compare.compare(fair, good, names, DRAWS).rows
    assert [row.difference for row in turned] == pytest.approx([-row.difference for row in rows.values()])
    assert {row.better for row in turned} == {"b"}


def test_equal_models_stay_open_however_often_one_asks(tmp_path: Path) -> None:
    a, b = (make_record(tmp_path, name, make_rows(quick_protocol(), seed=seed)) for name, seed in (("a", 1), ("b", 2)))
    rows = compare.compare(a, b, num_draws=DRAWS).rows
    assert len(rows) > 20 and all(row.p_holm >= row.p for row in rows)
    assert sum(row.better != "open" for row in rows) == 0


def test_only_common_cases_count(tmp_path: Path) -> None:
    protocol = quick_protocol()
    a = make_record(tmp_path, "a", make_rows(protocol, skill=0.9, missing=5))
    b = make_record(tmp_path, "b", make_rows(protocol, skill=0.4))
    comparison = compare.compare(a, b, ["psnr"], DRAWS)
    values = [np.mean([row["psnr"] for row in make_rows(protocol, skill)[5:]]) for skill in (0.9, 0.4)]
    assert comparison.num_cases == comparison.rows[0].num_cases == 7
    assert [comparison.rows[0].a, comparison.rows[0].b] == pytest.approx(values)


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"digest": "e" * 64}, "cases"),
        ({"instruments": {"parser": "1" * 64}}, "instruments"),
        ({"protocol": quick_protocol(seed=9)}, "protocols"),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path: Path, changed: dict[str, Any], what: str) -> None:
    a, b = make_record(tmp_path, "a"), make_record(tmp_path, "b", skill=0.6, **changed)
    with pytest.raises(EvaluationError, match=f"of different {what}"):
        compare.compare(a, b)


def test_a_score_that_cases_do_not_have_is_refused(tmp_path: Path) -> None:
    a, b = make_record(tmp_path, "a"), make_record(tmp_path, "b", skill=0.6)
    with pytest.raises(EvaluationError, match="'fit_macro_f1' is no score of single cases"):
        compare.compare(a, b, ["fit_macro_f1"])


def test_a_broken_record_is_refused(tmp_path: Path) -> None:
    a, b = make_record(tmp_path, "a"), make_record(tmp_path, "b", skill=0.6)
    b.with_suffix(".parquet").write_bytes(a.with_suffix(".parquet").read_bytes())
    with pytest.raises(EvaluationError, match="cannot be true"):
        compare.compare(a, b)


def test_the_command_prints_a_table_and_writes_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = make_record(tmp_path, "good", skill=0.9), make_record(tmp_path, "fair")
    out = tmp_path / "more" / "comparison.json"
    words = [str(a), str(b), "--metrics", "[psnr, waist_error_cm]", "--num_draws", str(DRAWS), "--out", str(out)]
    assert compare.main(words) == 0
    printed = capsys.readouterr().out
    assert "wardrobe-counterfactual@3, 12 cases" in printed and "a: good" in printed and "psnr " in printed
    values = json.loads(out.read_text())
    assert [row["metric"] for row in values["rows"]] == ["psnr", "waist_error_cm"]
    assert values["num_draws"] == DRAWS and values["rows"][0]["better"] == "a"
