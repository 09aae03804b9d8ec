"""The typed config of a training run of the outfit network."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from fitroom.errors import ConfigError
from fitroom.models.outfits.config import OutfitConfig
from fitroom.training.config import OptimConfig, RunConfig, require_range


@dataclass
class OutfitDataConfig:
    """What is learned from."""

    folder: str
    """A folder with train.jsonl and, to look at, valid.jsonl; or one of Polyvore Outfits as published."""
    release: Literal["disjoint", "nondisjoint"] = "disjoint"
    """Of Polyvore Outfits; in "disjoint" no piece of one part is in another."""
    num_candidates: int = 12
    """Pieces among which the missing one is found, itself among them."""
    drop_attribute: float = 0.15
    """How often an attribute, the price or the embedding of a piece is taken away."""
    drop_context: float = 0.2
    """How often season, weather or occasion is not said."""
    swap_all: float = 0.3
    """Share of the mixed outfits in which every piece is swapped; else one."""

    def __post_init__(self) -> None:
        require_range("data", self, drop_attribute=1, drop_context=1, swap_all=1)
        if self.num_candidates < 2:
            raise ConfigError("there is nothing to choose from", where="data.num_candidates", rule="2 or more",
                              got=self.num_candidates)  # fmt: skip


@dataclass
class OutfitLossConfig:
    """What is minimised: ``together + completion``."""

    together: float = 1.0
    """Factor of the cross-entropy of outfit against mixed pieces."""
    completion: float = 1.0
    """Factor of the cross-entropy of the piece that was taken among the candidates."""

    def __post_init__(self) -> None:
        require_range("loss", self, together=math.inf, completion=math.inf)


@dataclass(kw_only=True)
class OutfitRunConfig(RunConfig):
    """One training run of the outfit network."""

    data: OutfitDataConfig
    model: OutfitConfig = field(default_factory=OutfitConfig)
    optim: OptimConfig = field(default_factory=lambda: OptimConfig(lr=1e-3, weight_decay=0.02))
    loss: OutfitLossConfig = field(default_factory=OutfitLossConfig)
    task: Literal["outfits"] = "outfits"
    """What kind of model is trained."""
    batch_size: int = 64
    """Outfits an optimizer step, over all processes and accumulation."""
    epochs: float = 20.0
    """Times each outfit is seen, each time with other swaps and blanks."""

    def fixed(self) -> dict[str, Any]:
        """As for every run; outfits are known by their content, wherever the files lie."""
        return super().fixed() | {"data": replace(self.data, folder="")}
