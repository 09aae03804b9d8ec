"""``fitroom bench serve-memory``: does the memory of the server stay level over thousands of requests of many kinds?"""

from __future__ import annotations

import http.client
import itertools
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fitroom.bench.photos import make_photos
from fitroom.bench.report import Report, Table, check_out, publish, surroundings
from fitroom.bench.serving.memory_verdict import Watched, memory_table, require_flat
from fitroom.bench.serving.mixed_requests import Mixed, Step
from fitroom.bench.serving.served import Server, served
from fitroom.config import parse_config
from fitroom.errors import ConfigError, EvaluationError
from fitroom.images import decode_rgb_u8, encode_jpeg
from fitroom.progress import log

_SHIPPED = [
    f"bundles/{name}" for name in ("tryon-compact", "recognizer-clothing", "parser-wardrobe", "size-advisor", "outfits")
]
_PAUSE_S = 0.2


@dataclass
class ServeMemoryConfig:
    """Memory of the server's processes while it is asked for everything it can do, and for what it cannot."""

    bundles: list[str] = field(default_factory=lambda: list(_SHIPPED))
    """That are served: one of each kind."""
    requests: int = 5000
    """All together, those of the warm-up included; looking again whether a try-on is done does not count."""
    warm_up: int = 1500
    """First ones, which fill what the server keeps for good: 64 garments it has seen, 256 results."""
    clients: int = 4
    """How many ask at once."""
    looks: int = 200
    """At the memory, spread over all requests."""
    person: str = "docs/tryon/example-person.jpg"
    """Photo of somebody, tried on in many lights: made-up patterns would be refused."""
    photos: int = 96
    """Of garments; different ones, made up."""
    size_px: tuple[int, int] = (384, 512)
    """Their width and height."""
    most_growth_mb: float = 16.0
    """Each process may grow by this from after the warm-up to the end: more is a leak."""
    timeout_s: float = 120.0
    """Of one request."""
    seed: int = 0
    """Of all chances."""
    out: str | None = None
    """Report to write, .md or .json."""

    def __post_init__(self) -> None:
        check_out(self.out)
        if min(self.clients, self.photos, self.looks) < 1 or not 0 < self.warm_up < self.requests:
            raise ConfigError(
                "there would be nothing to measure", rule="all numbers above 0, fewer to warm up than all"
            )


def main(argv: Sequence[str]) -> int:
    """Measures as the words say; see :class:`ServeMemoryConfig`.

    Raises:
        EvaluationError: a process has grown, a worker has ended, or an answer was not as it should be.
    """
    config = parse_config(ServeMemoryConfig, argv, prog="fitroom bench serve-memory")
    about = surroundings(["bench", "serve-memory", *argv])
    words = [word for bundle in config.bundles for word in ("--bundle", bundle)]
    command = ["-m", "fitroom", "serve", *words, "--port", "{port}"]
    with tempfile.TemporaryDirectory(prefix="fitroom-bench-") as name:
        manifest = make_photos(Path(name), config.photos, config.size_px, config.seed)
        photos = [manifest.path(one).read_bytes() for one in manifest.table["sample_id"]]
    persons = _in_many_lights(Path(config.person))
    with served("fitroom serve", command, "/health/ready") as server:
        _wait_for_spare(server, config.timeout_s)
        crowd = Crowd(server, config)
        took_s = crowd.ask_all(persons, photos)
    watched = crowd.watched
    rows = [(kind, number) for kind, number in sorted(crowd.kinds.items())]
    tables = [
        memory_table(watched, config.warm_up, config.most_growth_mb),
        Table("What was asked for", ("kind", "requests"), rows, [f"{crowd.number} requests in {took_s:.0f} s."]),
    ]
    settings = {
        "asked for": f"{crowd.number} requests by {config.clients} clients at once, photos of "
        f"{config.size_px[0]} x {config.size_px[1]} px",
        "bundles": ", ".join(Path(bundle).name for bundle in config.bundles),
    }
    publish(Report("Memory of the server", settings, tables, about), config.out)
    require_flat(watched, config.warm_up, config.most_growth_mb)
    return 0


class Crowd:
    """Clients that ask at once, each its own script after script, until all requests are sent.

    Args:
        server: that is asked.
        config: how much.

    Attributes:
        number: of requests sent.
        kinds: how many of each.
        watched: memory of the server's processes, and after how many requests.
    """

    def __init__(self, server: Server, config: ServeMemoryConfig) -> None:
        self.server, self.config = server, config
        self.number, self.kinds = 0, Counter[str]()
        self.watched = Watched(server.pid)
        self._lock, self._every = threading.Lock(), max(1, config.requests // config.looks)

    def ask_all(self, persons: Sequence[bytes], photos: Sequence[bytes]) -> float:
        """Seconds until all were answered.

        Raises:
            EvaluationError: an answer was not as it should be.
        """
        start = time.perf_counter()
        with ThreadPoolExecutor(self.config.clients) as pool:
            names = [f"client{place}" for place in range(self.config.clients)]
            mixes = [Mixed(persons, photos, name, self.config.seed) for name in names]
            for done in [pool.submit(self._client, mix) for mix in mixes]:
                done.result()
        return time.perf_counter() - start

    def _client(self, mix: Mixed) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=self.config.timeout_s)
        while self.number < self.config.requests:
            for step in mix.script():
                self._take(connection, step)
        connection.close()

    def _take(self, connection: http.client.HTTPConnection, step: Step) -> None:
        end = time.monotonic() + self.config.timeout_s
        headers = {"Accept": step.accept} | ({"Content-Type": step.content_type} if step.body else {})
        for asked in itertools.count():
            try:
                connection.request(step.method, step.path, step.body or None, headers)
                answer = connection.getresponse()
                status, content = answer.status, answer.read()
            except (OSError, http.client.HTTPException) as error:
                raise EvaluationError("the server gave no answer", where=step.path, got=type(error).__name__) from error
            if not asked:  # who only waits for a try-on is no request of its own
                self._count(step.kind)
            if status not in step.right or time.monotonic() > end:
                raise EvaluationError(
                    "an answer is not as it should be",
                    where=f"{step.kind}: {step.method} {step.path}",
                    rule=f"status {step.right[0]}",
                    got=f"{status} {content[:300]!r}",
                )
            if step.until in content:
                return
            time.sleep(_PAUSE_S)

    def _count(self, kind: str) -> None:
        with self._lock:
            self.number += 1
            self.kinds[kind] += 1
            if self.number % self._every == 0:
                self.watched.look(self.number, self.server.resident_mb())
            if self.number % (10 * self._every) == 0:
                log.info("%d requests: %.0f MiB", self.number, sum(self.watched.last.values()))


def _in_many_lights(person: Path) -> list[bytes]:
    image_u8 = decode_rgb_u8(person)
    return [encode_jpeg(np.clip(image_u8.astype(int) + step, 0, 255).astype(np.uint8)) for step in range(-24, 24, 3)]


def _wait_for_spare(server: Server, timeout_s: float) -> None:
    """Until its memory rests: the spare worker loads after the first, and would look like growth."""
    end, before = time.monotonic() + timeout_s, dict[int, float]()
    while time.monotonic() < end:
        time.sleep(2)
        now = server.resident_mb()
        if len(now) > 2 and now.keys() == before.keys() and all(abs(now[pid] - before[pid]) < 1 for pid in now):
            return
        before = now
