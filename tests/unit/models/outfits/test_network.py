"""The outfit network: sets, not lists; anything may be missing; padding says nothing; what repeats is learned."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.unit.data.outfits.closet import styled

from fitroom.data.outfits.encoding import price_scale_of, vocabulary_of
from fitroom.data.outfits.pieces import Piece
from fitroom.models.outfits.config import OutfitConfig
from fitroom.models.outfits.judge import OutfitJudge
from fitroom.models.outfits.network import OutfitNetwork
from fitroom.pipelines.outfits.explain import reasons, without

OUTFITS = styled(6)
CONTEXT = {"season": "summer", "occasion": "office"}


@pytest.fixture(scope="module")
def judge() -> OutfitJudge:
    torch.manual_seed(0)
    center, scale = price_scale_of(OUTFITS)
    return OutfitJudge(
        OutfitNetwork(OutfitConfig(vocabulary_of(OUTFITS), center, scale, 2, width=16, layers=1, attention_heads=2))
    )


def pieces() -> list[Piece]:
    return OUTFITS.of(OUTFITS.outfits[0])


def test_order_and_padding_say_nothing(judge: OutfitJudge) -> None:
    own, longer = pieces(), [*OUTFITS.pieces.values()][:6]
    alone = judge.together([own], [CONTEXT])[0]
    assert judge.together([own[::-1]], [CONTEXT])[0] == pytest.approx(alone, abs=1e-5)
    assert judge.together([own, longer], [CONTEXT, {}])[0] == pytest.approx(alone, abs=1e-5)


def test_anything_may_be_missing_and_everything_counts(judge: OutfitJudge) -> None:
    own = pieces()
    full = judge.together([own], [CONTEXT])[0]
    bare = [Piece(piece.piece_id, piece.category) for piece in own]
    assert np.isfinite(judge.together([bare], [{}])[0])
    for name in ("color", "material", "season", "style"):
        assert judge.together([[without(own[0], name), *own[1:]]], [CONTEXT])[0] != full
    assert judge.together([own], [{}])[0] != full
    shown = [Piece(own[0].piece_id, own[0].category, own[0].attributes, own[0].price, None, (1.0, -1.0)), *own[1:]]
    assert judge.together([shown], [CONTEXT])[0] != full


def test_reasons_are_what_leaving_out_moves(judge: OutfitJudge) -> None:
    own = pieces()
    found = reasons(judge, own, CONTEXT)
    full = judge.together([own], [CONTEXT])[0]
    for reason in (one for one in found if one.about == "season"):
        rest = judge.together([own], [{"occasion": "office"}])[0]
        assert reason.moved == pytest.approx(full - rest, abs=1e-6)
    assert [abs(one.moved) for one in found] == sorted((abs(one.moved) for one in found), reverse=True)


def test_the_query_knows_of_the_target_its_category_alone(judge: OutfitJudge) -> None:
    own, others = pieces(), [piece for piece in OUTFITS.pieces.values() if piece.category == "coat"]
    both = judge.completion(own, others[:2], CONTEXT)
    assert judge.completion(own, others[:1], CONTEXT)[0] == pytest.approx(both[0], abs=1e-5)
