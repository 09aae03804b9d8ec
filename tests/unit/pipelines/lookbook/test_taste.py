"""Liked pieces: they count whole, what looks like them in part, what is worn elsewhere not at all."""

from __future__ import annotations

import numpy as np
import pytest

from fitroom.data.outfits.pieces import Piece
from fitroom.errors import DataError
from fitroom.pipelines.lookbook.taste import check_liked, likings

PIECES = {
    name: Piece(name, category)
    for name, category in (
        ("shirt", "shirt"), ("like", "blouse"), ("half", "t-shirt"), ("other", "polo"), ("far", "tank"),
        ("skirt", "skirt"),
    )
}  # fmt: skip
ANGLES = {"shirt": 0.0, "like": 10.0, "half": 40.0, "other": 60.0, "far": 120.0, "skirt": 5.0}


def vectors(ids: list[str]) -> dict[str, np.ndarray]:
    turned = {one: np.deg2rad(ANGLES[one]) for one in ids}
    return {one: np.array([np.cos(angle), np.sin(angle)]) for one, angle in turned.items()}


def test_a_liked_piece_counts_whole_and_what_looks_like_it_by_how_much() -> None:
    found = likings(PIECES, ["shirt"], vectors)
    assert found["shirt"] == 1.0
    usual = np.median(np.cos(np.deg2rad([10, 40, 60, 120])))
    assert found["like"] == pytest.approx((np.cos(np.deg2rad(10)) - usual) / (1 - usual))
    assert 1 > found["like"] > found["half"] > found["other"] == found["far"] == 0
    assert "skirt" not in found


def test_of_several_liked_pieces_the_nearest_counts_and_without_looks_only_they_do() -> None:
    both = likings(PIECES, ["shirt", "far"], vectors)
    assert both["far"] == both["shirt"] == 1.0 and both["like"] >= likings(PIECES, ["far"], vectors)["like"]
    assert likings(PIECES, ["shirt"], None) == {"shirt": 1.0}
    assert likings(PIECES, [], vectors) == {}
    assert likings(PIECES, ["skirt"], vectors) == {"skirt": 1.0}


def test_unknown_liked_pieces_are_told_with_the_nearest() -> None:
    check_liked(["shirt"], PIECES, {}, "items.jsonl")
    with pytest.raises(DataError, match="did you mean 'shirt'"):
        check_liked(["shrt"], PIECES, {}, "items.jsonl")
    with pytest.raises(DataError, match="it has no photo"):
        check_liked(["hat"], PIECES, {"hat": "it has no photo"}, "items.jsonl")
