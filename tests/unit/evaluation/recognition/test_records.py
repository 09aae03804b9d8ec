"""Records: what is written reads back, gives the same scores again, and is refused where it cannot be true."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet

from fitroom.bundles.card import numbers_section
from fitroom.errors import EvaluationError
from fitroom.evaluation.recognition.checks import check_record
from fitroom.evaluation.recognition.records import answers_to_parquet, read_answers, read_record, recompute
from fitroom.evaluation.recognition.scoring import Question

RecordAt = Callable[..., Path]
MakeAnswers = Callable[..., pd.DataFrame]
HEADS = [Question("material", "single", ["silk", "wool"]), Question("details", "multi", ["hood", "zip"])]
HEADS += [Question("drape", "regression")]


@pytest.fixture
def with_heads(answers_of: MakeAnswers) -> pd.DataFrame:
    answers = answers_of(num=30)
    rng = np.random.default_rng(0)
    scores = rng.dirichlet([1, 1], size=30).astype(np.float32)
    answers["material.truth"] = [None if i % 5 == 0 else ["silk", "wool"][i % 2] for i in range(30)]
    answers["material.predicted"] = [["silk", "wool"][int(p.argmax())] for p in scores]
    answers["material.scores"] = list(scores)
    answers["details.truth"] = pd.Series([None if i % 4 == 0 else ["zip"][: i % 2] for i in range(30)], dtype=object)
    answers["details.predicted"] = pd.Series([["hood", "zip"][: i % 3] for i in range(30)], dtype=object)
    answers["details.scores"] = list(scores)
    answers["drape.truth"] = rng.random(30).tolist()
    answers["drape.predicted"] = rng.random(30).tolist()
    return answers


def edit(path: Path, keys: str, value: Any) -> None:
    """Changes one field of a record by hand, which nobody may do."""
    values = json.loads(path.read_text())
    inner, *_ = [values]
    *steps, last = keys.split(".")
    for step in steps:
        inner = inner[int(step)] if isinstance(inner, list) else inner[step]
    inner[int(last) if isinstance(inner, list) else last] = value
    path.write_text(json.dumps(values))


def swap_answers(path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Changes the answers, and the hash in the record so that it fits."""
    record = read_record(path)
    blob = answers_to_parquet(change(read_answers(path)), record.questions)
    path.with_suffix(".parquet").write_bytes(blob)
    edit(path, "answers.sha256", hashlib.sha256(blob).hexdigest())


def test_it_lies_where_it_should_and_reads_back(record_at: RecordAt, tmp_path: Path) -> None:
    path = record_at("model", revision="0123456789ab")
    assert path.relative_to(tmp_path) == Path("results/model/0123456789ab/clothing-recognition@1.json")
    record = check_record(path)
    assert (record.model.name, record.data.num_samples, record.seen) == ("model", 80, False)
    assert {file.name for file in path.parent.iterdir()} == {path.name, path.with_suffix(".parquet").name}


def test_scores_can_be_computed_again_from_the_answers_alone(record_at: RecordAt) -> None:
    path = record_at()
    assert recompute(path) == read_record(path).scores


def test_further_heads_can_be_computed_again(record_at: RecordAt, with_heads: pd.DataFrame) -> None:
    path = record_at(answers=with_heads, questions=HEADS)
    assert recompute(path) == check_record(path).scores
    assert [head.num_labelled for head in recompute(path).heads] == [24, 22, 30]


def test_missing_answers_survive_the_file(record_at: RecordAt, answers_of: MakeAnswers) -> None:
    path = record_at(answers=answers_of(missing=2))
    assert check_record(path).scores.overall["top1"].num_missing == 2
    assert read_answers(path)["predicted"].isna().sum() == 2


def test_other_tools_read_the_answers(record_at: RecordAt) -> None:
    table = parquet.read_table(record_at().with_suffix(".parquet"))
    assert table.column_names[:4] == ["sample_id", "sha256", "group", "truth"]
    assert table.num_rows == 80 and str(table.schema.field("probabilities").type) == "list<element: float>"


def test_a_model_card_can_show_it(record_at: RecordAt) -> None:
    record = read_record(record_at())
    shown = numbers_section([record.card_numbers()])
    assert f"{record.scores.overall['top1'].value:.4f}" in shown and "clothing-recognition@1" in shown


def test_a_crash_leaves_the_old_record(record_at: RecordAt, monkeypatch: pytest.MonkeyPatch) -> None:
    path = record_at()
    before = {file: file.read_bytes() for file in path.parent.iterdir()}

    def full_disk(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:10])
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="space"):
        record_at()
    assert {file: file.read_bytes() for file in path.parent.iterdir()} == before


class TestCheck:
    @pytest.mark.parametrize(
        ("keys", "value", "said"),
        [
            ("scores.overall.top1.value", 0.99, "its answers give"),
            ("scores.overall.macro_f1.value", 1.2, "outside 0 to 1"),
            ("scores.overall.nll.value", -0.1, "outside 0 to 16"),
            ("scores.overall.top1.low", 0.01, "has the interval"),
            ("scores.overall.top1.value", None, "needs a reason"),
            ("scores.overall.ece.reason", "a cold", "needs a reason"),
            ("scores.overall.top1.num_missing", 4, "4 answers are missing"),
            ("scores.per_class.0.recall.value", 0.123, "dress recall is 0.123"),
            ("scores.per_class.1.support", 3, "class 'hat': counts"),
            ("scores.confusion.0.0", 500, "confusion matrix"),
            ("scores.num_clusters", 80, "its answers have 12"),
            ("data.num_samples", 81, "80 answers, where it says 80 and 81"),
            ("data.num_photos", 20, "80 of 20 photos"),
            ("data.samples_digest", "0" * 64, "samples_digest"),
            ("data.classes", ["hat", "dress", "shoes", "t-shirt"], "not the most probable class"),
            ("data.part", "fit", "the fit part"),
            ("answers.num_rows", 79, "80 answers"),
            ("answers.sha256", "0" * 64, "not the file whose hash"),
            ("answers.file", "other.parquet", "not beside it"),
            ("protocol.settings.num_bins", 10, "hash is not that of its settings"),
            ("protocol.id", "clothing-recognition@2", "it lies at"),
            ("model.name", "another", "it lies at"),
            ("model.bundle_hash", None, "a control has none"),
            ("seen", True, "with 0 of 80 photos seen"),
            ("num_seen", 4, "with 4 of 80 photos seen"),
            ("run.wall_s", -1.0, "negative"),
        ],
    )
    def test_what_cannot_be_true_is_refused(self, record_at: RecordAt, keys: str, value: Any, said: str) -> None:
        path = record_at()
        edit(path, keys, value)
        with pytest.raises(EvaluationError, match=said) as caught:
            check_record(path)
        assert str(path) in str(caught.value)

    @pytest.mark.parametrize(
        ("keys", "value", "said"),
        [
            ("record_version", 2, "version"),
            ("record_version", None, "version"),
            ("scores.overall.top1.value", "0.9", "wrong type"),
            ("scores.overall.top1.value", float("nan"), "finite"),
            ("seen", 0, "wrong type"),
            ("model.extra", 1, r"unknown \['extra'\]"),
            ("protocol.settings.num_bins", "x", "wrong type"),
            ("task", "try-on", "unknown value"),
        ],
    )
    def test_what_is_not_a_record_is_refused(self, record_at: RecordAt, keys: str, value: Any, said: str) -> None:
        path = record_at()
        edit(path, keys, value)
        with pytest.raises(EvaluationError, match=said):
            check_record(path)

    @pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"record_version": 1}'])
    def test_broken_json_is_refused(self, record_at: RecordAt, text: str) -> None:
        path = record_at()
        path.write_text(text)
        with pytest.raises(EvaluationError):
            check_record(path)

    def test_a_record_of_another_place_is_refused(self, record_at: RecordAt, tmp_path: Path) -> None:
        path = record_at("model", revision="0123456789ab")
        path.parent.rename(path.parent.with_name("ba9876543210"))
        with pytest.raises(EvaluationError, match="it lies at model/ba9876543210"):
            check_record(tmp_path / "results/model/ba9876543210/clothing-recognition@1.json")

    def test_lost_answers_are_refused(self, record_at: RecordAt) -> None:
        path = record_at()
        path.with_suffix(".parquet").unlink()
        with pytest.raises(EvaluationError, match="answers are missing"):
            check_record(path)

    def test_a_photo_answered_twice_is_refused(self, record_at: RecordAt) -> None:
        path = record_at()

        def twice(answers: pd.DataFrame) -> pd.DataFrame:
            answers.loc[5, "sample_id"] = answers.loc[4, "sample_id"]
            return answers

        swap_answers(path, twice)
        with pytest.raises(EvaluationError, match=r"1 photos are answered twice: photo-0004\.jpg"):
            check_record(path)

    @pytest.mark.parametrize(
        ("column", "value", "said"),
        [
            ("confidence", 0.999, "confidence is not that of its answer"),
            ("probabilities", [0.9, 0.9, 0.0, 0.0], "add up to 1"),
            ("probabilities", [0.5, 0.5], "have not 4"),
            ("probabilities", None, "lack confidence or probabilities"),
            ("unknown", None, "lack confidence or probabilities"),
            ("predicted", "nothing", "not the most probable"),
            ("sha256", "xyz", "not the hex"),
            ("truth", "socks", "not those of model and truths"),
        ],
    )
    def test_rows_that_contradict_themselves_are_refused(
        self, record_at: RecordAt, column: str, value: Any, said: str
    ) -> None:
        path = record_at()

        def change(answers: pd.DataFrame) -> pd.DataFrame:
            answers.at[7, column] = value
            return answers

        swap_answers(path, change)
        with pytest.raises(EvaluationError, match=said):
            check_record(path)

    def test_all_problems_are_named_at_once(self, record_at: RecordAt) -> None:
        path = record_at()
        edit(path, "run.wall_s", -1.0)
        edit(path, "num_seen", 4)
        with pytest.raises(EvaluationError, match=r"(?s)4 of 80 photos seen.*negative"):
            check_record(path)
