"""What the server can be told: which bundles, what it accepts, how much it does at once."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from fitroom.errors import ConfigError
from fitroom.images import ImageLimits
from serve.replicas.options import RayOptions

MULTIPART_OVERHEAD_BYTES = 64 * 1024

_POSITIVE = (
    "num_threads", "concurrency", "max_batch", "work_timeout_s", "max_image_bytes", "max_worn_side_px", "max_results",
    "result_ttl_s", "requests_per_minute", "burst", "upload_timeout_s", "shutdown_s",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """Settings of one server process.

    Attributes:
        bundles: bundle folders, or runs with a bundle; the first of its kind answers where a request names no model.
        pose: file of a pose model that finds the person for try-on models, who then see them alone, see
            :func:`fitroom.pipelines.pose.opening.open_pose`; None = they see photos as they are.
        index: catalogue that is searched, a folder that ``fitroom search index`` wrote; None = nothing is.
        runtime: of recognisers: "onnx", "torch", or "auto": ONNX Runtime where it is installed and the bundle has a
            graph.
        num_threads: threads of one inference.
        concurrency: requests computed at once; on Ray: by each replica.
        max_waiting: further requests let in to wait; beyond them the answer is 429 with Retry-After.
        max_batch: recognitions that wait together and are computed together.
        isolate: compute in a worker process with a warm spare beside it, so that a crash loses nothing; False = in
            threads of this process.
        ray: compute in replicas on a Ray cluster, in place of such a process.
        work_timeout_s: how long one piece of work may take; a worker that takes longer is ended.
        max_image_bytes: largest image file.
        image_limits: what an image's header may say.
        max_worn_side_px: longer side of a worn picture; larger person photos are scaled down.
        max_garments: garments kept by id, of all clients together.
        max_garments_bytes: their image files together.
        max_results: asynchronous try-ons kept by id, of all clients together.
        result_ttl_s: how long a finished one is kept.
        api_keys: client names by key; empty = anybody may ask.
        requests_per_minute: of each client to /v1; None = no limit.
        burst: requests that a client may send at once before that limit counts.
        upload_timeout_s: how long a request may take to arrive.
        shutdown_s: how long requests may take to finish after SIGTERM; one second more where connections stay open.
        access_log: log JSON lines, one a request (id, method, route, status, seconds, client; never content).
    """

    bundles: Sequence[Path] = ()
    pose: Path | None = None
    index: Path | None = None
    runtime: Literal["auto", "torch", "onnx"] = "auto"
    num_threads: int = 1
    concurrency: int = field(default_factory=lambda: os.cpu_count() or 1)
    max_waiting: int = 64
    max_batch: int = 8
    isolate: bool = True
    ray: RayOptions | None = None
    work_timeout_s: float = 120.0
    max_image_bytes: int = 10 * 1024 * 1024
    image_limits: ImageLimits = field(default_factory=ImageLimits)
    max_worn_side_px: int = 1536
    max_garments: int = 1000
    max_garments_bytes: int = 512 * 1024 * 1024
    max_results: int = 256
    result_ttl_s: float = 600.0
    api_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    requests_per_minute: float | None = None
    burst: int = 10
    upload_timeout_s: float = 30.0
    shutdown_s: float = 25.0
    access_log: bool = False

    def __post_init__(self) -> None:
        if not self.bundles:
            raise ConfigError("the server has nothing to serve", rule="one bundle or more", fix="give --bundle DIR")
        for name in _POSITIVE:
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ConfigError(f"{name} of the server must be positive and finite", got=value)
        if self.max_waiting < 0:
            raise ConfigError("max_waiting of the server cannot be negative", rule="0 or more", got=self.max_waiting)

    @property
    def at_once(self) -> int:
        """Requests, or batches of them, that are computed at once; on Ray: by as many replicas as there may be."""
        return self.concurrency * (self.ray.max_replicas if self.ray else 1)

    def max_multipart_bytes(self, num_images: int) -> int:
        """Largest multipart body: the images, and what stands around them."""
        return num_images * self.max_image_bytes + MULTIPART_OVERHEAD_BYTES

    def max_json_bytes(self, num_images: int) -> int:
        """Largest JSON body: base64 makes four bytes of three."""
        return num_images * -(-self.max_image_bytes // 3) * 4 + MULTIPART_OVERHEAD_BYTES
