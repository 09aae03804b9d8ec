"""Garments that clients registered: image file and what was said of it, in memory, by client and id."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from serve.problems import Problem
from serve.schemas.tryon import Garment, GarmentOptions


@dataclass(frozen=True)
class Registered:
    """One garment.

    Attributes:
        image: the image file's bytes.
        options: what was said of it.
        shown: what clients are told of it.
    """

    image: bytes
    options: GarmentOptions
    shown: Garment


@dataclass
class Garments:
    """All of them; one client never sees another's.

    Args:
        max_garments: of all clients together.
        max_bytes: of all image files together.
    """

    max_garments: int
    max_bytes: int
    _known: dict[tuple[str, str], Registered] = field(default_factory=dict)
    _bytes: int = 0

    def get(self, client: str, id: str) -> Registered:
        """The garment.

        Raises:
            Problem: unknown-garment.
        """
        try:
            return self._known[client, id]
        except KeyError:
            raise unknown(id) from None

    def find(self, client: str, id: str) -> Registered | None:
        """The garment, or None."""
        return self._known.get((client, id))

    def put(self, client: str, id: str, garment: Registered) -> None:
        """Keeps a garment in place of what was under its id.

        Raises:
            Problem: garments-full; what was there stays.
        """
        before = self._known.get((client, id))
        size = self._bytes + len(garment.image) - (len(before.image) if before else 0)
        if size > self.max_bytes or (before is None and len(self._known) >= self.max_garments):
            raise Problem(
                "garments-full", "there is no room for another garment",
                rule=f"{self.max_garments} garments, {self.max_bytes / 2**20:.3g} MiB of image files",
                fix="delete garments that are not needed",
            )  # fmt: skip
        self._known[client, id], self._bytes = garment, size

    def delete(self, client: str, id: str) -> None:
        """Forgets a garment.

        Raises:
            Problem: unknown-garment.
        """
        self._bytes -= len(self.get(client, id).image)
        del self._known[client, id]

    def of(self, client: str) -> list[Garment]:
        """What clients are told of each, by id."""
        return [known.shown for (owner, _), known in sorted(self._known.items()) if owner == client]


def unknown(id: str) -> Problem:
    """That there is no such garment."""
    return Problem("unknown-garment", "no garment is registered under this id", got=ascii(id)[1:-1][:100],
                   fix="PUT /v1/garments/{id} registers one")  # fmt: skip


def sha256_of(image: bytes) -> str:
    """SHA-256 of an image file, hex."""
    return hashlib.sha256(image).hexdigest()
