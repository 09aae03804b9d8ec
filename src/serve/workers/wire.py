"""Work and outcomes as bytes, for the pipe to a worker process: a JSON head and image files behind it. No pickle.

4 bytes    length of the head
head       JSON: {"number", "items": [{..., "blobs": {name: length}}]}
blobs      one after the other
"""

from __future__ import annotations

import json
from typing import Any

from fitroom.errors import BundleError, ConfigError, DataError, FitroomError, ImageError, LaunchError, WeightsError
from serve.workers.work import Made, Outcome, Work, WorkFailed

READY, FAILED = -1, -2  # numbers that no work has: the worker speaks first
_LENGTH = 4
_PARTS = ("what", "where", "rule", "got", "fix")
_KINDS: dict[str, type[FitroomError]] = {  # the first that fits: an ImageError is a DataError too
    "image": ImageError, "config": ConfigError, "data": DataError, "bundle": BundleError,
    "weights": WeightsError, "launch": LaunchError,
}  # fmt: skip


def pack_works(number: int, works: list[Work]) -> bytes:
    """Work to do, known by a number."""
    items = [{"kind": work.kind, "model": work.model, "values": work.values} for work in works]
    return _packed(number, items, [work.blobs for work in works])


def unpack_works(message: bytes) -> tuple[int, list[Work]]:
    """What :func:`pack_works` packed."""
    number, items, blobs = _unpacked(message)
    return number, [Work(**item, blobs=found) for item, found in zip(items, blobs, strict=True)]


def pack_outcomes(number: int, outcomes: list[Outcome]) -> bytes:
    """What came of the work of that number."""
    items = [{"values": made.values} if isinstance(made, Made) else {"error": _error(made)} for made in outcomes]
    return _packed(number, items, [{"blob": made.blob} if isinstance(made, Made) else {} for made in outcomes])


def unpack_outcomes(message: bytes) -> tuple[int, list[Outcome]]:
    """What :func:`pack_outcomes` packed."""
    number, items, blobs = _unpacked(message)
    return number, [
        _from_error(item["error"]) if "error" in item else Made(item["values"], found["blob"])
        for item, found in zip(items, blobs, strict=True)
    ]


def _packed(number: int, items: list[dict[str, Any]], blobs: list[dict[str, bytes]]) -> bytes:
    sized = [
        item | {"blobs": {name: len(blob) for name, blob in own.items()}}
        for item, own in zip(items, blobs, strict=True)
    ]
    head = json.dumps({"number": number, "items": sized}).encode()
    return b"".join([len(head).to_bytes(_LENGTH), head, *(blob for own in blobs for blob in own.values())])


def _unpacked(message: bytes) -> tuple[int, list[dict[str, Any]], list[dict[str, bytes]]]:
    start = _LENGTH + int.from_bytes(message[:_LENGTH])
    head = json.loads(message[_LENGTH:start])
    blobs: list[dict[str, bytes]] = []
    for item in head["items"]:
        own = {}
        for name, length in item.pop("blobs").items():
            own[name], start = message[start : start + length], start + length
        blobs.append(own)
    return head["number"], head["items"], blobs


def _error(error: FitroomError | WorkFailed) -> dict[str, Any]:
    if isinstance(error, WorkFailed):
        return {"type": "failed", "what": str(error)}
    parts = {part: None if getattr(error, part) is None else str(getattr(error, part)) for part in _PARTS}
    kind = next((name for name, known in _KINDS.items() if isinstance(error, known)), "failed")
    return {"type": kind, "code": error.code, **parts}


def _from_error(values: dict[str, Any]) -> Outcome:
    if values["type"] == "failed":
        return WorkFailed(values["what"])
    parts = {part: values[part] for part in _PARTS if part != "what"}
    return _KINDS[values["type"]](values["what"], code=values["code"], **parts)
