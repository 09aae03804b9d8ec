"""Keys and limits: nobody without a key, nobody faster than allowed, and neither costs reading a body."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from fitroom.bundles import Bundle
from fitroom.errors import ConfigError
from serve.guard import ApiKeys, RateLimit
from serve.key_file import read_keys

KEYS = {"k" * 20: "shop-a", "l" * 20: "shop-b"}


@pytest.fixture(scope="module")
def guarded(tiny_tryon: Bundle, serving: Callable[..., AbstractContextManager[TestClient]]) -> Iterator[TestClient]:
    with serving(tiny_tryon.path, api_keys=KEYS, requests_per_minute=6, burst=8) as client:
        yield client


def key(letter: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {letter * 20}"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic " + "k" * 20},
        {"X-API-Key": ""},
        {"X-API-Key": b"\xff"},
    ],
)
def test_nobody_passes_without_a_key(guarded: TestClient, headers: dict[str, Any]) -> None:
    for answer in (
        guarded.get("/v1/models", headers=headers),
        guarded.post("/v1/try-on", content=b"never read", headers=headers),
        guarded.put("/v1/nowhere", headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["cache-control"] == "no-store"


def test_health_and_metrics_ask_for_none(guarded: TestClient) -> None:
    for path in ("/health/live", "/health/ready", "/metrics", "/openapi.json"):
        assert guarded.get(path).status_code == 200
    paths = guarded.get("/openapi.json").json()["paths"]
    guarded_ = {path for path, operations in paths.items() for one in operations.values() if one.get("security")}
    assert guarded_ == {path for path in paths if path.startswith("/v1/")}


def test_clients_have_a_limit_and_garments_of_their_own(guarded: TestClient, photo_bytes: Any) -> None:
    files = {"garment": ("g.jpg", photo_bytes(width_px=64, height_px=64), "image/jpeg")}
    assert guarded.put("/v1/garments/tee", files=files, headers=key("k")).status_code == 201
    assert guarded.get("/v1/garments/tee", headers={"X-API-Key": "k" * 20}).status_code == 200
    assert guarded.get("/v1/garments/tee", headers=key("l")).status_code == 404
    answers = [guarded.get("/v1/garments", headers=key("k")) for _ in range(20)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(429, "rate-limited")}
    assert 1 <= int(refused[-1].headers["retry-after"]) <= 10
    assert guarded.get("/v1/garments", headers=key("l")).status_code == 200


def test_every_key_is_compared_and_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    compare = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: (compared.append((a, b)), compare(a, b))[1])
    keys = ApiKeys(KEYS)
    assert keys.name_of("k" * 20) == "shop-a"
    assert len(compared) == len(KEYS)
    assert keys.name_of("k" * 19) is None
    assert {len(part) for pair in compared for part in pair} == {32}  # digests: a key's length does not show either


def test_a_bucket_fills_with_time() -> None:
    now = [0.0]
    limit = RateLimit(per_minute=60, burst=2, clock=lambda: now[0])
    assert [limit.wait_s("a") for _ in range(3)] == [0, 0, pytest.approx(1)]
    assert limit.wait_s("b") == 0
    now[0] = 0.5
    assert limit.wait_s("a") == pytest.approx(0.5)
    now[0] = 100.0
    assert [limit.wait_s("a") for _ in range(3)] == [0, 0, pytest.approx(1)]


def test_the_file_of_keys_is_read(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"# shops\nshop-a {'k' * 20}  # the first\n\nshop-b {'l' * 20}\n")
    assert read_keys(path) == KEYS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# none\n",
        "shop-a short\n",
        "justonekey1234567890\n",
        f"a {'k' * 20}\nb {'k' * 20}\n",
        "a b c\n",
        f"a {'k' * 20}ü\n",
        f"a {'k' * 20}\x7f\n",
    ],
)
def test_a_file_of_keys_that_says_nothing_sure_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_keys(path)
    assert "kkkk" not in str(caught.value)
    with pytest.raises(ConfigError):
        read_keys(tmp_path / "nothing")
