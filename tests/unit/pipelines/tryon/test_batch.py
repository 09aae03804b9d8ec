"""A table tried on: rows judged one by one, what is done is kept, killed half-way it goes on, and it says its cost."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from tests.unit.pipelines.tryon.photos import MakePhoto, blocks_u8

from fitroom.bundles import Bundle
from fitroom.errors import ConfigError, DataError
from fitroom.images import decode_rgb_u8
from fitroom.pipelines.tryon import TryOnPipeline
from fitroom.pipelines.tryon import batch as batch_module
from fitroom.pipelines.tryon import report as report_module
from fitroom.pipelines.tryon.batch import Batch, Outcome
from fitroom.pipelines.tryon.checked import CheckedTryOn, TryOnSettings
from fitroom.pipelines.tryon.done import FILE, Done, DoneList
from fitroom.pipelines.tryon.report import summary_of, told, write_results, write_sheets
from fitroom.pipelines.tryon.table import read_jobs

HEAD = "person,garment,size,chart,category,body_chest\n"


@pytest.fixture(scope="module")
def tryon(tryon_bundle: Bundle) -> CheckedTryOn:
    return CheckedTryOn(TryOnPipeline.from_bundle(tryon_bundle.path, device="cpu"))


@pytest.fixture
def table(make_photo: MakePhoto, tmp_path: Path) -> Path:
    """Four rows; the third one's photo is not there."""
    make_photo("ann.png", 0)
    make_photo("bob.png", 5)
    make_photo("tee.png", 1)
    (tmp_path / "tee.csv").write_text("size,chest\nM,110\nL,118\n")
    path = tmp_path / "jobs.csv"
    path.write_text(
        f"{HEAD}ann.png,tee.png,M,tee.csv,t-shirt,96\nann.png,tee.png,L,tee.csv,t-shirt,96\n"
        "eve.png,tee.png,,,,\nbob.png,tee.png,,,,\n"
    )
    return path


def statuses(outcomes: list[Outcome]) -> list[str]:
    return [outcome.status for outcome in outcomes]


def test_rows_are_answered_and_a_bad_one_stops_nothing(table: Path, tryon: CheckedTryOn, tmp_path: Path) -> None:
    outcomes = Batch(tmp_path / "out", suffix=".png").run(read_jobs(table), tryon)
    assert statuses(outcomes) == ["made", "made", "failed", "made"]
    assert "person photo is not there" in str(outcomes[2].error) and "line 4" in str(outcomes[2].error)
    expected = tryon.pipeline.worn(
        blocks_u8(), blocks_u8(seed=1), category="t-shirt", garment_cm={"chest": 110.0}, body_cm={"chest": 96.0}
    )
    assert outcomes[0].picture == tmp_path / "out" / "pictures" / "2-ann-tee-M.png"
    np.testing.assert_array_equal(decode_rgb_u8(outcomes[0].picture), expected)
    assert (decode_rgb_u8(outcomes[0].picture) != decode_rgb_u8(outcomes[1].picture)).any()


def test_what_is_done_is_kept_until_something_changes(
    table: Path, tryon: CheckedTryOn, tmp_path: Path, make_photo: MakePhoto
) -> None:
    batch = Batch(tmp_path / "out")
    first = batch.run(read_jobs(table), tryon)
    again = batch.run(read_jobs(table), tryon)
    assert statuses(again) == ["kept", "kept", "failed", "kept"]
    assert [outcome.done for outcome in again] == [outcome.done for outcome in first]
    make_photo("bob.png", 6)  # an input
    assert statuses(batch.run(read_jobs(table), tryon)) == ["kept", "kept", "failed", "made"]
    (tmp_path / "tee.csv").write_text("size,chest\nM,110\nL,119\n")  # a measure of one size
    assert statuses(batch.run(read_jobs(table), tryon)) == ["kept", "made", "failed", "kept"]
    assert first[0].picture is not None
    first[0].picture.write_bytes(b"cut")  # not what was written: another's, so it is not touched unasked
    assert statuses(batch.run(read_jobs(table), tryon)) == ["failed", "kept", "failed", "kept"]
    assert statuses(Batch(tmp_path / "out", overwrite=True).run(read_jobs(table), tryon))[0] == "made"
    changed = Batch(tmp_path / "out", TryOnSettings(seed=1))
    assert statuses(changed.run(read_jobs(table), tryon)) == ["made", "made", "failed", "made"]


def test_killed_half_way_it_goes_on(
    table: Path, tryon: CheckedTryOn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def killed(*words: object, **more: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return CheckedTryOn.__call__(tryon, *words, **more)  # type: ignore[arg-type]

    stub = type("Killed", (), {"__call__": staticmethod(killed), "made_by": staticmethod(tryon.made_by)})()
    batch = Batch(tmp_path / "out")
    with pytest.raises(KeyboardInterrupt):
        batch.run(read_jobs(table), stub)
    assert len(list((tmp_path / "out" / "pictures").iterdir())) == 1
    with (tmp_path / "out" / FILE).open("a") as file:
        file.write('{"name": "3-ann')  # a line cut short
    assert statuses(batch.run(read_jobs(table), tryon)) == ["kept", "made", "failed", "made"]
    assert statuses(batch.run(read_jobs(table), tryon)) == ["kept", "kept", "failed", "kept"]


def test_killed_before_the_file_is_in_place_it_goes_on(
    table: Path, tryon: CheckedTryOn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.write_text(f"{HEAD}ann.png,tee.png,,,,\n")
    jobs, out = read_jobs(table), tmp_path / "out"
    Batch(out).run(jobs, tryon)
    with monkeypatch.context() as patch:
        patch.setattr(batch_module, "write_bytes", lambda path, blob: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            Batch(out, TryOnSettings(seed=1)).run(jobs, tryon)
    assert statuses(Batch(out, TryOnSettings(seed=1)).run(jobs, tryon)) == ["made"]  # over the old one, which is ours
    assert statuses(Batch(out, TryOnSettings(seed=1)).run(jobs, tryon)) == ["kept"]


def test_results_sheets_and_summary(
    table: Path, tryon: CheckedTryOn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    outcomes = Batch(out).run(read_jobs(table), tryon)
    write_results(outcomes, out)
    rows = list(csv.DictReader((out / "results.csv").open(encoding="utf-8")))
    assert [row["status"] for row in rows] == ["made", "made", "failed", "made"]
    assert rows[0]["picture"] == "pictures/2-ann-tee-M.jpg" and rows[0]["warnings"] == "unchecked"
    assert rows[2]["error"].startswith("the row's person photo is not there | where:") and rows[2]["picture"] == ""
    monkeypatch.setattr(report_module, "TILES_A_ROW", 1)
    monkeypatch.setattr(report_module, "ROWS_A_PAGE", 2)
    for name in ("old-1", "old-2"):  # as if an earlier batch had filled a third page
        DoneList(out).add(Done(name, "key", "0" * 64, 1.0))
    own = ["sheet-09.png", "sheet-music.png"]
    for name in ("sheet-03.png", *own):
        (out / name).write_bytes(b"old")
    paths = write_sheets(outcomes, out, "jobs")
    assert [path.name for path in paths] == ["sheet-01.png", "sheet-02.png"]
    assert sorted(path.name for path in out.glob("sheet-*")) == ["sheet-01.png", "sheet-02.png", *own]
    assert decode_rgb_u8(paths[0]).shape[1] > 400


def test_cost_follows_from_seconds_and_price(table: Path, tryon: CheckedTryOn, tmp_path: Path) -> None:
    outcomes = Batch(tmp_path / "out").run(read_jobs(table), tryon)
    timed = [Outcome(o.job, o.status, o.picture, o.done, 3.0, o.error) for o in outcomes]
    summary = summary_of(timed, 7.0, 2.0, tryon.made_by())
    assert (summary["rows"], summary["made"], summary["kept"], summary["failed"]) == (4, 3, 0, 1)
    assert summary["pictures_per_hour"] == 900.0  # 3 pictures in 12 s, the failed row's included
    assert summary["cost_per_1000"] == pytest.approx(1000 / 900 * 2.0)
    assert "900 pictures an hour" in told(summary) and "2.22 for 1,000 pictures at 2 an hour" in told(summary)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    free = summary_of(timed, 7.0, None, {})
    assert free["cost_per_1000"] is None and "1,000" not in told(free)
    for price in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="price"):
            summary_of(timed, 7.0, price, {})


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("ann.png,tee.png,XS,tee.csv,,", "not on the chart"),
        ("ann.png,tee.png,M,,,", "without a chart"),
        ("ann.png,tee.png,M,none.csv,,", "cannot be read"),
        ("ann.png,tee.png,,,sofa,", "unknown category"),
        ("ann.png,tee.png,,,,9", "60 to 180 cm"),
        (",tee.png,,,,", "no person photo"),
        ("tee.csv,tee.png,,,,", "not an image"),
    ],
)
def test_a_bad_row_says_why(table: Path, tryon: CheckedTryOn, tmp_path: Path, row: str, said: str) -> None:
    table.write_text(f"{HEAD}{row}\n")
    (outcome,) = Batch(tmp_path / "out").run(read_jobs(table), tryon)
    assert outcome.status == "failed" and said in str(outcome.error)
    assert not list((tmp_path / "out" / "pictures").iterdir())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "heading is not right"),
        ("person,garment\n", "no jobs"),
        ("person,size\na,M\n", "heading is not right"),
        ("person,garment,garment\na,b,c\n", "heading is not right"),
        ("person,garmet\na,b\n", "did you mean 'garment'?"),
        ("person,garment,body_chset\na,b,9\n", "did you mean 'body_chest'?"),
        ("person,garment,\na,b,9\n", "without a name"),
        ("person,garment\na,b,9\n", "more cells"),
        ("person,garment,name\na,b,x\na,c,X\n", "no two alike"),
        ("person,garment,name\na,b,../x\n", "cannot be a picture's"),
    ],
)
def test_a_table_that_is_none(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "jobs.csv"
    path.write_text(text)
    with pytest.raises((DataError, ConfigError)) as caught:
        read_jobs(path)
    assert said in str(caught.value)


def test_cells_of_a_row(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    path.write_text(
        "\ufeffPerson;garment;name;fabric;seed;garment_length;body_hip\na.jpg;b c.jpg;one;denim;7;70;101\n;;;;;;\n"
    )
    (job,) = read_jobs(path)
    assert job.name == "one" and job.path("garment") == tmp_path / "b c.jpg" and job.path("mask") is None
    settings = job.settings(TryOnSettings(body_cm={"chest": 96.0, "hip": 99.0}, steps=4))
    assert settings.body_cm == {"chest": 96.0, "hip": 101.0} and settings.garment_cm == {"length": 70.0}
    assert settings.seed == 7 and settings.steps == 4 and 0.5 < (settings.drape_coefficient or 0) < 1
