"""What the servers beside ours compute in ``fitroom bench serve``: the same pipelines, and nothing around them."""

from __future__ import annotations

import argparse
import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch

from fitroom.images import decode_rgb_u8, encode_jpeg
from fitroom.pipelines.recognize import RecognizePipeline
from fitroom.pipelines.tryon import TryOnPipeline

Task = Literal["recognize", "try-on"]
PHOTOS: Mapping[Task, tuple[str, ...]] = {"recognize": ("image",), "try-on": ("person", "garment")}
MAX_BATCH = 8
BATCH_TIMEOUT_S = 0.005


class Answering:
    """Photos in, plain values out.

    Args:
        task: what is asked.
        bundle: that answers.
        num_threads: of one answer.
    """

    def __init__(self, task: Task, bundle: Path, num_threads: int) -> None:
        self.task, self.num_threads = task, num_threads
        torch.set_num_threads(num_threads)
        self.recognizer = RecognizePipeline.from_bundle(bundle, "torch", num_threads) if task == "recognize" else None
        self.tryon = TryOnPipeline.from_bundle(bundle, "cpu") if task == "try-on" else None

    def together(self, requests: list[dict[str, bytes]]) -> list[dict[str, Any]]:
        """The answers of several requests; recognitions are computed as one batch."""
        torch.set_num_threads(self.num_threads)  # PyTorch keeps it by thread
        if self.recognizer is None:
            return [self._worn(request) for request in requests]
        found = self.recognizer([self.recognizer.decode(request["image"]) for request in requests])
        return [{"category": one.category, "probabilities": one.probabilities} for one in found]

    def _worn(self, request: dict[str, bytes]) -> dict[str, Any]:
        assert self.tryon is not None
        worn_u8 = self.tryon.worn(decode_rgb_u8(request["person"]), decode_rgb_u8(request["garment"]))
        return {"image": base64.b64encode(encode_jpeg(worn_u8)).decode()}


def read_words() -> argparse.Namespace:
    """The words of a peer's command: task, bundle, port, num_threads."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", choices=tuple(PHOTOS), required=True)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--num-threads", type=int, default=1)
    return parser.parse_args()
