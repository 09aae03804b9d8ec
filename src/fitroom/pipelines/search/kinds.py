"""Every kind of index by name; each is imported where it is asked for, since two need a package of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from fitroom.errors import ConfigError
from fitroom.pipelines.search.index import VectorIndex

Kind = Literal["exact", "graph", "qdrant"]
KINDS: tuple[Kind, ...] = ("exact", "graph", "qdrant")


def make_index(kind: Kind, dim: int, location: str = ":memory:", collection: str = "fitroom") -> VectorIndex:
    """An index of a kind: empty, but for a Qdrant collection that is there already.

    Args:
        kind: see :data:`KINDS`.
        dim: width of the vectors.
        location, collection: of "qdrant": URL of the server, and the name of the collection.

    Raises:
        ConfigError: no such kind.
        DataError: the server does not answer.
    """
    if kind == "exact":
        from fitroom.pipelines.search.exact import ExactIndex

        return ExactIndex(dim)
    if kind == "graph":
        from fitroom.pipelines.search.graph import GraphIndex

        return GraphIndex(dim)
    if kind == "qdrant":
        from fitroom.pipelines.search.qdrant import QdrantConfig, QdrantIndex

        return QdrantIndex(dim, QdrantConfig(location, collection))
    raise ConfigError(f"there is no index of the kind {kind!r}", rule=f"one of {', '.join(KINDS)}")


def open_index(kind: Kind, dim: int, folder: Path, location: str = "", collection: str = "fitroom") -> VectorIndex:
    """What an index of the kind saved into a folder, or keeps at ``location``.

    Raises:
        ConfigError: no such kind.
        DataError: it cannot be read.
    """
    if kind == "exact":
        from fitroom.pipelines.search.exact import ExactIndex

        return ExactIndex.open(folder, dim)
    if kind == "graph":
        from fitroom.pipelines.search.graph import GraphIndex

        return GraphIndex.open(folder, dim)
    return make_index(kind, dim, location, collection)
