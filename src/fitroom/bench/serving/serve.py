"""``fitroom bench serve``: our server beside plain FastAPI and LitServe on one model, and under ten times its load."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from fitroom.bench.photos import make_photos
from fitroom.bench.report import Report, check_out, publish, surroundings
from fitroom.bench.serving.answering import BATCH_TIMEOUT_S, MAX_BATCH, PHOTOS, Task
from fitroom.bench.serving.http_load import CREATED, OK, Request, multipart, one_by_one
from fitroom.bench.serving.served import Server, served
from fitroom.bench.serving.tables import Bout, overload_table, rates_table
from fitroom.bundles import Bundle, open_bundle, resolve_bundle
from fitroom.bundles.format import ONNX
from fitroom.config import parse_config
from fitroom.errors import ConfigError, EvaluationError
from fitroom.progress import log

OURS, OURS_ONNX, OURS_KEPT = "fitroom serve", "fitroom serve by ONNX Runtime", "fitroom serve, garment registered"
FASTAPI, LITSERVE = "plain FastAPI", "LitServe"
_SHIPPED = {"recognize": "bundles/recognizer-clothing", "try-on": "bundles/tryon-compact"}
_SIZES = {"recognize": (400, 533), "try-on": (384, 512)}  # width and height of the photos, px


@dataclass
class ServeBenchConfig:
    """Throughput and latency of our server beside two others over the same model, and what an overload does to each."""

    task: Task = "recognize"
    """What is asked for; recognitions that wait together are computed together, try-ons one a core."""
    bundle: str | None = None
    """Bundle or run that answers; none = the shipped one of the task."""
    peers: list[Literal["fastapi", "litserve"]] = field(default_factory=lambda: ["fastapi", "litserve"])
    """Servers beside ours; one whose package is missing is left out, and the report says so."""
    onnx: bool = True
    """Whether ours stands there once more as it answers unasked: by ONNX Runtime, where the bundle has a graph."""
    clients: list[int] = field(default_factory=lambda: [1, 8])
    """How many ask at once."""
    rounds: int = 5
    """Blocks of each server, after one that does not count; servers take turns."""
    seconds: float = 8.0
    """Of a block."""
    overload: float = 10.0
    """Times the rate that a server reached with the most clients; 0 = no overload."""
    overload_seconds: float = 20.0
    """For how long it is sent."""
    max_waiting: int = 16
    """Requests that our server lets wait beside those it computes."""
    timeout_s: float = 60.0
    """After which a request counts as lost."""
    photos: int = 32
    """Different ones, made up."""
    quick: bool = False
    """Only see that everything works, with the least of everything: no figure is worth quoting."""
    out: str | None = None
    """Report to write, .md or .json."""

    def __post_init__(self) -> None:
        check_out(self.out)
        if self.quick:
            self.rounds, self.seconds, self.overload_seconds, self.photos = 1, 0.5, 1.0, 4
        least = min(self.rounds, self.seconds, self.overload_seconds, self.photos, self.timeout_s, *self.clients)
        if least <= 0 or self.overload < 0 or self.max_waiting < 0 or not self.clients:
            raise ConfigError("there would be nothing to measure", rule="all numbers above 0, one client or more")


def main(argv: Sequence[str]) -> int:
    """Measures as the words say; see :class:`ServeBenchConfig`."""
    config = parse_config(ServeBenchConfig, argv, prog="fitroom bench serve")
    about = surroundings(["bench", "serve", *argv])
    bundle = open_bundle(resolve_bundle(config.bundle or _SHIPPED[config.task]))
    peers, missing = _peers(config)
    with tempfile.TemporaryDirectory(prefix="fitroom-bench-") as name, ExitStack() as stack:
        photos = _photos(config, Path(name))
        servers = [stack.enter_context(side) for side in _sides(config, peers, bundle)]
        own = {OURS_KEPT: _registered(servers[0], photos, config.timeout_s)} if config.task == "try-on" else {}
        servers[1:1] = [replace(servers[0], name=name) for name in own]
        requests = [multipart(f"/v1/{config.task}", files) for files in photos]
        bout = Bout(servers, requests, config.seconds, config.timeout_s, own)
        rates = bout.rates(config.clients, config.rounds)
        leads = [server.name for server in servers if server.name in (OURS, OURS_ONNX)]
        tables = [rates_table(rates, config.clients, leads, [*_notes(config, peers), *missing])]
        if config.overload:
            most = max(config.clients)
            tables.append(overload_table(bout, rates, most, config.overload, config.overload_seconds))
    settings = {
        "asked for": f"{config.task}, photos of {' x '.join(map(str, _SIZES[config.task]))} px, made up",
        "model": f"{bundle.spec.name} {bundle.spec.revision}, by PyTorch unless said otherwise, "
        "one thread an answer in every server",
    }
    settings |= {"quick": "yes: these figures are worth nothing"} if config.quick else {}
    publish(Report("Serving speed", settings, tables, about), config.out)
    return 0


def _peers(config: ServeBenchConfig) -> tuple[list[str], list[str]]:
    """Those that can be had, and a note on each that cannot."""
    missing = [peer for peer in config.peers if find_spec(peer) is None]  # each is named as its package
    for peer in missing:
        log.warning("%s is not installed: it is left out (pip install 'fitroom[bench]')", peer)
    notes = [f"{peer} is not installed here, so it is not in this table: pip install 'fitroom[bench]'."
             for peer in missing]  # fmt: skip
    return [peer for peer in config.peers if peer not in missing], notes


def _sides(config: ServeBenchConfig, peers: list[str], bundle: Bundle) -> list[AbstractContextManager[Server]]:
    runtimes = {OURS: "torch"} | ({OURS_ONNX: "onnx"} if config.onnx and ONNX in bundle.spec.files else {})
    sides: list[AbstractContextManager[Server]] = []
    for name, runtime in runtimes.items():
        words = ["-m", "fitroom", "serve", "--bundle", str(bundle.path), "--port", "{port}", "--runtime", runtime,
                 "--num-threads", "1", "--max-waiting", str(config.max_waiting)]  # fmt: skip
        sides.append(served(name, words, "/health/ready"))
    names = {"fastapi": FASTAPI, "litserve": LITSERVE}
    for peer in peers:
        words = ["-m", f"fitroom.bench.serving.peer_{peer}", "--task", config.task, "--bundle", str(bundle.path),
                 "--port", "{port}"]  # fmt: skip
        sides.append(served(names[peer], words, "/health"))
    return sides


def _photos(config: ServeBenchConfig, folder: Path) -> list[dict[str, bytes]]:
    """The files of each request, by field."""
    fields = PHOTOS[config.task]
    manifest = make_photos(folder, config.photos * len(fields), _SIZES[config.task], seed=0)
    files = iter([manifest.path(name).read_bytes() for name in manifest.table["sample_id"]])
    return [{name: next(files) for name in fields} for _ in range(config.photos)]


def _registered(server: Server, photos: list[dict[str, bytes]], timeout_s: float) -> list[Request]:
    """Registers every garment, and asks for them by id.

    Raises:
        EvaluationError: one was not taken.
    """
    ids = [f"bench-{place}" for place in range(len(photos))]
    puts = [
        replace(multipart(f"/v1/garments/{id}", {"garment": files["garment"]}), method="PUT")
        for id, files in zip(ids, photos, strict=True)
    ]
    told = [reply.status for reply in one_by_one(server.port, puts, timeout_s)]
    if wrong := [status for status in told if status not in (OK, CREATED)]:
        raise EvaluationError(f"{server.name} did not register every garment", rule="200 or 201", got=wrong[0])
    return [
        multipart("/v1/try-on", {"person": files["person"]}, {"garment_id": id})
        for id, files in zip(ids, photos, strict=True)
    ]


def _notes(config: ServeBenchConfig, peers: list[str]) -> list[str]:
    told = {
        "fastapi": f"{FASTAPI}: the same pipeline in a plain function, in a pool of 40 threads; no batches, no bound.",
        "litserve": f"{LITSERVE}: a worker a core, batches of up to {MAX_BATCH} after {1000 * BATCH_TIMEOUT_S:g} ms.",
    }
    return [
        f"Median and range of {config.rounds} blocks of {config.seconds:g} s in turn, after one that does not count; "
        "ratios are taken round by round; p50 and p95 over all requests of these blocks. "
        "While one is asked the others are paused.",
        f"{OURS}: as it ships: worker and spare, checked input, bounded line, batches of a fair share of what waits.",
        *(told[peer] for peer in peers),
    ]
