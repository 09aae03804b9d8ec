"""The stylist keeps to its rules, repeats itself, and what is asked about its outfits is fair."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.data.outfits.closet import closet, styled

from fitroom.data.outfits.families import FAMILIES, HELD_OUT
from fitroom.data.outfits.harmony import harmony, pair_harmony
from fitroom.data.outfits.questions import make_blanks, make_judged, make_searches
from fitroom.data.outfits.stylist import Stylist, Task, liking
from fitroom.data.outfits.wardrobe_pieces import wardrobe_piece
from fitroom.errors import DataError


def test_an_outfit_depends_on_seed_and_number_alone() -> None:
    stylist = Stylist(closet(), ["active"], 3)
    assert stylist.outfit(5, "a") == Stylist(closet(), ["active"], 3).outfit(5, "a")
    assert len({stylist.outfit(number, "a").piece_ids for number in range(8)}) > 4


def test_season_occasion_and_department_are_kept_to() -> None:
    outfits = styled(120)
    in_season, styles = [], {"office": [], "sport": []}
    for outfit in outfits.outfits:
        pieces = outfits.of(outfit)
        assert len(pieces) >= 2 and len(set(outfit.piece_ids)) == len(pieces)
        departments = {word for piece in pieces for word in piece.values("department")}
        assert not {"female", "male"} <= departments
        if outfit.context["weather"] in ("cold", "rain"):
            assert any(piece.role == "outerwear" for piece in pieces)
        in_season += [outfit.context["season"] in piece.values("season") for piece in pieces]
        for piece in pieces:
            styles.get(outfit.context["occasion"], []).append(piece.values("style")[0])
    assert np.mean(in_season) > 0.6  # in winter this closet has too little, and noise and whims do the rest
    assert np.mean([style == "sporty" for style in styles["sport"]]) > 0.6
    assert np.mean([style in ("business", "elegant") for style in styles["office"]]) > 0.8


def test_liking_follows_weather_and_color() -> None:
    task = Task("classic office", "summer", "hot", "office")
    by_id = {piece.piece_id: piece for piece in closet()}
    warm, light = by_id["sweater-business-0-0"], by_id["shirt-business-0-0"]
    assert liking(light, [], task) > liking(warm, [], task)


def test_colors_go_together_by_rule() -> None:
    assert pair_harmony("red", "green") > pair_harmony("red", "yellow")
    assert pair_harmony("black", "red") == pair_harmony("red", "black") > 0
    assert harmony(["red", "green", "purple"]) < harmony(["red", "green", "black"])
    assert harmony(["red"]) == 0.0


def test_too_few_pieces_are_named() -> None:
    with pytest.raises(DataError, match="too few pieces"):
        Stylist([piece for piece in closet() if piece.role == "top"], ["active"], 0).outfit(0, "a")


def test_held_out_families_are_real_ones() -> None:
    assert set(HELD_OUT) < set(FAMILIES)


def test_a_piece_of_the_catalogue_is_whole_and_repeatable() -> None:
    piece = wardrobe_piece(7)
    assert piece == wardrobe_piece(7) and piece.role in ("top", "bottom", "dress", "outerwear")
    assert all(piece.values(name) for name in ("color", "pattern", "material", "season", "style", "department"))


def test_questions_are_fair() -> None:
    outfits = styled(60)
    for blank in [*make_blanks(outfits, 4, 0), *make_searches(outfits, 0)]:
        assert len(set(blank.candidates)) == len(blank.candidates) and not set(blank.candidates) & set(blank.rest)
        assert len({outfits.pieces[one].category for one in blank.candidates}) == 1
    judged = make_judged(outfits, 0)
    true = {one.outfit_id: one for one in judged if one.is_outfit}
    for one in (one for one in judged if not one.is_outfit):
        kinds = [[outfits.pieces[piece].category for piece in each.piece_ids] for each in (one, true[one.outfit_id])]
        assert kinds[0] == kinds[1] and not set(one.piece_ids) & set(true[one.outfit_id].piece_ids)
