"""Reads a simulated wardrobe: folders of Parquet shards become rows of truth, try-on samples, labelled photos.

    folder/data/<split>/shard-00012.parquet      as `fitroom wardrobe` writes it; any tree of *.parquet will do

The folder may be one of an object store, by its URL. Columns, units and meanings: ``fitroom.wardrobe.truth.columns``.
Hugging Face reads the same files: ``datasets.load_dataset("parquet", data_files="folder/data/train/*.parquet")``.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from torch.utils.data import Dataset

from fitroom.config import nearest
from fitroom.contracts import Garment, Person, TryOnSample
from fitroom.data.shards import Shard, find_all, is_url
from fitroom.errors import DataError
from fitroom.wardrobe.truth.columns import SCHEMA_VERSION, columns
from fitroom.wardrobe.truth.rows import METADATA_KEY, decode_row

SPLITS = ("train", "validation", "test")
SAMPLE_COLUMNS = (
    "case_id", "person_id", "garment_id", "split", "person", "person_parse", "keypoints", "body_cm", "garment",
    "garment_mask", "category", "size", "garment_cm", "material", "worn", "repaint_mask", "px_per_cm",
)  # fmt: skip
_GROUPS_IN_MEMORY = 4
_REMAKE = "make or copy the shard again"


@dataclass(frozen=True)
class _Place:
    """Where a row lies."""

    shard: Shard
    group: int
    row: int


class WardrobeDataset(Dataset[dict[str, Any]]):
    """Rows of one split, by index, in the order of shards and rows.

    Parquet is read a row group (16 rows) at a time, and the last few are kept, so neighbouring indices are cheap and
    random ones cost a row group each.

    Args:
        folder: of a wardrobe, or of shards; a path, or a URL that fsspec reads.
        split: "train", "validation", "test"; None = all.
        names: columns to read and decode; None = all. Fewer are faster.

    Raises:
        DataError: no folder, no shards, a shard that is cut short or of another version, an unknown split or column,
            or no row in the split.
    """

    def __init__(self, folder: str | Path, split: str | None = "train", names: Iterable[str] | None = None) -> None:
        self.folder, self.split = folder, split
        self.names = [column.name for column in columns(names)]
        self._places = _places(self.folder, split, self.names)
        self._tables: OrderedDict[tuple[Shard, int], pa.Table] = OrderedDict()

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Row ``index``: arrays, numbers, texts and dicts by column; an empty cell is None."""
        return _decode(self.cells(index), self.names, self._places[index])

    def cells(self, index: int) -> dict[str, Any]:
        """Row ``index`` as it is kept: a picture, mask or parse is a dict with its file's "bytes", a table is JSON."""
        place = self._places[index]
        return self._table(place.shard, place.group).slice(place.row, 1).to_pylist()[0]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_tables": OrderedDict()}  # loader workers read their own

    def _table(self, shard: Shard, group: int) -> pa.Table:
        key = (shard, group)
        if key not in self._tables:
            self._tables[key] = read_group(shard.open(), shard, group, self.names)
            if len(self._tables) > _GROUPS_IN_MEMORY:
                self._tables.popitem(last=False)
        self._tables.move_to_end(key)
        return self._tables[key]


def stream(
    folder: str | Path, split: str | None = "train", names: Iterable[str] | None = None
) -> Iterator[dict[str, Any]]:
    """The rows of :class:`WardrobeDataset` one after the other, one row group in memory at a time.

    Raises:
        DataError: as there, before the first row.
    """
    dataset = WardrobeDataset(folder, split, names)
    return (dataset[index] for index in range(len(dataset)))


def shard_cells(shard: Shard, names: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The rows of one shard as they are kept, see :meth:`WardrobeDataset.cells`, of columns ``names``.

    Raises:
        DataError: the shard is cut short, damaged, or of another version.
    """
    wanted = [column.name for column in columns(names)]
    with shard.open() as file:
        check_schema(file, shard, wanted)
        for group in range(file.num_row_groups):
            yield from read_group(file, shard, group, wanted).to_pylist()


def to_sample(row: Mapping[str, Any]) -> TryOnSample:
    """A row as one case of try-on; it needs person, garment and category, and uses what else of it is there.

    Args:
        row: of :class:`WardrobeDataset`, with :data:`SAMPLE_COLUMNS` or all columns.

    Raises:
        DataError: person, garment or category is not there.
    """
    missing = [name for name in ("person", "garment", "category") if row.get(name) is None]
    if missing:
        raise DataError(
            "the row is no case of try-on",
            where=row.get("case_id"),
            rule="person, garment and category are filled",
            got=f"nothing in {', '.join(missing)}",
            fix="ask for these columns (SAMPLE_COLUMNS); a wardrobe made with simulation.columns may lack them",
        )
    person = Person(row["person"], row.get("person_parse"), row.get("keypoints"), row.get("body_cm"))
    garment = Garment(
        row["garment"],
        row["category"],
        row.get("garment_mask"),
        row.get("size"),
        row.get("garment_cm"),
        row.get("material"),
    )
    return TryOnSample(
        person,
        garment,
        row.get("worn"),
        row.get("repaint_mask"),
        row.get("px_per_cm"),
        {name.removesuffix("_id"): row[name] for name in ("case_id", "person_id", "garment_id") if row.get(name)},
        row.get("split") or "train",
        f"fitroom wardrobe, schema {SCHEMA_VERSION}",
    )


def find_shards(folder: Path) -> list[Path]:
    """All shards under a folder, sorted.

    Raises:
        DataError: no such folder, or none in it.
    """
    if not folder.is_dir():
        raise DataError(
            "the folder of the wardrobe is not there" if not folder.exists() else "the wardrobe is not a folder",
            where=folder,
            rule="a folder made by `fitroom wardrobe`",
            fix="check the path",
        )
    found = sorted(path for path in folder.rglob("*.parquet") if not path.name.startswith("."))
    if not found:
        raise DataError(
            "the folder holds no shards",
            where=folder,
            rule="*.parquet in it or below it",
            fix="let `fitroom wardrobe` make some, or name the folder that holds data/",
        )
    return found


def shards_of(folder: str | Path) -> list[Shard]:
    """All shards under a folder, or under a URL of an object store, sorted.

    Raises:
        DataError: as :func:`find_shards` and :func:`~fitroom.data.shards.find_all`.
    """
    if is_url(folder):
        return find_all(str(folder))
    return [Shard(str(path)) for path in find_shards(Path(folder))]


def check_split(split: str | None) -> None:
    """Raises DataError where there is no such split; None is all."""
    if split is not None and split not in SPLITS:
        raise DataError("there is no such split", rule=", ".join(SPLITS), got=split, fix=nearest(split, SPLITS))


def _places(folder: str | Path, split: str | None, names: list[str]) -> list[_Place]:
    check_split(split)
    places = []
    for shard in shards_of(folder):
        file = shard.open()
        check_schema(file, shard, names)
        for group in range(file.num_row_groups):
            splits = read_group(file, shard, group, ["split"]).column("split").to_pylist()
            places += [_Place(shard, group, row) for row, name in enumerate(splits) if split in (None, name)]
    if not places:
        raise DataError(f"the wardrobe has no case in split {split or 'any'!r}", where=folder, fix="another split")
    return places


def check_schema(file: pq.ParquetFile, shard: Shard, names: list[str]) -> None:
    """Raises DataError where a shard is of another version, or lacks a column."""
    try:
        version = json.loads((file.schema_arrow.metadata or {})[METADATA_KEY])["schema_version"]
    except (KeyError, ValueError):
        version = None
    if version != SCHEMA_VERSION:
        raise DataError(
            "a shard is of another version" if version is not None else "a Parquet file is no shard of a wardrobe",
            where=shard,
            rule=f"schema version {SCHEMA_VERSION}",
            got="none" if version is None else version,
            fix="make the wardrobe again with this version" if version is not None else "keep other files elsewhere",
        )
    missing = [name for name in (*names, "split") if name not in file.schema_arrow.names]
    if missing:
        raise DataError(
            f"a shard has no column {missing[0]!r}",
            where=shard,
            got=f"columns {', '.join(file.schema_arrow.names)}",
            fix=_REMAKE,
        )


def read_group(file: pq.ParquetFile, shard: Shard, group: int, names: list[str]) -> pa.Table:
    """Columns of a row group, undecoded; raises DataError where it is damaged."""
    try:
        return file.read_row_group(group, columns=names, use_threads=not is_url(shard.url))
    except (OSError, pa.ArrowException) as error:
        raise DataError("a shard is damaged", where=shard, got=str(error), fix=_REMAKE) from error


def _decode(cells: Mapping[str, Any], names: list[str], place: _Place) -> dict[str, Any]:
    try:
        return decode_row(cells, names)
    except DataError as error:
        where = f"{place.shard}, row {place.row} of group {place.group}"
        raise DataError(error.what, where=where, got=error.got, fix=_REMAKE) from error
