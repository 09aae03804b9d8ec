"""Measured rows on disk while an evaluation runs, so that one that was killed goes on where it stopped.

    results/.partial/<key>/<rank>-<process>.jsonl      one measured case a line

The key stands for everything a row follows from: cases, pictures, instruments and what is measured. A line that was cut
short is measured again. Floats survive as they were (JSON keeps their shortest exact form); features are float16.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.config import hash_settings
from fitroom.evaluation.tryon.samples import FEATURES


class Journal:
    """The rows of one entrant in one pass.

    Args:
        results: folder of the records.
        key: what the rows follow from, as plain values.
        rank: of this process; each writes a file of its own.
    """

    def __init__(self, results: Path, key: dict[str, Any], rank: int = 0) -> None:
        self.folder = results / ".partial" / hash_settings(key)[:24]
        self._file = self.folder / f"{rank}-{os.getpid()}.jsonl"
        self._lock = threading.Lock()

    def read(self) -> dict[str, dict[str, Any]]:
        """Rows by case id, of this and all earlier starts, whatever their number of processes."""
        found: dict[str, dict[str, Any]] = {}
        for path in sorted(self.folder.glob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    row = json.loads(line)
                except ValueError:  # the process was killed while it wrote
                    continue
                found[row["case_id"]] = {name: _back(name, value) for name, value in row.items()}
        return found

    def add(self, row: dict[str, Any]) -> None:
        """Appends a row; it is on its way to the disk when this returns. Several threads may call it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        line = json.dumps({name: _plain(value) for name, value in row.items()})
        with self._lock, self._file.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def forget(self) -> None:
        """Removes the rows: the records are written."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.folder.parent.is_dir() and not any(self.folder.parent.iterdir()):
            self.folder.parent.rmdir()


def _plain(value: Any) -> Any:
    return base64.b64encode(value.tobytes()).decode() if isinstance(value, np.ndarray) else value


def _back(name: str, value: Any) -> Any:
    return np.frombuffer(base64.b64decode(value), np.float16) if name.startswith(FEATURES) else value
