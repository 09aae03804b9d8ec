"""Does one runtime answer as another does? Asked with photos of many shapes, from file to answer."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from fitroom.errors import ExportError
from fitroom.images import encode_jpeg
from fitroom.pipelines.recognize import RecognizePipeline

# Width x height in px: portrait and landscape, the thinnest and the smallest that are accepted, larger than a JPEG
# decoder needs (it then scales), odd sides.
PHOTO_SIZES_PX = ((400, 533), (533, 400), (1200, 1600), (1601, 901), (16, 20), (40, 480), (480, 40), (223, 225))


@dataclass(frozen=True)
class Parity:
    """How far two runtimes are apart; plain values, kept in ``bundle.json``.

    Attributes:
        tolerance: largest difference of a calibrated probability that was allowed.
        batch_sizes: how the photos were batched.
        photo_sizes_px: width and height of each photo, before preprocessing.
        max_probability_difference: over all photos, batch sizes, heads and classes (a regression counts in parts of
            its range).
        max_embedding_difference: likewise, of an embedding's component.
        num_different_answers: most likely classes that differ where the two best are further apart than the tolerance.
    """

    tolerance: float
    batch_sizes: list[int]
    photo_sizes_px: list[list[int]]
    max_probability_difference: float
    max_embedding_difference: float
    num_different_answers: int


def parity_files() -> list[bytes]:
    """Image files of many shapes: made-up garments, JPEG and PNG, colour and gray; always the same."""
    files = []
    for i, (width, height) in enumerate(PHOTO_SIZES_PX):
        image_u8 = made_up_photo(width, height, np.random.default_rng(i))
        files.append(encode_jpeg(image_u8))
        gray = io.BytesIO()
        Image.fromarray(image_u8).convert("L").save(gray, "PNG", compress_level=1)
        files.append(gray.getvalue())
    return files


def check_parity(
    reference: RecognizePipeline,
    candidate: RecognizePipeline,
    batch_sizes: Sequence[int] = (1, 2, 7),
    tolerance: float = 1e-3,
) -> Parity:
    """Compares two pipelines of one bundle. The reference answers one photo at a time, the candidate in batches.

    Args:
        reference: what is right.
        candidate: what is to equal it.
        batch_sizes: of the candidate.
        tolerance: largest difference of a calibrated probability.

    Raises:
        ExportError: a larger difference, or another most likely class where the two best are not that close.
    """
    files = parity_files()
    photos_u8 = [reference.decode(file) for file in files]
    expected = [_values(reference, [photo_u8]) for photo_u8 in photos_u8]
    candidate_u8 = [candidate.decode(file) for file in files]
    probability, embedding, different = 0.0, 0.0, 0
    for batch_size in batch_sizes:
        for start in range(0, len(files), batch_size):
            places = range(start, min(start + batch_size, len(files)))
            got = _values(candidate, [candidate_u8[i] for i in places])
            for row, i in enumerate(places):
                for name, right in expected[i].items():
                    difference = float(np.abs(got[name][row] - right[0]).max())
                    if name == "embedding":
                        embedding = _largest(embedding, difference)
                        continue
                    probability = _largest(probability, difference)
                    different += _differs(right[0], got[name][row], tolerance)
    sizes = [[width, height] for width, height in PHOTO_SIZES_PX for _ in range(2)]
    parity = Parity(tolerance, list(batch_sizes), sizes, probability, embedding, different)
    if not probability <= tolerance or not embedding <= tolerance or different:
        raise ExportError(
            "the exported graph does not answer as the model does",
            where=candidate.bundle.path,
            rule=f"calibrated probabilities and embeddings within {tolerance:g}, the same most likely class",
            got=f"differences of {probability:.3g} and {embedding:.3g}; {different} other answers in "
            f"{len(files) * len(batch_sizes)}",
            fix="export without ONNX, or report the backbone",
        )
    return parity


def _values(pipeline: RecognizePipeline, images_u8: list[np.ndarray]) -> dict[str, np.ndarray]:
    outputs = pipeline.outputs(images_u8)
    values = pipeline.confidences(outputs)
    for head in pipeline.heads:
        if head.kind == "regression":
            values[head.name] = values[head.name] / (head.high - head.low)
    return values | {"embedding": outputs["embedding"]}


def _largest(so_far: float, difference: float) -> float:
    """The larger one; NaN stays NaN, where ``max`` might lose it."""
    return float(np.maximum(so_far, difference))


def _differs(right: np.ndarray, got: np.ndarray, tolerance: float) -> bool:
    if len(right) < 2 or right.argmax() == got.argmax():
        return False
    second, first = np.sort(right)[-2:]
    return bool(first - second > tolerance)


def made_up_photo(width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """(height, width, 3) uint8: a patterned shape on a plain ground, so that answers are not all alike."""
    ground = Image.new("RGB", (width, height), tuple(rng.integers(150, 256, 3).tolist()))
    pattern = rng.integers(0, 256, (int(rng.integers(2, 12)), int(rng.integers(2, 12)), 3), dtype=np.uint8)
    garment = Image.fromarray(pattern).resize(
        (max(1, width * 2 // 3), max(1, height * 3 // 4)), Image.Resampling.BICUBIC
    )
    ground.paste(garment, (width // 6, height // 8))
    return np.asarray(ground)
