"""What controls say to further questions; protocols that take some classes only and count some as others."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fitroom.contracts import Head
from fitroom.data.manifest import Manifest
from fitroom.data.source import SourceConfig
from fitroom.data.splits import PartsConfig
from fitroom.evaluation.recognition import controls
from fitroom.evaluation.recognition import protocol as recipes
from fitroom.evaluation.recognition.checks import check_record
from fitroom.evaluation.recognition.controls import MostFrequentClass, NearestColorCentroid
from fitroom.evaluation.recognition.further import Seen, fit_question
from fitroom.evaluation.recognition.protocol import RecognitionProtocol
from fitroom.evaluation.recognition.records import read_answers
from fitroom.evaluation.recognition.runner import EvaluateConfig, evaluate
from fitroom.models import weights

COLORS = {"dress": (220, 40, 40), "shirt": (50, 60, 210), "hat": (40, 200, 60)}
FURTHER = {"material": "single", "details": "multi", "drape": "regression"}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 photos with splits; all labels follow from the colour."""
    root, rng, rows = tmp_path_factory.mktemp("photos"), np.random.default_rng(0), []
    for i in range(60):
        name = list(COLORS)[i % 3]
        pixels = np.clip(rng.normal(COLORS[name], 25, size=(40, 32, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(root / f"{i:03d}.png")
        rows.append(
            {
                "path": f"{i:03d}.png", "category": name, "split": ["train", "train", "val", "test"][i // 3 % 4],
                "material": ["cotton", "wool", "felt"][i % 3], "details": ["collar|zip", "collar", "|"][i % 3],
                "drape": [0.2, 0.4, 0.9][i % 3],
            }
        )  # fmt: skip
    pd.DataFrame(rows).to_csv(root / "labels.csv", index=False)
    return root


@pytest.fixture
def score(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Evaluates under a protocol; gives the records by model's name, and checks each against its answers."""
    monkeypatch.setattr(controls, "load_backbone", lambda name: weights.load_backbone(name, "none"))

    def run(protocol: RecognitionProtocol, *models: Path, **changes: Any) -> dict[str, Any]:
        monkeypatch.setitem(recipes.PROTOCOLS, protocol.id, lambda: protocol)
        columns = {name: name for name in ("category", *FURTHER)}
        values: dict[str, Any] = {
            "protocol": protocol.id, "source": SourceConfig(str(photos), label_columns=columns),
            "models": [str(model) for model in models], "results": str(tmp_path / "results"), "batch_size": 8,
            "probe_backbone": "test_efficientnet",
        }  # fmt: skip
        records = [check_record(path) for path in evaluate(EvaluateConfig(**(values | changes)))]
        return {record.model.name: record for record in records}

    return run


SPLIT = RecognitionProtocol("tiny-recognition", 1, parts=PartsConfig(by="split"), num_resamples=50)


def test_controls_answer_further_questions(score: Callable[..., dict[str, Any]]) -> None:
    records = score(dataclasses.replace(SPLIT, further=FURTHER))  # type: ignore[arg-type]
    heads = {
        name: {head.name: {key: s.value for key, s in head.scores.items()} for head in record.scores.heads}
        for name, record in records.items()
    }
    frequent, color, probe = heads.values()
    assert list(frequent) == list(probe) == list(FURTHER)
    assert list(color) == ["material", "details"]  # the mean colour of a number says nothing
    assert color["material"]["top1"] == 1.0 and color["details"]["macro_f1"] == 1.0
    assert frequent["material"]["top1"] == pytest.approx(1 / 3)
    mean = np.mean([0.2, 0.4, 0.9])
    assert frequent["drape"]["mae"] == pytest.approx(np.mean(np.abs(np.array([0.2, 0.4, 0.9]) - mean)))
    assert probe["drape"]["mae"] < frequent["drape"]["mae"]


def test_without_further_questions_they_answer_one(score: Callable[..., dict[str, Any]]) -> None:
    assert all(not record.scores.heads for record in score(SPLIT).values())


def manifest(**columns: list[Any]) -> Manifest:
    table = pd.DataFrame(columns, dtype="object")
    return Manifest(Path(), table, list(columns))


def test_photos_without_the_label_are_left_out() -> None:
    """The unlabelled ones would have turned the majority."""
    photos = manifest(material=["silk", "silk", None, None, None, "wool"])
    seen = Seen(np.zeros((6, 1), np.float32), np.arange(6))
    found = fit_question(MostFrequentClass(), "material", "single", photos, seen, seen)
    assert found is not None
    question, answer = found
    assert question.classes == ["silk", "wool"]
    assert [one.predicted for one in answer(np.zeros((2, 1)))] == ["silk", "silk"]
    nothing = manifest(material=[None] * 6)
    assert fit_question(MostFrequentClass(), "material", "single", nothing, seen, seen) is None


def test_a_label_that_all_photos_have_is_always_answered() -> None:
    photos = manifest(season=["spring|summer", "spring", "spring", "spring|summer"])
    features = np.array([[1.0], [0.0], [0.0], [1.0]], np.float32)
    seen = Seen(features, np.arange(4))
    found = fit_question(NearestColorCentroid(), "season", "multi", photos, seen, seen)
    assert found is not None
    question, answer = found
    assert question.classes == ["spring", "summer"]
    assert [one.predicted for one in answer(features[:2])] == [["spring", "summer"], ["spring"]]


def test_some_classes_only_and_some_count_as_others(
    score: Callable[..., dict[str, Any]], make_bundle: Callable[..., Any], tmp_path: Path
) -> None:
    heads = [Head("category", classes=["blouse", "dress", "polo"])]
    model = make_bundle(tmp_path / "m", heads=heads, calibration={}).path
    protocol = dataclasses.replace(SPLIT, classes=["dress", "shirt"], synonyms={"blouse": "shirt", "polo": "shirt"})
    records = score(protocol, model)
    record, *others = records.values()
    assert record.data.classes == ["shirt", "dress"] and record.data.num_known == 2
    assert record.data.num_samples == 10 and record.data.num_photos == 40
    assert all(other.data.classes == ["dress", "shirt"] for other in others)
    path = next((tmp_path / "results").rglob(f"{record.model.revision}/*.json"))
    answers = read_answers(path)
    assert set(answers["truth"]) == {"dress", "shirt"}
    assert np.allclose([sum(row) for row in answers["probabilities"]], 1, atol=1e-5)
