"""Photos of people with their parse, from a simulated wardrobe: what the person parser learns from.

A batch: ``image_u8`` (B, H, W, 3) uint8, ``target`` (B, H, W) uint8, the index of each pixel's label among those of
the run or ``UNKNOWN_PART``, ``index`` (B,), ``epoch`` (B,). All photos of a batch have one size, which may change from
batch to batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.utils.data import Dataset

from fitroom.contracts import UNKNOWN_PART, Part, Preprocessing
from fitroom.data.manifest import Manifest
from fitroom.data.parsing.augment import ParseAugment
from fitroom.data.stream import sample_seed
from fitroom.data.wardrobe import WardrobeDataset, shard_cells, shards_of
from fitroom.errors import DataError
from fitroom.images import decode_rgb_u8, pixel_sha256, resize_labels, resize_u8
from fitroom.wardrobe.truth.encode import decode_labels, decode_picture

PAIRS = (("person", "person_parse"), ("worn", "worn_parse"))
# What a part counts as where it is no label of its own. Frames of glasses are a pixel or two wide at 512 x 384: a truth
# moved by one pixel overlaps itself by a fifth.
LIES_ON = {Part.GLASSES: Part.FACE}
_BEHIND_SHARE = 0.12  # of hair and face together: less face than that is a head seen from behind
_COLUMNS = [name for pair in PAIRS for name in pair]
_PARTS = {"train": "fit", "validation": "select"}


@dataclass
class ParseBatch:
    """See the file's first lines."""

    image_u8: torch.Tensor
    target: torch.Tensor
    index: torch.Tensor
    epoch: torch.Tensor

    def pin_memory(self) -> ParseBatch:
        """Called by the DataLoader where a GPU will read the batch."""
        return ParseBatch(self.image_u8.pin_memory(), self.target.pin_memory(), self.index, self.epoch)

    def to(self, device: torch.device, non_blocking: bool = True) -> ParseBatch:
        """Called by Lightning."""
        image_u8 = self.image_u8.to(device, non_blocking=non_blocking)
        return ParseBatch(image_u8, self.target.to(device, non_blocking=non_blocking), self.index, self.epoch)


@dataclass(frozen=True)
class ParsedPhotos:
    """Different photos with their parse, as the encoded bytes of their cells: a few kilobytes a photo.

    Attributes:
        manifest: one row a photo, in their order; sample_id is "<case>/<column>", sha256 that of its pixels
            (``images.pixel_sha256``), and the group is the person.
        photos: N JPEGs or PNGs.
        parses: N PNGs of :class:`~fitroom.contracts.Part` and ``UNKNOWN_PART``.
    """

    manifest: Manifest
    photos: list[bytes]
    parses: list[bytes]

    def __len__(self) -> int:
        return len(self.photos)

    def pair(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Photo (H, W, 3) uint8 and parse (H, W) uint8 of :class:`~fitroom.contracts.Part` and ``UNKNOWN_PART``."""
        return decode_rgb_u8(self.photos[index]), decode_labels(self.parses[index])

    def and_also(self, others: ParsedPhotos) -> ParsedPhotos:
        """These, and then the others."""
        table = pd.concat([self.manifest.table, others.manifest.table], ignore_index=True)
        manifest = replace(self.manifest, table=table)
        return ParsedPhotos(manifest, self.photos + others.photos, self.parses + others.parses)

    def of_part(self, part: str) -> ParsedPhotos:
        """Those to fit ("fit") or to look at ("select"): the splits train and validation."""
        chosen = [_PARTS.get(split) == part for split in self.manifest.table["split"]]
        rows = np.flatnonzero(chosen)
        return ParsedPhotos(
            self.manifest.subset(chosen), [self.photos[i] for i in rows], [self.parses[i] for i in rows]
        )


def read_photos(folder: str | Path, splits: Sequence[str] = ("train", "validation")) -> ParsedPhotos:
    """Every different person photo and worn photo of a wardrobe, with its parse, once.

    Raises:
        DataError: as :class:`~fitroom.data.wardrobe.WardrobeDataset`, or a cell is empty.
    """
    root = Path(folder)
    WardrobeDataset(folder, None, [*_COLUMNS, "case_id", "person_id"])  # says what is wrong with a shard
    rows, photos, parses, seen = [], [], [], set()
    for row in _cells(folder, splits):
        for photo, parse in PAIRS:
            data, labels = ((row[name] or {}).get("bytes") for name in (photo, parse))
            if not data or not labels:
                raise DataError(
                    "a case has no photo or no parse", where=row["case_id"], rule=f"columns {photo} and {parse}"
                )
            image_u8 = decode_picture(data)
            digest = pixel_sha256(image_u8)
            if digest in seen:
                continue
            seen.add(digest)
            height, width = image_u8.shape[:2]
            rows.append((f"{row['case_id']}/{photo}", digest, width, height, row["person_id"], row["split"]))
            photos.append(data)
            parses.append(labels)
    if not rows:
        raise DataError("the wardrobe has no case in these splits", where=root, rule=", ".join(splits))
    return ParsedPhotos(manifest_of(root, rows), photos, parses)


def manifest_of(root: Path, rows: Sequence[tuple[str, str, int, int, str, str]]) -> Manifest:
    """Rows of sample_id, sha256, width_px, height_px, group and split as a manifest without labels."""
    table = pd.DataFrame(rows, columns=["sample_id", "sha256", "width_px", "height_px", "group", "split"])
    return Manifest(root, table.astype({name: "str" for name in ("sample_id", "sha256", "group", "split")}), [])


def labels_in(photos: ParsedPhotos) -> list[str]:
    """Names of the parts that occur in the photos, in the order of :class:`~fitroom.contracts.Part`, without those of
    :data:`LIES_ON`."""
    found = np.zeros(256, bool)
    for data in photos.parses:
        found[np.unique(decode_labels(data))] = True
    return [part.name for part in Part if found[part] and part not in LIES_ON]


def outputs_of_parts(labels: Sequence[str]) -> np.ndarray:
    """(256,) uint8: the label's place that each part counts as; those that lie on nothing count as background, and
    ``UNKNOWN_PART`` stays what it is.

    Args:
        labels: names of parts in the order of the network's outputs.
    """
    outputs = np.full(256, labels.index(Part.BACKGROUND.name), np.uint8)
    for place, label in enumerate(labels):
        outputs[Part[label]] = place
    for part, below in LIES_ON.items():
        if part.name not in labels:
            outputs[part] = outputs[below]
    outputs[UNKNOWN_PART] = UNKNOWN_PART
    return outputs


def repeated(photos: ParsedPhotos, share: float) -> list[int]:
    """Places of the photos, those with something rare several times (repeat factors of Gupta et al. 2019, LVIS).

    A part that a share f of the photos holds asks for ``sqrt(share / f)`` times, and so does a view from behind; a
    photo is given as often as the rarest of it asks for, rounded; once at least.

    Args:
        photos: N.
        share: parts in more photos than this are not rare; 0 = each photo once.
    """
    counts_NL = np.array([np.bincount(decode_labels(data).ravel(), minlength=256) for data in photos.parses])
    counts_NL = counts_NL[:, : len(Part)]
    holds_NL = counts_NL > 0
    holds_NL[:, list(LIES_ON)] = False
    head_N = counts_NL[:, [Part.HAIR, Part.FACE]].sum(1)
    from_behind_N = (counts_NL[:, Part.HAIR] > 0) & (counts_NL[:, Part.FACE] < _BEHIND_SHARE * head_N)
    holds_NL = np.column_stack([holds_NL, from_behind_N])
    often_L = np.maximum(holds_NL.mean(0), 1e-9)
    times_N = (holds_NL * np.sqrt(share / often_L)).max(1).round().astype(int)
    return [int(row) for row in np.repeat(np.arange(len(photos)), np.maximum(times_N, 1))]


class ParseDataset(Dataset[dict[str, torch.Tensor]]):
    """Photos and targets by key; each sample's randomness comes from (seed, epoch, index) alone.

    Args:
        photos: to give.
        labels: names of parts in the order of the network's outputs; for other parts see :func:`outputs_of_parts`.
        spec: of the network; photos that are not augmented are fitted into it.
        augment: random changes; None = none.
        seed: of the run.
        places: photos to give, in this order; None = each once.
    """

    def __init__(
        self,
        photos: ParsedPhotos,
        labels: list[str],
        spec: Preprocessing,
        augment: ParseAugment | None = None,
        seed: int = 0,
        places: list[int] | None = None,
    ) -> None:
        self.photos, self.spec, self.augment, self.seed = photos, spec, augment, seed
        self.places = list(range(len(photos))) if places is None else places
        self.index_of_part = outputs_of_parts(labels)

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, key: int | tuple[int, int, int, int]) -> dict[str, torch.Tensor]:
        """A sample, or (sample, epoch, height_px, width_px) where it is augmented."""
        index, epoch, *size = key if isinstance(key, tuple) else (key, 0)
        image_u8, parse = self.photos.pair(self.places[index])
        if self.augment is not None:
            assert len(size) == 2
            image_u8, parse = self.augment(image_u8, parse, (size[0], size[1]), sample_seed(self.seed, epoch, index))
        else:
            image_u8, parse = resize_u8(image_u8, self.spec), resize_labels(parse, self.spec)
        return {
            "image_u8": torch.from_numpy(np.array(image_u8)),
            "target": torch.from_numpy(self.index_of_part[parse]),
            "index": torch.tensor(index),
            "epoch": torch.tensor(epoch),
        }


def collate_parses(samples: list[dict[str, torch.Tensor]]) -> ParseBatch:
    """Samples of one size to a batch."""
    return ParseBatch(**{name: torch.stack([sample[name] for sample in samples]) for name in samples[0]})


def _cells(folder: str | Path, splits: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Undecoded cells, row by row."""
    for shard in shards_of(folder):
        rows = shard_cells(shard, ["case_id", "person_id", "split", *_COLUMNS])
        yield from (row for row in rows if row["split"] in splits)
