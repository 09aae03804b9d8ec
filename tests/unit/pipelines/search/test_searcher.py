"""A catalogue on disk, and what it answers to words and to a product; without a network: vectors are given."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fitroom import cli
from fitroom.data.outfits.jsonl import write_jsonl
from fitroom.data.outfits.pieces import Piece
from fitroom.errors import DataError
from fitroom.pipelines.search import commands
from fitroom.pipelines.search.catalogue import SPEC, open_catalogue, write_catalogue
from fitroom.pipelines.search.commands import product_photos
from fitroom.pipelines.search.kinds import Kind
from fitroom.pipelines.search.searcher import Searcher

PRODUCTS = [
    Piece("d1", "dress", {"color": ("red",), "material": ("poplin",), "season": ("summer",)}),
    Piece("d2", "dress", {"color": ("red",), "material": ("poplin",), "season": ("summer", "spring")}),
    Piece("d3", "dress", {"color": ("red",), "material": ("satin",), "season": ("summer",)}),
    Piece("s1", "shirt", {"color": ("red",), "material": ("poplin",)}),
    Piece("c1", "coat", {"color": ("navy",), "material": ("wool knit",), "season": ("winter",)}),
    Piece("x1", "hat"),
]
ANGLES = {"d1": 0.9, "d2": 0.0, "d3": 0.1, "s1": 0.2, "c1": 3.0}  # x1 has no photo
VECTORS = {name: np.array([np.cos(angle), np.sin(angle)], np.float32) for name, angle in ANGLES.items()}


@pytest.fixture
def items(tmp_path: Path) -> Path:
    write_jsonl(tmp_path / "items.jsonl", PRODUCTS, [])
    return tmp_path / "items.jsonl"


@pytest.fixture(params=["exact", "graph"])
def searcher(request: pytest.FixtureRequest, items: Path, tmp_path: Path) -> Searcher:
    write_catalogue(tmp_path / "index", items, VECTORS, "ab" * 32, request.param)
    return Searcher(open_catalogue(tmp_path / "index"))


def ids(matches: list) -> list[str]:  # type: ignore[type-arg]
    return [match.product.piece_id for match in matches]


def test_words_rank_by_attributes_then_by_looks(searcher: Searcher) -> None:
    answer = searcher.words("red cotton dress for summer")
    # d1 and d2 fit in everything and are as near to their middle; then three of four; then two.
    assert ids(answer.matches)[:3] == ["d1", "d2", "d3"]
    assert ids(answer.matches)[3:] == ["s1"]
    assert answer.matches[0].fits == ("color", "material", "category", "season")
    assert answer.matches[2].fits == ("color", "category", "season")
    assert answer.matches[2].similarity == pytest.approx(np.cos(0.45 - 0.1), abs=1e-5)


def test_chinese_words_find_the_same(searcher: Searcher) -> None:
    assert set(ids(searcher.words("红色夏季连衣裙").matches[:3])) == {"d1", "d2", "d3"}


def test_similar_products_are_near_and_not_itself(searcher: Searcher) -> None:
    assert ids(searcher.similar("d2", 2)) == ["d3", "s1"]
    assert ids(searcher.similar("d2", 2, same_category=True)) == ["d3", "d1"]
    assert ids(searcher.similar("d2", 99)) == ["d3", "s1", "d1", "c1"]


def test_what_cannot_be_asked_is_told(searcher: Searcher) -> None:
    with pytest.raises(DataError, match="no product 'd9'"):
        searcher.similar("d9")
    with pytest.raises(DataError, match="without a photo"):
        searcher.similar("x1")
    with pytest.raises(DataError, match="no product is what the words ask for"):
        searcher.words("floral hoodie")


def test_words_need_no_vectors(items: Path, tmp_path: Path) -> None:
    write_catalogue(tmp_path / "plain", items, {}, "")
    searcher = Searcher(open_catalogue(tmp_path / "plain"))
    assert ids(searcher.words("winter coat", 1).matches) == ["c1"]
    with pytest.raises(DataError, match="only words can be asked"):
        searcher.similar("d1")


def test_qdrant_keeps_the_vectors_in_its_own_folder(items: Path, tmp_path: Path) -> None:
    spec = write_catalogue(tmp_path / "far", items, VECTORS, "ab" * 32, "qdrant", str(tmp_path / "store"), "shop")
    assert (spec.location, spec.collection) == (str(tmp_path / "store"), "shop")
    assert sorted(path.name for path in (tmp_path / "far").iterdir()) == ["items.jsonl", "search.json"]


def test_a_collection_that_holds_vectors_is_not_written_into(items: Path, tmp_path: Path) -> None:
    words = ("ab" * 32, "qdrant", str(tmp_path / "store"), "shop")
    write_catalogue(tmp_path / "first", items, VECTORS, *words)
    with pytest.raises(DataError, match="holds vectors already"):
        write_catalogue(tmp_path / "second", items, {"d1": VECTORS["d1"]}, *words)
    assert not (tmp_path / "second").exists() and open_catalogue(tmp_path / "first")


def test_where_an_index_goes_is_asked_before_photos_are_looked_at(
    items: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "product_photos", lambda items: pytest.fail("photos were looked at"))
    (tmp_path / "there").mkdir()
    words = ["search", "index", str(items), "--out"]
    assert cli.main([*words, str(tmp_path / "there")]) == DataError.exit_code
    assert cli.main([*words, str(tmp_path / "new"), "--kind", "qdrant"]) == DataError.exit_code
    assert "--location" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["exact", "graph"])
def test_a_folder_is_not_written_over_and_not_left_half_done(items: Path, tmp_path: Path, kind: Kind) -> None:
    write_catalogue(tmp_path / "index", items, VECTORS, "", kind)
    with pytest.raises(DataError, match="already"):
        write_catalogue(tmp_path / "index", items, VECTORS, "", kind)
    with pytest.raises(DataError, match="unit length"):
        write_catalogue(tmp_path / "half", items, {"d1": np.ones(2, np.float32)}, "", kind)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index", "items.jsonl"]


def test_a_folder_that_is_none_is_named(items: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no catalogue that can be searched"):
        open_catalogue(tmp_path)
    write_catalogue(tmp_path / "index", items, VECTORS, "", "exact")
    spec = json.loads((tmp_path / "index" / SPEC).read_text())
    (tmp_path / "index" / SPEC).write_text(json.dumps(spec | {"num_vectors": 9}))
    with pytest.raises(DataError, match="vectors are missing"):
        open_catalogue(tmp_path / "index")
    (tmp_path / "index" / SPEC).write_text(json.dumps(spec | {"version": 9}))
    with pytest.raises(DataError, match="another version"):
        open_catalogue(tmp_path / "index")


def test_a_photo_that_is_not_there_is_named(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "items.jsonl", [Piece("d1", "dress", image="d1.jpg"), Piece("d2", "dress")], [])
    with pytest.raises(DataError, match="photo of a product is not there"):
        product_photos(tmp_path / "items.jsonl")
    (tmp_path / "d1.jpg").touch()
    assert product_photos(tmp_path / "items.jsonl") == {"d1": tmp_path / "d1.jpg"}


def test_the_door_answers_words_and_tells_what_it_did_not_understand(
    items: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = str(tmp_path / "index")
    assert cli.main(["search", "index", str(items), "--out", index]) == 0
    assert "6 products, 0 of them with a vector" in capsys.readouterr().out
    assert cli.main(["search", "words", "sparkly red dress", "--index", index, "-n", "1", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["item_id"] == "d1"
    assert "not understood, and passed over: sparkly" in printed.err
    assert cli.main(["search", "similar", "d1", "--index", index]) == DataError.exit_code
    assert "only words can be asked" in capsys.readouterr().err
