"""The memory bench of the server: its judgement on made-up courses, its requests, and the whole with tiny models."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tests.unit.pipelines.tryon.tiny import write_tiny

from fitroom.bench.serving import serve_memory
from fitroom.bench.serving.memory_verdict import Watched, growth_mb, memory_table, require_flat
from fitroom.bench.serving.mixed_requests import Mixed
from fitroom.bundles import Bundle
from fitroom.errors import ConfigError, EvaluationError

ROOT = Path(__file__).parents[3]


def watched(per_thousand_mb: float, jump_mb: float = 0.0) -> Watched:
    """A server of 200 MiB and a worker of 700 that begins at 500, over 5,000 requests."""
    dice, found = np.random.default_rng(0), Watched(1)
    for number in range(100, 5001, 100):
        worker = min(500 + number / 4, 700) + per_thousand_mb * number / 1000 + jump_mb * (number > 3000)
        found.look(number, {1: 200 + dice.normal(), 7: worker + 3 * dice.normal(), 8: 650.0, 9: 11.0})
    return found


def test_what_stays_is_flat() -> None:
    require_flat(watched(0.0), 1000, 16.0)
    rows = {str(row[0]): row for row in memory_table(watched(0.0), 1000, 16.0).rows}
    assert list(rows) == ["server", "worker", "spare"]
    assert abs(float(str(rows["worker"][3]))) < 3 and rows["spare"][3] == "+0.0"


@pytest.mark.parametrize(("per_thousand_mb", "jump_mb"), [(6.0, 0.0), (0.0, 20.0)])
def test_what_grows_is_told(per_thousand_mb: float, jump_mb: float) -> None:
    with pytest.raises(EvaluationError, match="grows") as caught:
        require_flat(watched(per_thousand_mb, jump_mb), 1000, 16.0)
    assert "worker" in str(caught.value)
    (_, course) = watched(per_thousand_mb, jump_mb).courses(1000)["worker"]
    assert growth_mb(course) > 16


def test_a_worker_that_was_replaced_is_told() -> None:
    found = watched(0.0)
    found.looks[-1] = {1: 200.0, 8: 650.0, 10: 640.0}
    with pytest.raises(EvaluationError, match="ended or begun"):
        require_flat(found, 1000, 16.0)


def test_requests_are_of_every_kind_and_the_same_for_the_same_seed() -> None:
    def kinds(seed: int) -> list[tuple[str, str, str]]:
        mix = Mixed([b"person"], [b"photo"], "me", seed)
        return [(step.kind, step.method, step.path) for _ in range(200) for step in mix.script()]

    assert kinds(1) == kinds(1) != kinds(2)
    counted = Counter(kind for kind, _, _ in kinds(1))
    assert set(counted) == {"recognize", "try-on", "try-on, registered", "garment", "try-on by id", "size advice",
                            "outfits", "watching", "wrong"}  # fmt: skip
    mix = Mixed([b"person"], [b"photo"], "me", 1)
    bodies = [step.body for _ in range(50) for step in mix.script()]
    assert any(b"--cut" in body for body in bodies) and any(body.startswith(b"{") for body in bodies)


@pytest.mark.parametrize("words", [["--warm_up", "5000"], ["--clients", "0"], ["--looks", "0"]])
def test_what_cannot_be_measured_is_refused(words: list[str]) -> None:
    with pytest.raises(ConfigError):
        serve_memory.main(words)


@pytest.mark.slow
def test_the_whole_with_tiny_models(tiny_bundle: Bundle, tmp_path: Path) -> None:
    tryon, out = write_tiny(tmp_path / "tryon", name="tiny-tryon"), tmp_path / "memory.json"
    folders = [tryon.path, tiny_bundle.path, *(ROOT / "bundles" / name for name in ("size-advisor", "outfits"))]
    words = ["--bundles", json.dumps([str(folder) for folder in folders]), "--out", str(out)]
    words += ["--person", str(ROOT / "docs" / "tryon" / "example-person.jpg")]
    assert serve_memory.main([*words, "--requests", "5000", "--warm_up", "1500", "--size_px", "[96, 128]"]) == 0
    memory, asked = json.loads(out.read_text(encoding="utf-8"))["tables"]
    assert [row["process"] for row in memory["rows"]] == ["server", "worker", "spare"]
    assert sum(row["requests"] for row in asked["rows"]) >= 5000
