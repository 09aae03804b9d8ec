"""Feedback as published: every spelling of height, weight and bra; and effects that have not seen the row they help."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fitroom.data.sizing.fit_effects import Effects, item_rates, out_of_fold
from fitroom.data.sizing.fit_feedback import cup, first_number, height_cm, read_feedback
from fitroom.errors import DataError

RENTED = {
    "fit": "large", "user_id": "420272", "bust size": "34d", "item_id": "2260466", "weight": "137lbs", "rating": "10",
    "rented for": "vacation", "review_text": "An adorable romper!", "body type": "hourglass",
    "review_summary": "So many compliments!", "category": "romper", "height": "5' 8\"", "size": 14, "age": "28",
    "review_date": "April 20, 2016",
}  # fmt: skip
BOUGHT = {
    "item_id": "123373", "waist": "29", "size": 7, "quality": 5.0, "cup size": "dd/e", "hips": "38.0",
    "bra size": "34.0", "category": "new", "bust": "36", "height": "5ft 6in", "user_name": "Emily",
    "length": "just right",
    "fit": "small", "user_id": "991571",
}  # fmt: skip


def written(tmp_path: Path, *lines: Any, name: str = "rows.json") -> Path:
    path = tmp_path / name
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["rows.json", "rows.json.gz"])
def test_rent_the_runway(tmp_path: Path, name: str) -> None:
    row = read_feedback(written(tmp_path, RENTED, name=name)).iloc[0]
    assert (row["user"], row["item"], row["fit"], row["size"]) == ("420272", "2260466", 2, 14)
    assert row["height_cm"] == pytest.approx(172.72) and row["weight_kg"] == pytest.approx(62.14, abs=0.01)
    assert (row["band_in"], row["cup"], row["age_years"]) == (34, 4, 28)
    assert (row["category"], row["body_type"], row["occasion"]) == ("romper", "hourglass", "vacation")


def test_modcloth(tmp_path: Path) -> None:
    row = read_feedback(written(tmp_path, BOUGHT)).iloc[0]
    assert row["height_cm"] == pytest.approx(167.64) and (row["band_in"], row["cup"]) == (34, 5)
    assert (row["waist_in"], row["hip_in"], row["bust_in"], row["fit"]) == (29, 38, 36, 0)
    assert np.isnan(row["weight_kg"]) and row["body_type"] == ""


def test_what_is_said_afterwards_is_not_read(tmp_path: Path) -> None:
    other = RENTED | {"review_text": "too small", "review_summary": "tiny", "rating": "2", "review_date": "2020"}
    columns = read_feedback(written(tmp_path, RENTED))
    pd.testing.assert_frame_equal(columns, read_feedback(written(tmp_path, other)))
    quality = BOUGHT | {"quality": 1.0, "length": "very long", "review_text": "x", "user_name": "other"}
    pd.testing.assert_frame_equal(read_feedback(written(tmp_path, BOUGHT)), read_feedback(written(tmp_path, quality)))


def test_spellings() -> None:
    assert [height_cm(text) for text in ("5' 0\"", "5ft", "6ft 1in", "", None, "tall")] == pytest.approx(
        [152.4, 152.4, 185.42, None, None, None]
    )
    assert [cup(text) for text in ("32ddd/e", "34aa", "d", "36d+", "", None, "34zz")] == [
        6,
        0,
        4,
        4.5,
        None,
        None,
        None,
    ]
    assert [first_number(text) for text in ("137lbs", "34.0", 12, None, "none")] == [137, 34, 12, None, None]


def test_faulty_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 2"):
        read_feedback(written(tmp_path, RENTED, "{broken"))
    with pytest.raises(DataError, match=r"no feedback on fit(.|\n)*1 lines without"):
        read_feedback(written(tmp_path, {"a": 1}))
    with pytest.raises(DataError, match="cannot be read"):
        read_feedback(tmp_path / "none.json")
    assert len(read_feedback(written(tmp_path, RENTED, RENTED | {"fit": None}))) == 1
    odd = read_feedback(written(tmp_path, RENTED | {"age": "117", "weight": None, "height": ""})).iloc[0]
    assert odd[["age_years", "weight_kg", "height_cm"]].isna().all()


def rows(num: int = 300, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"user": rng.integers(60, size=num).astype(str), "item": rng.integers(12, size=num).astype(str)}
    )
    frame["fit"] = rng.choice(3, size=num, p=(0.2, 0.6, 0.2))
    for name in ("size", "height_cm", "weight_kg", "age_years", "band_in", "cup", "waist_in", "bust_in", "hip_in"):
        frame[name] = rng.normal(10, 3, num)
    return frame.assign(shoe_size=np.nan, category="dress", body_type="", occasion="")


def test_no_effect_has_seen_the_row_it_helps() -> None:
    frame = rows()
    before = out_of_fold(frame, 3)
    for row in (0, 17, 123):
        changed = frame.copy()
        changed.loc[row, "fit"] = (changed.loc[row, "fit"] + 1) % 3
        assert out_of_fold(changed, 3).loc[row].to_numpy() == pytest.approx(before.loc[row].to_numpy(), nan_ok=True)


def test_rates_are_shares_shrunk_towards_everybody() -> None:
    frame = rows()
    effects = Effects.of(frame)
    rates_N3 = item_rates(effects, frame)
    assert rates_N3.sum(1) == pytest.approx(np.ones(len(frame)))
    mine = frame["item"] == frame.loc[0, "item"]
    wanted = (np.bincount(frame["fit"][mine], minlength=3) + 8 * effects.prior) / (mine.sum() + 8)
    assert rates_N3[0] == pytest.approx(wanted)
    stranger = frame.head(1).assign(item="never met", user="never met")
    assert item_rates(effects, stranger)[0] == pytest.approx(effects.prior)
    assert effects.features(stranger)["item_rows"].tolist() == [0.0]


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, *[RENTED | {"user_id": str(n)} for n in range(300)], name="rows.json.gz")
    data = bytearray(path.read_bytes())
    data[10:30] = bytes([255] * 20)
    path.write_bytes(bytes(data))
    with pytest.raises(DataError, match=r"(?s)cannot be read.*rows\.json\.gz"):
        read_feedback(path)
