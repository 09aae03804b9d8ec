"""Servers with tiny models, in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.unit.pipelines.tryon.tiny import write_tiny

from fitroom.bundles import Bundle
from serve.app import create_app
from serve.settings import Settings

BUDGET_S = 120  # a machine may be busy; nothing below waits when it need not


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], object]], None]:
    """Waits until something holds."""

    def wait(holds: Callable[[], object]) -> None:
        end = time.monotonic() + BUDGET_S
        while not holds():
            assert time.monotonic() < end, "waited too long"
            time.sleep(0.01)

    return wait


@pytest.fixture(scope="session")
def serving(until: Callable[..., None]) -> Callable[..., AbstractContextManager[TestClient]]:
    """Starts a server of the bundles given and waits until it is ready; keyword options are those of ``Settings``."""

    @contextmanager
    def start(*bundles: Path, ready: bool = True, **options: Any) -> Iterator[TestClient]:
        with TestClient(create_app(Settings(bundles=bundles, **{"isolate": False, **options}))) as client:
            if ready:
                until(lambda: client.get("/health/ready").status_code == 200)
            yield client

    return start


@pytest.fixture(scope="module")
def client(exported_bundle: Bundle, serving: Callable[..., AbstractContextManager[TestClient]]) -> Iterator[TestClient]:
    """A ready server with one model that has a head of every kind; images of 1 MiB at most."""
    with serving(exported_bundle.path, max_image_bytes=2**20) as client:
        yield client


@pytest.fixture(scope="session")
def tiny_tryon(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A try-on bundle that has learned nothing, 128 x 128 px; not to be changed."""
    return write_tiny(tmp_path_factory.mktemp("tryon") / "tiny", name="tiny-tryon")
