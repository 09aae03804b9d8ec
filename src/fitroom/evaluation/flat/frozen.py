"""Cases that a protocol is frozen for: known by a hash over the files that hold them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from fitroom.errors import EvaluationError


def digest_of(paths: Iterable[Path]) -> str:
    """SHA-256 (hex) over the hashes of some files, in their order.

    Raises:
        EvaluationError: a file is not there.
    """
    parts = []
    for path in paths:
        if not path.is_file():
            raise EvaluationError("a file of the cases is not there", where=path, fix="take the repository's")
        parts.append(hashlib.sha256(path.read_bytes()).hexdigest())
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def require_frozen(digest: str, found: str, where: object, fix: str) -> None:
    """Raises EvaluationError where cases are not those of a protocol.

    Args:
        digest: of the protocol.
        found: of the cases.
        where: they lie.
        fix: which to take.
    """
    if digest != found:
        raise EvaluationError(
            "these are not the cases that the protocol is frozen for", where=where,
            rule=f"digest {digest[:12]}", got=found[:12], fix=fix,
        )  # fmt: skip
