"""Wardrobes in an object store: the same rows as on disk, dealt to processes and workers, each row once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import fsspec
import numpy as np
import pytest
from tests.unit.data.tryon_rows import RECIPE, tryon_row, write_wardrobe
from torch.utils.data import DataLoader

from fitroom.data.parsing.photos import read_photos
from fitroom.data.shards import Shard, find_all, is_url
from fitroom.data.tryon import cases as tryon_cases
from fitroom.data.tryon.cases import read_cases
from fitroom.data.wardrobe import WardrobeDataset
from fitroom.data.wardrobe_stream import WardrobeStream
from fitroom.errors import DataError

NUM_SHARDS, CASES = 4, 6  # cases a shard, in row groups of four


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four shards of train, and one case of validation in each."""
    for shard in range(NUM_SHARDS):
        rows = [tryon_row(10 * shard + i, "validation" if i == CASES - 1 else "train") for i in range(CASES)]
        written = write_wardrobe(tmp_path / f"w{shard}", rows) / "data/train/shard-00000.parquet"
        target = tmp_path / f"w/data/train/shard-{shard:05d}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        written.rename(target)
    return tmp_path / "w"


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    """The same in a store that is no disk."""
    store = fsspec.filesystem("memory")
    for path in folder.rglob("*.parquet"):
        store.pipe(f"/bucket/{path.relative_to(folder).as_posix()}", path.read_bytes())
    store.pipe("/bucket/README.md", b"# a card")
    yield "memory://bucket"
    store.rm("/bucket", recursive=True)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tryon_cases, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def test_a_store_reads_as_a_folder_does(folder: Path, url: str) -> None:
    assert is_url(url) and not is_url(folder)
    stored, local = WardrobeDataset(url), WardrobeDataset(folder)
    assert len(stored) == len(local) == NUM_SHARDS * (CASES - 1)
    for index in (0, 7, 19):
        assert stored[index]["case_id"] == local[index]["case_id"]
        np.testing.assert_array_equal(stored[index]["worn"], local[index]["worn"])
    assert read_photos(url).manifest.digest == read_photos(folder).manifest.digest


@pytest.mark.parametrize(("world_size", "num_workers"), [(1, 0), (2, 0), (2, 2), (3, 1), (8, 2)])
def test_each_row_goes_to_one_worker_of_one_process(url: str, world_size: int, num_workers: int) -> None:
    seen: Counter[str] = Counter()
    for rank in range(world_size):
        stream = WardrobeStream(url, "train", ["case_id", "worn"], rank=rank, world_size=world_size)
        rows = list(DataLoader(stream, batch_size=None, num_workers=num_workers))
        assert all(row["worn"].shape == (64, 64, 3) for row in rows)
        seen.update(row["case_id"] for row in rows)
    assert sorted(seen) == sorted(row["case_id"] for row in WardrobeDataset(url, "train", ["case_id"]))
    assert set(seen.values()) == {1}


def test_the_processes_of_a_machine_decode_each_shard_once(
    url: str, folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode, decoded = tryon_cases._decode_all, []
    ready = threading.Barrier(2, timeout=60)

    def count(shard: Shard, *rest: object) -> None:
        if shard.name in ("shard-00000.parquet", "shard-00001.parquet"):
            ready.wait()  # both are at work before either is done
        decoded.append((threading.current_thread().name, shard.name))
        decode(shard, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(tryon_cases, "_decode_all", count)
    found: dict[int, tryon_cases.TryOnCases] = {}

    def work(number: int) -> None:
        found[number] = read_cases(url, RECIPE, share=(number, 2))

    threads = [threading.Thread(target=work, args=(number,), name=str(number)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(decoded) == [(str(i % 2), f"shard-{i:05d}.parquet") for i in (0, 2, 1, 3)]
    monkeypatch.setattr(tryon_cases, "_decode_all", decode)
    local = read_cases(folder, RECIPE)
    for cases in found.values():
        assert cases.manifest.digest == local.manifest.digest
        np.testing.assert_array_equal(cases.pictures[9], local.pictures[9])


def test_what_another_process_never_brings_is_decoded_here(
    url: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tryon_cases, "_LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(tryon_cases, "_PATIENCE_S", 0.05)
    assert len(read_cases(url, RECIPE, share=(1, 2))) == NUM_SHARDS * CASES


def test_a_changed_file_of_a_store_has_another_stamp(url: str) -> None:
    shard = find_all(url)[0]
    before = shard.stamp()
    assert find_all(url)[0].stamp() == before
    store = fsspec.filesystem("memory")
    store.pipe("/bucket/data/train/shard-00000.parquet", store.cat("/bucket/data/train/shard-00001.parquet"))
    assert find_all(url)[0].stamp() != before


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("memory://nowhere", "no shards|cannot be listed"),
        ("no-such-store://bucket", "cannot be opened"),
        ("file:///no/such/folder", "no shards|cannot be listed"),
    ],
)
def test_a_store_that_is_not_there_is_named(where: str, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        WardrobeDataset(where)
    assert where in str(caught.value)


def test_a_cut_file_of_a_store_is_named(url: str) -> None:
    store = fsspec.filesystem("memory")
    store.pipe("/bucket/data/train/shard-00002.parquet", store.cat("/bucket/data/train/shard-00002.parquet")[:3000])
    with pytest.raises(DataError, match=r"shard-00002\.parquet"):
        WardrobeStream(url)
