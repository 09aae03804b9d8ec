"""What liked pieces do to lookbooks of made-up shoppers: more weight, more of what they like."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.pipelines.lookbook.shop import lines, write_shop

from fitroom.errors import DataError
from fitroom.evaluation.outfits.liking import LikingConfig, askers, try_weights
from fitroom.pipelines.lookbook.shelf import read_shelf

BUNDLES = Path(__file__).parents[4] / "bundles"


def asked(items: Path, **more: object) -> LikingConfig:
    given = {name: str(BUNDLES / at) for name, at in (("outfits", "outfits"), ("sizes", "size-advisor"))}
    return LikingConfig(str(items), **given, search=str(BUNDLES / "search"), shoppers=4, liked=1, num=3, **more)  # type: ignore[arg-type]


def test_more_weight_shows_more_of_what_is_liked(tmp_path: Path) -> None:
    items = lines()
    for item in items:
        item["attributes"]["season"] = ["spring", "summer", "autumn", "winter"]
    rows = try_weights(asked(write_shop(tmp_path, items), weights=[0.0, 20.0]))
    mean = rows.groupby("weight").mean()
    assert mean.loc[20.0, "liked"] == 1.0 > mean.loc[0.0, "liked"]
    assert mean.loc[20.0, "together"] <= mean.loc[0.0, "together"]


def test_a_shopper_depends_on_the_seed_alone_and_likes_what_is_in_season(tmp_path: Path) -> None:
    items = lines()
    for item in items:
        item["attributes"]["season"] = ["spring", "summer"] if item["category"] == "t-shirt" else ["autumn", "winter"]
    path = write_shop(tmp_path, items)
    shelf, config = read_shelf(path), asked(path, seed=5)
    found = askers(shelf, config)
    assert found == askers(shelf, config) and found[:2] == askers(shelf, replace(config, shoppers=2))
    assert all(one.liked[0].startswith("t-shirt") == (one.season in ("spring", "summer")) for one in found)
    with pytest.raises(DataError, match="too few pieces to like"):
        askers(shelf, replace(config, liked=12))
