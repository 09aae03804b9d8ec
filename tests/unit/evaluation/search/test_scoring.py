"""Search scores from rows, the metrics beside plain counting, and the records that lie in the repository."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fitroom.contracts import Part
from fitroom.errors import EvaluationError
from fitroom.evaluation.flat.checks import check_record
from fitroom.evaluation.search.cases import SearchCases, WornCase, read_cases
from fitroom.evaluation.search.contestants import SPEC, chance, color_histogram
from fitroom.evaluation.search.protocol import SearchProtocol, get_protocol
from fitroom.evaluation.search.runner import rows_of
from fitroom.evaluation.search.scoring import TASK, score
from fitroom.metrics.ranking import discounted_gain, hit_share_of_fewer, reciprocal_rank

ROOT = Path(__file__).resolve().parents[4]
RECORDS = sorted(ROOT.glob("results/*/*/search@*.json"))


def rows(better: list[int], tied: list[int] | None = None) -> pd.DataFrame:
    count = len(better)
    return pd.DataFrame(
        {
            "case": [f"c{i}" for i in range(count)], "garment": [f"g{i // 2}" for i in range(count)], "region": "top",
            "num_better": better, "num_tied": tied or [0] * count, "num_candidates": 200,
        }
    )  # fmt: skip


def test_scores_are_means_over_pictures() -> None:
    found = score(rows([0, 1, 4, 30]), get_protocol("search@1").settings)
    assert (found["recall_at_1"].value, found["recall_at_5"].value, found["recall_at_20"].value) == (0.25, 0.75, 0.75)
    assert found["mrr"].value == pytest.approx((1 + 1 / 2 + 1 / 5 + 1 / 31) / 4)
    assert found["recall_at_1"].low is not None and found["recall_at_1"].low <= 0.25
    assert found.keys() == {column.name for column in TASK.columns}


def test_ties_are_means_over_their_orders() -> None:
    assert reciprocal_rank(np.array([1]), np.array([1]))[0] == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert discounted_gain(np.array([0]), np.array([0]))[0] == 1
    assert discounted_gain(np.array([2]), np.array([0]))[0] == pytest.approx(0.5)


def test_recall_among_fewer_is_what_drawing_gives() -> None:
    rng = np.random.default_rng(0)
    drawn = [rng.choice(29, 9, replace=False).min() >= 3 for _ in range(20_000)]  # three of 29 score higher
    expected = hit_share_of_fewer(np.array([3]), np.array([0]), np.array([29]), 9)[0]
    assert np.mean(drawn) == pytest.approx(expected, abs=0.01)
    assert hit_share_of_fewer(np.array([0]), np.array([29]), np.array([29]), 9)[0] == pytest.approx(0.1)
    assert hit_share_of_fewer(np.array([0]), np.array([0]), np.array([29]), 99)[0] == 1
    assert hit_share_of_fewer(np.array([0]), np.array([0]), np.array([0]), 9)[0] == 1


@pytest.mark.parametrize(
    ("name", "folder", "counts"), [("search@1", "search", (111, 443, 71)), ("search@2", "search2", (127, 1000, 102))]
)
def test_the_frozen_cases_are_those_of_the_protocol(name: str, folder: str, counts: tuple[int, int, int]) -> None:
    protocol = get_protocol(name)
    cases = read_cases(ROOT / "benchmarks/wardrobe", ROOT / "benchmarks" / folder, protocol)
    assert (len(cases.worn), len(cases.products), len({case.garment_id for case in cases.worn})) == counts
    assert len({case.sha256 for case in cases.worn}) == len(cases.worn) or name == "search@1"
    with pytest.raises(EvaluationError, match="not the cases"):
        read_cases(ROOT / "benchmarks/wardrobe", ROOT / "benchmarks/search", SearchProtocol("search", 1, "0" * 64))


def small_cases() -> SearchCases:
    """Three plain products of other colours, and somebody in the second."""
    products = {}
    for name, color in (("a", (200, 30, 40)), ("b", (20, 60, 180)), ("c", (30, 150, 60))):
        products[name] = np.full((90, 80, 3), 250, np.uint8)
        products[name][20:70, 30:50] = color
    parse = np.zeros((90, 80), np.uint8)
    parse[10:60, 20:60] = Part.TOP
    worn_u8 = np.where((parse > 0)[..., None], np.uint8((24, 56, 176)), np.uint8(90))
    return SearchCases([WornCase("case", "b", "top", worn_u8, parse, "0" * 64)], products, "")


def test_rows_hold_the_place_of_what_is_worn() -> None:
    cases = small_cases()
    worn = [case.cutout(SPEC) for case in cases.worn]
    found = rows_of(color_histogram(worn, cases.catalogue(SPEC)), cases).iloc[0]
    assert (found["num_better"], found["num_tied"], found["num_candidates"]) == (0, 0, 3)
    blind = rows_of(chance(worn, cases.catalogue(SPEC)), cases).iloc[0]
    assert (blind["num_better"], blind["num_tied"]) == (0, 2)


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.parts[-3])
def test_shipped_records_can_be_true(path: Path) -> None:
    assert check_record(path, "search").scores["recall_at_1"].value is not None
