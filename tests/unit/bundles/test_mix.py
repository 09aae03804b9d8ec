"""Weights between two bundles of one network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from fitroom.bundles import Bundle, mix_bundles, open_bundle, write_bundle
from fitroom.cli import main
from fitroom.contracts import Preprocessing
from fitroom.errors import BundleError
from fitroom.models.tryon.network import TryOnConfig, TryOnNetwork
from fitroom.models.weights import WeightsRecord

CONFIG = TryOnConfig(backbone="test_efficientnet", stages=4, widths=(8, 16, 16, 32), depth=1, denoiser_width=16)
RANDOM = WeightsRecord("none", "", "Apache-2.0")
Written = Callable[..., Bundle]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(name: str, seed: int, config: TryOnConfig = CONFIG, height_px: int = 128) -> Bundle:
        torch.manual_seed(seed)
        return write_bundle(
            tmp_path / name, kind="tryon", name=name, model=TryOnNetwork(config), model_config=config,
            preprocessing=Preprocessing(height_px, 64, "pad"), calibration={}, config_yaml=f"name: {name}\n",
            trained_on=[f"{seed:064x}"[::-1]], data_digest=name, seed=seed, weights=RANDOM,
            license="Apache-2.0",
        )  # fmt: skip

    return write


def test_every_weight_lies_between(written: Written, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = written("before", 1), written("after", 2)
    words = ["bundle", "mix", str(first.path), str(second.path), "--share", "0.25", "--out", str(tmp_path / "mixed")]
    assert main(words) == 0
    mixed = open_bundle(tmp_path / "mixed")
    assert mixed.spec.revision in capsys.readouterr().out
    before, after = first.tensors(), second.tensors()
    for name, value in mixed.tensors().items():
        wanted = 0.75 * before[name] + 0.25 * after[name] if value.is_floating_point() else after[name]
        torch.testing.assert_close(value, wanted, rtol=1e-3, atol=1e-4)
    assert mixed.trained_on() == first.trained_on() | second.trained_on()
    assert (mixed.spec.name, mixed.spec.training.seed, mixed.spec.measured) == ("after", 2, None)
    said = (mixed.path / "config.yaml").read_text()
    assert said.endswith("name: after\n") and first.spec.revision in said and second.spec.revision in said


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, float("nan")])
def test_a_share_that_mixes_nothing_is_refused(written: Written, tmp_path: Path, share: float) -> None:
    with pytest.raises(BundleError, match="share"):
        mix_bundles(written("before", 1), written("after", 2), share, tmp_path / "mixed")
    assert not (tmp_path / "mixed").exists()


def test_other_networks_and_frames_are_refused(written: Written, tmp_path: Path) -> None:
    first = written("before", 1)
    for other in (written("deep", 2, replace(CONFIG, depth=2)), written("high", 2, height_px=192)):
        with pytest.raises(BundleError, match="cannot be mixed"):
            mix_bundles(first, other, 0.5, tmp_path / "mixed")


def test_what_is_calibrated_is_refused(tiny_bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="calibrated"):
        mix_bundles(tiny_bundle, tiny_bundle, 0.5, tmp_path / "mixed")
