"""A network is judged in the order in which its pipeline would answer, both stages together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from fitroom.bundles import write_bundle
from fitroom.contracts import Part, Preprocessing
from fitroom.evaluation.search import contestants
from fitroom.evaluation.search.cases import SearchCases, WornCase
from fitroom.evaluation.search.contestants import ModelContestant
from fitroom.models.search.config import SearchConfig
from fitroom.models.search.network import GarmentEmbedder
from fitroom.models.weights import WeightsRecord
from fitroom.pipelines.search.places import PlaceCodes


@pytest.fixture
def cases() -> SearchCases:
    rng = np.random.default_rng(0)
    products = {}
    for name in "abcdef":
        products[name] = np.full((40, 40, 3), 250, np.uint8)
        products[name][8:32, 8:32] = rng.integers(0, 200, (24, 24, 3))
    parse = np.zeros((40, 40), np.uint8)
    parse[4:36, 4:36] = Part.TOP
    worn = [WornCase(f"case{n}", name, "top", rng.integers(0, 200, (40, 40, 3), np.uint8), parse, f"{n:064x}")
            for n, name in enumerate("be")]  # fmt: skip
    return SearchCases(worn, products, "")


def test_the_second_stage_sorts_the_first_ones(
    tmp_path: Path, cases: SearchCases, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    config = SearchConfig(taps=[0], bands=2, dim=16, code_dim=8, compare_dim=8)
    write_bundle(
        tmp_path / "bundle", kind="search", name="tiny", model=GarmentEmbedder(config), model_config=config,
        preprocessing=Preprocessing(16, 16, "pad"), calibration={}, config_yaml="seed: 0\n", trained_on=["ab" * 32],
        data_digest="cd" * 32, seed=0, weights=WeightsRecord("none", None, None), license="Apache-2.0",
    )  # fmt: skip
    monkeypatch.setattr(contestants, "LOOKED_AT", 4)
    contestant = ModelContestant(tmp_path / "bundle", cases)
    pipeline = contestant.pipeline
    products = pipeline.looks(cases.catalogue(pipeline.spec))
    for case, found_M in zip(cases.worn, contestant.similarity(cases), strict=True):
        (worn,) = pipeline.looks([case.cutout(pipeline.spec)])
        similarity_M = np.stack([look.vector_D for look in products]) @ worn.vector_D
        first_K, rest = np.split(np.argsort(-similarity_M), [4])
        places = PlaceCodes(*(np.stack(p) for p in zip(*(products[k].places for k in first_K), strict=True)))  # type: ignore[arg-type]
        judged_K = pipeline.judged(worn, places, similarity_M[first_K])
        assert np.argsort(-found_M).tolist() == [*first_K[np.argsort(-judged_K)].tolist(), *rest.tolist()]
