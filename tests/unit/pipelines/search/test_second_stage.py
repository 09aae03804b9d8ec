"""What an index keeps for the second stage, and that it sorts what the first one found, whatever keeps the vectors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from fitroom.bundles import Bundle, write_bundle
from fitroom.contracts import Preprocessing
from fitroom.data.outfits.jsonl import write_jsonl
from fitroom.data.outfits.pieces import Piece
from fitroom.data.search.cutouts import Cutout
from fitroom.errors import DataError
from fitroom.models.search.config import SearchConfig
from fitroom.models.search.network import GarmentEmbedder
from fitroom.models.weights import WeightsRecord
from fitroom.pipelines.search.catalogue import SPEC, open_catalogue, write_catalogue
from fitroom.pipelines.search.embed import LOOKED_AT, EmbedPipeline, Look
from fitroom.pipelines.search.kinds import KINDS, Kind
from fitroom.pipelines.search.places import CODES, PlaceCodes, open_places, write_places
from fitroom.pipelines.search.searcher import Searcher

COUNT = 60  # more than the second stage looks at


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    torch.manual_seed(0)
    config = SearchConfig(taps=[0], bands=2, dim=16, code_dim=8, compare_dim=8)
    return write_bundle(
        tmp_path_factory.mktemp("search") / "bundle", kind="search", name="tiny", model=GarmentEmbedder(config),
        model_config=config, preprocessing=Preprocessing(16, 16, "pad"), calibration={}, config_yaml="seed: 0\n",
        trained_on=["ab" * 32], data_digest="cd" * 32, seed=0, weights=WeightsRecord("none", None, None),
        license="Apache-2.0",
    )  # fmt: skip


@pytest.fixture(scope="module")
def pipeline(bundle: Bundle) -> EmbedPipeline:
    return EmbedPipeline(bundle)


@pytest.fixture(scope="module")
def looks(pipeline: EmbedPipeline) -> list[Look]:
    rng = np.random.default_rng(0)
    return pipeline.looks([Cutout(rng.integers(0, 256, (16, 16, 3), np.uint8), np.ones((16, 16), bool))
                           for _ in range(COUNT + 1)])  # fmt: skip


def searcher(folder: Path, pipeline: EmbedPipeline, looks: list[Look], kind: Kind, places: bool = True) -> Searcher:
    """Of all looks but the last."""
    products = {f"p{number:02d}": look for number, look in enumerate(looks[:-1])}
    items = folder / "items.jsonl"
    write_jsonl(items, [Piece("nothing", "hat"), *(Piece(name, "t-shirt") for name in products)], [])
    vectors = {name: look.vector_D for name, look in products.items()}
    codes = {name: look.places for name, look in products.items() if look.places is not None} if places else None
    write_catalogue(folder / "index", items, vectors, pipeline.bundle.hash, kind, str(folder / "store"), places=codes)
    return Searcher(open_catalogue(folder / "index"), pipeline)


def ids(matches: list) -> list[str]:  # type: ignore[type-arg]
    return [match.product.piece_id for match in matches]


@pytest.mark.parametrize("kind", KINDS)
def test_it_sorts_what_the_first_stage_found(
    tmp_path: Path, pipeline: EmbedPipeline, looks: list[Look], kind: Kind
) -> None:
    asked = searcher(tmp_path, pipeline, looks, kind)
    similarity_M = np.stack([look.vector_D for look in looks[:-1]]) @ looks[-1].vector_D
    first_K, rest = np.split(np.argsort(-similarity_M), [LOOKED_AT])
    places = PlaceCodes(*(np.stack(p) for p in zip(*(looks[k].places for k in first_K), strict=True)))  # type: ignore[arg-type]
    order_K = np.argsort(-pipeline.judged(looks[-1], places, similarity_M[first_K]))
    expected = [f"p{k:02d}" for k in [*first_K[order_K], *rest]]
    assert ids(asked.wearing(looks[-1], 99)) == expected
    assert ids(asked.wearing(looks[-1], 3)) == expected[:3]
    assert expected[:LOOKED_AT] != [f"p{k:02d}" for k in first_K]  # it does change the order
    among = [1, 5, 9]  # a product's key is its place; the first has no photo
    assert ids(asked.wearing(looks[-1], 9, among)) == [name for name in expected if name in ("p00", "p04", "p08")]


def test_an_index_without_codes_answers_by_its_vectors(
    tmp_path: Path, pipeline: EmbedPipeline, looks: list[Look]
) -> None:
    asked = searcher(tmp_path, pipeline, looks, "exact", places=False)
    assert asked.wearing(looks[-1], 5) == asked.near(looks[-1].vector_D, 5)
    # As written before there was a second stage.
    spec = tmp_path / "index" / SPEC
    values = json.loads(spec.read_text())
    assert values.pop("second_stage") is False
    spec.write_text(json.dumps(values))
    assert open_catalogue(tmp_path / "index").places is None


def test_without_a_pipeline_vectors_answer(tmp_path: Path, pipeline: EmbedPipeline, looks: list[Look]) -> None:
    asked = searcher(tmp_path, pipeline, looks, "exact")
    alone = Searcher(asked.catalogue)
    assert alone.wearing(looks[-1], 5) == alone.near(looks[-1].vector_D, 5)


def test_codes_are_kept_to_half_a_step(tmp_path: Path) -> None:
    code_PD, share_P = torch.randn(5, 4).clamp(-5, 5), torch.rand(5)
    packed = PlaceCodes.packed(code_PD, share_P)
    assert packed.code_PD.nbytes + packed.share_P.nbytes == 25
    write_places(tmp_path, {2: packed}, 3)
    opened = open_places(tmp_path, 3)
    code, share = PlaceCodes(*(part[2] for part in opened)).unpacked()
    torch.testing.assert_close(code, code_PD, atol=0.5 / 24 + 1e-6, rtol=0)
    torch.testing.assert_close(share, share_P, atol=0.5 / 255 + 1e-6, rtol=0)
    assert not opened.code_PD[:2].any()


def test_codes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    write_places(tmp_path, {0: PlaceCodes.packed(torch.zeros(5, 4), torch.zeros(5))}, 3)
    with pytest.raises(DataError, match="of other products"):
        open_places(tmp_path, 4)
    (tmp_path / CODES).write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match="cannot be read"):
        open_places(tmp_path, 3)
