"""Synthetic photos' labels and synthetic answers to them: no image is opened, no network is run."""

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fitroom.evaluation.entries import ModelEntry, ProtocolEntry, RunEntry, digest_samples
from fitroom.evaluation.recognition.protocol import RecognitionProtocol, get_protocol
from fitroom.evaluation.recognition.records import RECORD_VERSION, AnswersEntry, DataEntry, Record, write_record
from fitroom.evaluation.recognition.scoring import Question, extended_classes, score

CLASSES = ["dress", "hat", "shoes", "t-shirt"]
QUICK = dataclasses.replace(get_protocol("clothing-recognition@1"), num_resamples=100)


def make_answers(
    num: int = 80,
    accuracy: float = 0.8,
    seed: int = 0,
    classes: list[str] = CLASSES,
    groups: int = 12,
    missing: int = 0,
    threshold: float = 0.5,
) -> pd.DataFrame:
    """A table of answers; photos, truths and contributors do not depend on seed and accuracy."""
    photos, rng = np.random.default_rng(99), np.random.default_rng(seed)
    truth = photos.integers(len(classes), size=num)
    group = photos.integers(groups, size=num) if groups else None
    logits = rng.normal(size=(num, len(classes)))
    right = rng.random(num) < accuracy
    logits[np.arange(num), np.where(right, truth, rng.integers(len(classes), size=num))] += 3.5
    probabilities = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(np.float32)
    gone = np.arange(num) < missing
    return pd.DataFrame(
        {
            "sample_id": [f"photo-{i:04d}.jpg" for i in range(num)],
            "sha256": [hashlib.sha256(f"{num}-{i}".encode()).hexdigest() for i in range(num)],
            "group": [None if group is None else f"contributor-{group[i]}" for i in range(num)],
            "truth": [classes[i] for i in truth],
            "predicted": [None if gone[i] else classes[p.argmax()] for i, p in enumerate(probabilities)],
            "confidence": [None if gone[i] else float(p.max()) for i, p in enumerate(probabilities)],
            "unknown": [None if gone[i] else bool(p.max() < threshold) for i, p in enumerate(probabilities)],
            "probabilities": [None if gone[i] else p for i, p in enumerate(probabilities)],
        },
        dtype=object,
    )


def make_record(
    results: Path,
    name: str = "model",
    answers: pd.DataFrame | None = None,
    *,
    revision: str = "",
    classes: list[str] = CLASSES,
    protocol: RecognitionProtocol | None = None,
    questions: list[Question] | None = None,
    digest: str = "d" * 64,
    num_seen: int = 0,
    **entry: Any,
) -> Path:
    """Scores a table of answers and writes its record."""
    answers = make_answers(classes=classes) if answers is None else answers
    protocol, questions = protocol or QUICK, questions or []
    everything = extended_classes(classes, answers["truth"].to_list())
    control = entry.pop("control", False)
    model = {
        "name": name, "revision": revision or hashlib.sha256(name.encode()).hexdigest()[:12], "control": control,
        "kind": "control" if control else "recognizer", "bundle_hash": None if control else "b" * 64,
        "seed": None if control else 0, "height_px": 160, "width_px": 160, "num_parameters": 4_652_000,
        "license": "Apache-2.0", "settings": {"resize": "squash"},
    } | entry  # fmt: skip
    record = Record(
        record_version=RECORD_VERSION,
        task="recognition",
        model=ModelEntry(**model),
        protocol=ProtocolEntry(protocol.id, protocol.hash, protocol.settings),
        data=DataEntry(digest, 5 * len(answers), protocol.part, len(answers), digest_samples(answers["sha256"]),
                       everything, len(classes)),
        seen=num_seen > 0,
        num_seen=num_seen,
        scores=score(answers, everything, len(classes), questions, protocol),
        answers=AnswersEntry("", "", 0),
        run=RunEntry("0.1.0", {"python": "3.11"}, {"processor": "a processor", "cores": 2}, None,
                     "2025-01-01T00:00:00Z", 1, 2.5),
    )  # fmt: skip
    return write_record(results, record, answers)


@pytest.fixture(scope="session")
def answers_of() -> Callable[..., pd.DataFrame]:
    return make_answers


@pytest.fixture(scope="session")
def record_in() -> Callable[..., Path]:
    """Writes a record under a folder of results."""
    return make_record


@pytest.fixture
def record_at(tmp_path: Path) -> Callable[..., Path]:
    """Writes a record under ``tmp_path / "results"``."""

    def write(*args: Any, **settings: Any) -> Path:
        return make_record(tmp_path / "results", *args, **settings)

    return write
