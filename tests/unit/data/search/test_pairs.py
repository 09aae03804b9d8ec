"""Pictures beside the shop photo of what they show: both pictures of a case, once each, and only what can be known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.unit.data.tryon_rows import IN_WORN, SIDE, tryon_row, write_wardrobe

from fitroom.contracts import Part, Preprocessing
from fitroom.data.search.loaders import Looks, PairDataset, collate_pairs
from fitroom.data.search.pairs import read_pairs
from fitroom.data.stream import SampleKey
from fitroom.errors import DataError

SPEC = Preprocessing(32, 32, "pad")
SKIRT = {"design": 1, "size": "M", "fabric": 2, "print": 3, "photo": "flat"}
OTHER = {"design": 9, "size": "M", "fabric": 9, "print": 9, "photo": "flat"}


def row(case: int, garment_id: str, source: dict[str, Any], **changes: Any) -> dict[str, Any]:
    parse = np.zeros((SIDE, SIDE), np.uint8)
    parse[8:60, 20:50] = Part.SKIRT
    more = {"garment_id": garment_id, "plan": {"source": source}, "person_parse": parse}
    return tryon_row(case, **more, source_labels={"region": "bottom"}, **changes)


def test_a_person_shows_the_source_garment_where_it_has_a_photo(tmp_path: Path) -> None:
    first = row(0, "design1-fabric2-print3", OTHER)
    second = row(1, "design4-fabric5-print6", SKIRT)
    second["person"] = second["person"] // 2
    third = row(2, "design4-fabric5-print6", SKIRT, person=second["person"])  # the same picture again
    pairs = read_pairs(write_wardrobe(tmp_path, [first, second, third]), "train", SPEC)
    named = pairs.manifest.table["sample_id"].tolist()
    assert named == ["train-000000-M", "train-000001-M", "train-000001-M/person", "train-000002-M"]
    assert pairs.product_ids == ["design1-fabric2-print3", "design4-fabric5-print6"]
    assert pairs.product_of_N.tolist() == [0, 1, 0, 1]
    assert pairs.worn[2].mask.mean() == pytest.approx(30 / 52, abs=0.05)  # the skirt of the parse
    assert pairs.manifest.table["sha256"].nunique() == len(pairs) == 4


def test_a_garment_that_nobody_can_see_is_none(tmp_path: Path) -> None:
    hidden = np.zeros((SIDE, SIDE), np.uint8)
    hidden[IN_WORN][:4, :4] = Part.TOP
    folder = write_wardrobe(tmp_path, [row(0, "design1-fabric2-print3", OTHER, worn_parse=hidden)])
    with pytest.raises(DataError, match="no worn garment can be seen"):
        read_pairs(folder, "train", SPEC)


def test_all_pairs_of_an_epoch_are_shown_in_one_view() -> None:
    views, worn, products = 3, 4, 2
    number_V11 = torch.arange(views)[:, None, None] * 10.0
    numbered = (number_V11 + torch.arange(count)[None, :, None] for count in (worn, products))
    looks = [Looks(*(part,) * 4) for part in numbered]
    dataset = PairDataset(looks[0], looks[1], np.array([1, 0, 1, 0]), seed=0, varied=True)
    shown = set()
    for epoch in range(20):
        batch = collate_pairs([dataset[SampleKey(index, epoch)] for index in range(worn)])
        (view,) = {int(value) // 10 for value in [*batch.worn.bands_F[:, 0], *batch.product.bands_F[:, 0]]}
        assert (batch.product.share_P[:, 0] - 10 * view).tolist() == batch.which.tolist() == [1, 0, 1, 0]
        shown.add(view)
    assert shown == {0, 1, 2}
    assert PairDataset(looks[0], looks[1], np.array([1]), 0, varied=False)[SampleKey(0, 5)].worn.bands_F.tolist() == [0]
