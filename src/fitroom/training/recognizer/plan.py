"""What a training run of the garment recogniser is: its photos, heads, network and calibration."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pytorch_lightning import Callback
from torch import nn
from typing_extensions import override

from fitroom.contracts import Head
from fitroom.data.manifest import read_source
from fitroom.data.recognition.batches import resolve_heads
from fitroom.data.recognition.loaders import RecognitionData
from fitroom.data.splits import assign_parts
from fitroom.errors import ConfigError
from fitroom.models.recognizer import Recognizer, RecognizerConfig
from fitroom.models.weights import load_backbone
from fitroom.progress import log
from fitroom.training import launch
from fitroom.training.module import RunModule
from fitroom.training.plan import Built, Plan, Shipment
from fitroom.training.recognizer.calibrate import calibrate, calibration_bundles
from fitroom.training.recognizer.callbacks import ErrorGrid
from fitroom.training.recognizer.config import RecognizerRunConfig
from fitroom.training.recognizer.mixing import is_on
from fitroom.training.recognizer.module import RecognizerModule
from fitroom.training.recognizer.optim import freeze_stages
from fitroom.training.run_folder import check_photos, check_run


def make_plan(config: RecognizerRunConfig, resume: bool = False) -> RecognizerPlan:
    """Audits the data, deals the parts and resolves the heads; writes nothing."""
    launch.check_batch(config, in_pairs=is_on(config.mix))
    folder, start_step = check_run(config, resume)
    calibration_bundles(config.calibration)
    manifest, _ = read_source(config.data.source)
    if resume:
        check_photos(folder, manifest)
    heads = resolve_heads(config.model.heads, manifest)
    parts = assign_parts(manifest, config.data.parts, heads[0].name)
    fit = manifest.subset([part in config.data.fit_on for part in parts])
    select = manifest.subset((parts == "select") & ("select" not in config.data.fit_on))
    if not len(fit):
        raise ConfigError("the fit part is empty", where="data.fit_on", got=config.data.fit_on)
    if not len(select) and not config.calibration.from_bundles:
        log.warning("there is no select part: nothing is validated, and confidences are not calibrated")
    return RecognizerPlan(
        config,
        folder,
        manifest,
        fit,
        select,
        num_steps=max(round(config.epochs * len(fit) / config.batch_size), 1),
        steps_per_epoch=math.ceil(len(fit) / config.batch_size),
        start_step=start_step,
        model_config=replace(config.model, heads=heads),
    )


@dataclass
class RecognizerPlan(Plan):
    """A plan with heads."""

    config: RecognizerRunConfig
    model_config: RecognizerConfig

    @property
    def heads(self) -> list[Head]:
        """With their classes."""
        return self.model_config.heads

    @override
    def network(self) -> nn.Module:
        model = Recognizer(self.model_config)
        freeze_stages(model, self.config.optim.freeze_stages)
        return model

    @override
    def about(self) -> Iterable[tuple[str, str]]:
        for head in self.heads:
            yield f"head {head.name}", f"{head.kind}, {head.num_outputs} outputs {', '.join(head.classes)}"
        spec = self.config.preprocessing
        yield "backbone", f"{self.model_config.backbone}, weights {self.config.weights}"
        yield "input", f"{spec.height_px} x {spec.width_px} px, {spec.resize}, {self.config.precision}"

    @override
    def build(self) -> Built:
        config = self.config
        backbone, weights = load_backbone(self.model_config.backbone, config.weights, config.model.drop_path_rate)
        module = RecognizerModule(Recognizer(self.model_config, backbone), config, self.num_steps)
        data = RecognitionData(
            self.fit,
            self.select,
            self.heads,
            config.preprocessing,
            config.augment,
            batch_size=config.batch_size,
            num_steps=self.num_steps,
            seed=config.seed,
            num_workers=config.data.num_workers,
            cache=config.data.cache,
        )
        return Built(module, data, weights)

    @override
    def callbacks(self) -> list[Callback]:
        count = self.config.logging.error_grid
        return [ErrorGrid(self.folder, self.select, count)] if count and len(self.select) else []

    @override
    def shipment(self, module: RunModule) -> Shipment:
        recognizer: Any = module
        calibration = calibrate(self.heads, recognizer.selection, self.config.calibration)
        return Shipment(self.model_config, self.config.preprocessing, calibration)
