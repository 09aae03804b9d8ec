"""The typed config of a training run of the network that reads bodies in photos."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from fitroom.errors import ConfigError
from fitroom.models.body_photo.config import BodyPhotoConfig
from fitroom.training.config import OptimConfig, RunConfig


@dataclass
class BodyPhotoDataConfig:
    """What is learned from."""

    folder: str
    """A wardrobe, or a folder of several; the train split is learned from, validation looked at."""
    parser: str = "bundles/parser-wardrobe"
    """Bundle that tells the parts; a photo is later read through the same one."""
    per_body: int = 1
    """Pictures of each body that the parser looks at, to learn how far the readings are to be believed. The networks
    themselves learn from the true parse of all pictures, which costs nothing."""

    def __post_init__(self) -> None:
        if not self.folder or not self.parser or self.per_body < 1:
            raise ConfigError("there is nothing to learn from", where="data", rule="a folder, a parser, and pictures",
                              got=(self.folder, self.parser, self.per_body))  # fmt: skip


@dataclass(kw_only=True)
class BodyPhotoRunConfig(RunConfig):
    """One training run of the network that reads bodies in photos."""

    data: BodyPhotoDataConfig
    model: BodyPhotoConfig = field(default_factory=BodyPhotoConfig)
    optim: OptimConfig = field(default_factory=lambda: OptimConfig(lr=2e-3, weight_decay=0.1))
    task: Literal["body_photo"] = "body_photo"
    """What kind of model is trained."""
    batch_size: int = 64
    """Photos an optimizer step."""
    epochs: float = 20.0
    """Times each photo is seen, each time moved and mirrored anew."""
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = "32-true"
    """Readings are told to a percent: small networks need all of 32 bits."""

    def fixed(self) -> dict[str, Any]:
        """As for every run; pictures are known by their content, wherever the wardrobe lies."""
        return super().fixed() | {"data": replace(self.data, folder=".", parser=".")}
