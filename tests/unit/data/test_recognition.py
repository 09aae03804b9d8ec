from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from fitroom.contracts import Head, Preprocessing
from fitroom.data.manifest import Manifest, read_source
from fitroom.data.recognition.augment import Augment, AugmentConfig
from fitroom.data.recognition.batches import RecognitionDataset, collate, encode_targets, resolve_heads
from fitroom.data.source import SourceConfig
from fitroom.data.stream import SampleKey
from fitroom.errors import DataError
from fitroom.images import decode_rgb_u8, resize_u8

SPEC = Preprocessing(height_px=32, width_px=24, resize="pad")


def labelled(**columns: list[str | None]) -> Manifest:
    count = len(next(iter(columns.values())))
    table = pd.DataFrame({"sample_id": [f"{i}.jpg" for i in range(count)]} | columns).astype("str")
    return Manifest(Path("photos"), table, list(columns))


def test_classes_are_those_of_the_data_sorted():
    manifest = labelled(category=["hat", "dress", "hat"], season=["warm|cold", None, "mild | warm"])
    heads = resolve_heads([Head("category"), Head("season", "multi")], manifest)
    assert heads[0].classes == ["dress", "hat"]
    assert heads[1].classes == ["cold", "mild", "warm"]


def test_classes_given_keep_their_order_and_may_be_more():
    head = Head("category", classes=["skirt", "hat", "dress"])
    assert resolve_heads([head], labelled(category=["hat", "dress"])) == [head]


@pytest.mark.parametrize(
    ("head", "cells", "said"),
    [
        (Head("colour"), ["a"], "no labels for head 'colour'"),
        (Head("color", classes=["a", "b"]), ["a", "c"], "does not list"),
        (Head("color", "multi", ["a", "b"]), ["a|z"], "does not list"),
        (Head("color", "regression"), ["0.5", "long"], "not all labels of head 'color' are numbers"),
        (Head("color", "regression"), ["0.5", "1.5"], "lie outside its range"),
        (Head("color", "regression", low=10, high=20), ["15", "9"], "lie outside its range"),
    ],
)
def test_heads_that_do_not_fit_the_data_are_refused(head, cells, said):
    with pytest.raises(DataError, match=said):
        resolve_heads([head], labelled(color=cells))


def test_an_unknown_head_names_the_nearest_label():
    with pytest.raises(DataError, match="did you mean 'color'"):
        resolve_heads([Head("colour")], labelled(category=["a"], color=["b"]))


def test_targets_of_every_kind_with_labels_missing():
    manifest = labelled(
        category=["hat", "dress", None],
        season=["warm|cold", None, "|"],
        drape=["0.25", None, "1"],
    )
    heads = [Head("category"), Head("season", "multi"), Head("drape", "regression")]
    targets = encode_targets(manifest, resolve_heads(heads, manifest))
    assert targets["category"].tolist() == [1, 0, -1] and targets["category"].dtype == torch.int64
    assert targets["season"].dtype == targets["drape"].dtype == torch.float32
    nan = float("nan")
    torch.testing.assert_close(targets["season"], torch.tensor([[1, 1], [nan, nan], [0, 0]]), equal_nan=True)
    torch.testing.assert_close(targets["drape"], torch.tensor([0.25, nan, 1]), equal_nan=True)


@pytest.fixture
def manifest(image_folder) -> Manifest:
    return read_source(SourceConfig(str(image_folder(("dress", "hat"), 4))))[0]


def dataset(manifest: Manifest, **options) -> RecognitionDataset:
    return RecognitionDataset(manifest, resolve_heads([Head("category")], manifest), SPEC, **options)


def test_without_augmentation_a_photo_is_what_the_network_sees(manifest):
    sample = dataset(manifest)[3]
    photo_u8 = decode_rgb_u8(manifest.path(manifest.table["sample_id"][3]))
    assert np.array_equal(sample["image_u8"].numpy(), resize_u8(photo_u8, SPEC))
    assert (sample["index"], sample["epoch"], sample["targets"]["category"]) == (3, 0, 0)


@pytest.mark.parametrize("augment", [None, Augment(AugmentConfig(turn=0.2), SPEC)], ids=["plain", "augmented"])
def test_cached_photos_are_those_read_each_time(manifest, augment):
    cached, read = (dataset(manifest, augment=augment, seed=3, cache=cache) for cache in (True, False))
    assert len(cached) == len(read) == len(manifest)
    for index in range(len(manifest)):
        for epoch in range(2):
            key = SampleKey(index, epoch)
            assert torch.equal(cached[key]["image_u8"], read[key]["image_u8"])


def test_a_sample_cannot_change_the_cache(manifest):
    photos = dataset(manifest, cache=True)
    before = photos[0]["image_u8"].clone()
    photos[0]["image_u8"].zero_()
    assert torch.equal(photos[0]["image_u8"], before)


def test_augmentation_depends_on_seed_epoch_and_index(manifest):
    same = Manifest(manifest.root, pd.concat([manifest.table[:1]] * 2, ignore_index=True), manifest.labels)
    augment = Augment(AugmentConfig(), SPEC)
    seen = {
        dataset(same, augment=augment, seed=seed)[SampleKey(index, epoch)]["image_u8"].numpy().tobytes()
        for seed in range(2)
        for index in range(2)
        for epoch in range(2)
    }
    assert len(seen) == 8


def test_collate_stacks_samples_in_order(manifest):
    table = manifest.table.assign(drape=["0.5", None] * 4).astype({"drape": "str"})
    both = Manifest(manifest.root, table, ["category", "drape"])
    heads = resolve_heads([Head("category"), Head("drape", "regression")], both)
    photos = RecognitionDataset(both, heads, SPEC)
    batch = collate([photos[SampleKey(5, 2)], photos[SampleKey(0, 3)]])
    assert batch.image_u8.shape == (2, 32, 24, 3) and batch.image_u8.dtype == torch.uint8
    assert torch.equal(batch.image_u8[1], photos[0]["image_u8"])
    assert batch.index.tolist() == [5, 0] and batch.epoch.tolist() == [2, 3]
    assert batch.targets["category"].tolist() == [1, 0]
    assert batch.targets["drape"].isnan().tolist() == [True, False]


def test_a_batch_moves_to_a_device(manifest):
    photos = dataset(manifest)
    batch = collate([photos[0], photos[1]]).to(torch.device("meta"))
    assert batch.image_u8.device.type == batch.targets["category"].device.type == "meta"
    assert batch.index.device.type == "cpu", "seeds are drawn on the CPU"


def test_a_given_range_covers_its_own_ends():
    head = Head("drape", "regression", low=10, high=20)
    assert resolve_heads([head], labelled(drape=["10", "20", None])) == [replace(head)]
