"""What is taken of a ranking: the best that fit, no piece too often, and what is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from fitroom.data.outfits.pieces import Piece
from fitroom.errors import DataError
from fitroom.pipelines.lookbook.choose import LIKED_REPEATS, REPEATS, choose
from fitroom.pipelines.lookbook.shelf import Article, Shelf
from fitroom.pipelines.outfits.pipeline import Scored

PIECES = {name: Piece(name, "coat" if name[0] == "c" else "shirt") for name in ("c1", "c2", "s1", "s2", "s3", "s4")}
SHELF = Shelf(Path("items"), {n: Article(p, Path(f"{n}.jpg"), None, None) for n, p in PIECES.items()}, {})
RANKED: list[Scored] = [
    (9.0 - place, (PIECES[coat], PIECES[shirt]))
    for place, (coat, shirt) in enumerate(
        [("c1", "s1"), ("c1", "s2"), ("c1", "s3"), ("c1", "s4"), ("c2", "s1"), ("c2", "s2")]
    )
]


class Fits:
    """Goes round everybody, but for some."""

    def __init__(self, *small: str) -> None:
        self.small = small

    def goes_round(self, article: Article) -> bool:
        return article.piece.piece_id not in self.small


def ids(found: list[Scored]) -> list[str]:
    return ["-".join(piece.piece_id for piece in pieces) for _, pieces in found]


def test_a_piece_is_shown_twice_a_liked_one_thrice_unless_nothing_else_is_left() -> None:
    assert (REPEATS, LIKED_REPEATS) == (2, 3)
    assert ids(choose(RANKED, SHELF, Fits(), (), 3).outfits) == ["c1-s1", "c1-s2", "c2-s1"]  # type: ignore[arg-type]
    assert ids(choose(RANKED, SHELF, Fits(), ("c1",), 3).outfits) == ["c1-s1", "c1-s2", "c1-s3"]  # type: ignore[arg-type]
    four = choose(RANKED, SHELF, Fits(), ("c1",), 4).outfits  # type: ignore[arg-type]
    assert ids(four) == ["c1-s1", "c1-s2", "c1-s3", "c2-s1"]
    all_of_them = choose(RANKED, SHELF, Fits(), (), 6).outfits  # type: ignore[arg-type]
    assert ids(all_of_them) == ids(RANKED), "still best first"


def test_what_goes_round_in_no_size_is_passed_over_and_told() -> None:
    found = choose(RANKED, SHELF, Fits("c1"), (), 5)  # type: ignore[arg-type]
    assert ids(found.outfits) == ["c2-s1", "c2-s2"] and found.too_small == ["c1"]
    with pytest.raises(DataError, match="no outfit has all its pieces in a size that goes round"):
        choose(RANKED, SHELF, Fits("c1", "c2"), (), 5)  # type: ignore[arg-type]
