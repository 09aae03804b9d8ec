"""From a wardrobe on disk to records: the whole way over six drawn cases, by controls and folders of pictures."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.unit.evaluation.tryon import tiny_wardrobe

from fitroom.errors import BundleError, EvaluationError
from fitroom.evaluation import command
from fitroom.evaluation.tryon import passes, runner
from fitroom.evaluation.tryon.cases.opening import CaseSet, wardrobe_cases
from fitroom.evaluation.tryon.checks import check_record
from fitroom.evaluation.tryon.controls.control import CONTROLS
from fitroom.evaluation.tryon.controls.row_fields import Row
from fitroom.evaluation.tryon.entrants import Entrant
from fitroom.evaluation.tryon.passes import make_passes
from fitroom.evaluation.tryon.protocol import PROTOCOLS
from fitroom.evaluation.tryon.records import TryOnRecord, read_record, recompute
from fitroom.evaluation.tryon.runner import EvaluateTryOnConfig, evaluate
from fitroom.evaluation.tryon.samples import read_samples

Config = Callable[..., EvaluateTryOnConfig]
NUM = len(tiny_wardrobe.CASES)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_wardrobe.make(tmp_path_factory.mktemp("wardrobe"))


@pytest.fixture(scope="module")
def cases(root: Path) -> CaseSet:
    return wardrobe_cases(root)


@pytest.fixture
def config(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    tiny_wardrobe.install(monkeypatch)

    def make(*protocols: str, **changes: Any) -> EvaluateTryOnConfig:
        given = {"protocols": list(protocols or ["tiny-leak@1"]), "root": str(root), "controls": False, "strips": False}
        return EvaluateTryOnConfig(**(given | {"results": str(tmp_path / "results")} | changes))

    return make


@pytest.fixture
def folder(tmp_path: Path, cases: CaseSet) -> Path:
    """The truth of every leak case, as somebody's predictions."""
    path = tmp_path / "pictures"
    path.mkdir()
    for index, case in enumerate(cases.cases):
        if case.kind == "leak":
            Image.fromarray(cases.row(index)["worn"]).save(path / f"{case.case_id}.png")
    return path


def told(record: TryOnRecord) -> dict[str, Any]:
    """All of a record but the circumstances of its run."""
    return {name: value for name, value in dataclasses.asdict(record).items() if name != "run"}


# --------------------------------------------------------------------------------------------------------- controls


@pytest.fixture(scope="module")
def controls(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Records of all controls under the tiny protocol, by name."""
    with pytest.MonkeyPatch.context() as patch:
        tiny_wardrobe.install(patch)
        results = tmp_path_factory.mktemp("controls")
        paths = evaluate(EvaluateTryOnConfig(["tiny@1"], root=str(root), results=str(results), strips=False))
    return {read_record(path).model.name: path for path in paths}


def test_every_control_has_a_record_that_its_rows_give_again(controls: dict[str, Path]) -> None:
    assert set(controls) == set(CONTROLS)
    for name, path in controls.items():
        record = check_record(path)
        assert recompute(path) == record.scores
        assert record.model.control and record.oracle == CONTROLS[name].oracle
    assert not (path.parents[2] / ".partial").exists()
    assert len(list((path.parents[2] / "references").iterdir())) == 1  # one reference set for all


def test_the_truth_is_perfect_and_a_copy_is_not(controls: dict[str, Path]) -> None:
    truth, copy = (read_record(controls[name]).scores for name in ("control-truth", "control-copy"))
    assert (truth["psnr"].value, truth["ssim_color"].value, truth["garment_iou"].value) == (100.0, 1.0, 1.0)
    assert (truth["hem_error_cm"].value, truth["sleeve_error_cm"].value, truth["leak_cm"].value) == (0.0, 0.0, 0.0)
    assert truth["fit_accuracy"].reason == "not defined for any of the cases"  # the arms hang beside the trunk
    assert truth["size_step_error_cm"].value == 0.0 and truth["size_monotone"].value == 1.0
    assert truth["fd_effnetlite0"].value == pytest.approx(0, abs=1e-3)
    assert copy["psnr"].value < 40 and copy["hem_error_cm"].value > 1 and copy["size_monotone"].value == 0.0
    assert copy["fd_effnetlite0"].value > 0.1
    assert truth["lpips_alex"].value is None and truth["lpips_alex"].reason == "its weights are not here"
    assert truth["size_step_error_cm"].num_samples == 2 and truth["leak_cm"].num_samples == 2


def test_pasting_the_photo_back_repairs_what_lies_outside_the_mask(controls: dict[str, Path]) -> None:
    blurred = read_record(controls["control-truth-blurred"]).scores
    assert blurred["psnr_pasted"].value > blurred["psnr"].value + 0.5


def test_planted_steps_are_in_the_rows(controls: dict[str, Path]) -> None:
    samples = read_samples(controls["control-truth"].with_suffix(".parquet")).set_index("case_id")
    hems = samples["true_hem_cm"][["test-0", "test-1", "test-2"]].to_numpy()
    assert np.diff(hems) == pytest.approx([2.0, 2.0], abs=0.01)
    assert np.array_equal(samples["seen_hem_cm"], samples["true_hem_cm"])


# ------------------------------------------------------------------------------------------------ killed, and shared


def test_a_run_that_was_killed_goes_on_where_it_stopped(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured, measure = [], passes.measure

    def dying(*given: Any) -> Any:
        if len(measured) >= 7:
            raise KeyboardInterrupt
        measured.append(given)
        return measure(*given)

    settings = {"controls": True, "results": str(tmp_path / "killed")}
    monkeypatch.setattr(passes, "measure", dying)
    with pytest.raises(KeyboardInterrupt):
        evaluate(config("tiny-leak@1", **settings))
    assert not list((tmp_path / "killed").rglob("*.json"))
    monkeypatch.setattr(passes, "measure", lambda *given: (measured.append(given), measure(*given))[1])
    again = evaluate(config("tiny-leak@1", **settings))
    assert len(measured) == 2 * len(CONTROLS)
    assert not (tmp_path / "killed/.partial").exists()
    at_once = evaluate(config("tiny-leak@1", controls=True, results=str(tmp_path / "whole")))
    for one, other in zip(again, at_once, strict=True):
        assert one.with_suffix(".parquet").read_bytes() == other.with_suffix(".parquet").read_bytes()
        assert told(read_record(one)) == told(read_record(other))


@pytest.mark.slow
def test_two_processes_share_the_cases_and_one_writes(root: Path, controls: dict[str, Path], tmp_path: Path) -> None:
    """By torchrun, which `accelerate launch` wraps; the records equal those of one process."""
    repository = Path(__file__).parents[4]
    script = tmp_path / "start.py"
    script.write_text(
        "import sys, types\n"
        f"tests = types.ModuleType('tests'); tests.__path__ = [{str(repository / 'tests')!r}]\n"
        "sys.modules['tests'] = tests\n"
        "from tests.unit.evaluation.tryon import tiny_wardrobe\n"
        "tiny_wardrobe.install()\n"
        "from fitroom.evaluation.tryon import runner\n"
        "sys.exit(runner.main(sys.argv[1:]))\n"
    )
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    words = ["--protocol", "tiny@1", "--root", str(root), "--results", str(tmp_path / "two"), "--strips", "false"]
    done = subprocess.run([*launch, *words], cwd=repository, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("tiny@1: 6 cases") == 1
    for name, path in controls.items():
        two = next((tmp_path / "two" / name).rglob("*.json"))
        assert check_record(two).run.world_size == 2
        assert told(read_record(two)) == told(read_record(path))


# ------------------------------------------------------------------------------------------------------- predictions


def test_a_folder_of_pictures_end_to_end(config: Config, folder: Path, tmp_path: Path) -> None:
    (path,) = evaluate(config(predictions=str(folder), name="somebody"))
    record = read_record(path)  # not checked: the truth itself is no model
    assert path == tmp_path / f"results/somebody/{record.model.revision}/tiny-leak@1.json"
    assert (record.predictions.source, record.model.kind, record.model.control) == ("folder", "predictions", False)
    assert (record.data.num_cases, record.data.num_predicted, record.scores["psnr"].value) == (2, 2, 100.0)
    picture = next(folder.iterdir())
    Image.fromarray(255 - np.asarray(Image.open(picture))).save(picture)
    (other,) = evaluate(config(predictions=str(folder), name="somebody"))
    assert check_record(other).model.revision != record.model.revision


def test_the_truth_under_a_model_s_name_is_refused(config: Config, folder: Path) -> None:
    (path,) = evaluate(config(predictions=str(folder)))
    with pytest.raises(EvaluationError, match="the truth was compared with itself"):
        check_record(path)


def test_everything_wrong_with_a_folder_is_said_at_once(config: Config, folder: Path, tmp_path: Path) -> None:
    (folder / "test-3.png").rename(folder / "test-33.png")
    with Image.open(folder / "test-4.png") as image:
        image.resize((60, 80)).save(folder / "test-4.png")
    with pytest.raises(EvaluationError, match="3 problems") as caught:
        evaluate(config(predictions=str(folder)))
    text = str(caught.value)
    assert "missing (1)" in text and "test-3\n" in text
    assert "extra (1)" in text and "test-33.png" in text
    assert "wrong-size (1)" in text and "test-4.png: 80 x 60" in text
    assert not (tmp_path / "results").exists()


def test_allowed_gaps_null_every_score_with_a_count(
    config: Config, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "test-3.png").unlink()
    Image.fromarray(np.full((160, 120, 3), 90, np.uint8)).save(folder / "test-4.png")
    (path,) = evaluate(config(predictions=str(folder), allow_missing=True, strips=True))
    record = check_record(path)
    assert (record.data.num_cases, record.data.num_predicted) == (2, 1)
    assert path.with_suffix(".strips.webp").read_bytes()[8:12] == b"WEBP"
    assert {score.value for score in record.scores.values()} == {None}
    assert record.scores["psnr"].num_missing == 1 and "1 of 2 predictions" in str(record.scores["psnr"].reason)
    samples = read_samples(path.with_suffix(".parquet"))
    assert samples["pixels_sha256"].isna().tolist() == [True, False] and np.isfinite(samples["psnr"][1])
    print(runner._summary([path]))
    assert "1 of 2 predictions: no scores" in capsys.readouterr().out


def test_a_control_that_some_case_cannot_have_costs_the_others_nothing(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = CONTROLS["control-copy"]

    def picky(row: Row) -> np.ndarray:
        if row["case_id"] == "test-4":
            raise EvaluationError("there is nothing to hang the garment on")
        return copy.draw(row)

    monkeypatch.setitem(CONTROLS, "control-paste", dataclasses.replace(copy, name="control-paste", draw=picky))
    records = {record.model.name: record for record in map(check_record, evaluate(config(controls=True)))}
    pasted, copied = records["control-paste"], records["control-copy"]
    assert pasted.data.num_predicted == 1 and {score.value for score in pasted.scores.values()} == {None}
    assert copied.data.num_predicted == 2 and copied.scores["psnr"].value is not None


# ---------------------------------------------------------------------------------------------------------- refusals


def test_a_model_that_has_seen_the_cases(config: Config, cases: CaseSet, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = next(case for case in cases.cases if case.kind == "leak").inputs[0][:16]
    enter_controls = runner.enter_controls

    def learned(of: CaseSet) -> tuple[list[Entrant], dict[str, str]]:
        copy = enter_controls(of)[0][0]
        entry = dataclasses.replace(copy.entry, name="learner", control=False, kind="tryon", bundle_hash="b" * 64)
        return [dataclasses.replace(copy, entry=entry, source="bundle", trained_on=frozenset({seen}))], {}

    monkeypatch.setattr(runner, "enter_controls", learned)
    with pytest.raises(EvaluationError, match="seen 1 of the 2 cases"):
        evaluate(config(controls=True))
    (path,) = evaluate(config(controls=True, allow_seen=True))
    record = check_record(path)
    assert record.seen and record.num_seen == 1
    assert "SEEN 1 of its cases" in runner._summary([path])


def test_the_reference_folder_must_be_the_reference_set(config: Config, folder: Path) -> None:
    assert evaluate(config(predictions=str(folder), reference=str(folder)))
    next(folder.iterdir()).rename(folder.parent / "away.png")
    with pytest.raises(EvaluationError, match="not the reference set"):
        evaluate(config(controls=True, reference=str(folder)))


def test_a_record_of_other_cases_is_not_replaced(config: Config, root: Path, tmp_path: Path) -> None:
    (path, *_) = evaluate(config(controls=True))
    before = path.read_bytes()
    values = json.loads(before)
    values["data"]["digest"] = "0" * 64
    path.write_text(json.dumps(values))
    with pytest.raises(EvaluationError, match="other cases is in the way"):
        evaluate(config(controls=True))
    path.write_text("{")  # a broken one is
    assert check_record(evaluate(config(controls=True))[0])


def test_nothing_to_evaluate_and_paths_that_lead_nowhere(config: Config) -> None:
    with pytest.raises(EvaluationError, match="nothing to evaluate"):
        evaluate(config())
    with pytest.raises(BundleError, match="neither a bundle nor a run"):
        evaluate(config(models=["nowhere"], root="nowhere either"))


# --------------------------------------------------------------------------------------------------- passes, command


def test_protocols_that_look_alike_share_a_pass(root: Path, config: Config) -> None:
    config()
    alike = [PROTOCOLS[name]() for name in ("tiny@1", "tiny-leak@1")]
    (one,) = make_passes(alike, root)
    assert len(one.cases) == NUM and {"ssim_gray", "ssim_color", "fit"} <= set(one.wanted)
    assert [row["n"] for row in one.rows_of(alike[1], [{"kind": "leak", "n": 1}, {"kind": "paired", "n": 2}])] == [1]
    other = dataclasses.replace(alike[1], truth_filter="area")
    assert [len(each.cases) for each in make_passes([alike[0], other], root)] == [NUM, 2]


def test_one_call_with_two_protocols_says_how_far_they_differ(
    config: Config,
    root: Path,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    cases: CaseSet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config()
    gray = dataclasses.replace(PROTOCOLS["tiny@1"](), name="tiny-gray", metrics=["ssim_gray"])
    monkeypatch.setitem(PROTOCOLS, "tiny-gray@1", lambda: gray)
    for index, case in enumerate(cases.cases):
        Image.fromarray(cases.row(index)["person"]).save(folder / f"{case.case_id}.png")
    words = ["--protocol", "tiny@1", "--protocol=tiny-gray@1", "--root", str(root), "--results", str(tmp_path / "r")]
    words += ["--predictions", str(folder), "--name", "copier", "--controls", "false"]
    assert command.main(words) == 0
    said = capsys.readouterr().out
    assert "tiny@1: 6 cases, 4 persons, 3 garments" in said and "tiny-gray@1: 6 cases" in said
    assert "how far the protocols differ" in said
    assert "copier: SSIM differs by" in said and "(ssim_gray of tiny-gray@1)" in said


def test_protocols_are_found_among_the_words(tmp_path: Path) -> None:
    file = tmp_path / "evaluate.yaml"
    file.write_text("protocols: [a@1, compat/b@2]\n")
    words = ["--protocol", "c@1", "--protocols=[d@1, e@2]", "--config", str(file), "--name", "protocol"]
    assert command.protocols_in(words) == ["c@1", "d@1", "e@2", "a@1", "compat/b@2"]
    assert command.protocols_in(["--config", str(tmp_path / "none.yaml")]) == []


@pytest.mark.parametrize(
    ("protocols", "said"),
    [
        (["wardrobe-pared@3"], "did you mean 'wardrobe-paired@3'"),
        (["compat/catvton@2"], "did you mean 'compat/catvton@1'"),
        (["wardrobe-paired@3", "clothing-recognition@1"], "two kinds"),
    ],
)
def test_protocols_that_cannot_be_asked_for(protocols: list[str], said: str) -> None:
    words = [word for name in protocols for word in ("--protocol", name)]
    with pytest.raises(EvaluationError, match=said):
        command.main(words)
