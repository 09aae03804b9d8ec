"""The outfit model's part of an answer: items and what they are for in, ranked outfits as plain values out."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.data.outfits.jsonl import outfit_set
from fitroom.data.outfits.pieces import OutfitSet, Piece
from fitroom.errors import BundleError
from fitroom.pipelines.outfits.pipeline import OutfitPipeline
from fitroom.pipelines.outfits.request import OutfitRequest
from serve.answering.recognizing import ms, ref

ITEMS = Path("items")  # what messages call them


def outfits(pipeline: OutfitPipeline, values: dict[str, Any]) -> dict[str, Any]:
    """The values of an ``Outfits`` answer but for what the server knows itself.

    Args:
        pipeline: of the outfit model.
        values: ``items``, ``context``, ``given``, ``category`` and ``num``, as checked.

    Raises:
        DataError: unknown words or items, or nothing that would make an outfit.
    """
    start = time.perf_counter()
    catalogue = catalogue_of(values["items"])
    read = time.perf_counter()
    request = OutfitRequest(values["context"], tuple(values["given"]), values["category"], values["num"])
    found = [outfit.plain() for outfit in pipeline(catalogue, request)]
    return {
        "outfits": found,
        "model": ref(pipeline.bundle),
        "timings_ms": {"read": ms(read - start), "rank": ms(time.perf_counter() - read)},
    }


def catalogue_of(items: list[dict[str, Any]]) -> OutfitSet:
    """The items of a request.

    Raises:
        DataError: an item that cannot be, or an attribute that no item has; it says which.
    """
    return outfit_set(((f"{ITEMS}.{place}", item) for place, item in enumerate(items)), ITEMS)


def warm_up(pipeline: OutfitPipeline) -> None:
    """The first answer allocates; it also shows whether the model answers with numbers at all.

    Raises:
        BundleError: it answers with NaN.
    """
    pieces = [Piece("a", "shirt"), Piece("b", "trousers")]
    if not np.isfinite(pipeline.judge.together([pieces], [{}])).all():
        raise BundleError("the model answers with NaN", where=pipeline.bundle.path, fix="export the bundle again")
