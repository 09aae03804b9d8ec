"""BlazePose's published networks, from the package on the registry, on simulated people whose joints are known."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fitroom.data.wardrobe import stream
from fitroom.pipelines.pose.blazepose import BlazePose

pytest.importorskip("ai_edge_litert", reason="LiteRT is not there")
pytestmark = pytest.mark.slow
FROZEN = Path(__file__).resolve().parents[2] / "benchmarks/wardrobe"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    words = ["--no-deps", "--only-binary=:all:", "--python-version=3.11", "--quiet", "mediapipe==0.10.21"]
    fetched = subprocess.run(
        [sys.executable, "-m", "pip", "download", *words, "--dest", str(folder)], capture_output=True, text=True
    )
    if fetched.returncode:
        pytest.skip(f"the package cannot be fetched: {fetched.stderr.strip().splitlines()[-1:]}")
    return next(folder.glob("mediapipe-*.whl"))


def test_joints_and_masks_of_known_people(wheel: Path) -> None:
    model, asked, apart_cm, overlaps, found = BlazePose(wheel), 0, [], [], 0
    for row in stream(FROZEN, "test", ["person", "person_parse", "keypoints", "px_per_cm"]):
        asked += 1
        pose = model(row["person"])
        if pose is not None:
            found += 1
            both = (pose.keypoints[5:, 2] > 0) & (row["keypoints"][5:, 2] > 0)
            away_px = np.linalg.norm(pose.keypoints[5:, :2] - row["keypoints"][5:, :2], axis=1)
            apart_cm += list(away_px[both] / row["px_per_cm"])
            assert pose.mask is not None
            mask, true = pose.mask > 0.5, row["person_parse"] > 0
            overlaps.append((mask & true).sum() / (mask | true).sum())
        if asked == 40:
            break
    assert found > 0.75 * asked, "lower bodies alone are not found, but nearly everybody else"
    assert np.median(apart_cm) < 5 and np.median(overlaps) > 0.9
