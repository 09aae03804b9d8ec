"""The benchmark of scoring runs from words to report with small networks; how large its figures are is never asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fitroom.bench.scoring import costs as scoring_costs
from fitroom.bench.scoring import evaluate, one_pass, picture_pairs, usual_way
from fitroom.bench.scoring import speed as scoring_speed
from fitroom.bench.scoring.evaluate import EvaluateBenchConfig
from fitroom.bench.scoring.one_pass import LPIPS, PARTS, SETS, SSIM, OnePass, Seen, only_read, our_distances
from fitroom.bench.scoring.picture_pairs import Pair, Weights, make_pairs
from fitroom.bench.scoring.speed import DISTANCES, Side, numbers_table, speed_table
from fitroom.bench.scoring.usual_way import Loading, UsualWay, usual_distances
from fitroom.errors import ConfigError

SIZE_PX = (40, 48)
WEIGHTS = Weights(Path("inception.pth"), Path("alexnet.pth"))
DISTORTION = {"factor": 1.0}


def mean_colors(images_BCHW: torch.Tensor) -> torch.Tensor:
    """(B, 12): means of the picture's quarters, which stand in for a network's features."""
    return torch.nn.functional.adaptive_avg_pool2d(images_BCHW, 2).flatten(1)


class OurFakes:
    """Stands in for FidInception and for Lpips."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def features(self, images_u8_BHWC: torch.Tensor) -> torch.Tensor:
        return mean_colors(images_u8_BHWC.permute(0, 3, 1, 2).float() / 255)

    def maps(self, images_u8_BHWC: torch.Tensor) -> torch.Tensor:
        return images_u8_BHWC.float() / 127.5 - 1

    def distance(self, worn: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        return DISTORTION["factor"] * (worn - truth).square().mean(dim=(1, 2, 3))


class TheirExtractor:
    """Stands in for torch-fidelity's."""

    def __call__(self, images_u8_BCHW: torch.Tensor) -> tuple[torch.Tensor]:
        return (mean_colors(images_u8_BCHW.float() / 255),)

    def convert_features_tuple_to_dict(self, features: tuple[torch.Tensor]) -> dict[str, torch.Tensor]:
        return {"2048": features[0]}


class TheirPackages(UsualWay):
    """The usual way without its networks."""

    def __init__(self, weights: Weights) -> None:
        self.extractor = TheirExtractor()
        self.lpips = lambda worn, truth: (worn - truth).square().mean(dim=(1, 2, 3), keepdim=True)
        self.loading = {part: Loading() for part in PARTS}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch_fidelity.utils

    monkeypatch.setattr(one_pass, "FidInception", OurFakes)
    monkeypatch.setattr(one_pass, "Lpips", OurFakes)
    monkeypatch.setattr(evaluate, "UsualWay", TheirPackages)
    monkeypatch.setattr(evaluate, "make_weights", lambda folder: WEIGHTS)
    monkeypatch.setitem(scoring_speed.ALLOWED, "FID", 1e-2)  # these features differ little beside float16's steps
    monkeypatch.setattr(scoring_costs, "NUM_FEATURES", 12)
    monkeypatch.setattr(scoring_costs, "_alone", lambda weights, pairs: 100.0 + len(pairs))
    monkeypatch.setattr(torch_fidelity.utils, "FeatureExtractorBase", TheirExtractor)


@pytest.fixture
def pairs(tmp_path: Path) -> list[Pair]:
    return make_pairs(tmp_path, 5, SIZE_PX)


def both_sides(pairs: Sequence[Pair]) -> tuple[Side, Side]:
    ours, theirs = OnePass(WEIGHTS), TheirPackages(WEIGHTS)
    return Side(ours.run, only_read, our_distances), Side(theirs.run, theirs.only_read, usual_distances)


def test_every_figure_is_there(tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    words = ["--quick", "true", "--height_px", "48", "--width_px", "40", "--out", str(out)]
    assert evaluate.main(words) == 0
    speed, numbers, bootstraps, memory = json.loads(out.read_text(encoding="utf-8"))["tables"]
    parts = [row["part"] for row in speed["rows"]]
    assert parts == [*PARTS, DISTANCES, "in all", "in all, each further model", "reading alone, within the above"]
    assert all(row["fitroom s"] > 0 and row["ratio"] > 0 for row in speed["rows"])
    assert len(speed["rows"][0]["ratio by blocks"]["values"]) == 2
    assert [row["equal"] for row in numbers["rows"]] == ["yes"] * 4
    assert bootstraps["rows"][0]["s"] > 0
    assert [row["ratio"] for row in memory["rows"]] == [1.0, pytest.approx(104 / 102)]


def test_other_numbers_fail_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DISTORTION, "factor", 1.01)
    out = tmp_path / "report.json"
    assert evaluate.main(["--quick", "true", "--height_px", "48", "--width_px", "40", "--out", str(out)]) == 1
    numbers = json.loads(out.read_text(encoding="utf-8"))["tables"][1]["rows"]
    assert {row["score"]: row["equal"] for row in numbers} == {SSIM: "yes", LPIPS: "NO", "FID": "yes", "KID": "yes"}


def test_both_sides_see_all_pairs_in_order(pairs: list[Pair]) -> None:
    sides = both_sides(pairs)
    for side in sides:
        side.block(pairs[:3])
        side.block(pairs[3:])
    ours, theirs = (side.seen for side in sides)
    assert all(0 < side.times[one_pass.TRUTH][0] < side.times_by_block()[0] for side in sides)
    assert len(ours.ssim) == len(theirs.lpips) == 5
    np.testing.assert_allclose(ours.ssim, theirs.ssim, atol=1e-5)
    np.testing.assert_allclose(np.stack(ours.worn_ND), np.stack(theirs.worn_ND), atol=1e-3)  # kept as float16
    np.testing.assert_allclose(np.stack(ours.truth_ND), np.stack(theirs.truth_ND), atol=1e-3)
    assert len(set(ours.ssim)) == 5


def test_total_is_the_sum_of_its_parts(pairs: list[Pair]) -> None:
    sides = both_sides(pairs)
    for place, side in enumerate(sides):
        side.block(pairs)
        side.times = {part: [float(number + 1) * (place + 1)] for number, part in enumerate(PARTS)} | {
            scoring_speed.READING: [0.5],
            one_pass.TRUTH: [0.5],
        }
    numbers_table(*sides, 4)
    for side, seconds in zip(sides, (4.0, 38.0), strict=True):
        side.times[DISTANCES] = [seconds]
    rows = {row[0]: row[1:4] for row in speed_table(*sides, "as it is").rows}
    assert rows[SETS] == (1.0, 2.0, 2.0)
    assert rows["in all"] == (10.0, 50.0, 5.0)
    assert rows["in all, each further model"][:2] == (9.5, 49.5)


def test_loaders_are_the_fastest_tried(monkeypatch: pytest.MonkeyPatch, pairs: list[Pair]) -> None:
    theirs = TheirPackages(WEIGHTS)
    fast = {SETS: Loading(1, 4), SSIM: Loading(5, 0), LPIPS: Loading(1, 2)}

    def seconds(part: str, few: Sequence[Pair], seen: Seen) -> float:
        mine, best = theirs.loading[part], fast[part]
        return float((mine.batch_size != best.batch_size) + (mine.num_workers != best.num_workers))

    monkeypatch.setattr(theirs, "_part", seconds)
    theirs.tune(pairs)
    assert theirs.loading == fast


def test_worn_is_near_the_truth_but_not_it(pairs: list[Pair]) -> None:
    for pair in pairs:
        worn_u8, truth_u8 = (image.astype(float) for image in one_pass.read_pair(pair))
        assert worn_u8.shape == truth_u8.shape == (48, 40, 3)
        assert 1 < np.abs(worn_u8 - truth_u8).mean() < 40


def test_weights_are_those_the_metrics_read(tmp_path: Path) -> None:
    from fitroom.metrics.lpips import Lpips

    weights = picture_pairs.Weights(tmp_path / "inception.pth", tmp_path / "alexnet.pth")
    torch.save(picture_pairs._alexnet(), weights.alexnet)
    pictures_u8 = torch.randint(0, 256, (2, 64, 48, 3), dtype=torch.uint8)
    assert Lpips("alex", weights.alexnet)(pictures_u8[:1], pictures_u8[1:]).item() > 0


def test_nothing_to_measure() -> None:
    with pytest.raises(ConfigError, match="nothing to measure"):
        EvaluateBenchConfig(block=0)
    assert usual_way.BATCHES[0] == 1
