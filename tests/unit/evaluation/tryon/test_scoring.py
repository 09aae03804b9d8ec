"""From per-sample rows to scores: means, macro-F1, what is missing, what compares cases, the journal, differences."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.evaluation.tryon.small_records import make_record, make_rows, quick_protocol

from fitroom.errors import EvaluationError
from fitroom.evaluation.entries import Score
from fitroom.evaluation.tryon.differences import differences
from fitroom.evaluation.tryon.measuring.across import add_leaks, add_size_steps
from fitroom.evaluation.tryon.measuring.journal import Journal
from fitroom.evaluation.tryon.protocol import TryOnProtocol
from fitroom.evaluation.tryon.records import read_record, recompute
from fitroom.evaluation.tryon.samples import digest_predictions, read_samples, schema, to_frame, to_parquet
from fitroom.evaluation.tryon.scoring import score

NAMES = ["psnr", "face_psnr", "lpips_alex", "fit_macro_f1", "hem_error_cm"]
PROTOCOL = TryOnProtocol("few", 1, "wardrobe", NAMES, num_resamples=200)
Rows = list[dict[str, Any]]


def rows(num: int = 6, **of_first: Any) -> Rows:
    found: Rows = []
    for i in range(num):
        found.append(
            {
                "case_id": f"c{i}", "kind": "paired", "person_id": f"p{i}", "garment_id": f"g{i % 2}",
                "group_id": f"c{i}", "category": "t-shirt", "region": "top", "size": None, "pixels_sha256": f"{i:064d}",
                "psnr": 20.0 + i, "face_psnr": None if i else 50.0, "lpips_alex": None, "hem_error_cm": np.nan,
                "fit_places": ["waist"], "fit_truth": ["tight"], "fit_predicted": ["tight" if i % 2 else "loose"],
            }
        )  # fmt: skip
    found[0] |= of_first
    return found


def scored(table: Rows, **missing: str) -> dict[str, Score]:
    return score(to_frame(table, PROTOCOL), None, PROTOCOL, missing)


def test_a_mean_is_over_the_cases_where_it_is_defined() -> None:
    found = scored(rows())
    assert (found["psnr"].value, found["psnr"].num_samples) == (22.5, 6)
    assert found["psnr"].low is not None and found["psnr"].high is not None
    assert found["psnr"].low < 22.5 < found["psnr"].high
    assert (found["face_psnr"].value, found["face_psnr"].num_samples) == (50.0, 1)
    assert found["hem_error_cm"] == Score(None, None, None, 0, 0, "not defined for any of the cases")


def test_macro_f1_by_hand() -> None:
    """Three of six tight ones are found: tight has F1 2*3/(6+3), loose, which never is true, 0."""
    assert scored(rows())["fit_macro_f1"].value == pytest.approx((6 / 9 + 0) / 2)
    assert scored(rows())["fit_macro_f1"].num_samples == 6


def test_a_missing_instrument_leaves_the_reason() -> None:
    found = scored(rows(), lpips_alex="no weights", parser="no parser")
    assert found["lpips_alex"] == Score(None, None, None, 6, 0, "no weights")
    assert found["fit_macro_f1"].reason == "no parser" and found["psnr"].value == 22.5


def test_a_missing_prediction_nulls_every_score_with_a_count() -> None:
    found = scored(rows(pixels_sha256=None, psnr=None))
    assert {one.value for one in found.values()} == {None}
    assert found["psnr"].num_missing == 1 and found["psnr"].reason == "1 of 6 predictions are missing"


def test_draws_that_hold_none_of_the_cases_do_not_break_a_distance_of_sets() -> None:
    """Of six cases of six persons and six garments, a third of all draws has none."""
    protocol = dataclasses.replace(PROTOCOL, metrics=["fd_effnetlite0"], set_resamples=40)
    features = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float16)
    table = [row | {"garment_id": f"g{i}", "features_effnetlite0": features[i]} for i, row in enumerate(rows())]
    frame = to_frame(table, protocol)
    found = score(frame, frame[["features_effnetlite0"]], protocol, {})["fd_effnetlite0"]
    assert found.value == 0.0 and found.low is not None


def test_scores_without_intervals_are_the_same() -> None:
    frame = to_frame(rows(), PROTOCOL)
    quick = score(frame, None, PROTOCOL, {}, intervals=False)
    whole = score(frame, None, PROTOCOL, {})
    assert {n: s.value for n, s in quick.items()} == {n: s.value for n, s in whole.items()}
    assert quick["psnr"].low is None


def test_rows_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    table = rows(face_psnr=np.float64(1 / 3))
    (tmp_path / "a.parquet").write_bytes(to_parquet(table, PROTOCOL))
    frame = read_samples(tmp_path / "a.parquet")
    assert list(frame.columns) == schema(PROTOCOL).names
    assert frame["face_psnr"][0] == 1 / 3 and np.isnan(frame["face_psnr"][1])
    assert frame["size"][0] is None and list(frame["fit_truth"][0]) == ["tight"]
    assert digest_predictions(frame) == digest_predictions(table) == digest_predictions(table[::-1])
    assert digest_predictions(rows(pixels_sha256=None)) != digest_predictions(table)
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_samples(tmp_path / "none.parquet")


def test_a_record_s_scores_follow_from_its_rows(tmp_path: Path) -> None:
    protocol = quick_protocol()
    path = make_record(tmp_path / "results", rows=make_rows(protocol, 0.6, num=7), protocol=protocol)
    assert recompute(path) == read_record(path).scores


@pytest.mark.parametrize("broken", ["{", "[]", '{"record_version": 99}', '{"record_version": 1}'])
def test_records_that_cannot_be_read(tmp_path: Path, broken: str) -> None:
    (tmp_path / "r.json").write_text(broken)
    with pytest.raises(EvaluationError) as caught:
        read_record(tmp_path / "r.json")
    assert "r.json" in str(caught.value)


# ---------------------------------------------------------------------------------------------------- across cases


def sized(size: str, hem: float, waist: float, seen_hem: float, seen_waist: float) -> dict[str, Any]:
    return {
        "kind": "counterfactual-size", "group_id": "g", "size": size, "pixels_sha256": "x", "true_hem_cm": hem,
        "true_waist_cm": waist, "seen_hem_cm": seen_hem, "seen_waist_cm": seen_waist,
    }  # fmt: skip


def test_what_one_size_more_adds() -> None:
    table = [sized("L", 64.0, 50.0, 63.0, 49.0), sized("S", 60.0, 46.0, 60.0, 46.0), sized("M", 62.0, 46.2, 61.0, 45.0)]
    add_size_steps(table)
    large, small, medium = table
    assert "size_step_error_cm" not in small
    assert medium["size_step_error_cm"] == pytest.approx((1.0 + 1.2) / 2)  # hem 1 for 2, waist -1 for 0.2
    assert large["size_step_error_cm"] == pytest.approx((0.0 + 0.2) / 2)
    assert medium["size_monotone"] == 1.0  # the waist's 0.2 cm are no step
    assert large["size_monotone"] == 1.0


def test_a_size_that_does_not_show_did_not_grow() -> None:
    table = [sized("S", 60.0, np.nan, 60.0, np.nan), sized("M", 62.0, np.nan, np.nan, np.nan)]
    add_size_steps(table)
    assert (table[1]["size_step_error_cm"], table[1]["size_monotone"]) == (2.0, 0.0)


def test_results_over_other_source_garments_must_agree() -> None:
    table = [
        {"kind": "leak", "group_id": group, "pixels_sha256": "x", "seen_hem_cm": hem, "seen_waist_cm": np.nan}
        for group, hem in (("a", 60.0), ("a", 63.0), ("b", 50.0))
    ]
    add_leaks(table)
    assert [row.get("leak_cm") for row in table] == [1.5, 1.5, None]


# ------------------------------------------------------------------------------------------------------- journal


def test_a_journal_gives_rows_back_to_the_bit(tmp_path: Path) -> None:
    row = {"case_id": "a", "psnr": 1 / 3, "hem_error_cm": float("nan"), "size": None, "fit_truth": ["tight"],
           "features_x": np.array([0.1, 65504.0], np.float16)}  # fmt: skip
    key = {"cases": "d"}
    Journal(tmp_path, key).add(row)
    Journal(tmp_path, key, rank=1).add({"case_id": "b"})
    back = Journal(tmp_path, key).read()
    assert set(back) == {"a", "b"} and back["a"]["psnr"] == 1 / 3 and np.isnan(back["a"]["hem_error_cm"])
    assert np.array_equal(back["a"]["features_x"], row["features_x"]) and back["a"]["fit_truth"] == ["tight"]
    assert Journal(tmp_path, {"cases": "other"}).read() == {}


def test_a_line_that_was_cut_short_is_measured_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path, {})
    journal.add({"case_id": "a"})
    with next(journal.folder.glob("*.jsonl")).open("a") as file:
        file.write('{"case_id": "b", "ps')
    assert set(journal.read()) == {"a"}
    journal.forget()
    assert not (tmp_path / ".partial").exists()


# --------------------------------------------------------------------------------------------------- differences


def test_how_far_protocols_differ(tmp_path: Path) -> None:
    colored = dataclasses.replace(PROTOCOL, name="color", metrics=["ssim_color"])
    gray = dataclasses.replace(PROTOCOL, name="gray", metrics=["ssim_gray"])
    records = []
    for protocol, value in ((colored, 0.779), (gray, 0.777)):
        name = protocol.metrics[0]
        path = make_record(tmp_path, rows=[row | {name: value} for row in rows()], protocol=protocol, missing={})
        records.append(read_record(path))
    said = differences(records)
    assert said[1:] == ["model: SSIM differs by 0.002: 0.777 (ssim_gray of gray@1), 0.779 (ssim_color of color@1)"]
    assert differences(records[:1]) == []


def test_scores_reach_wandb_under_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import SimpleNamespace

    from fitroom.evaluation.tryon.tracking import log_records

    runs: list[Any] = []

    def init(**given: Any) -> Any:
        runs.append(SimpleNamespace(given=given, summary={}, finish=lambda: None))
        return runs[-1]

    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(init=init, Settings=lambda **_: None))
    monkeypatch.delenv("WANDB_MODE", raising=False)
    path = make_record(tmp_path, rows=rows(), protocol=PROTOCOL, missing={})
    log_records([path])
    assert runs[0].given["mode"] == "offline" and runs[0].given["config"]["protocol_hash"] == PROTOCOL.hash
    assert runs[0].summary["few@1/psnr"] == 22.5 and "few@1/lpips_alex" not in runs[0].summary
    assert json.loads(path.read_text())["scores"]["psnr"]["value"] == 22.5
