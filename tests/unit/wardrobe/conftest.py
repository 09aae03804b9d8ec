"""A config of seconds; and the fakes are importable, by worker processes too, which get the parent's import path."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fitroom.wardrobe.config import SimulationSettings, WardrobeConfig
from fitroom.wardrobe.run import generate

sys.path.append(str(Path(__file__).parent))
KEPT = ["person", "garment", "worn", "size", "category", "region", "fit", "ease_cm"]


@pytest.fixture
def tiny() -> WardrobeConfig:
    """Some 40 cases of 16 x 16 px in five shards."""
    return tiny_config()


def tiny_config() -> WardrobeConfig:
    settings = SimulationSettings(16, 16, 16, 16, columns=KEPT)
    return WardrobeConfig(seed=3, cases=40, cases_per_shard=12, simulation=settings)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That wardrobe complete, by one worker; not to be changed."""
    import wardrobe_fakes as fakes

    out = tmp_path_factory.mktemp("wardrobe") / "one"
    generate(tiny_config(), out, simulate=fakes.simulate, catalogues=fakes.catalogues)
    return out
