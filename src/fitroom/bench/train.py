"""``fitroom bench train``: steps on a large base, beside a plain diffusers loop, in one run."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch

from fitroom.bench.blocks import ratio, take_turns
from fitroom.bench.catvton_form import PeerSize
from fitroom.bench.diffusers_loop import DiffusersLoop
from fitroom.bench.latent_training import OurLatentTraining, untrained
from fitroom.bench.made_up_pairs import make_pairs_folder
from fitroom.bench.report import Report, Table, check_out, publish, surroundings
from fitroom.bench.train_tables import memory_table
from fitroom.bench.training import PRECISIONS, BlockSize, device_of
from fitroom.config import parse_config
from fitroom.contracts import Preprocessing
from fitroom.data.tryon import TryOnModes
from fitroom.data.tryon_photo_sources import PairPhotos
from fitroom.data.tryon_photos import PhotoAugment
from fitroom.errors import ConfigError
from fitroom.models.tryon_latent.config import LatentTryOnConfig
from fitroom.models.tryon_latent.shared import LatentNetwork
from fitroom.runinfo import seed_everything
from fitroom.training.tryon_latent.config import LatentDataConfig, LatentTryOnRunConfig

SIZES = {
    "sd15": PeerSize(),
    "half": PeerSize((160, 320, 640, 640), (64, 128, 256, 256)),
    "tiny": PeerSize((32, 32, 64, 64), (32, 32, 32, 32), layers=1),
}
PLAIN, OURS = "diffusers loop", "fitroom"


def small_recipe() -> LatentTryOnRunConfig:
    """What is measured unless another recipe is given: masked pairs, mirrored and not moved."""
    return LatentTryOnRunConfig(
        name="bench",
        data=LatentDataConfig("made up", layout="viton-hd", modes=TryOnModes(0, 0, 1, 0)),
        model=LatentTryOnConfig("random weights"),
        preprocessing=Preprocessing(256, 192, "pad"),
        augment=PhotoAugment(move=0, widen_px=0),
        batch_size=2,
    )


@dataclass
class TrainBenchConfig:
    """Speed of training on a large base beside a plain loop over diffusers' parts, as ratios; memory on a GPU."""

    size: Literal["sd15", "half", "tiny"] = "half"
    """Of the base, whose weights are random: sd15 = Stable Diffusion 1.5's own, half = half as wide."""
    recipe: LatentTryOnRunConfig = field(default_factory=small_recipe)
    """What is trained, and how: a file of configs/train, or single fields. Its data and base are not read."""
    rounds: int = 4
    """Blocks of each side, after one that does not count."""
    steps: int = 4
    """Timed steps of a block."""
    warmup_steps: int = 1
    """Steps before them, not timed."""
    pairs: int = 16
    """Made-up pairs to learn from, 1024 x 768 px."""
    peer: bool = True
    """Whether the plain loop runs too."""
    quick: bool = False
    """Only see that everything works, with the least of everything: no figure is worth quoting."""
    out: str | None = None
    """Report to write, .md or .json."""

    def __post_init__(self) -> None:
        check_out(self.out)
        if self.quick:
            self.size, self.rounds, self.steps, self.pairs = "tiny", 1, 1, 3
        if (least := min(self.rounds, self.steps, self.warmup_steps, self.pairs)) < 1:
            raise ConfigError("there would be nothing to measure", rule="all numbers of at least 1", got=least)
        if self.recipe.precision not in PRECISIONS:
            raise ConfigError(
                "the benchmark does not know this precision", rule=" or ".join(PRECISIONS), got=self.recipe.precision
            )


def main(argv: Sequence[str]) -> int:
    """Measures as the words say; see :class:`TrainBenchConfig`."""
    config = parse_config(TrainBenchConfig, argv, prog="fitroom bench train")
    if config.recipe.threads:
        torch.set_num_threads(config.recipe.threads)
    about = surroundings(["bench", "train", *argv])
    seed_everything(config.recipe.seed)
    model = untrained(config.recipe, SIZES[config.size])
    with tempfile.TemporaryDirectory(prefix="fitroom-bench-") as name:
        tables = _measure(config, model, Path(name))
    publish(Report("Training on a large base", _settings(config, model), tables, about), config.out)
    return 0


def _measure(config: TrainBenchConfig, model: LatentNetwork, folder: Path) -> list[Table]:
    recipe, size = config.recipe, BlockSize(config.warmup_steps, config.steps)
    pairs = make_pairs_folder(folder / "pairs", config.pairs)
    photos = PairPhotos(str(pairs), "viton-hd", recipe.preprocessing, 0, 0)
    sides: dict[str, OurLatentTraining | DiffusersLoop] = {
        OURS: OurLatentTraining(model, recipe, photos, size, folder / "ours")
    }
    if config.peer:
        sides[PLAIN] = DiffusersLoop(model, recipe, pairs, size)
    rates = take_turns({name: side.block for name, side in sides.items()}, config.rounds)
    columns = ("side", "samples/s", "steps/s", f"of the {PLAIN}")
    rows = []
    for name in sides:
        steps = rates[name].scaled(1 / recipe.batch_size)
        rows.append((name, rates[name], steps, ratio(rates[name], rates[PLAIN]) if config.peer else "-"))
    notes = [
        f"Median and range of {config.rounds} blocks in turn, each of {size.steps} steps of {recipe.batch_size} "
        f"samples ({recipe.accumulate} micro-batches) after {size.warmup} untimed ones; ratios round by round.",
    ]
    tables = [Table("Training steps", columns, rows, notes)]
    if device_of(recipe).type == "cuda":
        peaks = {name: side.peak_bytes for name, side in sides.items()}
        tables.append(memory_table(recipe, SIZES[config.size], peaks))
    return tables


def _settings(config: TrainBenchConfig, model: LatentNetwork) -> dict[str, str]:
    recipe, spec = config.recipe, config.recipe.preprocessing
    count = sum(p.numel() for p in model.parameters())
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    memory = ", ".join(f"{name} {value}" for name, value in vars(recipe.memory).items())
    settings = {
        "base": f"{config.size}, random weights, {count:,} parameters, {trained:,} trained",
        "recipe": f"{spec.height_px} x {spec.width_px} px, {recipe.precision}, batch {recipe.batch_size} in "
        f"{recipe.accumulate}, {recipe.data.num_workers} workers, {recipe.optim.kind}",
        "memory levers": memory,
    }
    return settings | ({"quick": "yes: these figures are worth nothing"} if config.quick else {})
