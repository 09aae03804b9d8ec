"""Cases, controls and records of outfits: frozen, fair to ties, and true when computed again."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from tests.unit.data.outfits.closet import styled

from fitroom.data.outfits.jsonl import write_jsonl
from fitroom.data.outfits.pieces import OutfitSet
from fitroom.errors import EvaluationError
from fitroom.evaluation.flat.checks import check_record
from fitroom.evaluation.outfits.cases import draw_cases, freeze, read_cases
from fitroom.evaluation.outfits.contestants import ControlContestant
from fitroom.evaluation.outfits.controls import controls_of
from fitroom.evaluation.outfits.protocol import get_protocol
from fitroom.evaluation.outfits.runner import EvaluateOutfitsConfig, evaluate, rows_of
from fitroom.evaluation.outfits.scoring import SCHEMA, score

ROOT = Path(__file__).resolve().parents[4]
OWN = get_protocol("outfits-own@1")


def written(path: Path, outfits: OutfitSet) -> None:
    write_jsonl(path, outfits.pieces.values(), outfits.outfits)


def test_the_frozen_cases_are_those_of_the_protocol() -> None:
    cases = read_cases(ROOT / "benchmarks/outfits", get_protocol("outfits@1"))
    families = {outfit.family for outfit in cases.outfits.outfits}
    assert len(cases.outfits.outfits) == 400 and {"nautical", "earthy", "evening glamour"} < families
    assert all(len(blank.candidates) == 4 for blank in cases.blanks)


def test_altered_cases_are_refused(tmp_path: Path) -> None:
    for name in ("test.jsonl", "questions.json"):
        (tmp_path / name).write_bytes((ROOT / "benchmarks/outfits" / name).read_bytes() + b"\n")
    with pytest.raises(EvaluationError, match="not the cases"):
        read_cases(tmp_path, get_protocol("outfits@1"))


def test_freezing_repeats_itself_and_reads_back(tmp_path: Path) -> None:
    outfits = styled(30, 1)
    written(tmp_path / "test.jsonl", outfits)
    drawn = draw_cases(outfits, OWN)
    assert freeze(tmp_path, OWN) == freeze(tmp_path, OWN)
    frozen = read_cases(tmp_path, OWN)
    assert frozen.blanks == drawn.blanks and frozen.judged == drawn.judged
    assert [sorted(one.candidates) for one in frozen.searches] != []
    content = b"".join((tmp_path / name).read_bytes() for name in ("test.jsonl", "questions.json"))
    assert frozen.digest == hashlib.sha256(content).hexdigest()


def test_categories_alone_are_worth_chance_and_words_more() -> None:
    train, cases = styled(250, 0), draw_cases(styled(120, 1), OWN)
    found = {}
    for name, control in controls_of(train).items():
        rows = rows_of(ControlContestant(name, control, "", ""), cases, {"classic office", "active"})
        found[name] = score(rows, OWN.settings, intervals=False)
    # Swapped pieces keep their categories, and candidates share one: category PMI ties everywhere.
    assert found["control-category-pmi"]["filled"].value == pytest.approx(0.25)
    assert found["control-category-pmi"]["auc"].value == pytest.approx(0.5)
    assert found["control-attribute-pmi"]["auc"].value > 0.7
    assert found["control-attribute-pmi"]["filled"].value > 0.35
    assert found["control-attribute-pmi"]["filled_new"].value is None  # no family here is new


def test_records_are_written_checked_and_cannot_be_altered(tmp_path: Path) -> None:
    for part, seed in (("train", 0), ("test", 1)):
        (tmp_path / "data").mkdir(exist_ok=True)
        written(tmp_path / f"data/{part}.jsonl", styled(40, seed))
    data = str(tmp_path / "data")
    config = EvaluateOutfitsConfig(protocol="outfits-own@1", cases=data, train=data, results=str(tmp_path / "results"))
    paths = evaluate(config)
    assert len(paths) == 4
    record = check_record(paths[0], "outfits")
    assert record.model.control and record.scores["auc"].low < record.scores["auc"].value < record.scores["auc"].high
    value = record.scores["auc"].value
    paths[0].write_text(paths[0].read_text().replace(repr(value), repr(value + 0.01)))
    with pytest.raises(EvaluationError, match="cannot be true"):
        check_record(paths[0], "outfits")


def test_a_train_part_with_the_cases_in_it_is_refused(tmp_path: Path) -> None:
    for part in ("train", "test"):
        written(tmp_path / f"{part}.jsonl", styled(20))
    same, results = str(tmp_path), str(tmp_path / "r")
    with pytest.raises(EvaluationError, match="are in the train part"):
        evaluate(EvaluateOutfitsConfig(protocol="outfits-own@1", cases=same, train=same, results=results))


def test_rows_may_be_of_as_many_families_as_there_are() -> None:
    rows = pd.DataFrame({name: ["a"] * 300 if name in ("question", "outfit") else [0] * 300 for name in SCHEMA.names})
    rows["family"] = [f"customer {number}" for number in range(300)]
    rows = rows.astype({"is_new": bool, "is_outfit": bool, "score": float})
    table = pa.Table.from_pandas(rows, schema=SCHEMA, preserve_index=False)
    assert table.column("family").to_pylist() == rows["family"].to_list()
