"""A graph of neighbours in one process's memory (HNSW, Malkov & Yashunin 2018), by usearch: millions of vectors.

Not every nearest vector is found: recall is what ``fitroom bench search`` measures against exact search.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from usearch.index import Index

from fitroom.errors import DataError
from fitroom.pipelines.search.exact import ExactIndex
from fitroom.pipelines.search.index import NO_KEY, Nearest, check_num, checked, checked_vectors, nearest_of

FILE = "vectors.usearch"


@dataclass(frozen=True)
class GraphConfig:
    """Of the graph; more of each is better recall, for more time and memory."""

    connectivity: int = 16
    """Neighbours a vector is tied to."""
    expansion_add: int = 64
    """Candidates looked at where a vector is put in."""
    expansion_search: int = 256
    """Candidates looked at for a query, and never fewer than are asked for."""
    dtype: Literal["f32", "f16"] = "f32"
    """How vectors are kept; f16 takes half the memory, and mixes up what differs by less than .001."""
    threads: int = 1
    """That put vectors in and look for them; 0 = all cores."""


class GraphIndex:
    """See :class:`~fitroom.pipelines.search.index.VectorIndex`.

    Args:
        dim: D.
        config: see there.
    """

    def __init__(self, dim: int, config: GraphConfig = GraphConfig()) -> None:
        self.config = config
        self._index: Any = Index(
            ndim=dim, metric="ip", dtype=config.dtype, connectivity=config.connectivity,
            expansion_add=config.expansion_add, expansion_search=config.expansion_search,
        )  # fmt: skip

    @property
    def dim(self) -> int:
        """D."""
        return int(self._index.ndim)

    @property
    def memory_bytes(self) -> int:
        """Taken by vectors and graph."""
        return int(self._index.memory_usage)

    def __len__(self) -> int:
        return len(self._index)

    def look_at(self, num_candidates: int) -> None:
        """Another ``expansion_search`` from now on; the graph stays as it is."""
        self.config = replace(self.config, expansion_search=num_candidates)
        self._index.expansion_search = num_candidates

    def add(self, keys_N: np.ndarray, vectors_ND: np.ndarray) -> None:
        """See :class:`~fitroom.pipelines.search.index.VectorIndex`."""
        keys_N, vectors_ND = checked(keys_N, vectors_ND, self.dim)
        self.remove(keys_N)
        if len(keys_N):
            self._index.add(keys_N.astype(np.uint64), vectors_ND, threads=self.config.threads)

    def remove(self, keys_N: np.ndarray) -> None:
        """See :class:`~fitroom.pipelines.search.index.VectorIndex`."""
        there = self._there(keys_N)
        if len(there):
            self._index.remove(there)

    def vectors(self, keys_N: np.ndarray) -> dict[int, np.ndarray]:
        """See :class:`~fitroom.pipelines.search.index.VectorIndex`; of unit length, also out of half precision."""
        keys = np.unique(self._there(keys_N))
        if not len(keys):
            return {}
        vectors_ND = np.atleast_2d(np.asarray(self._index.get(keys), np.float32))
        vectors_ND = vectors_ND / np.linalg.norm(vectors_ND, axis=1, keepdims=True)
        return dict(zip(keys.astype(int).tolist(), vectors_ND, strict=True))

    def search(self, queries_QD: np.ndarray, num: int, among: Collection[int] | None = None) -> Nearest:
        """See :class:`~fitroom.pipelines.search.index.VectorIndex`; ``among`` is searched exactly."""
        check_num(num)
        queries_QD = checked_vectors(queries_QD, self.dim)
        if among is not None:
            return self._part(among).search(queries_QD, num)
        if not len(self) or not len(queries_QD):
            return nearest_of(np.full((len(queries_QD), 0), NO_KEY, np.int64), np.zeros((len(queries_QD), 0)), num)
        found: Any = self._index.search(queries_QD, min(num, len(self)), threads=self.config.threads)
        keys_QM, distances_QM = (np.atleast_2d(part) for part in (found.keys, found.distances))
        counts: Any = getattr(found, "counts", keys_QM.shape[1])
        missing_QM = np.arange(keys_QM.shape[1]) >= np.atleast_1d(counts)[:, None]
        return nearest_of(np.where(missing_QM, NO_KEY, keys_QM.astype(np.int64)), 1 - distances_QM, num)

    def save(self, folder: Path) -> None:
        """See :class:`~fitroom.pipelines.search.index.VectorIndex`."""
        self._index.save(str(folder / FILE))

    @classmethod
    def open(cls, folder: Path, dim: int, config: GraphConfig = GraphConfig()) -> GraphIndex:
        """What :meth:`save` wrote, read into memory.

        Raises:
            DataError: it cannot be read, or does not fit.
        """
        index, path = cls(dim, config), folder / FILE
        try:
            index._index.load(str(path))
        except (OSError, RuntimeError, ValueError) as error:
            raise DataError(
                "the graph of the index cannot be read", where=path, got=str(error), fix="make the index again"
            ) from error
        if index.dim != dim:
            raise DataError("the graph is not as wide as its folder says", where=path, rule=str(dim), got=index.dim)
        index.look_at(config.expansion_search)
        return index

    def _there(self, keys_N: np.ndarray) -> np.ndarray:
        """Those keys that it holds."""
        keys = np.atleast_1d(np.asarray(keys_N, np.int64))
        keys = keys[keys >= 0].astype(np.uint64)
        return keys[np.atleast_1d(np.asarray(self._index.contains(keys)))] if len(keys) and len(self) else keys[:0]

    def _part(self, among: Collection[int]) -> ExactIndex:
        part, vectors = ExactIndex(self.dim), self.vectors(np.fromiter(among, np.int64, len(among)))
        if vectors:
            part.add(np.array(list(vectors)), np.stack(list(vectors.values())))
        return part
