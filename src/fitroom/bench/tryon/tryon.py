"""``fitroom bench tryon``: one try-on from JPEG bytes to JPEG bytes, where its time goes, beside CatVTON's form."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from fitroom.bench.report import Report, check_out, publish, surroundings
from fitroom.bench.tryon.request import NUM_GARMENTS, Precision, make_files, untrained_bundle
from fitroom.bench.tryon.tables import Measured, latency_table, memory_table, peer_table, stage_table
from fitroom.bundles import Bundle, open_bundle, resolve_bundle
from fitroom.config import parse_config
from fitroom.contracts import Preprocessing
from fitroom.errors import ConfigError
from fitroom.models.tryon.config import TryOnConfig
from fitroom.pipelines.tryon import MAX_STEPS
from fitroom.training.config import native_precision

UNTRAINED_FRAME = (512, 384)


@dataclass
class TryOnBenchConfig:
    """Latency of one try-on, and of a network of CatVTON's form and size, as ratios."""

    bundle: str | None = None
    """Bundle or run that answers; none = an untrained network of the default size, with a frame of 512 x 384."""
    heights_px: list[int] = field(default_factory=lambda: [256, 512, 1024])
    """Of the photos, 3 : 4, the person's and the garment's."""
    steps: list[int] = field(default_factory=lambda: [1, 2, 4, 8])
    """Denoising steps to look at."""
    precisions: list[Precision] = field(default_factory=lambda: ["float32", "bf16"])
    """What is computed in; all but the first only at the first number of steps."""
    requests: int = 40
    """Timed requests of each row; at least one a round."""
    rounds: int = 4
    """Blocks they come in; all rows take turns."""
    peer_heights_px: list[int] = field(default_factory=lambda: [256, 512])
    """Which of the heights the peer answers too, once a round; none of them = no peer. It takes about 4 GB."""
    threads: int | None = None
    """Of PyTorch; none = its own choice."""
    device: str | None = None
    """Where PyTorch runs; none = the GPU where there is one."""
    memory: bool = True
    """Take peaks of memory, each in a process of its own."""
    quick: bool = False
    """Only see that everything works, with the least of everything: no figure is worth quoting."""
    out: str | None = None
    """Report to write, .md or .json."""

    def __post_init__(self) -> None:
        check_out(self.out)
        if self.quick:
            self.requests, self.rounds, self.steps = 1, 1, self.steps[:2]
        sides = [*self.heights_px, *self.peer_heights_px]
        if min(self.requests, self.rounds, self.threads or 1, len(self.heights_px), len(self.steps)) < 1:
            raise ConfigError("there would be nothing to measure", rule="numbers of at least 1, a height, a step")
        if self.requests < self.rounds:
            raise ConfigError("a block would be empty", rule=f"requests of {self.rounds} rounds", got=self.requests)
        if not self.precisions or not all(1 <= steps <= MAX_STEPS for steps in self.steps):
            raise ConfigError("these steps or precisions cannot be", rule=f"1 to {MAX_STEPS}", got=self.steps)
        if min(sides) < 64 or any(side % 32 for side in sides):
            raise ConfigError("photos cannot have these heights", rule="multiples of 32, 64 at least", got=sides)
        if unknown := sorted(set(self.peer_heights_px) - set(self.heights_px)):
            raise ConfigError("the peer would have nothing beside it", rule="heights of heights_px", got=unknown)


def main(argv: Sequence[str]) -> int:
    """Measures as the words say; see :class:`TryOnBenchConfig`."""
    config = parse_config(TryOnBenchConfig, argv, prog="fitroom bench tryon")
    if config.threads:
        torch.set_num_threads(config.threads)
    about = surroundings(["bench", "tryon", *argv])
    device = torch.device(config.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    with tempfile.TemporaryDirectory(prefix="fitroom-bench-") as name:
        folder = Path(name)
        bundle = _bundle(config, folder)
        photos = {
            height: make_files(folder / f"{height}", height, NUM_GARMENTS if not config.quick else 2)
            for height in sorted(set(config.heights_px))
        }
        measured = Measured(bundle, photos, device, config.precisions)
        measured.take_turns(config.steps, config.peer_heights_px, config.requests, config.rounds)
        tables = [latency_table(measured, _notes(config, device)), stage_table(measured)]
        if config.peer_heights_px:
            tables.append(peer_table(measured))
        if config.memory:
            tables.append(memory_table(measured))
    publish(Report("Try-on speed", _settings(config, bundle, device), tables, about), config.out)
    return 0


def _bundle(config: TryOnBenchConfig, folder: Path) -> Bundle:
    if config.bundle is not None:
        return open_bundle(resolve_bundle(config.bundle))
    return untrained_bundle(folder / "untrained", TryOnConfig(), Preprocessing(*UNTRAINED_FRAME, "pad"))


def _notes(config: TryOnBenchConfig, device: torch.device) -> list[str]:
    notes = [
        f"N = {config.requests} requests a row, one at a time, in {config.rounds} blocks in turn with all other rows, "
        "each after one untimed request. From the bytes of both JPEGs to the bytes of one; photos are made up.",
        'A garment is "kept" where the pipeline has looked at it before; its JPEG is decoded and recognised all the '
        "same. Every other request brings a garment that is not kept.",
    ]
    if config.bundle is None:
        notes.append("The network is untrained: speed does not depend on weights.")
    if "bf16" in config.precisions:
        fast = native_precision(device.type) == "bf16-mixed"
        notes.append(
            "bf16 is autocast's: weights stay float32 and are converted as they are used. "
            + ("" if fast else "This device has no instructions for bf16: its rows show why it is not used there.")
        )
    return notes


def _settings(config: TryOnBenchConfig, bundle: Bundle, device: torch.device) -> dict[str, Any]:
    spec = bundle.spec
    frame = f"{spec.preprocessing.height_px} x {spec.preprocessing.width_px} px"
    settings = {"network": f"{spec.name} {spec.revision}, frame {frame}", "device": str(device)}
    return settings | ({"quick": "yes: these figures are worth nothing"} if config.quick else {})
