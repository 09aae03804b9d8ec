"""Prepared photos on disk, one file each, so that a command that was killed goes on, and one with more photos is short.

<out>.work/<key>.npz      by the hash of all that it follows from; complete or not there
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.config import read_typed
from fitroom.data.files import NPZ_ERRORS
from fitroom.errors import DataError
from fitroom.pipelines.prepare.outcome import Outcome
from fitroom.pipelines.prepare.single import Prepared
from fitroom.writing import write_bytes_atomically

_OUTCOME = "outcome"
_SHORT = 32


class Shelf:
    """Keeps what was prepared.

    Args:
        folder: made where it is not there.

    Raises:
        DataError: it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError("the work folder cannot be made", where=folder, got=error.strerror) from error

    def get(self, key: str) -> Prepared | None:
        """What was kept; None where nothing was, or it is damaged."""
        path = self._path(key)
        if not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as kept:
                arrays = {name: kept[name] for name in kept.files}
            outcome = json.loads(arrays.pop(_OUTCOME).tobytes())
            return Prepared(read_typed(Outcome, outcome, "outcome", DataError), arrays)
        except (*NPZ_ERRORS, DataError):
            return None

    def put(self, key: str, prepared: Prepared) -> None:
        """Keeps an answer.

        Raises:
            DataError: the disk does not take it.
        """
        buffer = io.BytesIO()
        text = np.frombuffer(json.dumps(asdict(prepared.outcome)).encode(), np.uint8)
        arrays: dict[str, Any] = {**prepared.arrays, _OUTCOME: text}
        np.savez_compressed(buffer, **arrays)
        try:
            write_bytes_atomically(self._path(key), buffer.getvalue())
        except OSError as error:
            raise DataError("a prepared photo cannot be kept", where=self.folder, got=error.strerror) from error

    def _path(self, key: str) -> Path:
        return self.folder / f"{key[:_SHORT]}.npz"
