"""What a training run of the body model is: its people, scale, network and loaders."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pytorch_lightning import Callback
from torch import nn
from typing_extensions import override

from fitroom.contracts import Preprocessing
from fitroom.data.sizing.body_surveys import read_surveys
from fitroom.data.sizing.loaders import PeopleData
from fitroom.data.sizing.people import MEASURES, TOLD, People, make_people
from fitroom.data.sizing.simulated_people import simulated_people
from fitroom.errors import ConfigError
from fitroom.models.sizing.body_model import BodyModel
from fitroom.models.sizing.config import SizingConfig
from fitroom.models.weights import WeightsRecord
from fitroom.progress import log
from fitroom.training import launch
from fitroom.training.module import RunModule
from fitroom.training.plan import Built, Plan, Shipment
from fitroom.training.run_folder import check_photos, check_run
from fitroom.training.sizing.config import SizingRunConfig
from fitroom.training.sizing.module import SizingModule

_QUARTILES_APART = 1.349  # of a normal distribution, in standard deviations


def make_plan(config: SizingRunConfig, resume: bool = False) -> SizingPlan:
    """Reads the people; writes nothing. Those of the test part are not even looked at."""
    launch.check_batch(config, in_pairs=False)
    folder, start_step = check_run(config, resume)
    people = _people(config)
    if resume:
        check_photos(folder, people.manifest)
    fit, select = people.of_part("train"), people.of_part("validation")
    if not len(fit):
        raise ConfigError("the fit part is empty", where=config.data.folder, rule="people of the train part")
    if not len(select):
        log.warning("there is no select part: nothing is validated")
    return SizingPlan(
        config,
        folder,
        people.manifest,
        fit.manifest,
        select.manifest,
        num_steps=max(round(config.epochs * len(fit) / config.batch_size), 1),
        steps_per_epoch=math.ceil(len(fit) / config.batch_size),
        start_step=start_step,
        model_config=scaled(config.model, fit),
        people={"fit": fit, "select": select},
    )


def scaled(config: SizingConfig, fit: People) -> SizingConfig:
    """The config with its axes, their scale, and how people tell their measures, from the fit part."""
    logs_ND = np.log(fit.values_ND)
    if lacks := [name for name, column in zip(MEASURES, logs_ND.T, strict=True) if np.isfinite(column).sum() < 2]:
        raise ConfigError("nobody was measured there", where="data", rule="two people a measure at least", got=lacks)
    center, scale = (of(logs_ND, axis=0).round(5).tolist() for of in (np.nanmean, np.nanstd))
    return replace(config, measures=list(MEASURES), center=center, scale=scale, told=_told(fit.table))


def _told(table: pd.DataFrame) -> dict[str, list[float]]:
    """Median and spread of told less measured; the spread by quartiles, since a few people told another's height."""
    found = {}
    for name in TOLD:
        less = (table[name] - table[name.removeprefix("told_")]).dropna()
        if len(less) > 1:
            low, middle, high = np.quantile(less, (0.25, 0.5, 0.75))
            found[name.removeprefix("told_")] = np.array([middle, (high - low) / _QUARTILES_APART]).round(5).tolist()
    return found


def _people(config: SizingRunConfig) -> People:
    people = read_surveys(Path(config.data.folder))
    if config.data.bodies:
        tables = [people.table, simulated_people(config.data.bodies).table]
        people = make_people(people.root, pd.concat(tables, ignore_index=True))
    return people.subset((people.table["split"] != "test").to_numpy())


@dataclass
class SizingPlan(Plan):
    """A plan with its people."""

    config: SizingRunConfig
    model_config: SizingConfig
    people: dict[str, People]

    @override
    def network(self) -> nn.Module:
        return BodyModel(self.model_config)

    @override
    def about(self) -> Iterable[tuple[str, str]]:
        counts = self.people["fit"].table["survey"].value_counts()
        yield "people", ", ".join(f"{count} of {name}" for name, count in counts.items())
        yield "measures", f"{len(MEASURES)}: {', '.join(MEASURES)}"
        yield "mixture", f"{self.model_config.components} Gaussians a sex"

    @override
    def build(self) -> Built:
        config, spec = self.config, self.model_config
        module = SizingModule(BodyModel(spec), config, self.num_steps)
        data = PeopleData(
            self.people["fit"], self.people["select"], spec.center, spec.scale,
            batch_size=config.batch_size, num_steps=self.num_steps, seed=config.seed,
        )  # fmt: skip
        return Built(module, data, WeightsRecord("none", None, None))

    @override
    def callbacks(self) -> list[Callback]:
        return []

    @override
    def shipment(self, module: RunModule) -> Shipment:
        sizing: Any = module
        measured = {"select part, people": len(self.select)}
        if sizing.nats is not None:
            measured["select part, nats a person for what was not told"] = sizing.nats
        return Shipment(self.model_config, Preprocessing(), measured=measured)
