"""What the server counts, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from serve.workers.work import Backend

_BUCKETS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.5, 0.8, 1.5, 3.0, 6.0, 15.0, 60.0)


class Metrics:
    """Counters of one server; each has its own registry, so that several live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "fitroom_requests", "Requests by route, method and status", ["route", "method", "status"],
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "fitroom_request_seconds", "From the first byte to the last", ["route"], buckets=_BUCKETS,
            registry=self.registry,
        )  # fmt: skip
        self.compute_seconds = Histogram(
            "fitroom_compute_seconds", "Time of a batch", ["kind"], buckets=_BUCKETS, registry=self.registry
        )
        self.batch_size = Histogram(
            "fitroom_batch_size",
            "Requests computed together",
            ["kind"],
            buckets=(1, 2, 4, 8, 16),
            registry=self.registry,
        )
        self.stage_seconds = Histogram(
            "fitroom_stage_seconds", "Time of a stage", ["kind", "stage"], buckets=_BUCKETS, registry=self.registry
        )

    def watch(self, waiting: Callable[[], int], running: Callable[[], int], backend: Backend) -> None:
        """Gauges that are read when they are asked for."""
        gauges: dict[str, tuple[str, Callable[[], float]]] = {
            "fitroom_queue_length": ("Requests in line", waiting),
            "fitroom_running_batches": ("Batches being computed", running),
            "fitroom_ready": ("1 where work is taken", lambda: float(backend.ready)),
            "fitroom_worker_crashes": ("Worker processes that ended unasked", lambda: backend.crashes),
            "fitroom_asked_again": ("Pieces of work that a worker ended over", lambda: backend.asked_again),
        }
        for name, (text, read) in gauges.items():
            Gauge(name, text, registry=self.registry).set_function(read)

    def computed(self, kind: str, size: int, seconds: float) -> None:
        """A batch was computed."""
        self.batch_size.labels(kind).observe(size)
        self.compute_seconds.labels(kind).observe(seconds)

    def stages(self, kind: str, queue_s: float, timings_ms: Mapping[str, float]) -> None:
        """A request's stages are known."""
        self.stage_seconds.labels(kind, "queue").observe(queue_s)
        for stage, value in timings_ms.items():
            self.stage_seconds.labels(kind, stage).observe(value / 1000)

    def text(self) -> bytes:
        """All of it."""
        return generate_latest(self.registry)
