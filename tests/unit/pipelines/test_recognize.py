"""The recogniser as its users meet it."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from fitroom.bundles import Bundle, add_files
from fitroom.contracts import Calibration, Head
from fitroom.errors import BundleError
from fitroom.images import decode_rgb_u8, preprocess
from fitroom.pipelines import RecognizePipeline, Runtime

RUNTIMES: tuple[Runtime, ...] = ("torch", "onnx")
LOGITS = {
    "category": np.array([[2.0, 1.0, -1.0], [0.2, 0.1, 0.0]], dtype=np.float32),
    "material": np.array([[0.0, 1.0], [3.0, 0.0]], dtype=np.float32),
    "details": np.array([[2.0, -1.0, 0.1], [-4.0, -4.0, -4.0]], dtype=np.float32),
    "drape": np.array([[0.25], [1.2]], dtype=np.float32),
    "embedding": np.array([[0.6, 0.8], [1.0, 0.0]], dtype=np.float32),
}


@pytest.fixture(scope="module")
def photos_u8(photo_bytes: Callable[..., bytes]) -> list[np.ndarray]:
    sizes = [(40, 48), (90, 33), (300, 400), (48, 64)]
    return [decode_rgb_u8(photo_bytes(i, width_px=w, height_px=h)) for i, (w, h) in enumerate(sizes)]


def test_the_model_sees_the_bundles_preprocessing(tiny_bundle: Bundle, photos_u8: list[np.ndarray]) -> None:
    outputs = RecognizePipeline.from_bundle(tiny_bundle.path).outputs(photos_u8)
    with torch.inference_mode():
        expected = tiny_bundle.build_model()(preprocess(photos_u8, tiny_bundle.spec.preprocessing))
    assert list(outputs) == ["category", "material", "details", "drape", "embedding"]
    for name, values in expected.items():
        np.testing.assert_allclose(outputs[name], values.numpy(), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(outputs["embedding"], axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_answers_come_in_order_whatever_the_batch(
    exported_bundle: Bundle, photos_u8: list[np.ndarray], runtime: Runtime
) -> None:
    pipeline = RecognizePipeline.from_bundle(exported_bundle.path, runtime, num_threads=1)
    together = pipeline(photos_u8)
    assert len({answer.confidence for answer in together}) == len(photos_u8)
    for photo_u8, answer in zip(photos_u8, together, strict=True):
        (alone,) = pipeline([photo_u8])
        assert alone.probabilities == pytest.approx(answer.probabilities, abs=1e-5)
        np.testing.assert_allclose(alone.embedding, answer.embedding, atol=1e-5)
    assert pipeline([]) == []


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_many_threads_get_the_same_answers(
    exported_bundle: Bundle, photos_u8: list[np.ndarray], runtime: Runtime
) -> None:
    pipeline = RecognizePipeline.from_bundle(exported_bundle.path, runtime, num_threads=1)
    expected = [pipeline([photo_u8])[0].probabilities for photo_u8 in photos_u8]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda i: pipeline([photos_u8[i % 4]])[0].probabilities, range(40)))
    for i, answer in enumerate(answers):
        assert answer == pytest.approx(expected[i % 4], abs=1e-6)


def test_logits_become_calibrated_answers(make_bundle: Callable[..., Bundle], tmp_path: Path) -> None:
    calibration = {"category": Calibration(2.0, 0.4), "material": Calibration(1.0, 0.9)}
    bundle = make_bundle(tmp_path / "b", calibration=calibration)
    sure, unsure = RecognizePipeline(bundle, lambda _: LOGITS).answer(LOGITS)
    expected = torch.softmax(torch.tensor([1.0, 0.5, -0.5]), 0)
    assert list(sure.probabilities) == ["dress", "hat", "shirt"]
    assert list(sure.probabilities.values()) == pytest.approx(expected.tolist(), abs=1e-7)
    assert (sure.category, sure.unknown) == ("dress", False)
    assert sure.confidence == sure.probabilities["dress"]
    assert (unsure.category, unsure.unknown) == ("unknown", True)
    assert unsure.confidence == pytest.approx(max(unsure.probabilities.values()))
    assert unsure.confidence < 0.4
    assert sure.attributes["material"] == {
        "label": "unknown",
        "confidence": pytest.approx(0.7311, abs=1e-4),
        "unknown": True,
    }
    assert unsure.attributes["material"]["label"] == "cotton"
    # Labels of sigmoid above one half, the most likely first.
    assert [found["label"] for found in sure.attributes["details"]["labels"]] == ["collar", "zip"]
    assert sure.attributes["details"]["labels"][0]["confidence"] == pytest.approx(0.8808, abs=1e-4)
    assert unsure.attributes["details"] == {"labels": []}
    # A regression is learned on its range scaled to [0, 1], and clipped to it.
    assert sure.attributes["drape"] == {"value": pytest.approx(30.0)}
    assert unsure.attributes["drape"] == {"value": 90.0}
    np.testing.assert_array_equal(sure.embedding, LOGITS["embedding"][0])


def test_a_confidence_at_the_threshold_is_known(make_bundle: Callable[..., Bundle], tmp_path: Path) -> None:
    heads = [Head("category", classes=["dress", "hat"])]
    outputs = {"category": np.zeros((1, 2), dtype=np.float32), "embedding": np.ones((1, 1), dtype=np.float32)}
    for threshold, unknown in ((0.5, False), (0.5000001, True)):
        calibration = {"category": Calibration(1.0, threshold)}
        bundle = make_bundle(tmp_path / f"{threshold}", heads=heads, calibration=calibration)
        (answer,) = RecognizePipeline(bundle, lambda _: outputs).answer(outputs)
        assert answer.unknown is unknown


def test_a_multi_label_threshold_of_the_bundle_holds(make_bundle: Callable[..., Bundle], tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "b", calibration={"details": Calibration(1.0, 0.2)})
    sure, _ = RecognizePipeline(bundle, lambda _: LOGITS).answer(LOGITS)
    assert [found["label"] for found in sure.attributes["details"]["labels"]] == ["collar", "zip", "pocket"]


def test_a_bundle_of_another_kind_is_refused(make_bundle: Callable[..., Bundle], tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "b", heads=[Head("drape", kind="regression")], calibration={})
    with pytest.raises(BundleError, match="not one of a garment recogniser"):
        RecognizePipeline.from_bundle(bundle.path)


def test_a_run_folder_will_do(tiny_bundle: Bundle, tmp_path: Path) -> None:
    shutil.copytree(tiny_bundle.path, tmp_path / "run" / "bundle")
    assert RecognizePipeline.from_bundle(tmp_path / "run").bundle.hash == tiny_bundle.hash


def test_a_bundle_without_a_graph_says_how_to_get_one(tiny_bundle: Bundle) -> None:
    with pytest.raises(BundleError, match=r"(?s)no ONNX graph.*fitroom export"):
        RecognizePipeline.from_bundle(tiny_bundle.path, "onnx")


@pytest.mark.parametrize("graph", [b"not a graph", b""])
def test_a_graph_that_cannot_be_loaded_is_a_bundle_error(
    make_bundle: Callable[..., Bundle], tmp_path: Path, graph: bytes
) -> None:
    bundle = add_files(make_bundle(tmp_path / "b"), {"model.onnx": graph})
    with pytest.raises(BundleError, match=r"(?s)ONNX graph cannot be loaded.*model\.onnx"):
        RecognizePipeline.from_bundle(bundle.path, "onnx")


def test_the_graph_of_another_model_is_refused(
    make_bundle: Callable[..., Bundle], exported_bundle: Bundle, tmp_path: Path
) -> None:
    graph = (exported_bundle.path / "model.onnx").read_bytes()
    spec = dataclasses.replace(exported_bundle.spec.preprocessing, height_px=72)
    bundle = add_files(make_bundle(tmp_path / "b", preprocessing=spec), {"model.onnx": graph})
    with pytest.raises(BundleError, match="not of this bundle"):
        RecognizePipeline.from_bundle(bundle.path, "onnx")


def test_a_large_jpeg_is_decoded_no_larger_than_needed(tiny_bundle: Bundle, photo_bytes: Callable[..., bytes]) -> None:
    pipeline = RecognizePipeline.from_bundle(tiny_bundle.path)
    decoded = pipeline.decode(photo_bytes(width_px=1200, height_px=1600))
    assert 64 <= min(decoded.shape[:2]) <= 160
