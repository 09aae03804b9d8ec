"""What a training run of the reading networks is: figures, scale, networks, loaders, and the law of what they read."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from pytorch_lightning import Callback
from torch import nn
from typing_extensions import override

from fitroom.contracts import Preprocessing
from fitroom.data.figures import FigureData, FigureDataset, Figures
from fitroom.data.manifest import Manifest
from fitroom.models.body_photo.config import BodyPhotoConfig, LawConfig
from fitroom.models.body_photo.network import BodyPhotoNetwork
from fitroom.models.sizing.readings import Law
from fitroom.models.weights import WeightsRecord
from fitroom.pipelines.parse import ParsePipeline
from fitroom.pipelines.sizing.wardrobe_figures import read_figures
from fitroom.training import launch
from fitroom.training.body_photo.config import BodyPhotoRunConfig
from fitroom.training.body_photo.module import BodyPhotoModule, errors_cm
from fitroom.training.module import RunModule
from fitroom.training.plan import Built, Plan, Shipment
from fitroom.training.run_folder import check_photos, check_run

_BATCH = 64


def make_plan(config: BodyPhotoRunConfig, resume: bool = False) -> BodyPhotoPlan:
    """Reads the wardrobe; writes nothing but the cache of figures."""
    launch.check_batch(config, in_pairs=False)
    folder, start_step = check_run(config, resume)
    parser = ParsePipeline.from_bundle(config.data.parser)
    data = config.data
    fit = read_figures(data.folder, "train", config.model)
    figures = {
        "fit": fit,
        "law": read_figures(data.folder, "train", config.model, parser, fit, data.per_body),
        "select": read_figures(data.folder, "validation", config.model, parser),
    }
    learned, looked_at = figures["fit"].manifest, figures["select"].manifest
    manifest = Manifest(learned.root, pd.concat([learned.table, looked_at.table], ignore_index=True), [])
    if resume:
        check_photos(folder, manifest)
    return BodyPhotoPlan(
        config, folder, manifest, learned, looked_at,
        num_steps=max(round(config.epochs * len(learned) / config.batch_size), 1),
        steps_per_epoch=math.ceil(len(learned) / config.batch_size),
        start_step=start_step,
        model_config=scaled(config.model, figures["fit"]),
        figures=figures,
    )  # fmt: skip


def scaled(config: BodyPhotoConfig, fit: Figures) -> BodyPhotoConfig:
    """The config with the scale of what is read, each body of the same weight."""
    center_K = np.average(fit.logs_NK, axis=0, weights=fit.weight_N)
    scale_K = np.sqrt(np.average((fit.logs_NK - center_K) ** 2, axis=0, weights=fit.weight_N))
    return replace(config, center=center_K.round(5).tolist(), scale=scale_K.round(5).tolist())


@dataclass
class BodyPhotoPlan(Plan):
    """A plan with its figures."""

    config: BodyPhotoRunConfig
    model_config: BodyPhotoConfig
    figures: dict[str, Figures]

    @override
    def network(self) -> nn.Module:
        return BodyPhotoNetwork(self.model_config)

    @override
    def about(self) -> Iterable[tuple[str, str]]:
        for part, figures in self.figures.items():
            yield part, f"{len(figures)} pictures of {len(set(figures.bodies_N))} bodies"
        yield "reads", ", ".join(self.config.model.measures)

    @override
    def build(self) -> Built:
        config, spec = self.config, self.model_config
        sets = [
            FigureDataset(self.figures[part], spec.center, spec.scale, spec.members, config.seed, part == "fit")
            for part in ("fit", "select")
        ]
        loaders = FigureData(sets[0], sets[1], batch_size=config.batch_size, num_steps=self.num_steps, seed=config.seed)
        module = BodyPhotoModule(BodyPhotoNetwork(spec), config, self.num_steps, self.figures["select"])
        return Built(module, loaders, WeightsRecord("none", None, None))

    @override
    def callbacks(self) -> list[Callback]:
        return []

    @override
    def shipment(self, module: RunModule) -> Shipment:
        """The law is fitted here, to photos as a parser sees them, each read by a member that never met the person."""
        network: Any = module.model
        seen, select = self.figures["law"], self.figures["select"]
        unmet_NK = readings(network, seen)[np.arange(len(seen)), seen.share_of(self.model_config.members)]
        law = Law.fitted(self.model_config.measures, seen.logs_NK, unmet_NK, seen.bodies_N)
        measured: dict[str, Any] = {
            f"{part} part, {what}": count for part, figures in self.figures.items()
            for what, count in (("pictures", len(figures)), ("bodies", len(set(figures.bodies_N))))
        }  # fmt: skip
        for part, read_NK in (("law", unmet_NK), ("select", readings(network, select).mean(1))):
            off_K = errors_cm(read_NK, self.figures[part], self.model_config)
            measured |= {f"{part} part, people not met, {name}, error in cm": float(off)
                         for name, off in zip(self.model_config.measures, off_K, strict=True)}  # fmt: skip
        found = LawConfig(*(part.round(5).tolist() for part in (law.gain_KK, law.offset_K, law.covariance_KK)))
        return Shipment(replace(self.model_config, law=found), Preprocessing(), measured=measured)


def readings(network: BodyPhotoNetwork, figures: Figures) -> np.ndarray:
    """(N, M, K) of every member."""
    was_training, found = network.training, []
    device = next(network.parameters()).device
    network.eval()
    with torch.inference_mode():
        for start in range(0, len(figures), _BATCH):
            shares = torch.from_numpy(figures.shares_u8[start : start + _BATCH].astype(np.float32) / 255)
            found.append(network(shares.to(device)).float().cpu().numpy())
    network.train(was_training)
    return np.concatenate(found)
