"""The typed config of a training run of the body model."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from fitroom.models.sizing.config import SizingConfig
from fitroom.training.config import OptimConfig, RunConfig, require_range


@dataclass
class SizingDataConfig:
    """Who is learned from."""

    folder: str
    """Folder of ANSUR II and NHANES as published; see ``data.body_surveys``."""
    bodies: int = 0
    """Bodies of the simulated wardrobe besides, a few seconds each."""

    def __post_init__(self) -> None:
        require_range("data", self, bodies=100_000)


@dataclass
class SizingLossConfig:
    """What is minimised: ``joint + conditional * share``, both as nats a person."""

    conditional: float = 1.0
    """Factor of the loss of the rest given what is told: what the advisor is asked for, where the joint density would
    spend its bends on how heights and weights are spread."""

    def __post_init__(self) -> None:
        require_range("loss", self, conditional=math.inf)


@dataclass(kw_only=True)
class SizingRunConfig(RunConfig):
    """One training run of the body model."""

    data: SizingDataConfig
    model: SizingConfig = field(default_factory=SizingConfig)
    optim: OptimConfig = field(default_factory=lambda: OptimConfig(lr=2e-2, weight_decay=0.0))
    loss: SizingLossConfig = field(default_factory=SizingLossConfig)
    task: Literal["sizing"] = "sizing"
    """What kind of model is trained."""
    batch_size: int = 256
    """People an optimizer step, over all processes and accumulation."""
    epochs: float = 40.0
    """Times each person of the train part is seen, each time telling other measures."""
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = "32-true"
    """Cholesky factors of covariances need all of 32 bits."""

    def fixed(self) -> dict[str, Any]:
        """As for every run; people are known by their measures, wherever the files lie."""
        return super().fixed() | {"data": replace(self.data, folder="")}
