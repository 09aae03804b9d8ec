"""The search benchmark: its vectors, its recall, and a quick run of all of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fitroom.bench.search import SearchBenchConfig, main, recall
from fitroom.bench.search_vectors import VectorSource
from fitroom.errors import ConfigError


def test_recall_counts_right_answers_in_any_order() -> None:
    right_QK = np.array([[1, 2], [3, 4]])
    assert recall(right_QK[:, ::-1], right_QK) == 1
    assert recall(np.array([[1, 9], [-1, -1]]), right_QK) == 0.25


def test_vectors_are_of_unit_length_and_differ_in_few_directions() -> None:
    vectors_ND = VectorSource(32, 4, 0.01, 0).products(np.arange(500))
    np.testing.assert_allclose(np.linalg.norm(vectors_ND, axis=1), 1, atol=1e-5)
    shares_D = np.linalg.svd(vectors_ND, compute_uv=False) ** 2 / len(vectors_ND)
    assert shares_D[:4].sum() > 0.99
    assert (VectorSource(32, 4, 0.01, 0).products(np.arange(500)) == vectors_ND).all()
    assert not (VectorSource(32, 4, 0.01, 1).products(np.arange(500)) == vectors_ND).any()


def test_a_quick_run_reports_every_size_and_way(tmp_path: Path) -> None:
    out = tmp_path / "search.json"
    assert main(["--quick", "true", "--out", str(out)]) == 0
    rows = json.loads(out.read_text())["tables"][0]["rows"]
    assert [(row["vectors"], row["search"].split(",")[0]) for row in rows] == [
        (size, way) for size in ("400", "800") for way in ("exact", "graph", "graph", "graph")
    ]
    assert all(float(row["recall@10"]) > 0.95 for row in rows)


@pytest.mark.parametrize("words", [["--sizes", "[20, 10]"], ["--own_dim", "256"], ["--queries", "0"]])
def test_what_cannot_be_measured_is_refused(words: list[str]) -> None:
    with pytest.raises(ConfigError):
        main(words)


def test_the_shipped_sizes_go_up_to_a_million() -> None:
    assert SearchBenchConfig().sizes == [10_000, 100_000, 1_000_000]
