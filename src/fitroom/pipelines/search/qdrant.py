"""Vectors on a Qdrant server, for catalogues that many machines share; the same API.

The client's local mode (``":memory:"``, or a path) is what the tests hold this to. A server has not been tried.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException

from fitroom.errors import DataError
from fitroom.pipelines.search.index import NO_KEY, Nearest, check_num, checked, checked_vectors, nearest_of

_BATCH = 512  # points of a request


@dataclass(frozen=True)
class QdrantConfig:
    """Where the server is, and what the vectors are called there."""

    location: str = ":memory:"
    """URL of a server, ":memory:", or a folder for the client's local mode."""
    collection: str = "fitroom"
    """Name of the collection; made where it is not there."""
    api_key: str | None = None
    """Of the server, where it wants one."""
    expansion_search: int = 256
    """Candidates that a server looks at for a query (its hnsw_ef); local mode is exact."""

    @property
    def is_server(self) -> bool:
        """Whether the location is a server's URL."""
        return "://" in self.location


class QdrantIndex:
    """See :class:`~fitroom.pipelines.search.index.VectorIndex`.

    Args:
        dim: D.
        config: see there.
        client: a ready client; made of the config where None.

    Raises:
        DataError: the server cannot be reached, or the collection is of another width or metric.
    """

    def __init__(self, dim: int, config: QdrantConfig = QdrantConfig(), client: QdrantClient | None = None) -> None:
        self.config, self._dim = config, dim
        with _asking(config):
            self._client = client or _client(config)
            if not self._client.collection_exists(config.collection):
                self._client.create_collection(
                    config.collection, vectors_config=models.VectorParams(size=dim, distance=models.Distance.DOT)
                )
            made: Any = self._client.get_collection(config.collection).config.params.vectors
        if (made.size, made.distance) != (dim, models.Distance.DOT):
            raise DataError(
                "the collection is not of such vectors", where=f"{config.location}, {config.collection}",
                rule=f"{dim} wide, Dot", got=f"{made.size} wide, {made.distance.value}", fix="another collection",
            )  # fmt: skip

    @property
    def dim(self) -> int:
        """D."""
        return self._dim

    def __len__(self) -> int:
        with _asking(self.config):
            return int(self._client.count(self.config.collection, exact=True).count)

    def add(self, keys_N: np.ndarray, vectors_ND: np.ndarray) -> None:
        """See :class:`~fitroom.pipelines.search.index.VectorIndex`."""
        keys_N, vectors_ND = checked(keys_N, vectors_ND, self.dim)
        with _asking(self.config):
            for start in range(0, len(keys_N), _BATCH):
                part = slice(start, start + _BATCH)
                points = models.Batch(ids=keys_N[part].tolist(), vectors=vectors_ND[part].tolist())
                self._client.upsert(self.config.collection, points, wait=True)

    def remove(self, keys_N: np.ndarray) -> None:
        """See :class:`~fitroom.pipelines.search.index.VectorIndex`."""
        with _asking(self.config):
            keys: list[Any] = np.atleast_1d(keys_N).tolist()
            self._client.delete(self.config.collection, models.PointIdsList(points=keys), wait=True)

    def vectors(self, keys_N: np.ndarray) -> dict[int, np.ndarray]:
        """See :class:`~fitroom.pipelines.search.index.VectorIndex`."""
        keys: list[Any] = np.atleast_1d(keys_N).tolist()
        with _asking(self.config):
            found = self._client.retrieve(self.config.collection, keys, with_payload=False, with_vectors=True)
        return {int(point.id): np.asarray(point.vector, np.float32) for point in found}

    def search(self, queries_QD: np.ndarray, num: int, among: Collection[int] | None = None) -> Nearest:
        """See :class:`~fitroom.pipelines.search.index.VectorIndex`."""
        check_num(num)
        queries_QD = checked_vectors(queries_QD, self.dim)
        only = None if among is None else models.Filter(must=[models.HasIdCondition(has_id=[int(k) for k in among])])
        params = models.SearchParams(hnsw_ef=max(self.config.expansion_search, num)) if self.config.is_server else None
        asked = [models.QueryRequest(query=q.tolist(), limit=num, filter=only, params=params) for q in queries_QD]
        with _asking(self.config):
            answers = self._client.query_batch_points(self.config.collection, asked) if asked else []
        keys_QK = np.full((len(queries_QD), num), NO_KEY, np.int64)
        similarity_QK = np.full((len(queries_QD), num), -np.inf, np.float32)
        for row, answer in enumerate(answers):
            for place, point in enumerate(answer.points):
                keys_QK[row, place], similarity_QK[row, place] = int(point.id), point.score
        return nearest_of(keys_QK, similarity_QK, num)

    def save(self, folder: Path) -> None:
        """Nothing is written: the server, or the folder of local mode, keeps what it was given."""
        if self.config.location == ":memory:":
            raise DataError(
                "an index in a client's memory cannot be saved", where=folder, fix="give a server's URL, or a folder"
            )


@contextmanager
def _asking(config: QdrantConfig) -> Iterator[None]:
    """What goes wrong between client and server is told as a DataError that names the place."""
    try:
        yield
    except (QdrantException, ApiException, OSError, ValueError, RuntimeError) as error:
        raise DataError(
            "Qdrant did not do what it was asked for", where=config.location,
            got=(str(error) or type(error).__name__).splitlines()[0], fix="see that the server runs and lets you in",
        ) from error  # fmt: skip


def _client(config: QdrantConfig) -> QdrantClient:
    if config.location == ":memory:":
        return QdrantClient(":memory:")
    if config.is_server:
        return QdrantClient(url=config.location, api_key=config.api_key, check_compatibility=False)
    return QdrantClient(path=config.location)
