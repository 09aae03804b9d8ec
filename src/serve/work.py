"""What passes between the server and whoever computes: a piece of work, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["recognize", "garment", "try-on"]


@dataclass(frozen=True)
class Work:
    """One thing to compute.

    Attributes:
        kind: which.
        model: name of the model that is to do it.
        values: plain JSON values: options.
        blobs: image files by field.
    """

    kind: Kind
    model: str
    values: dict[str, Any] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """What came of it.

    Attributes:
        values: plain JSON values.
        blob: an image file, where one was made.
    """

    values: dict[str, Any]
    blob: bytes = b""
