"""Outfits out of a closet: season, weather and department are kept to, and what cannot be answered is said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.unit.data.outfits.closet import styled

from fitroom.bundles.format import Bundle, write_bundle
from fitroom.cli import main
from fitroom.contracts import Preprocessing
from fitroom.data.outfits.encoding import vocabulary_of
from fitroom.data.outfits.jsonl import read_jsonl, write_jsonl
from fitroom.data.outfits.pieces import OutfitSet, Piece
from fitroom.errors import DataError
from fitroom.models.outfits.config import OutfitConfig
from fitroom.models.outfits.network import OutfitNetwork
from fitroom.models.weights import WeightsRecord
from fitroom.pipelines.outfits.pipeline import OutfitPipeline
from fitroom.pipelines.outfits.request import OutfitRequest

OUTFITS = styled(2)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    torch.manual_seed(0)
    config = OutfitConfig(vocabulary_of(OUTFITS), width=16, layers=1, attention_heads=2)
    return write_bundle(
        tmp_path_factory.mktemp("outfits") / "bundle", kind="outfits", name="tiny", model=OutfitNetwork(config),
        model_config=config, preprocessing=Preprocessing(), calibration={}, config_yaml="", trained_on=["0" * 64],
        data_digest="0" * 64, seed=0, weights=WeightsRecord("none", None, None), license="Apache-2.0",
    )  # fmt: skip


def test_outfits_keep_to_season_weather_and_department(bundle: Bundle) -> None:
    found = OutfitPipeline(bundle)(OUTFITS, OutfitRequest({"season": "autumn", "weather": "cold"}, num=4))
    assert len(found) == 4
    probabilities = [outfit.probability for outfit in found]
    assert probabilities == sorted(probabilities, reverse=True)
    for outfit in found:
        assert any(piece.role == "outerwear" for piece in outfit.pieces)
        assert all("autumn" in piece.values("season") for piece in outfit.pieces)


def test_given_pieces_are_in_every_outfit_and_one_category_can_be_asked_for(bundle: Bundle) -> None:
    pipeline = OutfitPipeline(bundle)
    given = "skirt-casual-0-0"
    for outfit in pipeline(OUTFITS, OutfitRequest(given=(given,), num=3)):
        assert outfit.pieces[0].piece_id == given and {"top", "bottom"} <= {piece.role for piece in outfit.pieces}
    for outfit in pipeline(OUTFITS, OutfitRequest({"season": "summer"}, (given,), "shirt", 3)):
        assert [piece.category for piece in outfit.pieces] == ["skirt", "shirt"]


def test_a_leaning_moves_the_ranking_and_not_the_probability(bundle: Bundle) -> None:
    pipeline = OutfitPipeline(bundle)
    plain = pipeline.ranked(OUTFITS, OutfitRequest({"season": "autumn"}))
    last = plain[-1][1][0].piece_id
    request = OutfitRequest({"season": "autumn"}, num=3, leaning={last: 50.0})
    for outfit in pipeline(OUTFITS, request):
        assert last in [piece.piece_id for piece in outfit.pieces]
        assert outfit.leant == pytest.approx(50 / len(outfit.pieces))
        logit = float(pipeline.judge.together([outfit.pieces], [request.context])[0])
        assert outfit.probability == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-5)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (OutfitRequest({"occasion": "ofice"}), "did you mean 'office'"),
        (OutfitRequest(given=("skirt",)), "no piece 'skirt'"),
        (OutfitRequest({"weather": "hot"}, ("shirt-casual-0-0",), "sweater"), "no candidate of the category 'sweater'"),
        (OutfitRequest(category="shirt"), "nothing to complete"),
        (OutfitRequest(num=0), "no outfit is asked for"),
    ],
)
def test_what_cannot_be_answered_is_said(bundle: Bundle, request_: OutfitRequest, said: str) -> None:
    with pytest.raises(DataError, match=said):
        OutfitPipeline(bundle)(OUTFITS, request_)


def test_unknown_words_and_closets_that_dress_nobody_are_named(bundle: Bundle, tmp_path: Path) -> None:
    path, pipeline = tmp_path / "items.jsonl", OutfitPipeline(bundle)
    path.write_text(json.dumps({"item_id": "a", "category": "shirt", "attributes": {"color": "blu"}}))
    with pytest.raises(DataError, match="did you mean 'blue'"):
        pipeline(read_jsonl(path), OutfitRequest())
    write_jsonl(path, [piece for piece in OUTFITS.pieces.values() if piece.role == "top"], [])
    with pytest.raises(DataError, match="no outfit can be made"):
        pipeline(read_jsonl(path), OutfitRequest())


def test_shoes_that_suit_nobody_sink_no_outfit(tmp_path: Path) -> None:
    pieces = [*OUTFITS.pieces.values(), Piece("boots", "shoes", {"department": ("male",)})]
    torch.manual_seed(0)
    words = vocabulary_of(OUTFITS)
    words = {**words, "category": [*words["category"], "shoes"], "department": ["female", "male", "unisex"]}
    config = OutfitConfig(words, width=16, layers=1, attention_heads=2)
    bundle = write_bundle(
        tmp_path / "bundle", kind="outfits", name="tiny", model=OutfitNetwork(config), model_config=config,
        preprocessing=Preprocessing(), calibration={}, config_yaml="", trained_on=["0" * 64], data_digest="0" * 64,
        seed=0, weights=WeightsRecord("none", None, None), license="Apache-2.0",
    )  # fmt: skip
    worn = {piece.piece_id: piece for piece in pieces if piece.category in ("shirt", "skirt", "shoes")}
    found = OutfitPipeline(bundle)(OutfitSet(Path("closet"), worn, []), OutfitRequest(num=3))
    assert {tuple(sorted(piece.category for piece in outfit.pieces)) for outfit in found} == {("shirt", "skirt")}
    del worn["boots"]
    worn["pumps"] = Piece("pumps", "shoes", {"department": ("female",)})
    found = OutfitPipeline(bundle)(OutfitSet(Path("closet"), worn, []), OutfitRequest(num=3))
    assert all(any(piece.role == "shoes" for piece in outfit.pieces) for outfit in found)


def test_the_command_prints_ranks_reasons_and_faults(
    bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "items.jsonl"
    write_jsonl(path, OUTFITS.pieces.values(), [])
    words = ["outfits", str(path), "--season", "summer", "--bundle", str(bundle.path), "-n", "2"]
    assert main([*words, "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 2 and all(len(line["items"]) >= 1 and 0 < line["probability"] < 1 for line in lines)
    assert main([*words, "--weather", "snow"]) == 3
    assert "one of hot, mild, cold, rain" in capsys.readouterr().err
