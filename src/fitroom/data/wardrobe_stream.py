"""Rows of a wardrobe that is larger than the disk, one after the other, dealt to processes and their loader workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from torch.utils.data import IterableDataset, get_worker_info

from fitroom.data.shards import Shard
from fitroom.data.wardrobe import check_schema, check_split, read_group, shards_of
from fitroom.wardrobe.truth.columns import columns
from fitroom.wardrobe.truth.rows import decode_row


class WardrobeStream(IterableDataset[dict[str, Any]]):
    """Rows of one split, each to one reader; a row group (16 rows) is in memory at a time.

    Row groups are dealt in turn to ``world_size`` processes times their loader workers: all read at once, each its own
    ranges, and together every row once. The order is that of shards and rows.

    Args:
        folder: of a wardrobe, or of shards; a path, or a URL that fsspec reads.
        split: "train", "validation", "test"; None = all.
        names: columns to read and decode; None = all. Fewer are faster.
        rank, world_size: this process, and how many there are.

    Raises:
        DataError: as :class:`~fitroom.data.wardrobe.WardrobeDataset`; a damaged shard while it is read.
    """

    def __init__(
        self,
        folder: str | Path,
        split: str | None = "train",
        names: Iterable[str] | None = None,
        *,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        check_split(split)
        self.split, self.rank, self.world_size = split, rank, world_size
        self.names = [column.name for column in columns(names)]
        self._groups: list[tuple[Shard, int]] = []
        for shard in shards_of(folder):
            with shard.open() as file:
                check_schema(file, shard, self.names)
                self._groups += [(shard, group) for group in range(file.num_row_groups)]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        worker = get_worker_info()
        number, count = (worker.id, worker.num_workers) if worker else (0, 1)
        wanted = sorted({*self.names, "split"})
        for shard, group in self._groups[self.rank * count + number :: self.world_size * count]:
            with shard.open() as file:
                rows = read_group(file, shard, group, wanted).to_pylist()
            for cells in rows:
                if self.split in (None, cells["split"]):
                    yield decode_row(cells, self.names)
