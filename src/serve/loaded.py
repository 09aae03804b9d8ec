"""The models in memory: opened at once, loaded and warmed up in the background, asked in worker threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import anyio
import anyio.to_thread
import numpy as np

from fitroom.bundles import Bundle, open_bundle, resolve_bundle
from fitroom.bundles.format import ONNX
from fitroom.contracts import Recognition
from fitroom.errors import BundleError
from fitroom.pipelines import RecognizePipeline, Runtime
from fitroom.progress import log
from serve.problems import Problem
from serve.schemas import HeadInfo, ModelInfo, ModelRef, RecognitionAnswer, Timings
from serve.settings import Settings


class LoadedModels:
    """Bundles by name and, once loaded, what answers with them.

    Args:
        settings: which bundles, and how to run them.

    Attributes:
        ready: True once every model is loaded and has answered once.
        failure: what went wrong while loading; None = nothing so far.
        on_failure: called then; logs it, unless whoever runs the server stops it instead.

    Raises:
        BundleError: a bundle does not open, or two have the same name.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.bundles = _open_all(list(settings.bundles))
        self.pipelines: dict[str, RecognizePipeline] = {}
        self.ready = False
        self.failure: Exception | None = None
        self.on_failure: Callable[[], None] = lambda: log.error("the models cannot be served: %s", self.failure)
        self._workers = anyio.CapacityLimiter(settings.concurrency)
        self._admitted = 0

    def load(self) -> None:
        """Loads and warms up every model; takes seconds, so it runs in a thread of its own."""
        try:
            for name, bundle in self.bundles.items():
                pipeline = RecognizePipeline.from_bundle(bundle.path, self._runtime(bundle), self.settings.num_threads)
                _warm_up(pipeline)
                self.pipelines[name] = pipeline
        except Exception as error:
            self.failure = error
            self.on_failure()
            return
        self.ready = True

    def require_ready(self) -> None:
        """Raises a ``not-ready`` problem until everything is loaded."""
        if not self.ready:
            raise Problem("not-ready", "the models are still being loaded", headers={"Retry-After": "1"})

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Lets one request in, or raises ``busy``; entered before its body is read, so that memory is bounded too."""
        self.require_ready()
        if self._admitted >= self.settings.concurrency + self.settings.max_waiting:
            raise Problem("busy", "the server has too much to do", fix="try again", headers={"Retry-After": "1"})
        self._admitted += 1
        try:
            yield
        finally:
            self._admitted -= 1

    async def recognize(self, image: bytes, model: str | None, embedding: bool) -> RecognitionAnswer:
        """Answers in a worker thread, so that the event loop stays free.

        Raises:
            Problem: ``unknown-model``.
            ImageError: the image cannot be used.
        """
        name = next(iter(self.bundles)) if model is None else model
        if name not in self.pipelines:
            raise Problem(
                "unknown-model", "no model of this name is loaded", rule=f"one of {', '.join(self.bundles)}",
                got=ascii(name)[:100], fix="GET /v1/models lists them",
            )  # fmt: skip
        return await anyio.to_thread.run_sync(self._answer, name, image, embedding, limiter=self._workers)

    def describe(self) -> list[ModelInfo]:
        """All models, in the order they were given."""
        return [
            ModelInfo(
                **_ref(bundle).model_dump(),
                default=i == 0,
                license=bundle.spec.license,
                runtime=self._runtime(bundle),
                heads=[HeadInfo(name=h.name, kind=h.kind, classes=h.classes) for h in bundle.spec.heads],
                input_size_px=(bundle.spec.preprocessing.width_px, bundle.spec.preprocessing.height_px),
            )
            for i, bundle in enumerate(self.bundles.values())
        ]

    def _runtime(self, bundle: Bundle) -> Runtime:
        if self.settings.runtime != "auto":
            return self.settings.runtime
        return "onnx" if ONNX in bundle.spec.files and find_spec("onnxruntime") else "torch"

    def _answer(self, name: str, image: bytes, embedding: bool) -> RecognitionAnswer:
        pipeline = self.pipelines[name]
        start = time.perf_counter()
        image_u8 = pipeline.decode(image, self.settings.image_limits)
        decoded = time.perf_counter()
        x_BCHW = pipeline.prepare([image_u8])
        prepared = time.perf_counter()
        outputs = pipeline.infer(x_BCHW)
        inferred = time.perf_counter()
        (recognition,) = pipeline.answer(outputs)
        timings = Timings(
            decode=_ms(decoded - start), preprocess=_ms(prepared - decoded), infer=_ms(inferred - prepared)
        )
        return _to_schema(recognition, pipeline.bundle, timings, embedding)


def _open_all(folders: list[Path]) -> dict[str, Bundle]:
    bundles: dict[str, Bundle] = {}
    for folder in folders:
        bundle = open_bundle(resolve_bundle(folder))
        name = bundle.spec.name
        if name in bundles:
            raise BundleError(
                "two bundles have the same name",
                where=f"{bundles[name].path} and {bundle.path}",
                rule="one name a model, since requests choose by it",
                got=name,
                fix="serve one of them, or export one under another name",
            )
        bundles[name] = bundle
    return bundles


def _warm_up(pipeline: RecognizePipeline) -> None:
    """The first inference allocates and tunes; it also shows whether the model answers with numbers at all."""
    spec = pipeline.preprocessing
    (answer,) = pipeline([np.full((spec.height_px, spec.width_px, 3), 127, dtype=np.uint8)])
    if not np.isfinite([answer.confidence, *answer.embedding]).all():
        raise BundleError("the model answers with NaN", where=pipeline.bundle.path, fix="export the bundle again")


def _to_schema(recognition: Recognition, bundle: Bundle, timings: Timings, embedding: bool) -> RecognitionAnswer:
    return RecognitionAnswer(
        category=recognition.category,
        confidence=recognition.confidence,
        unknown=recognition.unknown,
        probabilities=recognition.probabilities,
        attributes=recognition.attributes,
        model=_ref(bundle),
        timings_ms=timings,
        embedding=recognition.embedding.tolist() if embedding else None,
    )


def _ref(bundle: Bundle) -> ModelRef:
    return ModelRef(name=bundle.spec.name, revision=bundle.spec.revision, bundle_sha256=bundle.hash)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
