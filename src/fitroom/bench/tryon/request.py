"""One request of the try-on bench: JPEG bytes of a person and a garment in, JPEG bytes of the worn picture out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from fitroom.bench.photos import make_photos
from fitroom.bench.stopwatch import Stopwatch
from fitroom.bundles import Bundle, write_bundle
from fitroom.contracts import Preprocessing
from fitroom.images import decode_rgb_u8, encode_jpeg
from fitroom.models.tryon.config import TryOnConfig
from fitroom.models.tryon.network import TryOnNetwork
from fitroom.models.weights import WeightsRecord
from fitroom.pipelines.tryon import TryOnPipeline

Precision = Literal["float32", "bf16"]
STAGES = ("decode", "garment", "layout", "denoiser", "blend", "rest", "encode")
NUM_PERSONS = 4
NUM_GARMENTS = 40  # more than a pipeline keeps, so that a new one is new, also when its turn comes again


@dataclass(frozen=True)
class Photos:
    """Files of one size.

    Attributes:
        height_px, width_px: of each.
        persons: JPEGs, taken in turn.
        garments: JPEGs, all different.
    """

    height_px: int
    width_px: int
    persons: list[bytes]
    garments: list[bytes]

    @property
    def size(self) -> str:
        """Height and width in words."""
        return f"{self.height_px} x {self.width_px}"


def make_files(folder: Path, height_px: int, num_garments: int = NUM_GARMENTS) -> Photos:
    """Made-up photos of 3 : 4, patterns with grain."""
    width_px = height_px * 3 // 4
    manifest = make_photos(folder, NUM_PERSONS + num_garments, (width_px, height_px), seed=height_px)
    files = [manifest.path(name).read_bytes() for name in manifest.table["sample_id"]]
    return Photos(height_px, width_px, files[:NUM_PERSONS], files[NUM_PERSONS:])


def untrained_bundle(folder: Path, config: TryOnConfig, preprocessing: Preprocessing) -> Bundle:
    """A bundle of a network that has learned nothing yet: as fast as one that has."""
    torch.manual_seed(0)
    return write_bundle(
        folder,
        kind="tryon",
        name="untrained",
        model=TryOnNetwork(config),
        model_config=config,
        preprocessing=preprocessing,
        calibration={},
        config_yaml="name: untrained\n",
        trained_on=[],
        data_digest="",
        seed=0,
        weights=WeightsRecord("none", None, None),
        license="Apache-2.0",
    )


class TryOnSide:
    """The pipeline under one setting; every request is timed.

    Args:
        pipeline: which answers; one for each precision, since garments are kept in it.
        persons: JPEGs without end.
        garments: likewise; always the same one = a garment that the pipeline has seen.
        steps: of the denoiser.
        precision: bf16 is autocast's.
    """

    def __init__(
        self,
        pipeline: TryOnPipeline,
        persons: Iterator[bytes],
        garments: Iterator[bytes],
        steps: int,
        precision: Precision,
    ) -> None:
        self.pipeline, self.steps, self.precision = pipeline, steps, precision
        self.watch = Stopwatch(pipeline.device)
        self._persons, self._garments = persons, garments

    def requests(self, number: int) -> None:
        """Answers as many requests; before them one that is not timed."""
        self._answer(Stopwatch(self.pipeline.device))
        network = self.pipeline.network
        with self.watch.inside(layout=network.layout, denoiser=network.denoiser, blend=network.blend):
            for _ in range(number):
                with self.watch.request():
                    self._answer(self.watch)

    def seconds(self) -> np.ndarray:
        """(N, len(STAGES)) of each request; "rest" is framing, conditions and putting the picture together."""
        times = self.watch.seconds([*STAGES, "worn"])
        inner = [STAGES.index(stage) for stage in ("layout", "denoiser", "blend")]
        times[:, STAGES.index("rest")] = times[:, -1] - times[:, inner].sum(1)
        return times[:, :-1]

    def _answer(self, watch: Stopwatch) -> bytes:
        with torch.autocast(self.pipeline.device.type, torch.bfloat16, enabled=self.precision == "bf16"):
            with watch("decode"):
                person_u8, garment_u8 = decode_rgb_u8(next(self._persons)), decode_rgb_u8(next(self._garments))
            with watch("garment"):
                self.pipeline.encode_garment(garment_u8)
            with watch("worn"):
                worn_u8 = self.pipeline.worn(person_u8, garment_u8, steps=self.steps)
            with watch("encode"):
                return encode_jpeg(worn_u8)


def one_answer(bundle: Path, device: str, person: bytes, garment: bytes) -> None:
    """One answer in this process, whose memory is looked at."""
    pipeline = TryOnPipeline.from_bundle(bundle, device)
    TryOnSide(pipeline, iter([person, person]), iter([garment, garment]), 1, "float32").requests(1)
