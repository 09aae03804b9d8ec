"""One contract for every index; exact search is the reference, and itself held to a plain sort."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fitroom.errors import ConfigError, DataError
from fitroom.pipelines.search.exact import ExactIndex
from fitroom.pipelines.search.graph import GraphConfig, GraphIndex
from fitroom.pipelines.search.index import NO_KEY, VectorIndex
from fitroom.pipelines.search.kinds import KINDS, Kind, make_index, open_index
from fitroom.pipelines.search.qdrant import QdrantConfig, QdrantIndex

DIM = 16


def unit(count: int, seed: int = 0) -> np.ndarray:
    vectors_ND = np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)
    return vectors_ND / np.linalg.norm(vectors_ND, axis=1, keepdims=True)


KEYS = np.arange(300) * 7 + 3
VECTORS = unit(300)
QUERIES = unit(20, 1)


@pytest.fixture(params=KINDS)
def index(request: pytest.FixtureRequest) -> VectorIndex:
    made = make_index(request.param, DIM)
    made.add(KEYS, VECTORS)
    return made


def test_it_finds_what_a_plain_sort_finds(index: VectorIndex) -> None:
    similarity_QN = QUERIES @ VECTORS.T
    order_QN = np.argsort(-similarity_QN, 1)
    found = index.search(QUERIES, 10)
    assert found.keys_QK.tolist() == KEYS[order_QN[:, :10]].tolist()
    np.testing.assert_allclose(found.similarity_QK, np.take_along_axis(similarity_QN, order_QN, 1)[:, :10], atol=1e-5)


def test_it_looks_among_the_keys_it_is_given(index: VectorIndex) -> None:
    among = {int(key) for key in KEYS[50:90]} | {5}  # 5 is the key of nothing
    found = index.search(QUERIES, 3, among)
    assert found.keys_QK.tolist() == KEYS[50 + np.argsort(-QUERIES @ VECTORS[50:90].T, 1)[:, :3]].tolist()
    assert (index.search(QUERIES, 3, []).keys_QK == NO_KEY).all()


def test_fewer_vectors_than_answers_are_filled_up(index: VectorIndex) -> None:
    found = index.search(QUERIES[0], 3, [int(KEYS[0])])
    assert found.keys_QK.tolist() == [[KEYS[0], NO_KEY, NO_KEY]]
    assert found.similarity_QK[0, 1:].tolist() == [-np.inf, -np.inf]


def test_an_added_key_takes_the_place_of_the_old_one(index: VectorIndex) -> None:
    index.add(KEYS[:1], QUERIES[:1])
    assert len(index) == len(KEYS)
    found = index.search(QUERIES[0], 1)
    assert found.keys_QK[0, 0] == KEYS[0]
    assert found.similarity_QK[0, 0] == pytest.approx(1, abs=1e-5)


def test_a_removed_key_is_not_found(index: VectorIndex) -> None:
    first = index.search(QUERIES, 2)
    index.remove(np.append(first.keys_QK[:, 0], 5))  # 5 is not there
    assert len(index) == len(KEYS) - len(set(first.keys_QK[:, 0].tolist()))
    assert not set(index.search(QUERIES, 1).keys_QK[:, 0].tolist()) & set(first.keys_QK[:, 0].tolist())


def test_it_gives_back_the_vectors_it_was_given(index: VectorIndex) -> None:
    found = index.vectors(np.array([KEYS[3], 5, KEYS[0]]))  # 5 is the key of nothing
    assert sorted(found) == [KEYS[0], KEYS[3]]
    np.testing.assert_allclose(found[int(KEYS[3])], VECTORS[3], atol=1e-6)
    assert index.vectors(np.array([5])) == {}


def test_equals_come_in_the_order_of_their_keys(index: VectorIndex) -> None:
    index.add(np.array([90_001, 90_000, 90_002]), np.repeat(QUERIES[:1], 3, 0))
    assert index.search(QUERIES[0], 3).keys_QK.tolist() == [[90_000, 90_001, 90_002]]


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_index_answers_nothing(kind: Kind) -> None:
    assert make_index(kind, DIM).search(QUERIES, 2).keys_QK.tolist() == [[NO_KEY, NO_KEY]] * len(QUERIES)


def _wrong_width(index: VectorIndex) -> None:
    index.search(QUERIES[:, :-1], 1)


def _not_unit(index: VectorIndex) -> None:
    index.add(np.array([1]), VECTORS[:1] * 2)


def _not_finite(index: VectorIndex) -> None:
    index.search(np.full(DIM, np.nan), 1)


def _twice(index: VectorIndex) -> None:
    index.add(np.array([1, 1]), VECTORS[:2])


def _negative(index: VectorIndex) -> None:
    index.add(np.array([-1]), VECTORS[:1])


def _too_few_keys(index: VectorIndex) -> None:
    index.add(np.array([1]), VECTORS[:2])


def _none_asked(index: VectorIndex) -> None:
    index.search(QUERIES, 0)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (_wrong_width, "another width"), (_not_unit, "unit length"), (_not_finite, "unit length"),
        (_twice, "key is given twice"), (_negative, "out of range"), (_too_few_keys, "do not belong together"),
        (_none_asked, "no answer is asked for"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(index: VectorIndex, act: Callable[[VectorIndex], None], said: str) -> None:
    with pytest.raises(DataError, match=said):
        act(index)
    assert len(index) == len(KEYS)


@pytest.mark.parametrize("kind", ["exact", "graph"])
def test_what_was_saved_answers_the_same(tmp_path: Path, kind: Kind) -> None:
    index = make_index(kind, DIM)
    index.add(KEYS, VECTORS)
    index.save(tmp_path)
    found, again = index.search(QUERIES, 5), open_index(kind, DIM, tmp_path).search(QUERIES, 5)
    assert found.keys_QK.tolist() == again.keys_QK.tolist()
    assert found.similarity_QK.tolist() == again.similarity_QK.tolist()


@pytest.mark.parametrize(("kind", "file"), [("exact", "vectors.npz"), ("graph", "vectors.usearch")])
def test_a_damaged_file_is_named(tmp_path: Path, kind: Kind, file: str) -> None:
    (tmp_path / file).write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match="cannot be read"):
        open_index(kind, DIM, tmp_path)


@pytest.mark.parametrize("cut", [10, 200, -30])
def test_a_cut_file_of_vectors_is_named(tmp_path: Path, cut: int) -> None:
    index = make_index("exact", DIM)
    index.add(KEYS, VECTORS)
    index.save(tmp_path)
    path = tmp_path / "vectors.npz"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DataError, match="cannot be read"):
        open_index("exact", DIM, tmp_path)


def test_a_graph_of_another_width_is_refused(tmp_path: Path) -> None:
    index = make_index("graph", DIM)
    index.add(KEYS, VECTORS)
    index.save(tmp_path)
    with pytest.raises(DataError, match="not as wide"):
        open_index("graph", DIM + 1, tmp_path)


def test_qdrant_in_a_folder_is_there_the_next_time(tmp_path: Path) -> None:
    config = QdrantConfig(str(tmp_path / "store"), "products")
    index = QdrantIndex(DIM, config)
    index.add(KEYS[:10], VECTORS[:10])  # each is a transaction on the disk
    index.save(tmp_path)
    index._client.close()
    assert open_index("qdrant", DIM, tmp_path, config.location, "products").search(VECTORS[9], 1).keys_QK == KEYS[9]


def test_qdrant_refuses_a_collection_of_other_vectors(tmp_path: Path) -> None:
    index = QdrantIndex(DIM, QdrantConfig(str(tmp_path / "store")))
    with pytest.raises(DataError, match="not of such vectors"):
        QdrantIndex(DIM + 1, index.config, index._client)


def test_a_server_that_does_not_answer_is_named() -> None:
    with pytest.raises(DataError, match=r"Qdrant did not do.*\n.*127\.0\.0\.1:9"):
        make_index("qdrant", DIM, "http://127.0.0.1:9")


def test_qdrant_in_memory_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be saved"):
        make_index("qdrant", DIM).save(tmp_path)


def test_the_graph_finds_nearly_all_of_many() -> None:
    # Far fewer candidates than vectors: it must walk, and cannot look at all of them.
    vectors_ND = unit(4000, 2)
    exact, graph = ExactIndex(DIM), GraphIndex(DIM, GraphConfig(expansion_search=64))
    for one in (exact, graph):
        one.add(np.arange(len(vectors_ND)), vectors_ND)
    asked = unit(50, 3)
    pairs = zip(exact.search(asked, 10).keys_QK.tolist(), graph.search(asked, 10).keys_QK.tolist(), strict=True)
    assert np.mean([len(set(right) & set(found)) / 10 for right, found in pairs]) > 0.95


def test_half_precision_takes_less_memory_and_answers_alike() -> None:
    whole, half = GraphIndex(DIM), GraphIndex(DIM, GraphConfig(dtype="f16"))
    for one in (whole, half):
        one.add(KEYS, VECTORS)
    np.testing.assert_allclose(whole.search(QUERIES, 5).similarity_QK, half.search(QUERIES, 5).similarity_QK, atol=2e-3)
    assert half.search(QUERIES, 1, KEYS.tolist()).keys_QK.tolist() == whole.search(QUERIES, 1).keys_QK.tolist()


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match="no index of the kind"):
        make_index("tree", DIM)  # type: ignore[arg-type]
