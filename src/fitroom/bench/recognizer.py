"""``fitroom bench recognizer``: training and answering speed of the recogniser beside timm, in one process run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import torch

from fitroom.bench.blocks import ratio, take_turns
from fitroom.bench.peer import LOADERS, BatchNorm, PeerTraining, fastest_loader
from fitroom.bench.photos import link_photos, median_size, open_photos
from fitroom.bench.report import Report, Table, check_out, publish, surroundings
from fitroom.bench.step_profile import step_profile
from fitroom.bench.training import BlockSize, OurTraining, released_recipe, training_data
from fitroom.config import parse_config
from fitroom.contracts import Head
from fitroom.data.manifest import Manifest
from fitroom.data.recognition.batches import resolve_heads
from fitroom.data.source import SourceConfig
from fitroom.errors import ConfigError
from fitroom.progress import log
from fitroom.runinfo import seed_everything
from fitroom.training.recognizer.config import RecognizerRunConfig

Part = Literal["training", "latency"]


@dataclass
class RecognizerBenchConfig:
    """Speed of the recogniser beside timm and plain PyTorch, as ratios."""

    source: SourceConfig | None = None
    """Photos to train on and to answer; none = made-up ones of 400 x 533 px."""
    bundle: str | None = None
    """Bundle or run whose network answers; none = the recipe's, untrained."""
    recipe: RecognizerRunConfig = field(default_factory=released_recipe)
    """What is trained, and how: a file of configs/train, or single fields. Its own data.source is not read."""
    parts: list[Part] = field(default_factory=lambda: ["training", "latency"])
    """What to measure."""
    rounds: int = 5
    """Blocks of each side, after one that does not count."""
    steps: int = 20
    """Timed steps of a block."""
    warmup_steps: int = 5
    """Steps before them, not timed."""
    photos: int = 640
    """How many are used at most; as many are made up where there is no source."""
    calls: int = 200
    """Photos answered by each runtime."""
    threads: list[int] = field(default_factory=lambda: [1, 2])
    """Threads to answer with; training takes the recipe's."""
    sizes_px: list[int] = field(default_factory=lambda: [224])
    """Square inputs to answer at, beside the bundle's own."""
    quick: bool = False
    """Only see that everything works, with the least of everything: no figure is worth quoting."""
    out: str | None = None
    """Report to write, .md or .json."""

    def __post_init__(self) -> None:
        check_out(self.out)
        if self.quick:
            self.rounds, self.steps, self.warmup_steps, self.photos, self.calls = 1, 2, 1, 16, 4
        least = min(self.rounds, self.steps, self.warmup_steps, self.photos, self.calls, *self.threads)
        if least < 1:
            raise ConfigError("there would be nothing to measure", rule="all numbers of at least 1", got=least)


def main(argv: Sequence[str]) -> int:
    """Measures as the words say; see :class:`RecognizerBenchConfig`."""
    config = parse_config(RecognizerBenchConfig, argv, prog="fitroom bench recognizer")
    if config.recipe.threads:
        torch.set_num_threads(config.recipe.threads)
    about = surroundings(["bench", "recognizer", *argv])
    with tempfile.TemporaryDirectory(prefix="fitroom-bench-") as name:
        tables, settings = _measure(config, Path(name))
    publish(Report("Recogniser speed", settings, tables, about), config.out)
    return 0


def _measure(config: RecognizerBenchConfig, folder: Path) -> tuple[list[Table], dict[str, str]]:
    seed_everything(config.recipe.seed)
    manifest = open_photos(config.source, folder / "photos", config.photos)
    heads = resolve_heads(config.recipe.model.heads, manifest)
    tables = []
    # Latency first: it needs optional packages, and should not fail minutes later.
    if "latency" in config.parts:
        tables.append(_latency(config, manifest, heads, folder))
    if "training" in config.parts:
        tables[:0] = _training(config, manifest, heads, folder)
    return tables, _settings(config, manifest)


def _latency(config: RecognizerBenchConfig, manifest: Manifest, heads: list[Head], folder: Path) -> Table:
    from fitroom.bench.latency import fresh_bundle, given_bundle, latency_table

    if config.bundle is None:
        bundle = fresh_bundle(config.recipe, heads, folder / "untrained")
    else:
        bundle = given_bundle(config.bundle)
    photos = [manifest.path(name).read_bytes() for name in manifest.table["sample_id"][:64]]
    return latency_table(bundle, config.sizes_px, config.threads, photos, config.calls, folder)


def _training(config: RecognizerBenchConfig, manifest: Manifest, heads: list[Head], folder: Path) -> list[Table]:
    size, recipe = BlockSize(config.warmup_steps, config.steps), config.recipe
    links = link_photos(manifest, folder / "links", at_least=(size.total + 1) * recipe.batch_size)
    data = training_data(recipe, manifest, heads, size)

    def ours_with(batch_norm: Literal["frozen", "trained"]) -> OurTraining:
        optim = replace(recipe.optim, batch_norm=batch_norm)
        return OurTraining(replace(recipe, optim=optim), data, heads, size, folder / batch_norm)

    frozen, trained = ours_with("frozen"), ours_with("trained")
    log.info("choosing timm's loader")
    first = PeerTraining(frozen, links, "freeze_batch_norm_2d", loader=LOADERS[0])
    loader = fastest_loader(first, BlockSize(size.warmup, max(size.steps // 2, 1)))
    pairs: list[tuple[str, OurTraining, PeerTraining]] = [
        ("frozen", frozen, first),
        ("frozen", frozen, PeerTraining(frozen, links, "eval mode", loader)),
        ("trained", trained, PeerTraining(trained, links, "trained", loader)),
    ]
    sides: dict[str, Callable[[], float]] = {}
    for name, ours, peer in pairs:
        sides[f"fitroom, {name}"] = ours.block
        sides[f"timm, {peer.batch_norm}"] = peer.block
    rates = take_turns(sides, config.rounds)
    rows = []
    for name, _, peer in pairs:
        our_rate, peer_rate = rates[f"fitroom, {name}"], rates[f"timm, {peer.batch_norm}"]
        rows.append((_title(name, peer.batch_norm), our_rate, peer_rate, ratio(our_rate, peer_rate)))
    columns = ("batch norm", "fitroom photos/s", "timm photos/s", "ratio")
    notes = [
        f"Median and range of {config.rounds} blocks in turn, each of {size.steps} steps of {recipe.batch_size} photos "
        f"after {size.warmup} untimed ones; the ratio is taken round by round.",
        f"fitroom: what fitroom train runs, without checkpoints, figures and validation; {recipe.data.num_workers} "
        f"workers, photos decoded {'once' if recipe.data.cache else 'each time'}.",
        f"timm: create_model, create_loader, AdamW, ModelEmaV3 in a plain loop; {loader}, the fastest of "
        f"{len(LOADERS)} forms; photos decoded each time.",
        "Both: same photos, start weights, input size, frozen stages, batch, precision, memory layout, threads, and as "
        "many augmentations as strong; torch.compile on neither.",
    ]
    table = Table("Training", columns, rows, notes)
    return [table, step_profile(frozen if recipe.optim.batch_norm == "frozen" else trained)]


def _title(name: str, peer: BatchNorm) -> str:
    return name if name == peer else f"{name} (timm: {peer})"


def _settings(config: RecognizerBenchConfig, manifest: Manifest) -> dict[str, str]:
    recipe, spec = config.recipe, config.recipe.preprocessing
    scale = recipe.augment.scale
    whose = "made up" if config.source is None else "the source's"
    settings = {
        "photos": f"{len(manifest)}, {whose}, median {median_size(manifest)} px",
        "recipe": f"{recipe.model.backbone}, {spec.height_px} x {spec.width_px} px, training at "
        f"{round(spec.height_px * scale)} x {round(spec.width_px * scale)} px, {recipe.precision}, batch "
        f"{recipe.batch_size}, {recipe.optim.freeze_stages} stages frozen",
    }
    return settings | ({"quick": "yes: these figures are worth nothing"} if config.quick else {})
