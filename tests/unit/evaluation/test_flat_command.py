"""Flat evaluations see before any work that every record has a place."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from fitroom.errors import EvaluationError
from fitroom.evaluation.entries import ModelEntry
from fitroom.evaluation.flat.command import recorded
from fitroom.evaluation.flat.records import FlatData
from fitroom.evaluation.flat.task import FlatTask

PROTOCOL: Any = SimpleNamespace(id="counting@1", hash="0" * 64, settings={})
TASK = FlatTask(
    name="counting", cases="cases", columns=(), order_by="", schema=pa.schema([("value", pa.float64())]),
    score=lambda rows, settings, with_intervals: {}, read_protocol=lambda settings: PROTOCOL,
)  # fmt: skip


class Contestant:
    def __init__(self, name: str) -> None:
        self.name = name

    def entry(self) -> ModelEntry:
        return ModelEntry.of_control(self.name, "abc", {"of": self.name})


def data(digest: str) -> FlatData:
    return FlatData("things", digest, 2, 2, "things")


def test_a_record_of_other_cases_is_seen_before_anything_is_judged(tmp_path: Path) -> None:
    first, second = Contestant("first"), Contestant("second")
    asked: list[str] = []

    def judged(one: Contestant) -> pd.DataFrame:
        asked.append(one.name)
        return pd.DataFrame({"value": [1.0, 2.0]})

    (there,) = recorded([second], judged, data("a" * 64), str(tmp_path), TASK, PROTOCOL)
    with pytest.raises(EvaluationError, match="other cases is in the way"):
        recorded([first, second], judged, data("b" * 64), str(tmp_path), TASK, PROTOCOL)
    assert asked == ["second"] and "a" * 64 in there.read_text(encoding="utf-8")
    paths = recorded([first], judged, data("b" * 64), str(tmp_path), TASK, PROTOCOL)
    assert asked == ["second", "first"] and [path.is_file() for path in paths] == [True]


def test_nobody_to_judge_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="nothing to evaluate"):
        recorded([], lambda one: pd.DataFrame([one]), data("b" * 64), str(tmp_path), TASK, PROTOCOL)
