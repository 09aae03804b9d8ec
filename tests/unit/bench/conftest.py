"""A recipe of seconds for the benchmarks' tests: a tiny network, tiny photos, one thread."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fitroom.bench import latency, peer
from fitroom.bench.peer import Loader

Bench = Callable[..., dict[str, Any]]


@pytest.fixture
def tiny_recipe() -> list[str]:
    """Command-line words; --quick makes the rest small."""
    given = {
        "quick": "true",
        "recipe.model.backbone": "test_efficientnet",
        "recipe.weights": "none",
        "recipe.preprocessing.height_px": "40",
        "recipe.preprocessing.width_px": "32",
        "recipe.batch_size": "4",
        "recipe.threads": "1",
        "recipe.accelerator": "cpu",
        "recipe.optim.freeze_stages": "1",
    }
    return [word for key, value in given.items() for word in (f"--{key}", value)]


@pytest.fixture
def bench(tiny_recipe: list[str], tmp_path: Path, cache_home: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Runs a benchmark's main with these words and more, and reads the report it wrote."""
    monkeypatch.setattr(peer, "LOADERS", [Loader(0, False), Loader(1, True)])
    monkeypatch.setattr(latency, "ROUNDS", 1)

    def run(main: Callable[[list[str]], int], *words: str) -> dict[str, Any]:
        out = tmp_path / "report.json"
        assert main([*tiny_recipe, *words, "--out", str(out)]) == 0
        return json.loads(out.read_text(encoding="utf-8"))

    return run
