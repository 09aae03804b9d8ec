"""``POST /v1/recognize`` with photos: what is answered, by which model, and that it is what the pipeline says."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from fitroom.bundles import Bundle
from fitroom.pipelines import RecognizePipeline

PhotoBytes = Callable[..., bytes]


def send(client: TestClient, image: bytes, **options: Any) -> dict[str, Any]:
    answer = client.post("/v1/recognize", files={"image": ("photo", image, "application/octet-stream")}, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_answer_is_the_pipelines(client: TestClient, exported_bundle: Bundle, photo_bytes: PhotoBytes) -> None:
    photo = photo_bytes(3, width_px=200, height_px=260)
    pipeline = RecognizePipeline.from_bundle(exported_bundle.path, "onnx")
    (expected,) = pipeline([pipeline.decode(photo)])
    answer = send(client, photo)
    assert answer["category"] == expected.category
    assert answer["confidence"] == pytest.approx(expected.confidence, abs=1e-6)
    assert answer["unknown"] == expected.unknown
    assert answer["probabilities"] == pytest.approx(expected.probabilities, abs=1e-6)
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert set(answer["attributes"]) == {"material", "details", "drape"}
    assert answer["attributes"]["drape"]["value"] == pytest.approx(expected.attributes["drape"]["value"], abs=1e-3)
    assert answer["attributes"]["material"]["label"] == expected.attributes["material"]["label"]
    assert answer["attributes"]["details"].keys() == {"labels"}
    assert answer["model"] == {
        "name": "tiny",
        "revision": exported_bundle.spec.revision,
        "bundle_sha256": exported_bundle.hash,
    }
    assert answer["timings_ms"].keys() == {"decode", "preprocess", "infer"}
    assert all(value > 0 for value in answer["timings_ms"].values())
    assert "embedding" not in answer


def test_the_embedding_comes_when_asked_for(client: TestClient, photo_bytes: PhotoBytes) -> None:
    answer = send(client, photo_bytes(), params={"embedding": "true"})
    assert np.linalg.norm(answer["embedding"]) == pytest.approx(1, abs=1e-5)
    assert "embedding" not in send(client, photo_bytes(), params={"embedding": "false"})


@pytest.mark.parametrize("prefix", ["", "data:image/jpeg;base64,"])
def test_base64_in_json_is_the_same_photo(client: TestClient, photo_bytes: PhotoBytes, prefix: str) -> None:
    photo = photo_bytes(5)
    answer = client.post("/v1/recognize", json={"image": prefix + base64.b64encode(photo).decode(), "model": None})
    assert answer.status_code == 200, answer.text
    assert answer.json()["probabilities"] == send(client, photo)["probabilities"]


@pytest.mark.parametrize(
    ("format", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("PNG", "RGB"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("PNG", "1"),
        ("PNG", "LA"),
        ("WEBP", "RGB"),
        ("WEBP", "RGBA"),
        ("BMP", "RGB"),
        ("TIFF", "RGB"),
        ("GIF", "P"),
    ],
)
def test_photos_of_every_kind_are_answered(client: TestClient, photo_bytes: PhotoBytes, format: str, mode: str) -> None:
    send(client, photo_bytes(format=format, mode=mode))


def test_sixteen_bit_gray_is_the_photo_it_was_made_of(client: TestClient, photo_bytes: PhotoBytes) -> None:
    gray = Image.open(io.BytesIO(photo_bytes(format="PNG", mode="L")))
    deep = io.BytesIO()
    Image.fromarray(np.asarray(gray, dtype=np.uint16) * 257).save(deep, "PNG")
    shallow = io.BytesIO()
    gray.save(shallow, "PNG")
    expected = send(client, shallow.getvalue())["probabilities"]
    assert send(client, deep.getvalue())["probabilities"] == pytest.approx(expected, abs=1e-5)


def test_a_photo_on_its_side_is_turned_upright(client: TestClient, photo_bytes: PhotoBytes) -> None:
    upright = Image.open(io.BytesIO(photo_bytes(7, format="PNG", width_px=48, height_px=64)))
    plain, turned, unmarked = io.BytesIO(), io.BytesIO(), io.BytesIO()
    upright.save(plain, "PNG")
    lying = upright.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn 90 degrees clockwise to see it upright
    lying.save(turned, "PNG", exif=exif)
    lying.save(unmarked, "PNG")
    expected = send(client, plain.getvalue())["probabilities"]
    assert send(client, turned.getvalue())["probabilities"] == pytest.approx(expected, abs=1e-6)
    assert send(client, unmarked.getvalue())["probabilities"] != pytest.approx(expected, abs=1e-3)


def test_several_models_are_chosen_by_name(
    serving: Callable[..., Any], make_bundle: Callable[..., Bundle], tmp_path: Path, photo_bytes: PhotoBytes
) -> None:
    first = make_bundle(tmp_path / "a", name="first")
    second = make_bundle(tmp_path / "b", name="second", seed=1)
    with serving(first.path, second.path) as client:
        unnamed, answers = send(client, photo_bytes()), {}
        for name in ("first", "second"):
            answers[name] = send(client, photo_bytes(), data={"model": name})
            assert answers[name]["model"]["name"] == name
        assert unnamed["model"] == answers["first"]["model"]
        assert answers["first"]["probabilities"] != answers["second"]["probabilities"]
        listed = client.get("/v1/models").json()["models"]
    assert [(model["name"], model["default"]) for model in listed] == [("first", True), ("second", False)]
    assert listed[1]["revision"] == second.spec.revision
    assert listed[1]["bundle_sha256"] == second.hash
    assert listed[1]["heads"][0] == {"name": "category", "kind": "single", "classes": ["dress", "hat", "shirt"]}
    assert listed[1]["input_size_px"] == [48, 64]
    assert listed[1]["runtime"] == "torch"


def test_a_bundle_with_a_graph_runs_on_onnx(client: TestClient) -> None:
    assert [model["runtime"] for model in client.get("/v1/models").json()["models"]] == ["onnx"]
