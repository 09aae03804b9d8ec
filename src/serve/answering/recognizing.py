"""The recogniser's part of an answer: image files in, plain values out; what waits together is computed together."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from fitroom.bundles import Bundle
from fitroom.contracts import Recognition
from fitroom.errors import BundleError, ImageError
from fitroom.images import ImageLimits
from fitroom.pipelines import RecognizePipeline

Values = dict[str, Any]


def recognize(pipeline: RecognizePipeline, images: list[bytes], limits: ImageLimits) -> list[Values | ImageError]:
    """The values of a ``RecognitionAnswer`` for each image file, or why it cannot be used.

    The network's time is that of the whole batch, since each of its photos waits for all of them.
    """
    decoded = [_decoded(pipeline, image, limits) for image in images]
    photos = [found for found, _ in decoded if isinstance(found, np.ndarray)]
    answers: list[Recognition] = []
    prepare_s = infer_s = 0.0
    if photos:
        start = time.perf_counter()
        x_BCHW = pipeline.prepare(photos)
        prepared = time.perf_counter()
        answers = pipeline.answer(pipeline.infer(x_BCHW))
        prepare_s, infer_s = prepared - start, time.perf_counter() - prepared
    remaining = iter(answers)
    return [
        found
        if isinstance(found, ImageError)
        else _values(
            next(remaining),
            pipeline.bundle,
            {"decode": ms(decode_s), "preprocess": ms(prepare_s), "infer": ms(infer_s)},
        )
        for found, decode_s in decoded
    ]


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


def _decoded(pipeline: RecognizePipeline, image: bytes, limits: ImageLimits) -> tuple[np.ndarray | ImageError, float]:
    start = time.perf_counter()
    try:
        return pipeline.decode(image, limits), time.perf_counter() - start
    except ImageError as error:
        return error, 0.0


def _values(found: Recognition, bundle: Bundle, timings: dict[str, float]) -> Values:
    return {
        "category": found.category,
        "confidence": found.confidence,
        "unknown": found.unknown,
        "probabilities": found.probabilities,
        "attributes": found.attributes,
        "model": ref(bundle),
        "timings_ms": timings,
        "embedding": found.embedding.tolist(),
    }
