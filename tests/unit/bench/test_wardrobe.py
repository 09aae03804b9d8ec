"""The wardrobe benchmark runs from words to report, and its figures are there; their size is never asked."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from fitroom.bench.wardrobe import WardrobeBenchConfig, main
from fitroom.errors import ConfigError
from fitroom.wardrobe.config import WardrobeConfig
from fitroom.wardrobe.worker import Job

FAKES = Path(__file__).parents[1] / "wardrobe"
SMALL = ["height_px", "width_px", "photo_height_px", "photo_width_px"]


def test_every_figure_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(FAKES)])
    import wardrobe_fakes as fakes

    def fake(config: WardrobeConfig) -> Job:
        return Job(config, fakes.simulate, fakes.catalogues)

    out = tmp_path / "report.json"
    kept = ["person", "garment", "worn", "size", "category", "region", "fit", "ease_cm"]
    size = [word for name in SMALL for word in (f"--simulation.{name}", "16")]
    words = ["--quick", "true", *size, "--simulation.columns", json.dumps(kept), "--out", str(out)]
    assert main(words, fake) == 0
    speed, stages = json.loads(out.read_text(encoding="utf-8"))["tables"]
    assert [row["workers"] for row in speed["rows"]] == [1, 1, 1, 2]
    assert [row["N"] for row in speed["rows"]] == [2, 4, 4, 4]
    assert all(row["cases/h"]["median"] > 0 and row["peak MB a worker"] > 0 for row in speed["rows"])
    assert speed["rows"][1]["ratio to new drapes, 1 worker"]["median"] == 1
    assert {row["stage"] for row in stages["rows"]} == {"drape", "render"}
    assert sum(row["% of it"] for row in stages["rows"]) == pytest.approx(100)


def test_nothing_to_compare() -> None:
    with pytest.raises(ConfigError, match="nothing to compare"):
        WardrobeBenchConfig(workers=1)
