"""Where Parquet shards lie: a folder on disk, or a URL of an object store that fsspec knows (``s3://bucket/wardrobe``).

A shard in a store is read by ranges, a row group and its columns at a time; nothing is copied whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.core import url_to_fs

from fitroom.errors import DataError


def is_url(folder: str | Path) -> bool:
    """Whether a folder is one of an object store."""
    return "://" in str(folder)


@dataclass(frozen=True, order=True)
class Shard:
    """One Parquet file.

    Attributes:
        url: path, or URL.
    """

    url: str

    def __str__(self) -> str:
        return self.url

    @property
    def name(self) -> str:
        """Without its folders."""
        return self.url.rsplit("/", 1)[-1]

    def open(self) -> pq.ParquetFile:
        """Its reader, of which footer and schema are read.

        Raises:
            DataError: it is no whole Parquet file, or cannot be reached.
        """
        try:
            if not is_url(self.url):
                return pq.ParquetFile(self.url)
            store, path = url_to_fs(self.url)
            # By a file of Python's: pyarrow's own readers are threads, which a forked loader worker has not.
            return pq.ParquetFile(store.open(path, "rb"), pre_buffer=False)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise DataError(
                "a shard cannot be read",
                where=self.url,
                rule="a whole Parquet file",
                got=str(error),
                fix="make or copy the shard again",
            ) from error

    def stamp(self) -> list[str | int]:
        """Changes where the file does; for a file on disk path, size and time."""
        if is_url(self.url):
            store, path = url_to_fs(self.url)
            return [self.url, str(store.ukey(path))]
        status = Path(self.url).stat()
        return [str(Path(self.url).resolve()), status.st_size, status.st_mtime_ns]


def find_all(url: str) -> list[Shard]:
    """All shards below a URL, sorted.

    Raises:
        DataError: fsspec knows no such store, its package is not installed, it cannot be reached, or nothing is there.
    """
    try:
        store, path = url_to_fs(url)
        found = sorted(store.find(path))
    except (ImportError, ValueError) as error:
        raise DataError(
            "the object store cannot be opened",
            where=url,
            rule="a URL that fsspec reads, such as s3:// (package s3fs) or gs:// (gcsfs)",
            got=str(error),
        ) from error
    except Exception as error:  # each store raises its own
        got = f"{type(error).__name__}: {error}"
        raise DataError("the object store cannot be listed", where=url, got=got, fix="check URL and access") from error
    files = [name for name in found if name.endswith(".parquet") and not name.rsplit("/", 1)[-1].startswith(".")]
    if not files:
        raise DataError("there are no shards", where=url, rule="*.parquet below it", got=f"{len(found)} other files")
    return [Shard(str(store.unstrip_protocol(name))) for name in files]
