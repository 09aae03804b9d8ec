"""Garment photos and their labels as batches: what the recogniser learns from and is measured on.

A batch: ``image_u8`` (B, H, W, 3) uint8, ``targets`` {head: tensor}, ``index`` (B,), ``epoch`` (B,). Targets are
(B,) int64 for a single-label head (-1 = not labelled), (B, C) float32 for a multi-label head and (B,) float32 for a
regression head (NaN = not labelled).
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.utils.data import Dataset

from fitroom.config import nearest
from fitroom.contracts import Head, Preprocessing
from fitroom.data.manifest import Manifest
from fitroom.data.recognition.augment import Augment
from fitroom.data.stream import SampleKey, sample_seed
from fitroom.errors import DataError
from fitroom.images import decode_rgb_u8, resize_u8
from fitroom.progress import track

CACHE_MARGIN = 1.25  # training crops are cut from photos this much larger than the network's input


@dataclass
class RecognitionBatch:
    """See the file's first lines."""

    image_u8: torch.Tensor
    targets: dict[str, torch.Tensor]
    index: torch.Tensor
    epoch: torch.Tensor

    def pin_memory(self) -> RecognitionBatch:
        """Called by the DataLoader where a GPU will read the batch."""
        return RecognitionBatch(
            self.image_u8.pin_memory(), {k: v.pin_memory() for k, v in self.targets.items()}, self.index, self.epoch
        )

    def to(self, device: torch.device, non_blocking: bool = True) -> RecognitionBatch:
        """Called by Lightning."""
        targets = {name: value.to(device, non_blocking=non_blocking) for name, value in self.targets.items()}
        return RecognitionBatch(self.image_u8.to(device, non_blocking=non_blocking), targets, self.index, self.epoch)


def resolve_heads(heads: list[Head], manifest: Manifest) -> list[Head]:
    """Fills empty class lists from the data, sorted, and checks that classes and ranges cover it.

    Raises:
        DataError: no such label column, a class the head does not list, or a label of a regression head that is no
            number or lies outside its range.
    """
    resolved = []
    for head in heads:
        if head.name not in manifest.labels:
            raise DataError(
                f"the data has no labels for head {head.name!r}",
                rule=f"one of {', '.join(manifest.labels)}",
                fix=nearest(head.name, manifest.labels),
            )
        if head.kind == "regression":
            _check_numbers(manifest.table[head.name], head)
            resolved.append(head)
            continue
        found = sorted({label for cell in manifest.table[head.name].dropna() for label in _split(cell, head)})
        unknown = [label for label in found if head.classes and label not in head.classes]
        if unknown:
            raise DataError(
                f"the data holds classes that head {head.name!r} does not list",
                rule=f"one of {', '.join(head.classes)}",
                got=", ".join(unknown),
                fix="add them to the head's classes, or leave the list empty",
            )
        resolved.append(replace(head, classes=head.classes or found))
    return resolved


def encode_targets(manifest: Manifest, heads: list[Head]) -> dict[str, torch.Tensor]:
    """All labels of a manifest as tensors of N rows, in its order; see the file's first lines for the shapes."""
    return {head.name: _encode(manifest.table[head.name], head) for head in heads}


class RecognitionDataset(Dataset[dict[str, Any]]):
    """Photos of a manifest, asked for by :class:`SampleKey` (training) or by index (evaluation).

    Args:
        manifest: which photos.
        heads: with classes.
        spec: the network's preprocessing.
        augment: random changes; None = none.
        seed: of the run.
        cache: keep the resized photos in memory, so that each is decoded once; forked workers read the same pages.
    """

    def __init__(
        self,
        manifest: Manifest,
        heads: list[Head],
        spec: Preprocessing,
        augment: Augment | None = None,
        seed: int = 0,
        cache: bool = False,
    ) -> None:
        self.manifest, self.heads, self.augment, self.seed = manifest, heads, augment, seed
        self.paths = [manifest.path(sample_id) for sample_id in manifest.table["sample_id"]]
        self.targets = encode_targets(manifest, heads)
        # Training reads a larger version to crop from; evaluation exactly what the network sees.
        margin = CACHE_MARGIN if augment is not None else 1
        self.spec = replace(
            spec, height_px=math.ceil(spec.height_px * margin), width_px=math.ceil(spec.width_px * margin)
        )
        self.cache = self._filled_cache() if cache else None

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, key: SampleKey | int) -> dict[str, Any]:
        index, epoch = key if isinstance(key, tuple) else (key, 0)
        image_u8 = self.cache[index].numpy() if self.cache is not None else self._read(index)
        if self.augment is not None:
            pixels = self.augment(image_u8, sample_seed(self.seed, epoch, index))
        else:
            pixels = torch.from_numpy(np.array(image_u8))
        targets = {name: values[index] for name, values in self.targets.items()}
        return {"image_u8": pixels, "targets": targets, "index": index, "epoch": epoch}

    def _read(self, index: int) -> np.ndarray:
        image_u8 = decode_rgb_u8(self.paths[index], at_least=(self.spec.height_px, self.spec.width_px))
        return resize_u8(image_u8, self.spec)

    def _filled_cache(self) -> torch.Tensor:
        shape = (len(self.paths), self.spec.height_px, self.spec.width_px, 3)
        # Not in shared memory: a container's is often 64 MB, and beyond that the kernel ends the process.
        cache = torch.empty(shape, dtype=torch.uint8)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            photos = _in_order(pool, self._read, len(self.paths))
            for index, image_u8 in enumerate(track(photos, "decoding photos", len(self.paths))):
                cache[index] = torch.from_numpy(np.array(image_u8))
        return cache


def collate(samples: list[dict[str, Any]]) -> RecognitionBatch:
    """Samples to a batch; the photos stay uint8 and are normalised on the device."""
    names = samples[0]["targets"]
    return RecognitionBatch(
        torch.stack([sample["image_u8"] for sample in samples]),
        {name: torch.stack([sample["targets"][name] for sample in samples]) for name in names},
        torch.tensor([sample["index"] for sample in samples]),
        torch.tensor([sample["epoch"] for sample in samples]),
    )


def _in_order(pool: ThreadPoolExecutor, read: Any, count: int, ahead: int = 64) -> Iterator[np.ndarray]:
    """``pool.map`` with a bounded number of finished photos waiting in memory."""
    indices = iter(range(count))
    waiting = [pool.submit(read, index) for index in islice(indices, ahead)]
    while waiting:
        yield waiting.pop(0).result()
        waiting.extend(pool.submit(read, index) for index in islice(indices, 1))


def _split(cell: str, head: Head) -> list[str]:
    """The labels of one cell; of a multi-label head, "|" alone says that none applies."""
    if head.kind != "multi":
        return [str(cell)]
    return [label.strip() for label in str(cell).split("|") if label.strip()]


def _check_numbers(column: pd.Series, head: Head) -> None:
    numbers = pd.to_numeric(column, errors="coerce")
    words = sorted(set(column[column.notna() & numbers.isna()]))
    if words:
        raise DataError(
            f"not all labels of head {head.name!r} are numbers",
            rule="a number, or nothing where it is not known",
            got=", ".join(map(repr, words[:5])) + (f" and {len(words) - 5} more" if len(words) > 5 else ""),
            fix='correct the table, or give the head kind "single"',
        )
    outside = numbers[(numbers < head.low) | (numbers > head.high)]
    if len(outside):
        raise DataError(
            f"labels of head {head.name!r} lie outside its range",
            rule=f"{head.low:g} to {head.high:g}; predictions are clipped to it",
            got=f"{len(outside)} of {numbers.count()} labels, all within {numbers.min():g} to {numbers.max():g}",
            fix="set the head's low and high",
        )


def _encode(column: pd.Series, head: Head) -> torch.Tensor:
    if head.kind == "regression":
        return torch.tensor(pd.to_numeric(column, errors="coerce").to_numpy(np.float32, na_value=np.nan))
    place = {label: index for index, label in enumerate(head.classes)}
    if head.kind == "single":
        return torch.tensor([place[str(cell)] if pd.notna(cell) else -1 for cell in column])
    encoded = torch.full((len(column), len(head.classes)), float("nan"))
    for row, cell in enumerate(column):
        if pd.notna(cell):
            encoded[row] = 0
            encoded[row, [place[label] for label in _split(cell, head)]] = 1
    return encoded
