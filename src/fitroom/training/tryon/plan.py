"""What a training run of the try-on model is: its cases, network and loaders."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pytorch_lightning import Callback
from torch import nn
from typing_extensions import override

from fitroom.bundles.format import Bundle
from fitroom.data.tryon.batches import TryOnData, TryOnDataset, recipe
from fitroom.data.tryon.cases import TryOnCases, read_cases
from fitroom.errors import ConfigError
from fitroom.models.tryon.network import TryOnNetwork
from fitroom.models.weights import WeightsRecord, load_backbone
from fitroom.pipelines.parse import ParsePipeline
from fitroom.progress import log
from fitroom.training import launch
from fitroom.training.module import RunModule
from fitroom.training.plan import Built, Plan, Shipment, start_bundle
from fitroom.training.run_folder import check_photos, check_run
from fitroom.training.tryon.callbacks import SampleGrid
from fitroom.training.tryon.config import TryOnRunConfig
from fitroom.training.tryon.fit_figures import FitFigures, rows_of
from fitroom.training.tryon.module import TryOnModule, freeze


def make_plan(config: TryOnRunConfig, resume: bool = False) -> TryOnPlan:
    """Reads the cases, decoding them where the cache has them not; writes nothing but that cache."""
    launch.check_batch(config, in_pairs=False)
    folder, start_step = check_run(config, resume)
    start = start_bundle(config.start, "tryon")
    share = (launch.local_rank(), launch.local_world_size())
    cases = read_cases(config.data.folder, recipe(config.preprocessing), share=share)
    fit, select = cases.of_split("train"), cases.of_split("validation")
    fit = fit[: config.data.limit] if config.data.limit else fit
    if config.data.select and len(select) > config.data.select:
        select = select[np.linspace(0, len(select) - 1, config.data.select).astype(int)]
    used = np.zeros(len(cases), bool)
    used[[*fit, *select]] = True
    manifest = cases.manifest.subset(used)
    if resume:
        check_photos(folder, manifest)
    if not len(fit):
        raise ConfigError("the fit part is empty", where=config.data.folder, rule="cases of split train")
    if not len(select):
        log.warning("there is no select part: nothing is validated")
    of_part = [np.isin(np.arange(len(cases)), part) for part in (fit, select)]
    return TryOnPlan(
        config,
        folder,
        manifest,
        cases.manifest.subset(of_part[0]),
        cases.manifest.subset(of_part[1]),
        num_steps=max(round(config.epochs * len(fit) / config.batch_size), 1),
        steps_per_epoch=math.ceil(len(fit) / config.batch_size),
        start_step=start_step,
        cases=cases,
        indices={"fit": fit, "select": select},
        start=start,
        fit_figures=_fit_figures(config, cases, select) if config.logging.fit_cases and len(select) else None,
    )


def _fit_figures(config: TryOnRunConfig, cases: TryOnCases, select: np.ndarray) -> FitFigures:
    parser = ParsePipeline.from_bundle(config.logging.parser)
    places = np.unique(np.linspace(0, len(select) - 1, config.logging.fit_cases).astype(int)).tolist()
    case_ids = [cases.rows[select[place]]["case_id"] for place in places]
    rows = rows_of(config.data.folder, case_ids, config.preprocessing)
    return FitFigures(rows, TryOnDataset(cases, select), places, parser, config.preprocessing)


@dataclass
class TryOnPlan(Plan):
    """A plan with cases."""

    config: TryOnRunConfig
    cases: TryOnCases
    indices: dict[str, np.ndarray]
    start: Bundle | None
    fit_figures: FitFigures | None

    @override
    def network(self) -> nn.Module:
        model = TryOnNetwork(self.config.model)
        freeze(model, self.config.optim)
        return model

    @override
    def about(self) -> Iterable[tuple[str, str]]:
        config, spec = self.config, self.config.preprocessing
        yield "backbone", f"{config.model.backbone}, weights {config.start or config.weights}"
        yield "frame", f"{spec.height_px} x {spec.width_px} px, {spec.resize}, {config.precision}"
        yield "modes", ", ".join(f"{name} {share:g}" for name, share in vars(config.data.modes).items())

    @override
    def build(self) -> Built:
        config = self.config
        model, weights = self._started()
        module = TryOnModule(model, config, self.num_steps)
        fit = TryOnDataset(self.cases, self.indices["fit"], config.data.modes, config.augment, config.seed)
        data = TryOnData(
            fit,
            TryOnDataset(self.cases, self.indices["select"]),
            batch_size=config.batch_size,
            num_steps=self.num_steps,
            seed=config.seed,
            num_workers=config.data.num_workers,
        )
        return Built(module, data, weights)

    @override
    def callbacks(self) -> list[Callback]:
        logging = self.config.logging
        shown = TryOnDataset(self.cases, self.indices["select"] if len(self.select) else self.indices["fit"])
        callbacks: list[Callback] = []
        if logging.error_grid:
            callbacks.append(SampleGrid(self.folder, shown, logging.error_grid, logging.grid_steps))
        if self.fit_figures is not None:
            callbacks.append(self.fit_figures)
        return callbacks

    @override
    def shipment(self, module: RunModule) -> Shipment:
        tryon: Any = module
        measured = {"select part, cases": len(self.select)} | {
            f"select part, {name}": value for name, value in tryon.scores.items()
        }
        scores = measured if tryon.scores else None
        before = self.start.trained_on() if self.start else ()
        learned_too = [*self.cases.files(), *before]
        return Shipment(self.config.model, self.config.preprocessing, measured=scores, learned_too=learned_too)

    def _started(self) -> tuple[TryOnNetwork, WeightsRecord]:
        """The network with its start weights, and where they came from."""
        config = self.config.model
        if self.start is None:
            loaded = (load_backbone(config.backbone, self.config.weights) for _ in range(2))
            (garment, weights), (person, _) = loaded
            return TryOnNetwork(config, (garment, person)), weights
        model: Any = self.start.build_model()
        got = replace(model.config, steps=config.steps)
        # It may begin to paint layers, or to tell where garments end.
        begun: Any = {name: False for name in ("layers", "hem") if getattr(config, name) and not getattr(got, name)}
        if got != replace(config, **begun):
            raise ConfigError("the start bundle is another network", where="model", rule=str(got), got=config)
        grown = TryOnNetwork(config)
        grown.load_state_dict(model.state_dict(), strict=not begun)
        return grown, self.start.spec.weights
