"""What protocols of every kind of model share: a name, a version, settings, a hash over them, and how one is found.

A change of any setting is a new version, never an edit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from fitroom.config import hash_settings, nearest, read_typed
from fitroom.errors import EvaluationError

P = TypeVar("P", bound="EvaluationProtocol")


@dataclass(frozen=True)
class EvaluationProtocol:
    """A frozen recipe of an evaluation; each kind of model adds its settings."""

    name: str
    """What is measured."""
    version: int
    """Goes up with every change of a setting."""

    @property
    def id(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    @property
    def settings(self) -> dict[str, Any]:
        """All fields as plain values."""
        return dataclasses.asdict(self)

    @property
    def hash(self) -> str:
        """SHA-256 (hex) over all settings, in an order that does not depend on the code."""
        return hash_settings(self.settings)


def protocol_named(protocols: Mapping[str, Callable[[], P]], id: str) -> P:
    """The protocol ``name@version`` of a registry.

    Raises:
        EvaluationError: there is none of that name and version.
    """
    if id not in protocols:
        raise EvaluationError(f"unknown protocol {id!r}", rule="name@version", fix=nearest(id, list(protocols)))
    return protocols[id]()


def read_protocol(kind: type[P], settings: dict[str, Any]) -> P:
    """The protocol that a record was made under, which need not be in a registry any more.

    Raises:
        EvaluationError: the settings are not those of such a protocol.
    """
    return read_typed(kind, settings, "protocol.settings", EvaluationError)
