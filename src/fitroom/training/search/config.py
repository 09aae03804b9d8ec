"""The typed config of a training run of the search network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from fitroom.contracts import Preprocessing
from fitroom.data.search.views import ViewConfig
from fitroom.errors import ConfigError
from fitroom.models.search.config import SearchConfig
from fitroom.training.config import OptimConfig, RunConfig


@dataclass
class SearchDataConfig:
    """What is learned from."""

    folder: str
    """A wardrobe, or a folder of several; the train split is learned from, validation looked at."""
    views: int = 4
    """Of every picture: the first as it is, every second one dyed."""
    features: str = ""
    """Folder in which the features of views are kept from run to run; "" = they are made anew."""

    def __post_init__(self) -> None:
        if not self.folder or self.views < 1:
            raise ConfigError("there is nothing to learn from", where="data", rule="a folder, and a view",
                              got=(self.folder, self.views))  # fmt: skip


@dataclass
class SearchLossConfig:
    """What is minimised: InfoNCE both ways, worn garments against products and products against worn garments; and the
    second stage's cross-entropy among the own product and the wrong ones that the first stage finds most alike."""

    temperature: float = 0.07
    """By which similarities are divided; smaller = only the nearest wrong ones count."""
    rivals: int = 7
    """Wrong products of the batch that the second stage tells each worn garment's from."""

    def __post_init__(self) -> None:
        if self.rivals < 1:
            raise ConfigError("there is nothing to tell apart", where="loss", rule="1 rival or more", got=self.rivals)
        if self.temperature <= 0:
            raise ConfigError("no softmax has this temperature", where="loss", rule="above 0", got=self.temperature)


@dataclass(kw_only=True)
class SearchRunConfig(RunConfig):
    """One training run of the search network; the backbone keeps its start weights."""

    data: SearchDataConfig
    model: SearchConfig = field(default_factory=SearchConfig)
    preprocessing: Preprocessing = field(default_factory=lambda: Preprocessing(160, 128, "pad"))
    views: ViewConfig = field(default_factory=ViewConfig)
    optim: OptimConfig = field(default_factory=lambda: OptimConfig(lr=2e-3, weight_decay=0.1))
    loss: SearchLossConfig = field(default_factory=SearchLossConfig)
    task: Literal["search"] = "search"
    """What kind of model is trained."""
    batch_size: int = 256
    """Pairs an optimizer step: each worn garment is told from the products of the others."""
    epochs: float = 60.0
    """Times each worn garment is seen, in a view drawn anew."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.accumulate > 1:
            raise ConfigError(
                "a garment would be told from those of its micro-batch alone",
                where="accumulate",
                rule="1: what is wrong comes from the whole batch",
                got=self.accumulate,
                fix="a smaller batch_size, or more processes, which share one batch",
            )

    def fixed(self) -> dict[str, Any]:
        """As for every run; pictures are known by their content, wherever the wardrobe lies."""
        return super().fixed() | {"data": replace(self.data, folder=".", features="")}
