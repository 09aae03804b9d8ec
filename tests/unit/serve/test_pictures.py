"""Pictures of a catalogue's products: by id, where they lie beside the index, and nothing else of the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from fitroom.data.outfits.jsonl import write_jsonl
from fitroom.data.outfits.pieces import Piece
from fitroom.pipelines.search.catalogue import write_catalogue

SECRET = b"root:x:0:0"
LEADS_OUT = {
    "up": "../secret.jpg", "absolute": "{outside}/secret.jpg", "link": "link.jpg", "folder-link": "linked/secret.jpg",
    "round": "round.jpg", "nul": "a\0b.jpg", "folder": "photos", "missing": "photos/gone.jpg", "notes": "notes.jpg",
    "large": "large.jpg", "empty": "",
}  # fmt: skip
GOOD = {"plain": "photos/a.jpg", "a/b": "photos/b.png", "../id": "photos/c.webp", "inner-link": "inner.jpg"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, photo_bytes: Callable[..., bytes]) -> Path:
    """A catalogue of words alone, some of whose pictures lie beside it; and secrets, elsewhere."""
    outside = tmp_path_factory.mktemp("elsewhere")
    shop = outside / "shop"
    (shop / "photos").mkdir(parents=True)
    (outside / "secret.jpg").write_bytes(photo_bytes() + SECRET)
    for name, format in (("a.jpg", "JPEG"), ("b.png", "PNG"), ("c.webp", "WEBP")):
        (shop / "photos" / name).write_bytes(photo_bytes(format=format))
    (shop / "link.jpg").symlink_to(outside / "secret.jpg")
    (shop / "linked").symlink_to(outside)
    (shop / "round.jpg").symlink_to(shop / "round.jpg")
    (shop / "inner.jpg").symlink_to(shop / "photos/a.jpg")
    (shop / "notes.jpg").write_bytes(SECRET)
    (shop / "unlisted.jpg").write_bytes(photo_bytes())
    (shop / "large.jpg").write_bytes(photo_bytes() + bytes(2**17))
    images: dict[str, Any] = {**GOOD, **LEADS_OUT}
    pieces = [
        Piece(name, "dress", image=path.format(outside=outside) if isinstance(path, str) else path)
        for name, path in images.items()
    ]
    write_jsonl(shop / "items.jsonl", [*pieces, Piece("none", "dress")], [])
    write_catalogue(shop / "index", shop / "items.jsonl", {}, "")
    return shop


@pytest.fixture(scope="module")
def client(
    shop: Path, tiny_bundle: Any, serving: Callable[..., AbstractContextManager[TestClient]]
) -> Iterator[TestClient]:
    with serving(tiny_bundle.path, index=shop / "index", max_image_bytes=2**17) as client:
        yield client


@pytest.mark.parametrize("name", GOOD)
def test_a_picture_is_served_as_it_is(client: TestClient, shop: Path, name: str) -> None:
    found = client.post("/v1/search/words", json={"words": "dress", "num": 50}).json()["products"]
    path = next(product["picture"] for product in found if product["item_id"] == name)
    answer = client.get(path)
    assert answer.status_code == 200 and answer.content == (shop / GOOD[name]).read_bytes()
    kind = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}[Path(GOOD[name]).suffix]
    assert answer.headers["content-type"] == kind
    assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "name",
    [*LEADS_OUT, "none", "unlisted", "unlisted.jpg", "../items.jsonl", "%2e%2e%2fsecret.jpg", "/etc/passwd", "", "%00"],
)
def test_nothing_else_of_the_disk_is(client: TestClient, name: str) -> None:
    answer = client.get(f"/v1/pictures/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert SECRET not in answer.content and answer.json()["code"] in ("no-picture", "not-found")


def test_what_leads_elsewhere_is_not_offered(client: TestClient) -> None:
    found = client.post("/v1/search/words", json={"words": "dress", "num": 50}).json()["products"]
    offered = {product["item_id"] for product in found if product["picture"]}
    assert offered - {"notes", "large"} == set(GOOD)  # what is in these two is not looked into before they are asked


def test_a_link_that_is_bent_later_leads_nowhere(client: TestClient, shop: Path) -> None:
    (shop / "inner.jpg").unlink()
    (shop / "inner.jpg").symlink_to(shop.parent / "secret.jpg")
    try:
        assert client.get("/v1/pictures/inner-link").status_code == 404
    finally:
        (shop / "inner.jpg").unlink()
        (shop / "inner.jpg").symlink_to(shop / "photos/a.jpg")


def test_pictures_need_a_key_where_keys_are_needed(
    shop: Path, tiny_bundle: Any, serving: Callable[..., AbstractContextManager[TestClient]]
) -> None:
    with serving(tiny_bundle.path, index=shop / "index", api_keys={"a-key-of-enough-letters": "shop"}) as client:
        assert client.get("/v1/pictures/plain").status_code == 401
        assert client.get("/v1/pictures/plain", headers={"X-API-Key": "a-key-of-enough-letters"}).status_code == 200
