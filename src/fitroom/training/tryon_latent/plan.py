"""What a training run on a large base is: its cases, its network and what memory it will take."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pytorch_lightning import Callback
from torch import nn
from typing_extensions import override

from fitroom.bundles.format import Bundle
from fitroom.config import load_config
from fitroom.data.tryon.photo_sources import open_photos
from fitroom.data.tryon.photos import PhotoData, PhotoDataset, TryOnPhotos
from fitroom.errors import ConfigError
from fitroom.models.registry import parse_model_config
from fitroom.models.tryon_latent import attention, low_rank_file
from fitroom.models.tryon_latent.attention import find_weights
from fitroom.models.tryon_latent.base import find_base
from fitroom.models.tryon_latent.config import LatentTryOnConfig
from fitroom.models.tryon_latent.low_rank_file import adopt, read_low_rank
from fitroom.models.tryon_latent.network import on_base, outline
from fitroom.models.tryon_latent.shared import LatentNetwork
from fitroom.models.weights import WeightsRecord, file_sha256
from fitroom.progress import log
from fitroom.training import launch
from fitroom.training.module import RunModule
from fitroom.training.plan import Built, Plan, Shipment, start_bundle
from fitroom.training.run_folder import check_photos, check_run, check_same
from fitroom.training.trained_average import TrainedAverage
from fitroom.training.tryon_latent.config import LatentTryOnRunConfig
from fitroom.training.tryon_latent.grid import LatentSampleGrid
from fitroom.training.tryon_latent.memory import GIB, estimate
from fitroom.training.tryon_latent.module import LatentTryOnModule
from fitroom.training.tryon_latent.optimizer import load_8bit
from fitroom.training.tryon_latent.precompute import PrecomputeLatents

_SHAPE = ("form", "join", "text", "prompt_tokens", "told_guidance", "tryon_rank", "tryon_layers", "fit_rank")


def make_plan(config: LatentTryOnRunConfig, resume: bool = False) -> LatentTryOnPlan:
    """Looks at the cases; writes nothing but the cache of decoded ones, and of the base only configs are read."""
    launch.check_batch(config, in_pairs=False)
    if config.attention and config.model.form != "inpainting":
        adopt(config.model, read_low_rank(Path(config.attention)))
    folder, start_step = check_run(config, resume, same=False)
    if resume:
        config.model.base_sha256 = load_config(type(config), folder.config).model.base_sha256
    start = start_bundle(config.start, "tryon_latent")
    if start is not None:
        _check_start(start, config.model)
    data = config.data
    photos = open_photos(
        data.folder, data.layout, config.preprocessing, select=data.select, limit=data.limit, pseudo=data.pseudo,
        share=(launch.local_rank(), launch.local_world_size()),
    )  # fmt: skip
    config.data.modes = photos.modes(data.modes)
    if resume:
        check_same(config, folder)  # the stored one names the modes that these photos have
    used = np.zeros(len(photos.manifest), bool)
    used[[*photos.fit, *photos.select]] = True
    manifest = photos.manifest.subset(used)
    if resume:
        check_photos(folder, manifest)
    if not len(photos.fit):
        raise ConfigError(
            "the fit part is empty", where=data.folder, rule="more cases than are held out to be looked at",
            got=f"{len(photos.select)} of {len(photos.manifest)} are, as data.select says", fix="a smaller data.select",
        )  # fmt: skip
    if not len(photos.select):
        log.warning("there is no select part: nothing is validated")
    of_part = [np.isin(np.arange(len(photos.manifest)), part) for part in (photos.fit, photos.select)]
    return LatentTryOnPlan(
        config,
        folder,
        manifest,
        photos.manifest.subset(of_part[0]),
        photos.manifest.subset(of_part[1]),
        num_steps=max(round(config.epochs * len(photos.fit) / config.batch_size), 1),
        steps_per_epoch=math.ceil(len(photos.fit) / config.batch_size),
        start_step=start_step,
        photos=photos,
        start=start,
    )


@dataclass
class LatentTryOnPlan(Plan):
    """A plan with cases."""

    config: LatentTryOnRunConfig
    photos: TryOnPhotos
    start: Bundle | None

    @override
    def network(self) -> nn.Module:
        model = outline(self.config.model)
        model.train_adapters([*self.config.train])
        return model

    @override
    def about(self) -> Iterable[tuple[str, str]]:
        config, spec = self.config, self.config.preprocessing
        yield "base", f"{config.model.base}, {config.model.form}, begins with {self._beginning()}"
        yield "frame", f"{spec.height_px} x {spec.width_px} px, {spec.resize}, {config.precision}"
        yield "adapters", ", ".join(config.train)
        if config.memory.latents_on_disk:
            yield "latents", "on disk" + " but for what is moved or hidden anew" * config.encodes_in_steps()
        yield "modes", ", ".join(f"{name} {share:g}" for name, share in vars(config.data.modes).items())

    @override
    def needs(self, model: nn.Module) -> Iterable[tuple[str, str]]:
        assert isinstance(model, LatentNetwork)
        processes = launch.planned(self.config)
        needed = estimate(model, self.config, processes)
        parts = {name: value for name, value in vars(needed).items() if name != "flops"}
        yield "memory", f"about {needed.total / GIB:.2f} GiB on each GPU, without what the allocator needs: "
        yield "", " + ".join(f"{name} {value / GIB:.2f}" for name, value in parts.items())
        epoch = needed.flops * len(self.fit)
        hours = epoch / 100e12 / processes / 3600
        yield "work", f"{epoch / 1e15:.3g} PFLOP an epoch, {hours:.3g} hours where each GPU does 100 TFLOP/s"

    @override
    def build(self) -> Built:
        config = self.config
        if config.optim.kind != "adamw":
            load_8bit(config.optim.kind)  # before the base is read
        model, weights = self._started()
        photos, seed = self.photos, config.seed
        data = PhotoData(
            PhotoDataset(photos, photos.fit, config.data.modes, config.augment, seed),
            self._looked_at(),
            batch_size=config.batch_size,
            num_steps=self.num_steps,
            seed=seed,
            num_workers=config.data.num_workers,
        )
        return Built(LatentTryOnModule(model, config, self.num_steps), data, weights)

    @override
    def average(self) -> TrainedAverage:
        device = torch.device("cpu") if self.config.memory.average_on_cpu else None
        return TrainedAverage(self.config.ema_decay, device)

    @override
    def callbacks(self) -> list[Callback]:
        config, logging = self.config, self.config.logging
        callbacks: list[Callback] = []
        if config.memory.latents_on_disk:
            callbacks.append(PrecomputeLatents(config))
        if logging.error_grid:
            shown = self._looked_at()
            if not len(shown):
                shown = PhotoDataset(self.photos, self.photos.fit, self.photos.looked_at)
            looks = (logging.error_grid, logging.grid_steps, logging.sampling_steps)
            callbacks.append(LatentSampleGrid(self.folder, shown, *looks))
        return callbacks

    @override
    def shipment(self, module: RunModule) -> Shipment:
        latent: Any = module
        measured = {"select part, cases": len(self.select)} | {
            f"select part, {name}": value for name, value in latent.scores.items()
        }
        before = self.start.trained_on() if self.start else ()
        return Shipment(
            self.config.model,
            self.config.preprocessing,
            measured=measured if latent.scores else None,
            learned_too=[*self.photos.files(), *before],
        )

    def _looked_at(self) -> PhotoDataset:
        """The select part in one mode, nothing changed at random."""
        return PhotoDataset(self.photos, self.photos.select, self.photos.looked_at)

    def _beginning(self) -> str:
        return self.config.start or self.config.attention or "its own weights"

    def _started(self) -> tuple[LatentNetwork, WeightsRecord]:
        """The network on its base, with the adapters it begins with."""
        config = self.config
        base = find_base(config.model.base, config.model.form, config.model.variant)
        log.info("reading the base %s", base.folder)
        config.model.base_sha256 = config.model.base_sha256 or base.sha256()
        model = on_base(config.model, attention=config.attention, dtype=getattr(torch, config.memory.base_dtype))
        if self.start is not None:
            begin_with(model, self.start)
        return model, WeightsRecord(f"base {base.name}{self._released()}", config.model.base_sha256, None)

    def _released(self) -> str:
        """What to say of the released weights that the run begins with; "" where there are none."""
        if not self.config.attention:
            return ""
        usual = attention.FILES if self.config.model.form == "inpainting" else low_rank_file.FILES
        file = find_weights(Path(self.config.attention), usual)
        return f", {file.name} (SHA-256 `{file_sha256(file)}`)"


def begin_with(model: LatentNetwork, start: Bundle) -> None:
    """Puts a bundle's adapters in the place of the network's; those that the bundle has not stay as they begin."""
    model.load_state_dict(model.state_dict() | start.tensors())


def _check_start(start: Bundle, config: LatentTryOnConfig) -> None:
    """Raises ConfigError where the bundle's adapters would not fit."""
    kept = parse_model_config("tryon_latent", start.spec.model)
    told, asked = ({name: getattr(model, name) for name in _SHAPE} for model in (kept, config))
    if asked != told:
        raise ConfigError("the start bundle is another network", where="model", rule=str(told), got=asked)
    config.base_sha256 = config.base_sha256 or kept.base_sha256
