"""Takes the turns of the try-on bench and lays its figures out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, repeat
from typing import Any

import numpy as np
import torch

from fitroom.bench.memory import peak_mb_of
from fitroom.bench.report import Spread, Table
from fitroom.bench.stopwatch import Stopwatch
from fitroom.bench.tryon import catvton_form
from fitroom.bench.tryon.catvton_form import CatVTONForm, PeerSize, peer_answers
from fitroom.bench.tryon.request import STAGES, Photos, Precision, TryOnSide, one_answer
from fitroom.bundles import Bundle
from fitroom.pipelines.tryon import TryOnPipeline
from fitroom.progress import log

PEER = "CatVTON's form"
PEER_SIZE = PeerSize()
KEPT, NEW = "kept", "new"
Setting = tuple[int, Precision, int, str]  # height of the photos, precision, steps, garment


class Measured:
    """All requests of all settings, ours and the peer's.

    Args:
        bundle: which answers.
        photos: by height.
        device: where everything runs.
        precisions: the first is compared with the peer.

    Attributes:
        sides: by setting.
        peer: times of the peer by height of the photos, one step each.
    """

    def __init__(
        self, bundle: Bundle, photos: dict[int, Photos], device: torch.device, precisions: Sequence[Precision]
    ) -> None:
        self.bundle, self.photos, self.device, self.precisions = bundle, photos, device, precisions
        self.sides: dict[Setting, TryOnSide] = {}
        self.peer: dict[int, Stopwatch] = {}
        self.peer_parameters = (0, 0)

    def take_turns(self, steps: Sequence[int], peer_heights: Sequence[int], requests: int, rounds: int) -> None:
        """Asks every side a block of requests, then again, until each has had ``requests``; the peer one a block."""
        for precision in self.precisions:
            self._add_sides(precision, steps if precision == self.precisions[0] else steps[:1])
        peer = CatVTONForm(PEER_SIZE, self.device) if peer_heights else None
        if peer is not None:
            self.peer = {height: Stopwatch(self.device) for height in peer_heights}
            self.peer_parameters = peer.num_parameters
        for number in range(rounds):
            for height, photos in self.photos.items():
                for setting, side in self.sides.items():
                    if setting[0] == height:
                        side.requests(len(range(number, requests, rounds)))
                if peer is not None and height in self.peer:
                    with self.peer[height].request():
                        peer.answer(photos.persons[0], photos.garments[0], self.peer[height])
                log.info("round %d of %d at %s px done", number + 1, rounds, photos.size)

    def _add_sides(self, precision: Precision, steps: Sequence[int]) -> None:
        pipeline = TryOnPipeline.from_bundle(self.bundle.path, self.device)
        for height, photos in self.photos.items():
            # One after the other through all rows: what one row brought is long forgotten when it comes again.
            new = cycle(photos.garments[1:])
            for number in steps:
                for garment, garments in ((KEPT, repeat(photos.garments[0])), (NEW, new)):
                    side = TryOnSide(pipeline, cycle(photos.persons), garments, number, precision)
                    self.sides[height, precision, number, garment] = side

    def peer_seconds(self, height_px: int, steps: int, garment: str) -> np.ndarray:
        """(N,) of the peer: what was timed with one step, with further steps of the same length added."""
        stages = list(catvton_form.STAGES)
        if garment == KEPT:
            stages.remove("garment to latents")
        further = (steps - 1) * self.peer[height_px].seconds(["U-Net, one step"])[:, 0]
        seconds: np.ndarray = self.peer[height_px].seconds(stages).sum(1) + further
        return seconds

    def times_as_long(self, height_px: int, steps: int, garment: str, our_s: np.ndarray) -> Spread:
        """How many times our (N,) seconds the peer takes, block by block."""
        peer_s = self.peer_seconds(height_px, steps, garment)
        blocks = np.array_split(our_s, len(peer_s))
        return Spread(tuple(float(peer / np.median(ours)) for peer, ours in zip(peer_s, blocks, strict=True)))


def latency_table(measured: Measured, notes: list[str]) -> Table:
    """p50 and p95 of every setting, and how many times as long the peer takes."""
    rows: list[tuple[Any, ...]] = []
    for (height, precision, steps, garment), side in measured.sides.items():
        seconds = side.seconds().sum(1)
        p50, p95 = np.percentile(seconds, (50, 95))
        compared = height in measured.peer and precision == measured.precisions[0]
        ratio = measured.times_as_long(height, steps, garment, seconds) if compared else "-"
        rows.append(
            (measured.photos[height].size, steps, precision, garment, 1000 * float(p50), 1000 * float(p95),
             1000 * float(np.median(side.watch.processor_s)), ratio)
        )  # fmt: skip
    columns = ("photo px", "steps", "precision", "garment", "p50 ms", "p95 ms", "processor ms", f"{PEER}, times")
    explained = [
        "processor ms: median of the processor time of all threads, which others on the machine do not add to.",
        f"{PEER}, times: what it took over the median of our requests in the same block; median and range of the "
        "blocks. Its time for more than one step is that of one step plus as many further U-Net steps, not timed anew.",
    ]
    return Table("One try-on, from JPEG bytes to JPEG bytes", columns, rows, notes + explained)


def stage_table(measured: Measured) -> Table:
    """Where the time of an answer goes: a new garment, the first precision, the fewest steps."""
    rows: list[tuple[Any, ...]] = []
    for height, photos in measured.photos.items():
        settings = [key for key in measured.sides if key[0] == height and key[3] == NEW]
        ms = 1000 * np.median(measured.sides[settings[0]].seconds(), axis=0)
        rows.append((photos.size, settings[0][2], *(float(value) for value in ms)))
    columns = ("photo px", "steps", *(f"{stage} ms" for stage in STAGES))
    notes = [
        "Medians, of the rows with a new garment above. garment: its encoder, its outline, its colours carried beyond "
        "it. rest: framing, conditions, texture looked up, light, sources mixed.",
    ]
    return Table("Where the time of one answer goes", columns, rows, notes)


def peer_table(measured: Measured) -> Table:
    """Where the peer's time goes."""
    rows: list[tuple[Any, ...]] = []
    for height, watch in measured.peer.items():
        seconds = np.median(watch.seconds(catvton_form.STAGES), axis=0)
        rows.append((measured.photos[height].size, *(float(value) for value in seconds)))
    unet, vae = (number / 1e6 for number in measured.peer_parameters)
    notes = [
        f"N = {len(next(iter(measured.peer.values())).requests)} a row, with one step, in turn with the rows above.",
        f"{PEER}: a U-Net of Stable Diffusion 1.5's size for inpainting ({unet:.0f} million parameters, nine channels, "
        "no attention to text), person and garment beside each other in the latents of an autoencoder of Stable "
        f"Diffusion's size ({vae:.0f} million), both diffusers'; random weights, float32, channels_last, one pass a "
        "step. Published settings are slower: guidance takes two passes a step, and 50 steps are usual.",
    ]
    return Table(f"Where the time of {PEER} goes", ("photo px", *(f"{s} s" for s in catvton_form.STAGES)), rows, notes)


def memory_table(measured: Measured) -> Table:
    """Peak memory of one answer at each size, each in a process of its own."""
    rows: list[tuple[Any, ...]] = []
    for height, photos in measured.photos.items():
        log.info("memory at %s px", photos.size)
        files = (photos.persons[0], photos.garments[0])
        ours = peak_mb_of(one_answer, measured.bundle.path, str(measured.device), *files)
        peer = peak_mb_of(peer_answers, PEER_SIZE, str(measured.device), *files) if height in measured.peer else None
        rows.append((photos.size, ours, "-" if peer is None else peer, "-" if peer is None else peer / ours))
    notes = ["Peak of the whole process, libraries and weights included, after two answers (the peer: one); float32."]
    return Table("Memory", ("photo px", "fitroom MB", f"{PEER} MB", "times"), rows, notes)
