"""``fitroom bench data``: how fast photos become batches, beside torchvision and timm, and beside the network."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import timm.data
import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder

from fitroom.bench.blocks import ratio, take_turns
from fitroom.bench.peer import augmentation
from fitroom.bench.photos import enlarge_photos, link_photos, median_size, open_photos
from fitroom.bench.report import Report, Spread, Table, check_out, publish, surroundings
from fitroom.bench.training import BlockSize, OurTraining, now_s, released_recipe, training_data
from fitroom.config import parse_config
from fitroom.data.manifest import Manifest
from fitroom.data.recognition.augment import Augment
from fitroom.data.recognition.batches import RecognitionDataset, collate, resolve_heads
from fitroom.data.source import SourceConfig
from fitroom.data.stream import StepBatchSampler
from fitroom.errors import ConfigError
from fitroom.images import decode_rgb_u8, normalize_u8
from fitroom.runinfo import seed_everything
from fitroom.training.recognizer.config import RecognizerRunConfig

LARGE = 4  # times the stored photo's width and height: what a phone's camera writes
FORMS = ("torchvision", "uncached", "cached")


@dataclass
class DataBenchConfig:
    """Speed of decoding and of loaders beside torchvision and timm, and beside what the network takes."""

    source: SourceConfig | None = None
    """Photos; none = made-up ones of 400 x 533 px."""
    recipe: RecognizerRunConfig = field(default_factory=released_recipe)
    """Sizes, augmentation, batch and network: a file of configs/train, or single fields. Its own data.source is not
    read."""
    workers: list[int] = field(default_factory=lambda: [0, 1, 2])
    """Numbers of loader workers to look at."""
    rounds: int = 5
    """Blocks of each side, after one that does not count."""
    batches: int = 20
    """Timed batches, or training steps, of a block."""
    warmup_batches: int = 5
    """Batches before them, not timed."""
    photos: int = 640
    """How many are used at most; as many are made up where there is no source."""
    quick: bool = False
    """Only see that everything works, with the least of everything: no figure is worth quoting."""
    out: str | None = None
    """Report to write, .md or .json."""

    def __post_init__(self) -> None:
        check_out(self.out)
        if self.quick:
            self.rounds, self.batches, self.warmup_batches, self.photos = 1, 2, 1, 16
        least = min(self.rounds, self.batches, self.warmup_batches, self.photos)
        if least < 1 or not self.workers or min(self.workers) < 0:
            raise ConfigError(
                "there would be nothing to measure", rule="numbers of at least 1, workers of at least 0", got=least
            )


def main(argv: Sequence[str]) -> int:
    """Measures as the words say; see :class:`DataBenchConfig`."""
    config = parse_config(DataBenchConfig, argv, prog="fitroom bench data")
    if config.recipe.threads:
        torch.set_num_threads(config.recipe.threads)
    about = surroundings(["bench", "data", *argv])
    seed_everything(config.recipe.seed)
    with tempfile.TemporaryDirectory(prefix="fitroom-bench-") as name:
        folder = Path(name)
        manifest = open_photos(config.source, folder / "photos", config.photos)
        recipe = config.recipe
        heads = resolve_heads(recipe.model.heads, manifest)
        photos = RecognitionDataset(
            manifest, heads, recipe.preprocessing, Augment(recipe.augment, recipe.preprocessing), recipe.seed
        )
        tables = [_decoding(config, photos, folder), _loading(config, photos, folder)]
    publish(Report("Data speed", _settings(config, manifest), tables, about), config.out)
    return 0


# ------------------------------------------------------------------------------------------------------ decoding


def _decoding(config: DataBenchConfig, photos: RecognitionDataset, folder: Path) -> Table:
    needed = (photos.spec.height_px, photos.spec.width_px)  # what training crops are cut from
    count = config.batches * config.recipe.batch_size
    large = enlarge_photos(photos.manifest, folder / "large", max(count // LARGE**2, 1), LARGE)
    rows = [_decoding_row("as stored", photos.manifest, count, needed, config.rounds)]
    rows.append(_decoding_row(f"{LARGE} times as wide", large, count, needed, config.rounds))
    columns = (
        "photos", "median px", "N", "Pillow photos/s", "fitroom, whole photos/s", "fitroom, as needed photos/s",
        "ratio, whole", "ratio, as needed",
    )  # fmt: skip
    notes = [
        f"Median and range of {config.rounds} blocks of N photos in turn, one process, files in the system's cache; "
        "ratio = fitroom over Pillow.",
        "Pillow: Image.open(path).convert('RGB'). fitroom also checks the header, turns by EXIF, flattens "
        "transparency, and gives an array.",
        f"As needed: JPEGs are decoded at 1/2, 1/4 or 1/8 where that still gives {needed[0]} x {needed[1]} px, which "
        "training crops are cut from.",
    ]
    return Table("Decoding", columns, rows, notes)


def _decoding_row(
    name: str, photos: Manifest, count: int, needed: tuple[int, int], num_rounds: int
) -> tuple[str | int | Spread, ...]:
    paths = [photos.path(sample_id) for sample_id in photos.table["sample_id"][:count]]
    rates = take_turns(
        {
            "Pillow": _decode_all(paths, _plain_pillow),
            "whole": _decode_all(paths, decode_rgb_u8),
            "as needed": _decode_all(paths, lambda path: decode_rgb_u8(path, at_least=needed)),
        },
        num_rounds,
    )
    ratios = [ratio(rates[form], rates["Pillow"]) for form in ("whole", "as needed")]
    return name, median_size(photos), len(paths), *rates.values(), *ratios


def _decode_all(paths: list[Path], decode: Callable[[Path], Any]) -> Callable[[], float]:
    def block() -> float:
        begun_s = now_s()
        for path in paths:
            decode(path)
        return len(paths) / (now_s() - begun_s)

    return block


def _plain_pillow(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")


# ------------------------------------------------------------------------------------------------------- loading


def _loading(config: DataBenchConfig, uncached: RecognitionDataset, folder: Path) -> Table:
    recipe = replace(config.recipe, data=replace(config.recipe.data, cache=True))
    manifest, heads = uncached.manifest, uncached.heads
    size = BlockSize(config.warmup_batches, config.batches)
    links = link_photos(
        manifest, folder / "links", at_least=_num_batches(size, max(config.workers)) * recipe.batch_size
    )
    data = training_data(recipe, manifest, heads, size)
    ours = OurTraining(recipe, data, heads, size, folder / "run")
    assert data.fit_set is not None
    loaders = {
        "torchvision": _torchvision(recipe, links),
        "uncached": _fitroom(recipe, uncached, size),
        "cached": _fitroom(recipe, data.fit_set, size),
    }
    sides: dict[str, Callable[[], float]] = {"training": ours.block}
    for workers in config.workers:
        for form in FORMS:
            sides[f"{form} {workers}"] = _load(loaders[form], workers, size, recipe.batch_size)
    rates = take_turns(sides, config.rounds)
    rows = []
    for workers in config.workers:
        peer, plain, cached = (rates[f"{form} {workers}"] for form in FORMS)
        ratios = (ratio(plain, peer), ratio(cached, peer), ratio(cached, rates["training"]))
        rows.append((workers, peer, plain, cached, *ratios))
    columns = (
        "workers", "torchvision + timm photos/s", "fitroom photos/s", "fitroom, cached photos/s", "ratio",
        "ratio, cached", "cached / training",
    )  # fmt: skip
    return Table("Batches for training", columns, rows, _loading_notes(config, rates["training"]))


def _loading_notes(config: DataBenchConfig, training: Spread) -> list[str]:
    recipe = config.recipe
    return [
        f"Median and range of {config.rounds} blocks in turn, each of {config.batches} batches of {recipe.batch_size} "
        f"photos after {config.warmup_batches} untimed ones, to normalised float32 batches.",
        "torchvision + timm: ImageFolder, Pillow, timm's training transform, PyTorch's DataLoader; as many "
        "augmentations as strong.",
        "Cached: photos decoded once, before the clock runs, at the size that training crops are cut from.",
        f"Training on this machine takes {training} photos/s, loader and {recipe.data.num_workers} workers included; "
        "cached / training above 1 = the network waits for no photo.",
    ]


def _fitroom(
    recipe: RecognizerRunConfig, dataset: RecognitionDataset, size: BlockSize
) -> Callable[[int], Iterator[torch.Tensor]]:
    def batches(workers: int) -> Iterator[torch.Tensor]:
        sampler = StepBatchSampler(len(dataset), recipe.batch_size, _num_batches(size, workers), recipe.seed)
        loader = DataLoader(dataset, batch_sampler=sampler, collate_fn=collate, num_workers=workers)
        return (normalize_u8(batch.image_u8, recipe.preprocessing) for batch in loader)

    return batches


def _torchvision(recipe: RecognizerRunConfig, root: Path) -> Callable[[int], Iterator[torch.Tensor]]:
    spec = recipe.preprocessing
    width, height = Augment(recipe.augment, spec).size
    transform = timm.data.create_transform(
        (3, height, width),
        is_training=True,
        mean=tuple(spec.mean),
        std=tuple(spec.std),
        re_mode="const",
        **augmentation(recipe.augment),
    )
    dataset = ImageFolder(str(root), transform)

    def batches(workers: int) -> Iterator[torch.Tensor]:
        loader = DataLoader(dataset, recipe.batch_size, shuffle=True, num_workers=workers, drop_last=True)
        return (images for images, _ in loader)

    return batches


def _load(
    batches: Callable[[int], Iterator[torch.Tensor]], workers: int, size: BlockSize, batch_size: int
) -> Callable[[], float]:
    def block() -> float:
        made = batches(workers)
        for _ in islice(made, size.warmup):
            pass
        begun_s = now_s()
        for _ in islice(made, size.steps):
            pass
        return size.steps * batch_size / (now_s() - begun_s)

    return block


def _num_batches(size: BlockSize, workers: int) -> int:
    """Batches in an epoch: some more than are timed, so that all workers have work until the clock stops."""
    return size.total + 4 * workers + 1


def _settings(config: DataBenchConfig, manifest: Manifest) -> dict[str, str]:
    recipe, spec = config.recipe, config.recipe.preprocessing
    whose = "made up" if config.source is None else "the source's"
    width, height = Augment(recipe.augment, spec).size
    settings = {
        "photos": f"{len(manifest)}, {whose}, median {median_size(manifest)} px",
        "recipe": f"{recipe.model.backbone}, training at {height} x {width} px, {recipe.precision}",
    }
    return settings | ({"quick": "yes: these figures are worth nothing"} if config.quick else {})
