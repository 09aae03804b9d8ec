"""What a training run of the person parser is: its photos, labels, network and loaders."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pytorch_lightning import Callback
from torch import nn
from typing_extensions import override

from fitroom.bundles.format import Bundle
from fitroom.data.parsing.augment import ParseAugment
from fitroom.data.parsing.backdrops import Backdrops
from fitroom.data.parsing.labelled import read_labelled
from fitroom.data.parsing.loaders import ParsingData
from fitroom.data.parsing.photos import ParsedPhotos, labels_in, read_photos, repeated
from fitroom.errors import ConfigError
from fitroom.models.parser import Parser, ParserConfig, grown
from fitroom.models.weights import WeightsRecord, load_backbone
from fitroom.progress import log
from fitroom.training import launch
from fitroom.training.module import RunModule
from fitroom.training.parser.callbacks import ParseGrid
from fitroom.training.parser.config import ParserRunConfig
from fitroom.training.parser.module import ParserModule
from fitroom.training.plan import Built, Plan, Shipment, start_bundle
from fitroom.training.run_folder import check_photos, check_run


def make_plan(config: ParserRunConfig, resume: bool = False) -> ParserPlan:
    """Reads the photos and their labels; writes nothing."""
    launch.check_batch(config, in_pairs=False)
    folder, start_step = check_run(config, resume)
    start = start_bundle(config.start, "parser")
    backdrops = Backdrops(config.data.backgrounds)
    photos = read_photos(config.data.folder)
    fit, select = photos.of_part("fit"), photos.of_part("select")
    if not len(fit):
        raise ConfigError("the fit part is empty", where=config.data.folder, rule="cases of split train")
    places = repeated(fit, config.data.rare_share)
    if config.data.labelled:
        labelled = read_labelled(config.data.labelled)
        places = _mixed(places, range(len(fit), len(fit) + len(labelled)), config.data.labelled_share)
        photos, fit = photos.and_also(labelled), fit.and_also(labelled)
    if resume:
        check_photos(folder, photos.manifest)
    if not len(select):
        log.warning("there is no select part: nothing is validated")
    return ParserPlan(
        config,
        folder,
        photos.manifest,
        fit.manifest,
        select.manifest,
        num_steps=max(round(config.epochs * len(places) / config.batch_size), 1),
        steps_per_epoch=math.ceil(len(places) / config.batch_size),
        start_step=start_step,
        model_config=_with_labels(config.model, photos, start),
        photos={"fit": fit, "select": select},
        places=places,
        backdrops=backdrops,
        start=start,
    )


def _mixed(simulated: list[int], labelled: Sequence[int], share: float) -> list[int]:
    """Places of an epoch: those of the wardrobe as many whole times as make the others ``share`` of all, about."""
    times = round(len(labelled) * (1 - share) / share / len(simulated))
    return simulated * max(times, 1) + list(labelled)


def _with_labels(config: ParserConfig, photos: ParsedPhotos, start: Bundle | None) -> ParserConfig:
    """The config with its labels: its own, or those of the start bundle, or all that the photos hold."""
    before = None if start is None else list(start.spec.model["labels"])
    labels = config.labels or before or labels_in(photos)
    if before is not None and (other := [label for label in labels if label not in before]):
        raise ConfigError(
            "the start bundle lacks some labels", where="model.labels", rule=f"of {', '.join(before)}", got=other
        )
    return replace(config, labels=labels)


@dataclass
class ParserPlan(Plan):
    """A plan with labels and photos."""

    config: ParserRunConfig
    model_config: ParserConfig
    photos: dict[str, ParsedPhotos]
    places: list[int]
    backdrops: Backdrops
    start: Bundle | None

    @override
    def network(self) -> nn.Module:
        model = Parser(self.model_config)
        model.encoder.freeze(self.config.optim.freeze_stages)
        return model

    @override
    def about(self) -> Iterable[tuple[str, str]]:
        config, spec = self.config, self.config.preprocessing
        yield "labels", f"{len(self.model_config.labels)}: {', '.join(self.model_config.labels).lower()}"
        yield "backbone", f"{self.model_config.backbone}, weights {config.start or config.weights}"
        yield "input", f"{spec.height_px} x {spec.width_px} px, {spec.resize}, {config.precision}"
        if config.sizes:
            yield "shown at", ", ".join(f"{size.height_px} x {size.width_px} px" for size in config.sizes)
        if len(self.places) > len(self.fit):
            yield "an epoch", f"{len(self.places)} photos, some of them several times"
        yield "backgrounds", f"painted, and {len(self.backdrops.files)} photos"

    @override
    def build(self) -> Built:
        config = self.config
        model, weights = self._started()
        module = ParserModule(model, config, self.num_steps)
        data = ParsingData(
            self.photos["fit"],
            self.photos["select"],
            self.model_config.labels,
            config.preprocessing,
            ParseAugment(config.augment, self.backdrops),
            places=self.places,
            sizes=config.sizes,
            batch_size=config.batch_size,
            num_steps=self.num_steps,
            seed=config.seed,
            num_workers=config.data.num_workers,
        )
        return Built(module, data, weights)

    @override
    def callbacks(self) -> list[Callback]:
        if not self.config.logging.error_grid or not len(self.select):
            return []
        return [ParseGrid(self.folder, self.photos["select"], self.model_config.labels)]

    @override
    def shipment(self, module: RunModule) -> Shipment:
        parser: Any = module
        measured = None
        if parser.scores is not None:
            iou_by_label = zip(self.model_config.labels, parser.scores.iou_L, strict=True)
            scores = {
                "mean IoU": parser.scores.mean_iou,
                "boundary F at 2 px": parser.scores.boundary_f,
                **{f"IoU {label.lower()}": float(iou) for label, iou in iou_by_label},
            }
            known = {f"select part, {name}": value for name, value in scores.items() if np.isfinite(value)}
            measured = {"select part, photos": len(self.select), **known}
        before = self.start.trained_on() if self.start else ()
        return Shipment(self.model_config, self.config.preprocessing, measured=measured, learned_too=before)

    def _started(self) -> tuple[Parser, WeightsRecord]:
        """The network with its start weights, and where they came from."""
        if self.start is None:
            backbone, weights = load_backbone(self.model_config.backbone, self.config.weights)
            return Parser(self.model_config, backbone), weights
        model: Any = self.start.build_model()
        same = replace(
            model.config, labels=self.model_config.labels, guide=model.config.guide or self.model_config.guide
        )
        if same != self.model_config:
            raise ConfigError(
                "the start bundle is another network", where="model", rule=str(model.config), got=self.model_config
            )
        return grown(model, self.model_config), self.start.spec.weights
