"""A wardrobe as a shop: every garment once with the chart of its pattern, people with what they would tell."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from fitroom.data.outfits import wardrobe_shop
from fitroom.data.outfits.charts import chart_of_piece
from fitroom.data.outfits.jsonl import read_jsonl
from fitroom.data.wardrobe import stream
from fitroom.errors import DataError
from fitroom.images import decode_rgb_u8

WARDROBE = Path(__file__).parents[4] / "benchmarks" / "wardrobe"


def test_a_shop_has_garments_with_charts_and_people_who_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = (*wardrobe_shop.COLUMNS, "body_cm", "garment_cm", "size")
    rows = []
    for row in stream(WARDROBE, "test", columns):
        rows.append(row)
        if row["plan"]["person"]["framing"] == "full":
            break
    monkeypatch.setattr(wardrobe_shop, "stream", lambda *args: rows)
    shop = tmp_path / "shop"
    garments, people = wardrobe_shop.write_shop(WARDROBE, "test", shop)
    assert garments == len({row["garment_id"] for row in rows}) == len(list((shop / "garments").iterdir()))
    pieces = read_jsonl(shop / "items.jsonl").pieces
    for row in rows:
        piece = pieces[row["garment_id"]]
        chart = chart_of_piece(piece, shop / "items.jsonl")
        assert chart is not None and piece.image is not None
        measured = chart.measures_cm(row["size"])
        assert all(abs(measured[name] - value) < 0.051 for name, value in row["garment_cm"].items() if name in measured)
        assert decode_rgb_u8(shop / piece.image).shape == row["garment"].shape
    files = sorted((shop / "people").glob("*.yaml"))
    assert len(files) == people > 0
    told = yaml.safe_load(files[0].read_text())
    assert (shop / "people" / told["photo"]).is_file() and {"sex", "height", "weight"} <= set(told)
    with pytest.raises(DataError, match="something of that name"):
        wardrobe_shop.write_shop(WARDROBE, "test", shop)
