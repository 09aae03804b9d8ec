"""A tiny try-on bundle and photos for it, made on the spot: random weights, an answer in well under a second."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.pipelines.tryon.photos import MakePhoto, blocks_u8
from tests.unit.pipelines.tryon.tiny import write_tiny

from fitroom.bundles import Bundle
from fitroom.images import encode_png


@pytest.fixture(scope="session")
def tryon_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Alone in its folder, so that no parser or recogniser stands beside it; not to be changed."""
    return write_tiny(tmp_path_factory.mktemp("tryon") / "tiny")


@pytest.fixture
def make_photo(tmp_path: Path) -> MakePhoto:
    """Writes ``name`` (PNG bytes, whatever the suffix) into the test's folder."""

    def make(name: str, seed: int = 0, height: int = 160, width: int = 120) -> Path:
        path = tmp_path / name
        path.write_bytes(encode_png(blocks_u8(height, width, seed)))
        return path

    return make
