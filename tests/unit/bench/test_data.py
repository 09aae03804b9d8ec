"""The data benchmark runs from words to report, and its figures are there; their size is never asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fitroom.bench.data import DataBenchConfig, main
from fitroom.errors import ConfigError

Bench = Callable[..., dict[str, Any]]


def test_every_figure_is_there(bench: Bench, image_folder: Callable[..., Path]) -> None:
    root = image_folder(("dress", "hat"), 6, num_groups=3)  # with a table: folders are no classes
    report = bench(main, "--workers", "[0, 1]", "--source.root", str(root))
    decoding, loading = report["tables"]
    assert [(row["photos"], row["median px"]) for row in decoding["rows"]] == [
        ("as stored", "40 x 48"),
        ("4 times as wide", "160 x 192"),
    ]
    for row in decoding["rows"]:
        assert row["N"] > 0
        rates = [cell["median"] for name, cell in row.items() if name.endswith("photos/s")]
        assert len(rates) == 3 and min(rates) > 0
        assert row["ratio, as needed"]["median"] == pytest.approx(rates[2] / rates[0])
    assert [row["workers"] for row in loading["rows"]] == [0, 1]
    for row in loading["rows"]:
        peer, uncached, cached = (cell["median"] for name, cell in row.items() if name.endswith("photos/s"))
        assert row["ratio"]["median"] == pytest.approx(uncached / peer)
        assert row["ratio, cached"]["median"] == pytest.approx(cached / peer)
        assert row["cached / training"]["median"] > 0
    assert "12, the source's" in report["settings"]["photos"]


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(ConfigError, match="nothing to measure"):
        DataBenchConfig(workers=[])
