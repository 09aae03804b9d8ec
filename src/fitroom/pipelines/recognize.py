"""The recogniser as its users meet it: photos in, calibrated answers out, by PyTorch or ONNX Runtime.

images_u8 -> prepare -> x_BCHW -> infer -> raw outputs by head -> answer -> one Recognition a photo
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from scipy.special import expit, softmax
from torch import nn

from fitroom.bundles import Bundle, open_bundle, resolve_bundle
from fitroom.bundles.format import ONNX
from fitroom.contracts import Calibration, Head, Preprocessing, Recognition
from fitroom.errors import BundleError
from fitroom.images import ImageLimits, decode_rgb_u8, preprocess
from fitroom.models.frozen_bn import freeze_batch_norm

Runtime = Literal["torch", "onnx"]
Infer = Callable[[torch.Tensor], dict[str, np.ndarray]]

UNKNOWN = "unknown"
MULTI_THRESHOLD = 0.5


class RecognizePipeline:
    """A recogniser bundle, ready to answer; safe to call from several threads.

    Args:
        bundle: an opened bundle of kind "recognizer".
        infer: (B, 3, H, W) float32 to raw outputs by head, and "embedding".

    Attributes:
        bundle: the bundle.
        preprocessing: how a photo becomes an input.
        heads: the questions; the first one is the category.

    Raises:
        BundleError: of another kind, or its first head does not name one class.
    """

    def __init__(self, bundle: Bundle, infer: Infer) -> None:
        self.bundle = bundle
        self.preprocessing: Preprocessing = bundle.spec.preprocessing
        self.heads: list[Head] = bundle.spec.heads
        self.infer = infer
        if bundle.spec.kind != "recognizer" or not self.heads or self.heads[0].kind != "single":
            raise BundleError(
                "the bundle is not one of a garment recogniser",
                where=bundle.path,
                rule='kind "recognizer" whose first head is of kind "single"',
                got=(bundle.spec.kind, [(head.name, head.kind) for head in self.heads]),
            )

    @classmethod
    def from_bundle(
        cls, path: str | Path, runtime: Runtime = "torch", num_threads: int | None = None, device: str = "cpu"
    ) -> RecognizePipeline:
        """Opens, verifies and loads a bundle.

        Args:
            path: the bundle's folder, or a run's.
            runtime: "torch" always works; "onnx" needs model.onnx in the bundle and is about twice as fast on a CPU.
            num_threads: threads of one inference; None = the runtime's own choice. PyTorch has one such number for
                the whole process, so the last one set holds there.
            device: where PyTorch runs; ONNX Runtime runs on the CPU.

        Raises:
            BundleError: see :func:`fitroom.bundles.open_bundle`; or no usable model.onnx in it.
        """
        bundle = open_bundle(resolve_bundle(path))
        if num_threads is not None:
            torch.set_num_threads(num_threads)  # preprocessing is PyTorch's under both runtimes
        if runtime == "onnx":
            return cls(bundle, _onnx_runtime(bundle, num_threads))
        return cls(bundle, _torch_runtime(bundle, torch.device(device)))

    def decode(self, data: bytes | Path, limits: ImageLimits = ImageLimits()) -> np.ndarray:
        """An image file to (H, W, 3) uint8 RGB, as large as this network needs, as in training and evaluation.

        Raises:
            ImageError: see :func:`fitroom.images.decode_rgb_u8`.
        """
        return decode_rgb_u8(data, limits, at_least=(self.preprocessing.height_px, self.preprocessing.width_px))

    def prepare(self, images_u8: list[np.ndarray]) -> torch.Tensor:
        """Photos, each (H, W, 3) uint8 RGB of any size, to (B, 3, height_px, width_px) float32."""
        return preprocess(images_u8, self.preprocessing)

    def outputs(self, images_u8: list[np.ndarray]) -> dict[str, np.ndarray]:
        """Raw outputs: (B, C) float32 by head, and "embedding" (B, D) of unit length."""
        return self.infer(self.prepare(images_u8))

    def confidences(self, outputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Calibrated values by head: probabilities (B, C) of a single or multi head, numbers (B, 1) of a regression."""
        return {head.name: _calibrated(outputs[head.name], head, self._calibration(head)) for head in self.heads}

    def answer(self, outputs: dict[str, np.ndarray]) -> list[Recognition]:
        """Raw outputs to one answer a photo."""
        confidences = self.confidences(outputs)
        return [
            self._recognition({name: values[i] for name, values in confidences.items()}, outputs["embedding"][i])
            for i in range(len(outputs["embedding"]))
        ]

    def __call__(self, images_u8: list[np.ndarray]) -> list[Recognition]:
        """Photos, each (H, W, 3) uint8 RGB, to one calibrated answer each, in their order."""
        return self.answer(self.outputs(images_u8)) if images_u8 else []

    def _calibration(self, head: Head) -> Calibration:
        return self.bundle.spec.calibration.get(head.name, Calibration())

    def _recognition(self, values: dict[str, np.ndarray], embedding: np.ndarray) -> Recognition:
        first, *further = self.heads
        best = _best_class(values[first.name], first, self._calibration(first))
        return Recognition(
            category=best["label"],
            confidence=best["confidence"],
            unknown=best["unknown"],
            probabilities={name: float(p) for name, p in zip(first.classes, values[first.name], strict=True)},
            attributes={head.name: _attribute(values[head.name], head, self._calibration(head)) for head in further},
            embedding=embedding.astype(np.float32),
        )


def _calibrated(raw: np.ndarray, head: Head, calibration: Calibration) -> np.ndarray:
    if head.kind == "regression":
        # Learned on the range scaled to [0, 1].
        return np.clip(head.low + raw.astype(np.float64) * (head.high - head.low), head.low, head.high)
    scaled = raw.astype(np.float64) / calibration.temperature
    return softmax(scaled, axis=1) if head.kind == "single" else expit(scaled)


def _attribute(values: np.ndarray, head: Head, calibration: Calibration) -> dict[str, Any]:
    if head.kind == "regression":
        return {"value": float(values[0])}
    if head.kind == "single":
        return _best_class(values, head, calibration)
    threshold = calibration.threshold or MULTI_THRESHOLD
    chosen = [i for i in np.argsort(-values, kind="stable") if values[i] >= threshold]
    return {"labels": [{"label": head.classes[i], "confidence": float(values[i])} for i in chosen]}


def _best_class(probabilities: np.ndarray, head: Head, calibration: Calibration) -> dict[str, Any]:
    best = int(probabilities.argmax())
    confidence = float(probabilities[best])
    unknown = confidence < calibration.threshold
    return {"label": UNKNOWN if unknown else head.classes[best], "confidence": confidence, "unknown": unknown}


def _torch_runtime(bundle: Bundle, device: torch.device) -> Infer:
    model: nn.Module = bundle.build_model().requires_grad_(False)
    if device.type == "cpu":
        spec = bundle.spec.preprocessing
        freeze_batch_norm(model, torch.zeros(1, 3, spec.height_px, spec.width_px))
    model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def infer(x_BCHW: torch.Tensor) -> dict[str, np.ndarray]:
        with torch.inference_mode():
            outputs = model(x_BCHW.to(device))
        return {name: tensor.float().cpu().numpy() for name, tensor in outputs.items()}

    return infer


def _onnx_runtime(bundle: Bundle, num_threads: int | None) -> Infer:
    file = bundle.path / ONNX
    if ONNX not in bundle.spec.files:
        raise BundleError(
            "the bundle has no ONNX graph", where=bundle.path, rule=f"{ONNX} in it", fix="make one with fitroom export"
        )
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = num_threads or 0
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions share no base of their own
        raise BundleError("the ONNX graph cannot be loaded", where=file, got=str(error).splitlines()[0]) from error
    names = [output.name for output in session.get_outputs()]
    spec = bundle.spec.preprocessing
    expected = {*(head.name for head in bundle.spec.heads), "embedding"}
    shape = session.get_inputs()[0].shape[1:]
    if set(names) != expected or shape != [3, spec.height_px, spec.width_px]:
        raise BundleError(
            "the ONNX graph is not of this bundle",
            where=file,
            rule=f"input of {[3, spec.height_px, spec.width_px]}, outputs {sorted(expected)}",
            got=f"input of {shape}, outputs {sorted(names)}",
        )

    def infer(x_BCHW: torch.Tensor) -> dict[str, np.ndarray]:
        return dict(zip(names, session.run(names, {"image": x_BCHW.contiguous().numpy()}), strict=True))

    return infer
