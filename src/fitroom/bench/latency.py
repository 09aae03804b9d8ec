"""How long one photo takes, from the bytes of its file to the answer: PyTorch, ONNX Runtime, and timm's plain way."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import timm.data
import torch
from PIL import Image

from fitroom.bench.report import Table
from fitroom.bundles import Bundle, open_bundle, resolve_bundle, write_bundle
from fitroom.bundles.format import CONFIG, ONNX
from fitroom.contracts import Head
from fitroom.export.recognizer import export
from fitroom.images import read_header
from fitroom.models.recognizer import Recognizer
from fitroom.models.weights import load_backbone
from fitroom.pipelines.recognize import RecognizePipeline
from fitroom.progress import log
from fitroom.training.recognizer.config import RecognizerRunConfig

STAGES = ("decode", "preprocess", "infer", "answer")
ROUNDS = 4  # the runtimes take turns in as many blocks
WARMUP_CALLS = 10  # of each block
CROP_MODES = {"squash": "squash", "pad": "border", "crop": "center"}  # ours in timm's words
PEER = "timm"
AIM_MS, AIM_PX = 15, 224

Stages = Sequence[Callable[[Any], Any]]  # what each of STAGES does with what the one before gave
Runtimes = dict[str, Callable[[], Stages]]


def latency_table(
    bundle: Bundle, sizes_px: Sequence[int], threads: Sequence[int], photos: list[bytes], num_calls: int, folder: Path
) -> Table:
    """Times one photo at a time.

    Args:
        bundle: whose network; any preprocessing.
        sizes_px: square inputs to look at, beside the bundle's own.
        threads: numbers of threads to look at.
        photos: files, taken in turn.
        num_calls: timed calls of each runtime, in ``ROUNDS`` blocks.
        folder: for the bundles of other sizes.
    """
    rows: list[tuple[Any, ...]] = []
    for sized in _sized_bundles(bundle, sizes_px, folder):
        spec = sized.spec.preprocessing
        for num_threads in threads:
            times = _take_turns(_runtimes(sized, num_threads), photos, num_calls, num_threads)
            peer_ms = np.percentile(times[PEER].sum(axis=1), 50)
            for name, ms_NS in times.items():
                total_ms = ms_NS.sum(axis=1)
                middle_ms = np.percentile(total_ms, 50)
                stages_ms = [float(ms) for ms in np.percentile(ms_NS, 50, axis=0)]
                rows.append(
                    (f"{spec.height_px} x {spec.width_px}", num_threads, name, *stages_ms, float(middle_ms),
                     float(np.percentile(total_ms, 95)), float(peer_ms / middle_ms))
                )  # fmt: skip
            log.info("latency at %d px with %d threads done", spec.height_px, num_threads)
    columns = ("input px", "threads", "runtime", *(f"{stage} ms" for stage in STAGES), "all ms", "p95 ms", "ratio")
    notes = [
        f"N = {num_calls} photos a row, one at a time, in {ROUNDS} blocks in turn with the other runtimes, each after "
        f"{WARMUP_CALLS} untimed ones; {len(photos)} JPEGs of {_sizes(photos)} px, from bytes to the answer; network "
        f"of {bundle.spec.name} ({bundle.spec.model['backbone']}).",
        "ms are medians, p95 is of the whole, ratio = timm's median over this one's.",
        "timm: Pillow, timm's evaluation transform, the same network as timm builds it, channels_last, inference mode, "
        "float32; its answer is a softmax. torch.compile on none.",
        f"The aim is at most {AIM_MS} ms with ONNX Runtime on one thread at {AIM_PX} px.",
    ]
    return Table("One photo, from JPEG bytes to the answer", columns, rows, notes)


def fresh_bundle(config: RecognizerRunConfig, heads: list[Head], folder: Path) -> Bundle:
    """A bundle of the recipe's network that has learned nothing yet: as fast as one that has."""
    backbone, record = load_backbone(config.model.backbone, config.weights)
    model_config = replace(config.model, heads=heads)
    return write_bundle(
        folder,
        kind="recognizer",
        name="untrained",
        model=Recognizer(model_config, backbone),
        model_config=model_config,
        preprocessing=config.preprocessing,
        calibration={},
        config_yaml="name: untrained\n",
        trained_on=[],
        data_digest="",
        seed=config.seed,
        weights=record,
        license=record.license or config.license,
    )


def given_bundle(path: str) -> Bundle:
    """The bundle, or the run's, at ``path``; raises BundleError where there is none."""
    return open_bundle(resolve_bundle(path))


def _sized_bundles(bundle: Bundle, sizes_px: Sequence[int], folder: Path) -> Iterator[Bundle]:
    own = bundle.spec.preprocessing
    yield bundle if ONNX in bundle.spec.files else export(bundle.path, folder / "own", parity_batch_sizes=(1,))
    for size_px in sizes_px:
        if (own.height_px, own.width_px) == (size_px, size_px):
            continue
        other = write_bundle(
            folder / f"{size_px}-torch",
            kind=bundle.spec.kind,
            name=bundle.spec.name,
            model=bundle.build_model(),
            model_config=bundle.build_model().config,
            preprocessing=replace(own, height_px=size_px, width_px=size_px),
            calibration=bundle.spec.calibration,
            config_yaml=(bundle.path / CONFIG).read_text(encoding="utf-8"),
            trained_on=[],
            data_digest="",
            seed=bundle.spec.training.seed,
            weights=bundle.spec.weights,
            license=bundle.spec.license,
        )
        yield export(other.path, folder / f"{size_px}", parity_batch_sizes=(1,))


def _runtimes(bundle: Bundle, num_threads: int) -> Runtimes:
    def ours(runtime: Any) -> Stages:
        pipeline = RecognizePipeline.from_bundle(bundle.path, runtime, num_threads)
        return (pipeline.decode, lambda image: pipeline.prepare([image]), pipeline.infer, pipeline.answer)

    return {"ONNX": lambda: ours("onnx"), "PyTorch": lambda: ours("torch"), PEER: lambda: _plain_timm(bundle)}


def _plain_timm(bundle: Bundle) -> Stages:
    spec = bundle.spec.preprocessing
    transform = timm.data.create_transform(
        (3, spec.height_px, spec.width_px),
        interpolation="bicubic",
        mean=tuple(spec.mean),
        std=tuple(spec.std),
        crop_pct=1.0,
        crop_mode=CROP_MODES[spec.resize],
    )
    model: Any = bundle.build_model().to(memory_format=torch.channels_last)
    head = model.config.heads[0].name

    def infer(x_BCHW: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            return model(x_BCHW)[head]

    return (
        lambda data: Image.open(io.BytesIO(data)).convert("RGB"),
        lambda image: transform(image)[None].contiguous(memory_format=torch.channels_last),
        infer,
        lambda logits: logits.softmax(1)[0].tolist(),
    )


def _take_turns(runtimes: Runtimes, photos: list[bytes], num_calls: int, num_threads: int) -> dict[str, np.ndarray]:
    """Milliseconds (N, stages) by runtime. Only one is loaded at a time: idle threads of another may spin."""
    per_block = -(-num_calls // ROUNDS)
    times: dict[str, list[np.ndarray]] = {name: [] for name in runtimes}
    threads_before = torch.get_num_threads()
    torch.set_num_threads(num_threads)
    try:
        for _ in range(ROUNDS):
            for name, load in runtimes.items():
                stages = load()
                files = islice(cycle(photos), WARMUP_CALLS + per_block)
                times[name].append(np.array([_time_stages(stages, file) for file in files])[WARMUP_CALLS:])
    finally:
        torch.set_num_threads(threads_before)
    return {name: 1000 * np.concatenate(blocks) for name, blocks in times.items()}


def _sizes(photos: list[bytes]) -> str:
    headers = [read_header(photo) for photo in photos]
    sizes = sorted({f"{header.width_px} x {header.height_px}" for header in headers})
    return sizes[0] if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"


def _time_stages(stages: Stages, value: Any) -> list[float]:
    spans = []
    for stage in stages:
        begun_s = time.perf_counter()
        value = stage(value)
        spans.append(time.perf_counter() - begun_s)
    return spans
