"""``fitroom bench train``: steps on a large base, beside a plain diffusers loop, in one run."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import torch

from fitroom.bench.blocks import take_turns
from fitroom.bench.large_base.diffusers_loop import DiffusersLoop
from fitroom.bench.large_base.latent_training import OurLatentTraining, untrained
from fitroom.bench.large_base.made_up_pairs import make_pairs_folder
from fitroom.bench.large_base.tables import ENCODED, KEPT, PLAIN, memory_table, speed_table
from fitroom.bench.report import Report, Table, check_out, publish, surroundings
from fitroom.bench.training import PRECISIONS, BlockSize, device_of
from fitroom.bench.tryon.catvton_form import PeerSize
from fitroom.config import parse_config
from fitroom.contracts import Preprocessing
from fitroom.data.tryon.batches import TryOnModes
from fitroom.data.tryon.photo_changes import PhotoAugment
from fitroom.data.tryon.photo_sources import PairPhotos
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
        name: OurLatentTraining(model, _with_latents(recipe, name == KEPT), photos, size, folder / name)
        for name in (ENCODED, KEPT)
    }
    if config.peer:
        sides[PLAIN] = DiffusersLoop(model, recipe, pairs, size)
    rates = take_turns({name: side.block for name, side in sides.items()}, config.rounds)
    tables = [speed_table(rates, recipe, size)]
    if device_of(recipe).type == "cuda":
        peaks = {name: side.peak_bytes for name, side in sides.items()}
        estimates = {name: _with_latents(recipe, name == KEPT) for name in sides}
        tables.append(memory_table(estimates, SIZES[config.size], peaks))
    return tables


def _with_latents(recipe: LatentTryOnRunConfig, on_disk: bool) -> LatentTryOnRunConfig:
    return replace(recipe, memory=replace(recipe.memory, latents_on_disk=on_disk))


def _settings(config: TrainBenchConfig, model: LatentNetwork) -> dict[str, str]:
    recipe, spec = config.recipe, config.recipe.preprocessing
    count = sum(p.numel() for p in model.parameters())
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    levers = {name: value for name, value in vars(recipe.memory).items() if name != "latents_on_disk"}
    memory = ", ".join(f"{name} {value}" for name, value in levers.items())
    settings = {
        "base": f"{config.size}, random weights, {count:,} parameters, {trained:,} trained",
        "recipe": f"{spec.height_px} x {spec.width_px} px, {recipe.precision}, batch {recipe.batch_size} in "
        f"{recipe.accumulate}, {recipe.data.num_workers} workers, {recipe.optim.kind}",
        "memory levers": memory,
    }
    return settings | ({"quick": "yes: these figures are worth nothing"} if config.quick else {})
