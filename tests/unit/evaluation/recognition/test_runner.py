"""From photos and a bundle on disk to records: the whole way, on tiny photos and a tiny network."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fitroom.bundles import Bundle
from fitroom.contracts import Head
from fitroom.data.source import SourceConfig
from fitroom.errors import BundleError, ConfigError, EvaluationError
from fitroom.evaluation.recognition import controls, runner
from fitroom.evaluation.recognition.checks import check_record
from fitroom.evaluation.recognition.records import read_answers
from fitroom.evaluation.recognition.runner import EvaluateConfig, evaluate
from fitroom.models import weights
from fitroom.pipelines.recognize import RecognizePipeline

COLORS = {"dress": (220, 40, 40), "hat": (40, 200, 60), "shirt": (50, 60, 210)}
MakeBundle = Callable[..., Bundle]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 photos of three classes by 12 contributors, with further labels, some of them missing."""
    root, rng, rows = tmp_path_factory.mktemp("photos"), np.random.default_rng(0), []
    for i in range(60):
        name = list(COLORS)[i % 3]
        pixels = np.clip(rng.normal(COLORS[name], 25, size=(40, 32, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(root / f"{i:03d}.png")
        rows.append(
            {
                "path": f"{i:03d}.png", "category": name, "contributor": f"c{i // 5}",
                "material": ["cotton", "wool", None][i % 3], "details": ["zip", "collar|zip", None, "pocket"][i % 4],
                "drape": None if i % 7 == 0 else 10 + i,
            }
        )  # fmt: skip
    pd.DataFrame(rows).to_csv(root / "labels.csv", index=False)
    return root


@pytest.fixture
def config(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., EvaluateConfig]:
    monkeypatch.setattr(controls, "load_backbone", lambda name: weights.load_backbone(name, "none"))

    def make(*models: Bundle, **changes: Any) -> EvaluateConfig:
        values: dict[str, Any] = {
            "protocol": "clothing-recognition@1",
            "source": SourceConfig(str(photos)),
            "models": [str(model.path) for model in models],
            "results": str(tmp_path / "results"),
            "batch_size": 8,
            "controls": False,
            "probe_backbone": "test_efficientnet",
        }
        return EvaluateConfig(**(values | changes))

    return make


def with_labels(photos: Path) -> SourceConfig:
    return SourceConfig(str(photos), label_columns={n: n for n in ("category", "material", "details", "drape")})


def sha16(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def test_a_record_says_what_the_pipeline_says(
    config: Callable[..., EvaluateConfig], tiny_bundle: Bundle, photos: Path
) -> None:
    (path,) = evaluate(config(tiny_bundle))
    record, answers = check_record(path), read_answers(path)
    assert (record.model.name, record.model.revision) == ("tiny", tiny_bundle.spec.revision)
    assert (record.model.bundle_hash, record.model.seed, record.model.control) == (tiny_bundle.hash, 0, False)
    assert (record.model.height_px, record.model.width_px, record.data.num_photos) == (64, 48, 60)
    assert record.model.settings["calibration"]["temperature"] == 1.7
    assert record.scores.clusters == "contributors" and record.scores.num_clusters == answers["group"].nunique()
    assert path.with_suffix(".confusion.png").read_bytes().startswith(b"\x89PNG")

    pipeline = RecognizePipeline.from_bundle(tiny_bundle.path)
    for row in answers.itertuples():
        (said,) = pipeline([np.asarray(Image.open(photos / row.sample_id))])
        assert row.predicted == max(said.probabilities, key=lambda name: said.probabilities[name])
        assert row.confidence == pytest.approx(said.confidence, abs=1e-4) and row.unknown == said.unknown
        assert row.probabilities == pytest.approx(list(said.probabilities.values()), abs=1e-4)


def test_only_the_report_part_is_answered(config: Callable[..., EvaluateConfig], tiny_bundle: Bundle) -> None:
    (path,) = evaluate(config(tiny_bundle))
    answers = read_answers(path)
    assert 0 < len(answers) < 30
    assert set(answers.groupby("group").size()) == {5}  # whole contributors


def test_further_heads_are_scored_where_labelled(
    config: Callable[..., EvaluateConfig], tiny_bundle: Bundle, photos: Path
) -> None:
    (path,) = evaluate(config(tiny_bundle, source=with_labels(photos)))
    heads = {head.name: head for head in check_record(path).scores.heads}
    assert {name: list(head.scores) for name, head in heads.items()} == {
        "material": ["top1", "macro_f1"], "details": ["macro_f1", "map"], "drape": ["mae", "r2"],
    }  # fmt: skip
    answers = read_answers(path)
    assert heads["details"].num_labelled == answers["details.truth"].notna().sum() < len(answers)
    drape = answers[answers["drape.truth"].notna()]
    error = (drape["drape.truth"] - drape["drape.predicted"]).abs().mean()
    assert heads["drape"].scores["mae"].value == pytest.approx(error)
    assert set(np.concatenate(answers["details.truth"].dropna().to_list())) <= {"zip", "collar", "pocket"}


class TestControls:
    def test_they_stand_beside_the_model(self, config: Callable[..., EvaluateConfig], tiny_bundle: Bundle) -> None:
        records = [check_record(path) for path in evaluate(config(tiny_bundle, controls=True))]
        assert [record.model.name for record in records] == [
            "tiny", "control-most-frequent", "control-color-centroid", "control-linear-probe-test_efficientnet",
        ]  # fmt: skip
        assert [record.model.control for record in records] == [False, True, True, True]
        assert len({record.data.samples_digest for record in records}) == 1
        assert records[2].scores.overall["top1"].value == 1.0  # the photos are told apart by colour alone
        assert records[1].scores.overall["top1"].value < 0.6

    def test_report_labels_cannot_reach_them(
        self, config: Callable[..., EvaluateConfig], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What a control is fitted on holds no photo that it is scored on."""
        fitted: list[int] = []
        fit = controls.NearestColorCentroid.fit

        def spy(self: Any, first: controls.Labelled, second: controls.Labelled) -> controls.Fitted:
            fitted.extend([len(first.labels_N), len(second.labels_N)])
            return fit(self, first, second)

        monkeypatch.setattr(controls.NearestColorCentroid, "fit", spy)
        num_report = check_record(evaluate(config(controls=True))[0]).data.num_samples
        assert sum(fitted) + num_report == 60

    @pytest.mark.slow
    def test_they_repeat(self, config: Callable[..., EvaluateConfig], tmp_path: Path) -> None:
        first = [check_record(path) for path in evaluate(config(controls=True))][:2]
        again = [check_record(path) for path in evaluate(config(controls=True, results=str(tmp_path / "b")))][:2]
        assert [(r.model, r.scores, r.answers) for r in first] == [(r.model, r.scores, r.answers) for r in again]


class TestRefusals:
    def leaky(self, photos: Path, make_bundle: MakeBundle, folder: Path) -> Bundle:
        """Has seen all photos."""
        return make_bundle(folder, trained_on=[sha16(path) for path in photos.glob("*.png")])

    def test_a_model_that_has_seen_the_photos(
        self, config: Callable[..., EvaluateConfig], photos: Path, make_bundle: MakeBundle, tmp_path: Path
    ) -> None:
        leaky = self.leaky(photos, make_bundle, tmp_path / "leaky")
        with pytest.raises(EvaluationError, match=r"seen (\d+) of the \1 photos") as caught:
            evaluate(config(leaky))
        assert ".png, ..." in str(caught.value)
        assert not (tmp_path / "results").exists()

    def test_unless_allowed_and_then_it_is_marked(
        self, config: Callable[..., EvaluateConfig], photos: Path, make_bundle: MakeBundle, tmp_path: Path
    ) -> None:
        leaky = self.leaky(photos, make_bundle, tmp_path / "leaky")
        record = check_record(evaluate(config(leaky, allow_seen=True))[0])
        assert record.seen and record.num_seen == record.data.num_samples

    def test_a_model_that_answers_another_question(
        self, config: Callable[..., EvaluateConfig], make_bundle: MakeBundle, tmp_path: Path
    ) -> None:
        other = make_bundle(tmp_path / "o", heads=[Head("material", classes=["silk", "wool"])], calibration={})
        with pytest.raises(EvaluationError, match="another question"):
            evaluate(config(other))

    def test_a_model_that_knows_none_of_the_classes(
        self, config: Callable[..., EvaluateConfig], make_bundle: MakeBundle, tmp_path: Path
    ) -> None:
        other = make_bundle(tmp_path / "o", heads=[Head("category", classes=["cat", "dog"])], calibration={})
        with pytest.raises(EvaluationError, match="none of the classes"):
            evaluate(config(other))

    def test_a_model_given_twice(self, config: Callable[..., EvaluateConfig], tiny_bundle: Bundle) -> None:
        with pytest.raises(EvaluationError, match="twice"):
            evaluate(config(tiny_bundle, tiny_bundle))

    def test_nothing_to_evaluate(self, config: Callable[..., EvaluateConfig]) -> None:
        with pytest.raises(EvaluationError, match="nothing to evaluate"):
            evaluate(config())

    def test_a_record_of_other_photos_in_the_way(
        self, config: Callable[..., EvaluateConfig], tiny_bundle: Bundle, photos: Path
    ) -> None:
        (path,) = evaluate(config(tiny_bundle))
        before = path.read_bytes()
        with pytest.raises(EvaluationError, match="other photos is in the way"):
            evaluate(config(tiny_bundle, source=with_labels(photos)))  # other labels, so another digest
        assert path.read_bytes() == before

    def test_a_broken_record_is_replaced(self, config: Callable[..., EvaluateConfig], tiny_bundle: Bundle) -> None:
        (path,) = evaluate(config(tiny_bundle))
        path.write_text("{")
        assert check_record(evaluate(config(tiny_bundle))[0]).model.name == "tiny"


def test_a_photo_that_goes_bad_nulls_the_scores(
    config: Callable[..., EvaluateConfig], tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Audited, then lost before it was read: the record says so instead of scoring the rest."""
    read_source = runner.read_source

    def read_then_lose(source: SourceConfig) -> Any:
        manifest, report = read_source(source)
        real = type(manifest).path
        monkeypatch.setattr(type(manifest), "path", lambda self, id: real(self, "gone.png" if id == lost else id))
        return manifest, report

    lost = read_answers(evaluate(config(tiny_bundle))[0])["sample_id"][0]
    monkeypatch.setattr(runner, "read_source", read_then_lose)
    (path,) = evaluate(config(tiny_bundle))
    record = check_record(path)
    found = record.scores.overall["top1"]
    assert (found.value, found.num_missing) == (None, 1) and record.scores.overall["answered"].value < 1
    assert not path.with_suffix(".confusion.png").exists()


class TestCommandLine:
    def test_models_can_be_given_one_by_one(
        self, config: Callable[..., EvaluateConfig], make_bundle: MakeBundle, photos: Path, tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        first, second = (make_bundle(tmp_path / f"b{seed}", seed=seed) for seed in (1, 2))
        words = ["--protocol", "clothing-recognition@1", "--source.root", str(photos), "--controls", "false"]
        words += ["--results", str(tmp_path / "r"), "--model", str(first.path), f"--model={second.path}"]
        assert runner.main(words) == 0
        shown = capsys.readouterr().out
        assert first.spec.revision in shown and second.spec.revision in shown and "top-1 0." in shown
        assert len(list((tmp_path / "r" / "tiny").iterdir())) == 2

    @pytest.mark.parametrize("words", [["--model"], ["--model", "--controls", "false"]])
    def test_a_model_without_a_path_is_an_error(self, words: list[str]) -> None:
        with pytest.raises(ConfigError, match="argument"):
            runner.main(["--protocol", "clothing-recognition@1", "--source.root", "x", *words])

    def test_a_mistyped_path_does_not_wait_for_the_photos(self, config: Callable[..., EvaluateConfig]) -> None:
        with pytest.raises(BundleError, match="neither a bundle nor a run"):
            evaluate(config(models=["nowhere"], source=SourceConfig("nowhere either")))

    def test_an_unknown_word_names_the_nearest(self) -> None:
        with pytest.raises(ConfigError, match="source"):
            runner.main(["--sorce.root", "x"])

    def test_a_folder_without_contributors_has_its_protocol(
        self, config: Callable[..., EvaluateConfig], tiny_bundle: Bundle, photos: Path, tmp_path: Path
    ) -> None:
        table = pd.read_csv(photos / "labels.csv")
        for row in table.itertuples():
            (tmp_path / "folder" / row.category).mkdir(parents=True, exist_ok=True)
            (tmp_path / "folder" / row.category / row.path).symlink_to(photos / row.path)
        source = SourceConfig(str(tmp_path / "folder"))
        (path,) = evaluate(config(tiny_bundle, protocol="photo-recognition@1", source=source))
        record = check_record(path)
        assert (record.scores.clusters, record.scores.num_clusters) == ("photos", 12)


@pytest.mark.slow
def test_two_processes_share_the_photos_and_one_writes(photos: Path, tiny_bundle: Bundle, tmp_path: Path) -> None:
    """By torchrun, which `accelerate launch` wraps; the records equal those of one process."""
    root = Path(__file__).parents[4]
    words = ["--protocol", "clothing-recognition@1", "--source.root", str(photos), "--controls", "false"]
    words += ["--model", str(tiny_bundle.path), "--batch_size", "4"]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    script = tmp_path / "start.py"
    lines = ["import sys", "from fitroom.evaluation.recognition import runner", "sys.exit(runner.main(sys.argv[1:]))"]
    script.write_text("\n".join(lines))
    done = subprocess.run(
        [*launch, str(script), *words, "--results", str(tmp_path / "two")],
        cwd=root, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("top-1") == 1
    runner.main([*words, "--results", str(tmp_path / "one")])
    two, one = (next((tmp_path / name).rglob("*.json")) for name in ("two", "one"))
    assert check_record(two).run.world_size == 2
    assert json.loads(two.read_text())["scores"]["confusion"] == json.loads(one.read_text())["scores"]["confusion"]
    assert read_answers(two)["sample_id"].to_list() == read_answers(one)["sample_id"].to_list()
