"""The recogniser's part of an answer: image files in, plain values out."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from fitroom.bundles import Bundle
from fitroom.contracts import Recognition
from fitroom.errors import BundleError
from fitroom.images import ImageLimits
from fitroom.pipelines import RecognizePipeline


def recognize(pipeline: RecognizePipeline, image: bytes, limits: ImageLimits, embedding: bool) -> dict[str, Any]:
    """The values of a ``RecognitionAnswer``.

    Raises:
        ImageError: the image cannot be used.
    """
    start = time.perf_counter()
    image_u8 = pipeline.decode(image, limits)
    decoded = time.perf_counter()
    x_BCHW = pipeline.prepare([image_u8])
    prepared = time.perf_counter()
    outputs = pipeline.infer(x_BCHW)
    inferred = time.perf_counter()
    (found,) = pipeline.answer(outputs)
    timings = {"decode": ms(decoded - start), "preprocess": ms(prepared - decoded), "infer": ms(inferred - prepared)}
    return _values(found, pipeline.bundle, timings, embedding)


def warm_up(pipeline: RecognizePipeline) -> None:
    """The first inference allocates and tunes; it also shows whether the model answers with numbers at all.

    Raises:
        BundleError: it answers with NaN.
    """
    spec = pipeline.preprocessing
    (answer,) = pipeline([np.full((spec.height_px, spec.width_px, 3), 127, dtype=np.uint8)])
    if not np.isfinite([answer.confidence, *answer.embedding]).all():
        raise BundleError("the model answers with NaN", where=pipeline.bundle.path, fix="export the bundle again")


def ref(bundle: Bundle) -> dict[str, str]:
    """The values of a ``ModelRef``."""
    return {"name": bundle.spec.name, "revision": bundle.spec.revision, "bundle_sha256": bundle.hash}


def ms(seconds: float) -> float:
    """Milliseconds, to a thousandth."""
    return round(seconds * 1000, 3)


def _values(found: Recognition, bundle: Bundle, timings: dict[str, float], embedding: bool) -> dict[str, Any]:
    return {
        "category": found.category,
        "confidence": found.confidence,
        "unknown": found.unknown,
        "probabilities": found.probabilities,
        "attributes": found.attributes,
        "model": ref(bundle),
        "timings_ms": timings,
        "embedding": found.embedding.tolist() if embedding else None,
    }
