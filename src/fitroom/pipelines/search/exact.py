"""Exact search: every query against every vector. The reference for the others, and enough for small catalogues."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from fitroom.data.files import NPZ_ERRORS
from fitroom.errors import DataError
from fitroom.pipelines.search.index import NO_KEY, Nearest, check_num, checked, checked_vectors, nearest_of

FILE = "vectors.npz"
_CHUNK = 65_536  # vectors that are looked at at once: 8 MB a 32 queries


class ExactIndex:
    """See :class:`~fitroom.pipelines.search.index.VectorIndex`; 4 D + 8 bytes a vector.

    Args:
        dim: D.
    """

    def __init__(self, dim: int) -> None:
        self._keys_N, self._vectors_ND = np.zeros(0, np.int64), np.zeros((0, dim), np.float32)

    @property
    def dim(self) -> int:
        """D."""
        return int(self._vectors_ND.shape[1])

    @property
    def memory_bytes(self) -> int:
        """Taken by keys and vectors."""
        return self._keys_N.nbytes + self._vectors_ND.nbytes

    def __len__(self) -> int:
        return len(self._keys_N)

    def add(self, keys_N: np.ndarray, vectors_ND: np.ndarray) -> None:
        """See :class:`~fitroom.pipelines.search.index.VectorIndex`."""
        keys_N, vectors_ND = checked(keys_N, vectors_ND, self.dim)
        self.remove(keys_N)
        self._keys_N = np.concatenate([self._keys_N, keys_N])
        self._vectors_ND = np.concatenate([self._vectors_ND, vectors_ND])

    def remove(self, keys_N: np.ndarray) -> None:
        """See :class:`~fitroom.pipelines.search.index.VectorIndex`."""
        stays_N = ~np.isin(self._keys_N, keys_N)
        if not stays_N.all():
            self._keys_N, self._vectors_ND = self._keys_N[stays_N], self._vectors_ND[stays_N]

    def vectors(self, keys_N: np.ndarray) -> dict[int, np.ndarray]:
        """See :class:`~fitroom.pipelines.search.index.VectorIndex`."""
        there = np.flatnonzero(np.isin(self._keys_N, keys_N))
        return {int(self._keys_N[place]): self._vectors_ND[place].copy() for place in there}

    def search(self, queries_QD: np.ndarray, num: int, among: Collection[int] | None = None) -> Nearest:
        """See :class:`~fitroom.pipelines.search.index.VectorIndex`."""
        check_num(num)
        queries_QD = checked_vectors(queries_QD, self.dim)
        keys_N, vectors_ND = self._keys_N, self._vectors_ND
        if among is not None:
            chosen = np.flatnonzero(np.isin(keys_N, np.fromiter(among, np.int64, len(among))))
            keys_N, vectors_ND = keys_N[chosen], vectors_ND[chosen]
        best = Nearest(
            np.full((len(queries_QD), 0), NO_KEY, np.int64), np.full((len(queries_QD), 0), -np.inf, np.float32)
        )
        for start in range(0, len(keys_N), _CHUNK):
            found = _best_of(queries_QD @ vectors_ND[start : start + _CHUNK].T, keys_N[start : start + _CHUNK], num)
            keys_QM = np.concatenate([best.keys_QK, found.keys_QK], 1)
            best = nearest_of(keys_QM, np.concatenate([best.similarity_QK, found.similarity_QK], 1), num)
        return nearest_of(*best, num)

    def save(self, folder: Path) -> None:
        """See :class:`~fitroom.pipelines.search.index.VectorIndex`."""
        np.savez(folder / FILE, keys=self._keys_N, vectors=self._vectors_ND)

    @classmethod
    def open(cls, folder: Path, dim: int) -> ExactIndex:
        """What :meth:`save` wrote.

        Raises:
            DataError: it cannot be read, or does not fit.
        """
        try:
            with np.load(folder / FILE, allow_pickle=False) as file:
                keys_N, vectors_ND = file["keys"], file["vectors"]
        except NPZ_ERRORS as error:
            raise DataError(
                "the vectors of the index cannot be read", where=folder / FILE, got=str(error), fix="make it again"
            ) from error
        index = cls(dim)
        index.add(keys_N, vectors_ND)
        return index


def _best_of(similarity_QN: np.ndarray, keys_N: np.ndarray, num: int) -> Nearest:
    """The first ``num`` of each row, equals by key."""
    if num < len(keys_N):
        least_Q1 = np.partition(similarity_QN, -num, axis=1)[:, [-num]]
        width = int((similarity_QN >= least_Q1).sum(1).max())  # more than num where the last ones are equals
        chosen_QM = np.argpartition(-similarity_QN, min(width, len(keys_N) - 1), axis=1)[:, :width]
        return nearest_of(keys_N[chosen_QM], np.take_along_axis(similarity_QN, chosen_QM, 1), num)
    return nearest_of(np.broadcast_to(keys_N, similarity_QN.shape), similarity_QN, num)
