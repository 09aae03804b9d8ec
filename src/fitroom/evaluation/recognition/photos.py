"""One pass over the photos for every model and control together: each photo is decoded once."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.errors import ImageError
from fitroom.images import decode_rgb_u8
from fitroom.progress import log, track


@dataclass
class Reader:
    """Something that looks at photos.

    Attributes:
        wanted: row numbers of the photos it wants to see.
        read: list of B images, each (H, W, 3) uint8, to B results.
        found: result of each row; a row whose photo cannot be decoded is absent.
        wall_s: time spent in ``read``.
    """

    wanted: frozenset[int]
    read: Callable[[list[np.ndarray]], Iterable[Any]]
    found: dict[int, Any] = field(default_factory=dict)
    wall_s: float = 0.0

    def look(self, batch: dict[int, np.ndarray]) -> None:
        """Reads those photos of a batch, by row number, that it wants."""
        rows = [row for row in batch if row in self.wanted]
        if not rows:
            return
        start = time.perf_counter()
        results = self.read([batch[row] for row in rows])
        self.wall_s += time.perf_counter() - start
        self.found.update(zip(rows, results, strict=True))


def look_through(paths: dict[int, Path], readers: Sequence[Reader], batch_size: int, what: str | None) -> None:
    """Shows every photo to every reader that wants it, in batches, and logs by name those that cannot be decoded.

    Args:
        paths: photo of each row number.
        readers: their ``found`` and ``wall_s`` are filled in.
        batch_size: photos at a time.
        what: shown beside the progress; None = quiet.
    """
    batch: dict[int, np.ndarray] = {}
    photos = _decoded(paths, 2 * batch_size)
    for row, image_u8 in track(photos, what, total=len(paths)) if what else photos:
        if isinstance(image_u8, ImageError):
            log.warning("no answer for %s: %s", paths[row], image_u8.what)
            continue
        batch[row] = image_u8
        if len(batch) == batch_size:
            _show(batch, readers)
            batch = {}
    _show(batch, readers)


def _show(batch: dict[int, np.ndarray], readers: Sequence[Reader]) -> None:
    for reader in readers:
        reader.look(batch)


def _decoded(paths: dict[int, Path], ahead: int) -> Iterator[tuple[int, np.ndarray | ImageError]]:
    """Photos in the order of ``paths``, decoded by threads that run at most ``ahead`` photos ahead."""
    rows = iter(paths)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        waiting: deque[tuple[int, Future[np.ndarray | ImageError]]] = deque()
        waiting.extend((row, pool.submit(_decode, paths[row])) for row in islice(rows, ahead))
        while waiting:
            row, future = waiting.popleft()
            yield row, future.result()
            waiting.extend((row, pool.submit(_decode, paths[row])) for row in islice(rows, 1))


def _decode(path: Path) -> np.ndarray | ImageError:
    # Always at full size: a size hint from one model would change what another one sees.
    try:
        return decode_rgb_u8(path)
    except ImageError as error:
        return error
