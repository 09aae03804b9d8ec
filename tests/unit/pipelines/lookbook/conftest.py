"""A tiny try-on bundle, alone in its folder."""

from __future__ import annotations

import pytest
from tests.unit.pipelines.tryon.tiny import write_tiny

from fitroom.bundles import Bundle


@pytest.fixture(scope="session")
def tryon_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return write_tiny(tmp_path_factory.mktemp("tryon") / "tiny")
