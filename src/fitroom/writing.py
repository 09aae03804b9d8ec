"""Files and folders that are there whole or not at all: made beside their place, then renamed to it."""

from __future__ import annotations

import os
import shutil
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def file_beside(path: Path) -> Iterator[Path]:
    """A place beside ``path`` to write to, renamed to it at the end; where anything is raised, all is as it was.

    A reader sees the old file or the new one, never half of one. Its suffix is another, so that no pattern finds it.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """Writes a file as :func:`file_beside` does."""
    with file_beside(path) as beside:
        beside.write_bytes(content)


def write_text_atomically(path: Path, text: str) -> None:
    """As :func:`write_bytes_atomically`, in UTF-8."""
    write_bytes_atomically(path, text.encode())


def put(path: Path, content: bytes) -> None:
    """Writes a file, and the folders above it; within a :func:`folder_beside`, which nobody reads yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@contextmanager
def folder_beside(folder: Path) -> Iterator[Path]:
    """An empty folder beside ``folder``, to be filled and renamed to it; gone afterwards, whatever happens."""
    stage = folder.absolute().parent / f".{folder.name}.{uuid.uuid4().hex[:8]}"
    try:
        stage.mkdir(parents=True)
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)
