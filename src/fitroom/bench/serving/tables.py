"""What the serving bench measures and shows: rates by number of clients, and each server under an overload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import numpy as np

from fitroom.bench.blocks import ratio
from fitroom.bench.process_memory import looked_at
from fitroom.bench.report import Cell, Spread, Table
from fitroom.bench.serving.http_load import BUSY, OK, Reply, Request, closed_loop, open_loop
from fitroom.bench.serving.served import Server
from fitroom.errors import EvaluationError
from fitroom.progress import log

WATCH_S = 0.25


@dataclass
class Rates:
    """Of one server and number of clients.

    Attributes:
        per_second: answers, one a block.
        seconds: of every request that was answered.
    """

    per_second: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def spread(self) -> Spread:
        """Of the blocks."""
        return Spread(tuple(self.per_second))


@dataclass(frozen=True)
class Bout:
    """Servers that are measured in turn.

    Args:
        servers: ours first.
        requests: taken in turn.
        seconds: of a block.
        timeout_s: after which a request counts as lost.
        own: requests by name of a server that is asked in another way; it may be one of the others once more.
    """

    servers: Sequence[Server]
    requests: Sequence[Request]
    seconds: float
    timeout_s: float
    own: Mapping[str, Sequence[Request]] = field(default_factory=dict)

    def rates(self, clients: Sequence[int], rounds: int) -> dict[tuple[str, int], Rates]:
        """By server and number of clients; a warm-up round comes first.

        Raises:
            EvaluationError: a server answers with something else than 200.
        """
        found = {(server.name, number): Rates() for number in clients for server in self.servers}
        for turn in range(rounds + 1):
            for number in clients:
                for server in self.servers[:: -1 if turn % 2 else 1]:
                    requests = self.own.get(server.name, self.requests)
                    with self.alone(server):
                        replies, took = closed_loop(server.port, requests, number, self.seconds, self.timeout_s)
                    _require_answers(server, replies)
                    log.info("round %d, %d clients: %s %.1f/s", turn, number, server.name, len(replies) / took)
                    if turn:
                        found[server.name, number].per_second.append(len(replies) / took)
                        found[server.name, number].seconds += [reply.seconds for reply in replies]
        return found

    @contextmanager
    def alone(self, server: Server) -> Iterator[None]:
        """All other servers are paused meanwhile."""
        with ExitStack() as stack:
            for other in self.servers:
                if other.pid != server.pid:
                    stack.enter_context(other.paused())
            yield


def rates_table(
    rates: dict[tuple[str, int], Rates], clients: Sequence[int], leads: Sequence[str], notes: list[str]
) -> Table:
    """Rates and latencies; each of the leading servers over all others, as ratios."""
    rows: list[tuple[Cell, ...]] = []
    for number in clients:
        sides = {name: found for (name, clients_), found in rates.items() if clients_ == number}
        for name, found in sides.items():
            p50, p95 = (1000 * float(np.quantile(found.seconds, level)) for level in (0.5, 0.95))
            times: list[Cell] = ["-" if name == lead else ratio(sides[lead].spread(), found.spread()) for lead in leads]
            rows.append((number, name, found.spread(), p50, p95, len(found.seconds), *times))
    columns = ("clients", "server", "answers/s", "p50 ms", "p95 ms", "N", *(f"{lead}, times" for lead in leads))
    return Table("The same model behind three servers", columns, rows, notes)


def overload_table(
    bout: Bout, rates: dict[tuple[str, int], Rates], clients: int, times: float, seconds: float
) -> Table:
    """Each server in turn under a multiple of the rate it reached with the most clients."""
    rows: list[tuple[Cell, ...]] = []
    for server in bout.servers:
        if server.name in bout.own:
            continue
        rate = times * rates[server.name, clients].spread().median
        before_mb = server.memory_mb()
        with bout.alone(server), looked_at(server.memory_mb, WATCH_S) as memory_mb:
            replies, took = open_loop(server.port, bout.requests, rate, seconds, bout.timeout_s)
        accepted = [1000 * reply.seconds for reply in replies if reply.status == OK]
        refused = sum(reply.status == BUSY for reply in replies)
        p50, p99 = (float(np.quantile(accepted, level)) if accepted else "-" for level in (0.5, 0.99))
        others = len(replies) - len(accepted) - refused
        rows.append(
            (server.name, len(replies) / took, len(accepted), refused / len(replies), others, p50, p99, before_mb,
             max([before_mb, *memory_mb]))
        )  # fmt: skip
        log.info("overload: %s accepted %d of %d, refused %d", server.name, len(accepted), len(replies), refused)
    columns = ("server", "sent/s", "accepted", "share of 429", "lost", "p50 ms", "p99 ms", "MB before", "MB at most")
    notes = [
        f"Requests for {seconds:g} s at {times:g} times the rate that the server reached with {clients} clients, sent "
        "evenly, whatever becomes of those before. Who sends shares the cores, and at most 1,000 are open at once: "
        "both may hold the rate down; what was sent is in the table.",
        f"Latencies are those of accepted requests, from the first byte sent. Lost: no answer within "
        f"{bout.timeout_s:g} s, a broken connection, or another status than 200 and 429.",
        "MB: memory of all processes of the server, shared pages once.",
    ]
    return Table(f"Under {times:g} times the load", columns, rows, notes)


def _require_answers(server: Server, replies: Sequence[Reply]) -> None:
    wrong = [reply.status for reply in replies if reply.status != OK]
    if wrong:
        raise EvaluationError(
            f"{server.name} did not answer every request", rule="200 for all, so that speeds can be compared",
            got=f"{len(wrong)} of {len(replies)} others, the first {wrong[0]}",
        )  # fmt: skip
