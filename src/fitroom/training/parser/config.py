"""The typed config of a training run of the person parser."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from fitroom.contracts import Preprocessing
from fitroom.data.parsing.augment import ParseAugmentConfig
from fitroom.data.parsing.loaders import TrainSize
from fitroom.errors import ConfigError
from fitroom.models.parser import ParserConfig
from fitroom.training.config import OptimConfig, RunConfig, require_range


@dataclass
class ParserDataConfig:
    """What is learned from, and how it is read."""

    folder: str
    """A simulated wardrobe: its train split is learned from, its validation split looked at."""
    backgrounds: str = ""
    """Photos to cut backgrounds from, besides painted ones; empty = none."""
    labelled: str = ""
    """Photos with a parse each (:mod:`fitroom.data.parsing.labelled`) to learn from as well; empty = none."""
    labelled_share: float = 0.3
    """Of an epoch, about: each of them comes once, the wardrobe's photos as many whole times as that asks for."""
    rare_share: float = 0.0
    """Photos with a part that less than this share of the photos holds are shown more often, and an epoch is longer;
    0 = each once."""
    num_workers: int = 1
    """Loader processes."""

    def __post_init__(self) -> None:
        require_range("data", self, rare_share=1, labelled_share=1, num_workers=math.inf)
        if not self.labelled_share:
            raise ConfigError("no photo would be dealt", where="data.labelled_share", rule="above 0", got=0)


@dataclass
class ParserOptimConfig(OptimConfig):
    """AdamW with warm-up and cosine; the encoder learns slower than the decoder."""

    lr: float = 2e-3
    """Peak learning rate of the decoder at ``batch_size``."""
    encoder_rate: float = 0.25
    """Rate of the encoder, as a share of the decoder's."""
    freeze_stages: int = 1
    """Stem and this many first stages of the encoder keep their weights."""

    def __post_init__(self) -> None:
        require_range("optim", self, encoder_rate=10, freeze_stages=99)
        super().__post_init__()


@dataclass
class ParserLossConfig:
    """What is minimised: ``cross_entropy + dice``."""

    boundary: float = 2.0
    """A pixel near a boundary counts 1 + this much in the cross-entropy."""
    boundary_px: int = 2
    """How near, in px."""
    dice: float = 0.5
    """Factor of the soft Dice loss, mean over the labels in the batch: small parts count as much as large ones."""

    def __post_init__(self) -> None:
        require_range("loss", self, boundary=math.inf, boundary_px=32, dice=math.inf)


@dataclass(kw_only=True)
class ParserRunConfig(RunConfig):
    """One training run of the person parser."""

    data: ParserDataConfig
    model: ParserConfig = field(default_factory=ParserConfig)
    preprocessing: Preprocessing = field(default_factory=lambda: Preprocessing(512, 384, "pad"))
    sizes: list[TrainSize] = field(default_factory=list)
    """Sizes of training photos, one a step; empty = that of ``preprocessing``."""
    augment: ParseAugmentConfig = field(default_factory=ParseAugmentConfig)
    optim: ParserOptimConfig = field(default_factory=ParserOptimConfig)
    loss: ParserLossConfig = field(default_factory=ParserLossConfig)
    start: str = ""
    """A parser bundle (or its run) whose weights and labels the run starts from; empty = ``weights``."""
    task: Literal["parser"] = "parser"
    """What kind of model is trained."""
    batch_size: int = 8
    """Photos an optimizer step, over all processes and accumulation."""

    def fixed(self) -> dict[str, Any]:
        """As for every run; photos are known by their content, wherever they lie."""
        return super().fixed() | {"data": replace(self.data, folder="", labelled="", num_workers=0)}
