"""``POST /v1/try-on`` and ``/v1/garments``: what is answered, that it is what the pipeline says, and its label."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from fitroom.bundles import Bundle
from fitroom.images import decode_rgb_u8
from fitroom.pipelines.ai_label import SOURCE_TYPE
from fitroom.pipelines.tryon import TryOnPipeline
from serve.problem_codes import PROBLEMS

PhotoBytes = Callable[..., bytes]
CHART = {"S": {"chest": 96, "length": 66}, "M": {"chest": 104, "length": 70}}
BODY = {"chest": 96, "waist": 80}


@pytest.fixture(scope="module")
def client(
    tiny_tryon: Bundle, exported_bundle: Bundle, serving: Callable[..., AbstractContextManager[TestClient]]
) -> Iterator[TestClient]:
    with serving(tiny_tryon.path, exported_bundle.path, max_worn_side_px=256, max_garments=2) as client:
        yield client


@pytest.fixture
def photos(photo_bytes: PhotoBytes) -> dict[str, bytes]:
    return {
        "person": photo_bytes(1, width_px=96, height_px=128),
        "garment": photo_bytes(2, width_px=90, height_px=120, color=(180, 60, 60)),
    }


def try_on(client: TestClient, images: dict[str, bytes], data: dict[str, Any] | None = None, **options: Any) -> Any:
    files = {name: (f"{name}.jpg", image, "image/jpeg") for name, image in images.items()}
    return client.post("/v1/try-on", files=files, data=data, **options)


def answered(client: TestClient, images: dict[str, bytes], data: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = try_on(client, images, data)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: Any, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["code"]) == (PROBLEMS[code][0], code), answer.text
    return answer.json()


def pixels(image: str | bytes) -> np.ndarray:
    return decode_rgb_u8(base64.b64decode(image) if isinstance(image, str) else image)


def test_the_picture_is_the_pipelines(client: TestClient, tiny_tryon: Bundle, photos: dict[str, bytes]) -> None:
    given = {"category": "t-shirt", "size": "m", "size_chart": json.dumps(CHART), "body_cm": json.dumps(BODY)}
    answer = answered(client, photos, {**given, "seed": "5", "steps": "2", "format": "png"})
    pipeline = TryOnPipeline.from_bundle(tiny_tryon.path, "cpu")
    expected = pipeline.worn(
        *(decode_rgb_u8(photos[name]) for name in ("person", "garment")),
        category="t-shirt", garment_cm=CHART["M"], body_cm=BODY, seed=5, steps=2,
    )  # fmt: skip
    assert np.abs(pixels(answer["image"]).astype(int) - expected).max() <= 1
    assert (answer["media_type"], answer["width_px"], answer["height_px"]) == ("image/png", 96, 128)
    assert answer["model"]["bundle_sha256"] == tiny_tryon.hash
    assert (answer["seed"], answer["steps"], answer["size"], answer["category"]) == (5, 2, "m", "t-shirt")
    assert answer["fit"]["ease_cm"] == {"chest": 8.0}
    assert answer["fit"]["labels"] == {"chest": "regular", "overall": "regular"}
    assert [warning["code"] for warning in answer["warnings"]] == ["unchecked"]
    timings = answer["timings_ms"]
    assert timings["worn"] > 0
    assert timings["total"] == pytest.approx(sum(timings.values()) - timings["total"], abs=0.01)


def test_json_asks_the_same_as_multipart(client: TestClient, photos: dict[str, bytes]) -> None:
    body = {name: base64.b64encode(image).decode() for name, image in photos.items()}
    answer = client.post("/v1/try-on", json={**body, "category": "dress", "seed": 3, "body_cm": None})
    assert answer.status_code == 200, answer.text
    assert answer.json()["image"] == answered(client, photos, {"category": "dress", "seed": "3"})["image"]
    assert answer.json()["fit"] is None


@pytest.mark.parametrize(
    ("accept", "format", "expected"),
    [
        ("image/*", "jpeg", "JPEG"),
        ("image/*", "webp", "WEBP"),
        ("image/png", "jpeg", "PNG"),
        ("image/webp, image/*;q=0.8, */*;q=0.5", "jpeg", "WEBP"),
        ("image/jpeg", "png", "JPEG"),
    ],
)
def test_the_picture_itself_comes_by_accept(
    client: TestClient, tiny_tryon: Bundle, photos: dict[str, bytes], accept: str, format: str, expected: str
) -> None:
    answer = try_on(client, photos, {"format": format, "seed": "9"}, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    with Image.open(io.BytesIO(answer.content)) as image:
        assert (image.format, image.size) == (expected, (96, 128))
    assert answer.headers["content-type"] == f"image/{expected.lower()}"
    assert answer.headers["x-fitroom-bundle-sha256"] == tiny_tryon.hash
    assert answer.headers["x-fitroom-seed"] == "9"
    assert "worn;dur=" in answer.headers["server-timing"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, image/*;q=0.5", "text/html", "!;q=x"])
def test_json_comes_where_no_picture_is_asked_for(client: TestClient, photos: dict[str, bytes], accept: str) -> None:
    assert try_on(client, photos, headers={"Accept": accept}).headers["content-type"] == "application/json"


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_every_picture_says_that_it_is_generated_and_nothing_else(client: TestClient, format: str, photos: Any) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "taken at home", 6
    lying = io.BytesIO()
    Image.open(io.BytesIO(photos["person"])).save(lying, "JPEG", exif=exif)
    answer = answered(client, photos | {"person": lying.getvalue()}, {"format": format})
    file = base64.b64decode(answer["image"])
    assert SOURCE_TYPE.encode() in file
    assert b"taken at home" not in file
    assert (answer["width_px"], answer["height_px"]) == (128, 96)  # turned upright
    assert not Image.open(io.BytesIO(file)).getexif()


def test_the_visible_label_changes_one_corner(client: TestClient, photos: dict[str, bytes]) -> None:
    plain = pixels(answered(client, photos, {"format": "png"})["image"])
    labelled = pixels(answered(client, photos, {"format": "png", "visible_label": "true"})["image"])
    changed = (plain != labelled).any(-1)
    assert changed[-8:, -40:].mean() > 0.9
    assert not changed[:64].any()


def test_a_large_photo_is_answered_at_the_largest_size(
    client: TestClient, photo_bytes: PhotoBytes, photos: Any
) -> None:
    answer = answered(client, photos | {"person": photo_bytes(width_px=600, height_px=1200)})
    assert (answer["width_px"], answer["height_px"]) == (128, 256)


def test_a_registered_garment_answers_as_its_photo_does(client: TestClient, photos: dict[str, bytes]) -> None:
    files = {"garment": ("tee.jpg", photos["garment"], "image/jpeg")}
    given = {"category": "t-shirt", "size_chart": json.dumps(CHART), "fabric": "denim"}
    first = client.put("/v1/garments/tee-1", files=files, data=given)
    assert first.status_code == 201, first.text
    assert client.put("/v1/garments/tee-1", files=files, data=given).status_code == 200
    assert client.get("/v1/garments/tee-1").json() == first.json()
    assert (first.json()["sizes"], first.json()["category"]) == (["S", "M"], "t-shirt")
    request = {"size": "S", "body_cm": json.dumps(BODY)}
    answer = answered(client, {"person": photos["person"]}, {**request, "garment_id": "tee-1"})
    assert answer["image"] == answered(client, photos, {**request, **given})["image"]
    assert answer["garment_id"] == "tee-1"
    assert answer["fit"]["ease_cm"] == {"chest": 0.0}
    refused(try_on(client, photos, {"garment_id": "tee-1"}), "invalid-field")
    refused(try_on(client, {"person": photos["person"]}, {"garment_id": "tee-1", "size": "XL"}), "invalid-field")
    assert [garment["id"] for garment in client.get("/v1/garments").json()["garments"]] == ["tee-1"]
    assert client.delete("/v1/garments/tee-1").status_code == 204
    refused(client.delete("/v1/garments/tee-1"), "unknown-garment")
    refused(try_on(client, {"person": photos["person"]}, {"garment_id": "tee-1"}), "unknown-garment")


def test_a_chart_whose_sizes_were_put_in_order_is_another_chart(client: TestClient, photos: dict[str, bytes]) -> None:
    files = {"garment": ("tee.jpg", photos["garment"], "image/jpeg")}
    for sizes in (["M", "S"], ["S", "M"]):
        chart = json.dumps({size: CHART[size] for size in sizes})
        assert client.put("/v1/garments/tee-2", files=files, data={"size_chart": chart}).json()["sizes"] == sizes
    assert client.delete("/v1/garments/tee-2").status_code == 204


def test_there_is_an_end_to_garments(client: TestClient, photos: dict[str, bytes]) -> None:
    files = {"garment": ("tee.jpg", photos["garment"], "image/jpeg")}
    assert [client.put(f"/v1/garments/{i}", files=files).status_code for i in range(2)] == [201, 201]
    refused(client.put("/v1/garments/2", files=files), "garments-full")
    assert client.put("/v1/garments/1", files=files, data={"category": "dress"}).status_code == 200
    for i in range(2):
        client.delete(f"/v1/garments/{i}")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"size": "M"}, "invalid-field"),
        ({"size": "XL", "size_chart": CHART}, "invalid-field"),
        ({"size_chart": {"M": {"chest": 1e9}}}, "measure-range"),
        ({"size_chart": {"M": {"chests": 90}}}, "unknown-measure"),
        ({"size_chart": {"M": {"chest": 38}}}, "measure-unit"),
        ({"size_chart": {"\ud800": {"chest": 90}}}, "invalid-field"),
        ({"garment_cm": {"chest": float("nan")}}, "invalid-field"),
        ({"body_cm": {"chest": "96"}}, "invalid-field"),
        ({"body_cm": [96]}, "invalid-field"),
        ({"category": "spaceship"}, "invalid-field"),
        ({"fabric": "denim", "drape": 0.5}, "invalid-field"),
        ({"fabric": "stone"}, "invalid-field"),
        ({"drape": 2}, "invalid-field"),
        ({"steps": 0}, "invalid-field"),
        ({"steps": 65}, "invalid-field"),
        ({"steps": 1.5}, "invalid-field"),
        ({"steps": True}, "invalid-field"),
        ({"seed": -1}, "invalid-field"),
        ({"seed": 2**60}, "invalid-field"),
        ({"guidance": 11}, "invalid-field"),
        ({"format": "gif"}, "invalid-field"),
        ({"visible_label": "yes"}, "invalid-field"),
        ({"model": "other"}, "unknown-model"),
        ({"garment_id": "../x"}, "invalid-field"),
        ({"nonsense": 1}, "invalid-field"),
        ({"garment": None}, "missing-field"),
        ({"person": None}, "missing-field"),
    ],
)
def test_what_cannot_be_met_is_refused_by_name(
    client: TestClient, photos: dict[str, bytes], values: dict[str, Any], code: str
) -> None:
    body = {name: base64.b64encode(image).decode() for name, image in photos.items()} | values
    if "garment_id" in values:
        del body["garment"]
    problem = refused(client.post("/v1/try-on", content=json.dumps(body)), "unsupported-media-type")
    headers = {"Content-Type": "application/json"}
    problem = refused(client.post("/v1/try-on", content=json.dumps(body), headers=headers), code)
    assert problem["detail"]


def test_pictures_too_small_are_refused(client: TestClient, photo_bytes: PhotoBytes, photos: Any) -> None:
    refused(try_on(client, photos | {"person": photo_bytes(width_px=31, height_px=90)}), "image-too-small")
    assert try_on(client, photos | {"person": photo_bytes(width_px=32, height_px=380)}).status_code == 200


def test_ids_that_could_be_paths_are_refused(client: TestClient, photos: dict[str, bytes]) -> None:
    files = {"garment": ("tee.jpg", photos["garment"], "image/jpeg")}
    for id in ("a b", "%C3%A9", "x" * 129, ".hidden", "%00"):
        refused(client.put(f"/v1/garments/{id}", files=files), "invalid-field")
