"""Photos as a client is given them: by path, or as bytes."""

from __future__ import annotations

from pathlib import Path

Photo = bytes | str | Path


def photos(**given: Photo | None) -> dict[str, bytes]:
    """Image files by field, of those that are given."""
    there = {name: photo for name, photo in given.items() if photo is not None}
    return {name: photo if isinstance(photo, bytes) else Path(photo).read_bytes() for name, photo in there.items()}
