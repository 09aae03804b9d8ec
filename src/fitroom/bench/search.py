"""``fitroom bench search``: the graph beside exact search, as a catalogue grows: recall, latency, memory, building."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from fitroom.bench.report import Cell, Report, Table, check_out, publish, short, surroundings
from fitroom.bench.search_vectors import VectorSource
from fitroom.config import parse_config
from fitroom.errors import ConfigError
from fitroom.pipelines.search.exact import ExactIndex
from fitroom.pipelines.search.graph import GraphConfig, GraphIndex
from fitroom.pipelines.search.index import VectorIndex
from fitroom.progress import log, track

CHUNK = 20_000  # vectors that are added at once
MIB = 2**20


@dataclass
class SearchBenchConfig:
    """Recall, latency and memory of the graph beside exact search, at several sizes of catalogue."""

    sizes: list[int] = field(default_factory=lambda: [10_000, 100_000, 1_000_000])
    """Numbers of vectors, in rising order; the graph grows from one to the next."""
    dim: int = 64
    """Width of a vector."""
    own_dim: int = 20
    """Directions in which products differ, of those; the rest is noise. A trained embedding has few."""
    noise: float = 0.1
    """Of each vector, in all directions, beside length 1. With ``own_dim`` as wide as ``dim``, all is noise: the
    hardest case there is for a graph."""
    queries: int = 200
    """Asked one at a time; none of them is in the catalogue, each is a product's vector disturbed."""
    num: int = 10
    """Answers a query."""
    connectivity: int = GraphConfig.connectivity
    """See GraphConfig; so are the next."""
    expansion_add: int = GraphConfig.expansion_add
    expansion_search: list[int] = field(default_factory=lambda: [64, 128, GraphConfig.expansion_search])
    """Several are tried on the same graph."""
    dtype: Literal["f32", "f16"] = GraphConfig.dtype
    threads: int = 1
    """That put vectors in; queries are answered by one."""
    seed: int = 0
    """Of the vectors."""
    quick: bool = False
    """Only see that everything works, with the least of everything: no figure is worth quoting."""
    out: str | None = None
    """Report to write, .md or .json."""

    def __post_init__(self) -> None:
        check_out(self.out)
        if self.quick:
            self.sizes, self.queries, self.dim, self.own_dim = [400, 800], 20, 16, 4
        if sorted(set(self.sizes)) != self.sizes or min([*self.sizes, self.queries, self.num, self.own_dim]) < 1:
            raise ConfigError(
                "there would be nothing to measure", rule="sizes that rise, numbers of at least 1", got=self.sizes
            )
        if self.own_dim > self.dim or not self.expansion_search:
            raise ConfigError("the vectors do not fit", rule="own_dim at most dim, an expansion_search or more",
                              got=(self.own_dim, self.dim, self.expansion_search))  # fmt: skip


def main(argv: Sequence[str]) -> int:
    """Measures as the words say; see :class:`SearchBenchConfig`."""
    config = parse_config(SearchBenchConfig, argv, prog="fitroom bench search")
    about = surroundings(["bench", "search", *argv])
    publish(Report("Speed of search", _settings(config), [growth_table(config)], about), config.out)
    return 0


def growth_table(config: SearchBenchConfig) -> Table:
    """A row for every size of catalogue and every way to search it."""
    source = VectorSource(config.dim, config.own_dim, config.noise, config.seed)
    queries_QD = source.queries(config.queries)
    exact = ExactIndex(config.dim)
    graph = GraphIndex(config.dim, _graph(config, config.expansion_search[0]))
    rows: list[tuple[Cell, ...]] = []
    spent_s = 0.0
    for size in config.sizes:
        spent_s += _grow(exact, graph, source, size)
        right_QK, exact_ms = _asked(exact, queries_QD, config.num)
        vectors_mib = exact.memory_bytes / MIB
        rows.append((f"{size:,}", "exact", 1.0, exact_ms.typical, exact_ms.slow, short(vectors_mib), "-"))
        for expansion in config.expansion_search:
            graph.look_at(expansion)
            found_QK, graph_ms = _asked(graph, queries_QD, config.num)
            cells = (recall(found_QK, right_QK), graph_ms.typical, graph_ms.slow)
            rows.append((f"{size:,}", f"graph, {expansion} candidates", *cells, *_cost(graph, spent_s)))
            log.info("%d vectors, %d candidates: recall %.4f, %s ms", size, expansion, cells[0], cells[1])
    columns = ("vectors", "search", f"recall@{config.num}", "ms, median", "ms, 95 of 100", "MiB", "s to build")
    return Table("As a catalogue grows", columns, [(r[0], r[1], f"{r[2]:.4f}", *r[3:]) for r in rows], _notes(config))


@dataclass(frozen=True)
class Times:
    """Of single queries, in ms of the processor: the median, and what 95 of 100 take at most."""

    typical: float
    slow: float


def recall(found_QK: np.ndarray, right_QK: np.ndarray) -> float:
    """Share of the right answers that were found, in [0, 1]; order does not matter."""
    return float(np.mean([np.isin(right, found).mean() for found, right in zip(found_QK, right_QK, strict=True)]))


def _grow(exact: ExactIndex, graph: GraphIndex, source: VectorSource, size: int) -> float:
    """Adds vectors up to ``size`` to both; processor seconds that the graph took."""
    spent_s = 0.0
    starts = range(len(exact), size, CHUNK)
    parts = []
    for start in track(starts, f"vectors up to {size:,}", total=len(starts)):
        keys_N = np.arange(start, min(start + CHUNK, size))
        vectors_ND = source.products(keys_N)
        parts.append(vectors_ND)
        begun_s = time.process_time()
        graph.add(keys_N, vectors_ND)
        spent_s += time.process_time() - begun_s
    exact.add(np.arange(len(exact), size), np.concatenate(parts))
    return spent_s


def _asked(index: VectorIndex, queries_QD: np.ndarray, num: int) -> tuple[np.ndarray, Times]:
    index.search(queries_QD[0], num)  # what is done once
    keys, spent_ms = [], []
    for query_D in queries_QD:
        begun_s = time.process_time()
        keys.append(index.search(query_D, num).keys_QK[0])
        spent_ms.append(1000 * (time.process_time() - begun_s))
    return np.array(keys), Times(float(np.median(spent_ms)), float(np.quantile(spent_ms, 0.95)))


def _cost(graph: GraphIndex, spent_s: float) -> tuple[Cell, Cell]:
    return short(graph.memory_bytes / MIB), short(spent_s)


def _graph(config: SearchBenchConfig, expansion: int) -> GraphConfig:
    return GraphConfig(config.connectivity, config.expansion_add, expansion, config.dtype, config.threads)


def _notes(config: SearchBenchConfig) -> list[str]:
    return [
        f"{config.queries} queries, one at a time, by one thread; recall is beside exact search over the same vectors.",
        "ms and s are the processor's, all threads together: what others do on the machine does not count.",
        "MiB: of vectors (exact), or of vectors and graph; not of the program, nor of what the catalogue says of them.",
        f"s to build: of the graph, from nothing, by {config.threads} thread(s), vectors not counted.",
        "Qdrant is not measured: its client's local mode is a plain search, and no server was at hand.",
    ]


def _settings(config: SearchBenchConfig) -> dict[str, str]:
    made = f"{config.dim} wide, made up: {config.own_dim} directions of their own and noise of {config.noise:g}"
    graph = f"{config.connectivity} neighbours, {config.expansion_add} candidates while building, {config.dtype}"
    settings = {"vectors": made, "graph": graph, "seed": str(config.seed)}
    return settings | ({"quick": "yes: these figures are worth nothing"} if config.quick else {})
