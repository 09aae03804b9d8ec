"""What every index of vectors can do, whatever keeps them: one process's memory, a graph, or a server.

Shapes: N vectors, Q queries, K answers a query, D width. Vectors are of unit length, so that the inner product is the
cosine of the angle between two of them: their similarity, in [-1, 1]. Keys are whole numbers from 0 to 2 ** 62.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from fitroom.errors import DataError

NO_KEY = -1
MAX_KEY = 2**62
_UNIT_TOLERANCE = 1e-3


class Nearest(NamedTuple):
    """Answers to Q queries, most similar first; equals in the order of their keys.

    Attributes:
        keys_QK: (Q, K) int64; :data:`NO_KEY` where there were fewer vectors than K.
        similarity_QK: (Q, K) float32 in [-1, 1]; -inf there.
    """

    keys_QK: np.ndarray
    similarity_QK: np.ndarray


class VectorIndex(Protocol):
    """Vectors by key. All methods take and give copies."""

    @property
    def dim(self) -> int:
        """D."""
        ...

    def __len__(self) -> int:
        """How many vectors it holds."""
        ...

    def add(self, keys_N: np.ndarray, vectors_ND: np.ndarray) -> None:
        """Keeps vectors; one of a key that is there takes its place.

        Raises:
            DataError: see :func:`checked`.
        """
        ...

    def remove(self, keys_N: np.ndarray) -> None:
        """Forgets vectors; keys that are not there are passed over."""
        ...

    def vectors(self, keys_N: np.ndarray) -> dict[int, np.ndarray]:
        """(D,) float32 by key, of those keys that are there."""
        ...

    def search(self, queries_QD: np.ndarray, num: int, among: Collection[int] | None = None) -> Nearest:
        """The ``num`` most similar of each query.

        Args:
            queries_QD: of unit length.
            num: K, at least 1.
            among: keys to look at, and no others; None = all.

        Raises:
            DataError: queries of another width or length, or ``num`` below 1.
        """
        ...

    def save(self, folder: Path) -> None:
        """Writes what :func:`~fitroom.pipelines.search.kinds.open_index` reads, into a folder that is there."""
        ...


def checked(keys_N: np.ndarray, vectors_ND: np.ndarray, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Keys as (N,) int64 and vectors as (N, D) float32.

    Raises:
        DataError: keys out of range or twice, as many keys as vectors not given, or vectors that do not fit.
    """
    keys_N = np.atleast_1d(np.asarray(keys_N))
    vectors_ND = checked_vectors(vectors_ND, dim)
    if keys_N.dtype.kind not in "iu" or keys_N.ndim != 1 or len(keys_N) != len(vectors_ND):
        raise DataError(
            "keys and vectors do not belong together", rule="a whole number for each vector",
            got=f"{keys_N.shape} {keys_N.dtype} for {len(vectors_ND)} vectors",
        )  # fmt: skip
    if len(keys_N) and not (int(keys_N.min()) >= 0 and int(keys_N.max()) <= MAX_KEY):
        raise DataError("a key is out of range", rule="0 to 2 ** 62", got=(int(keys_N.min()), int(keys_N.max())))
    if len(np.unique(keys_N)) < len(keys_N):
        raise DataError("a key is given twice", rule="one vector a key")
    return keys_N.astype(np.int64), vectors_ND


def checked_vectors(vectors_ND: np.ndarray, dim: int) -> np.ndarray:
    """Vectors as (N, D) float32; one alone may be (D,).

    Raises:
        DataError: another width, not finite, or not of unit length.
    """
    vectors_ND = np.atleast_2d(np.asarray(vectors_ND, np.float32))
    if vectors_ND.ndim != 2 or vectors_ND.shape[1] != dim:
        raise DataError(
            "vectors are of another width than the index", rule=f"(N, {dim})", got=vectors_ND.shape,
            fix="ask with the bundle that the index was made with, or make the index again",
        )  # fmt: skip
    length_N = np.linalg.norm(vectors_ND, axis=1)
    wrong_N = ~(np.abs(length_N - 1) < _UNIT_TOLERANCE)  # NaN is wrong as well
    if wrong_N.any():
        raise DataError(
            "a vector is not of unit length", where=f"vector {int(wrong_N.argmax())}", rule="length 1",
            got=float(length_N[wrong_N.argmax()]), fix="divide it by its length",
        )  # fmt: skip
    return np.ascontiguousarray(vectors_ND)


def check_num(num: int) -> None:
    """Raises DataError where fewer than one answer is asked for."""
    if num < 1:
        raise DataError("no answer is asked for", where="the number of answers", rule="1 or more", got=num)


def nearest_of(keys_QM: np.ndarray, similarity_QM: np.ndarray, num: int) -> Nearest:
    """The first ``num`` of M candidates a query, in order, filled up where there are fewer.

    Args:
        keys_QM: (Q, M) int64, :data:`NO_KEY` = none.
        similarity_QM: (Q, M) float; of a key that is none it does not matter.
        num: K.
    """
    similarity_QM = np.where(keys_QM == NO_KEY, -np.inf, similarity_QM).astype(np.float32)
    order_QM = np.lexsort((keys_QM, -similarity_QM), axis=1)[:, :num]
    keys_QK = np.take_along_axis(keys_QM, order_QM, 1).astype(np.int64)
    similarity_QK = np.take_along_axis(similarity_QM, order_QM, 1)
    short = num - keys_QK.shape[1]
    if short > 0:
        keys_QK = np.pad(keys_QK, ((0, 0), (0, short)), constant_values=NO_KEY)
        similarity_QK = np.pad(similarity_QK, ((0, 0), (0, short)), constant_values=-np.inf)
    return Nearest(keys_QK, similarity_QK)
