"""Plain files and Polyvore Outfits: read as written, and faults answered by line, rule and fix."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fitroom.data.outfits.jsonl import read_jsonl, write_jsonl
from fitroom.data.outfits.polyvore import Polyvore
from fitroom.errors import DataError

TEE = {"item_id": "a", "category": "t-shirt", "attributes": {"color": "white", "season": ["spring", "summer"]}}
JEANS = {"item_id": "b", "category": "trousers", "attributes": {"material": "denim"}, "price": 59, "embedding": [1, 2]}


def written(folder: Path, *lines: object) -> Path:
    path = folder / "outfits.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_items_and_outfits_are_read_and_written_back(tmp_path: Path) -> None:
    path = written(tmp_path, TEE, {"outfit_id": "o", "season": "summer", "items": ["a", JEANS]})
    found = read_jsonl(path)
    assert found.pieces["a"].values("season") == ("spring", "summer") and found.pieces["b"].price == 59.0
    assert found.outfits[0].piece_ids == ("a", "b") and found.outfits[0].context == {"season": "summer"}
    write_jsonl(tmp_path / "again.jsonl", found.pieces.values(), found.outfits)
    again = read_jsonl(tmp_path / "again.jsonl")
    assert again.pieces == found.pieces and again.outfits == found.outfits


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([TEE | {"attributes": {"colour": "white"}}], "did you mean 'color'"),
        ([TEE | {"attribute": {}}], "did you mean 'attributes'"),
        ([TEE, {"items": ["a"]}], "an outfit of one piece"),
        ([TEE, {"items": ["a", "b"]}], "names an item that is not there"),
        ([TEE, JEANS, {"items": ["a", "b"], "season": "sommer"}], "did you mean 'summer'"),
        ([TEE, TEE | {"category": "shirt"}], "two different items"),
        ([TEE | {"price": -3}], "no price"),
        ([TEE | {"image": ["a.jpg", "b.jpg"]}], "no image"),
        ([TEE | {"embedding": [1, float("nan")]}], "no embedding"),
        ([TEE | {"embedding": [1]}, JEANS], "differ in width"),
        (["{"], "line 1"),
        ([{"category": "shirt"}], "no item_id"),
        ([""], "there is no item"),
    ],
)
def test_faults_are_named(tmp_path: Path, lines: list[object], said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_jsonl(written(tmp_path, *lines))


def polyvore(root: Path) -> Path:
    (root / "disjoint").mkdir(parents=True)
    metadata = {str(i): {"semantic_category": "tops" if i < 4 else "shoes", "title": "never read"} for i in range(8)}
    (root / "polyvore_item_metadata.json").write_text(json.dumps(metadata))
    sets = [
        {"set_id": str(10 + k), "items": [{"item_id": str(k), "index": 1}, {"item_id": str(4 + k), "index": 2}]}
        for k in range(4)
    ]
    blanks = [{"question": ["10_1"], "blank_position": 2, "answers": ["12_2", "10_2", "11_2", "13_2"]}]
    (root / "disjoint/test.json").write_text(json.dumps(sets))
    (root / "disjoint/fill_in_blank_test.json").write_text(json.dumps(blanks))
    (root / "disjoint/compatibility_test.txt").write_text("1 10_1 10_2\n0 10_1 12_2\n")
    return root


def test_polyvore_is_read_as_published(tmp_path: Path) -> None:
    root = polyvore(tmp_path)
    np.savez(root / "embeddings.npz", ids=np.array(["0", "5"]), vectors=np.eye(2))
    test = Polyvore(root, "test")
    assert test.outfits.outfits[0].piece_ids == ("0", "4")
    assert test.outfits.pieces["4"].category == "shoes" and test.outfits.pieces["5"].embedding == (0.0, 1.0)
    assert test.outfits.pieces["4"].attributes == {}  # no text, and so nothing that names the answer
    assert test.blanks()[0].rest == ("0",) and test.blanks()[0].candidates == ("4", "6", "5", "7")
    assert [(one.piece_ids, one.is_outfit) for one in test.judged()] == [(("0", "4"), True), (("0", "6"), False)]


def test_polyvore_s_faults_are_named(tmp_path: Path) -> None:
    root = polyvore(tmp_path)
    (root / "disjoint/compatibility_test.txt").write_text("1 99_1 10_2\n")
    with pytest.raises(DataError, match="not in the part"):
        Polyvore(root, "test").judged()
    with pytest.raises(DataError, match="cannot be read"):
        Polyvore(root, "train")
