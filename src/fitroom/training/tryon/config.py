"""The typed config of a training run of the try-on model."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from fitroom.contracts import Preprocessing
from fitroom.data.tryon.batches import TryOnAugment, TryOnModes
from fitroom.errors import ConfigError
from fitroom.models.tryon.config import TryOnConfig
from fitroom.training.config import LoggingConfig, OptimConfig, RunConfig, require_range

Part = Literal["garment", "layout", "sizes", "denoiser", "blend", "hem"]
PARTS: tuple[Part, ...] = get_args(Part)


@dataclass
class TryOnDataConfig:
    """What is learned from, and how it is shown."""

    folder: str
    """A simulated wardrobe, or the URL of one that fsspec reads (s3://...): its train split is learned from, its
    validation split looked at."""
    modes: TryOnModes = field(default_factory=TryOnModes)
    """How often each mode is shown."""
    select: int = 48
    """At most this many cases of the validation split are looked at; 0 = all."""
    limit: int = 0
    """At most this many cases of the train split are learned from; 0 = all."""
    num_workers: int = 1
    """Loader processes."""

    def __post_init__(self) -> None:
        require_range("data", self, num_workers=math.inf)


@dataclass
class TryOnOptimConfig(OptimConfig):
    """AdamW with warm-up and cosine; the encoders learn slower than the rest."""

    lr: float = 1e-3
    """Peak learning rate of what starts from random weights, at ``batch_size``."""
    weight_decay: float = 0.01
    """Decoupled; not on biases and norms."""
    warmup: float = 0.03
    """Share of the steps over which the rate rises from 0."""
    final: float = 0.02
    """Rate at the end of the cosine, as a share of ``lr``."""
    clip_norm: float = 2.0
    """Largest norm of the gradient; 0 = no clipping."""
    encoder_rate: float = 0.3
    """Rate of the encoders, as a share of ``lr``."""
    freeze_stages: int = 2
    """Stem and this many first stages of both encoders keep their weights."""
    learns: list[Part] = field(default_factory=lambda: [*PARTS])
    """Parts of the network that learn; the others keep their weights. What the hem alone needs is all it computes."""

    def __post_init__(self) -> None:
        require_range("optim", self, encoder_rate=10, freeze_stages=99)
        if not self.learns or not set(self.learns) <= set(PARTS):
            raise ConfigError("no such part learns", where="optim.learns", rule=", ".join(PARTS), got=self.learns)
        super().__post_init__()


@dataclass
class TryOnLossConfig:
    """Factors of what is minimised; 0 leaves a part out."""

    flow: float = 8.0
    """Distance of the flow from the exact one, at all strides; the garment photo is 2 wide."""
    slope: float = 0.3
    """Distance of the flow's slopes from those of the exact one."""
    layout: float = 0.5
    """Cross-entropy of the answer's layout."""
    source: float = 0.5
    """Cross-entropy of where a pixel comes from, at quarter and at full size."""
    shown: float = 0.1
    """Whether the garment photo shows a point, and where the garment lies in it."""
    denoise: float = 2.0
    """Light on the cloth, and paint."""
    layers: float = 2.0
    """Colours of each layer of the paint, where ``model.layers`` has it so."""
    picture: float = 4.0
    """The composited picture, and half as much its gradients."""
    perceptual: float = 0.0
    """The composited picture in the feature maps of a frozen EfficientNet-Lite2, from its package."""
    hem: float = 0.2
    """Likelihood of the row where the garment ends, where ``model.hem`` has it so."""
    pure: float = 0.5
    """Share of samples that are denoised from pure noise; the others' levels lean towards it."""

    def __post_init__(self) -> None:
        names = ("flow", "slope", "layout", "source", "shown", "denoise", "layers", "picture", "perceptual", "hem")
        require_range("loss", self, pure=1, **dict.fromkeys(names, math.inf))


@dataclass
class TryOnLoggingConfig(LoggingConfig):
    """Where figures go; metrics.csv is always written."""

    error_grid: int = 8
    """Cases of the select part drawn each time; 0 = none."""
    grid_steps: int = 100
    """Steps between sample grids."""
    fit_cases: int = 0
    """Cases of the select part whose fit is read in cm each time; 0 = none."""
    parser: str = "bundles/parser-wardrobe"
    """Bundle of the person parser that sees the garment then."""


@dataclass(kw_only=True)
class TryOnRunConfig(RunConfig):
    """One training run of the try-on model."""

    data: TryOnDataConfig
    model: TryOnConfig = field(default_factory=TryOnConfig)
    preprocessing: Preprocessing = field(default_factory=lambda: Preprocessing(512, 384, "pad"))
    augment: TryOnAugment = field(default_factory=TryOnAugment)
    optim: TryOnOptimConfig = field(default_factory=TryOnOptimConfig)
    loss: TryOnLossConfig = field(default_factory=TryOnLossConfig)
    logging: TryOnLoggingConfig = field(default_factory=TryOnLoggingConfig)
    start: str = ""
    """A try-on bundle (or its run) whose weights the run starts from; empty = ``weights``."""
    task: Literal["tryon"] = "tryon"
    """What kind of model is trained."""
    batch_size: int = 8
    """Cases an optimizer step, over all processes and accumulation."""
    small_share: float = 0.0
    """Share of the steps, the first ones, taken in a frame of half the size: nearly four times as fast."""

    def __post_init__(self) -> None:
        super().__post_init__()
        spec = self.preprocessing
        if spec.height_px % 64 or spec.width_px % 64 or spec.resize != "pad":
            raise ConfigError(
                "the network cannot work in this frame",
                where="preprocessing",
                rule="height_px and width_px multiples of 64, its strides; resize: pad",
                got=(spec.height_px, spec.width_px, spec.resize),
            )
        if not 0 <= self.small_share <= 1 or (self.small_share and (spec.height_px % 128 or spec.width_px % 128)):
            raise ConfigError(
                "steps cannot be taken in half the frame",
                where="small_share",
                rule="0 to 1, in a frame whose sides are multiples of 128",
                got=self.small_share,
            )
        if self.logging.grid_steps < 1 or self.data.select < 0 or self.data.limit < 0:
            raise ConfigError("grid_steps, select or limit is negative", got=(self.logging.grid_steps, self.data))

    def fixed(self) -> dict[str, Any]:
        """As for every run; cases are known by their content, wherever they lie."""
        return super().fixed() | {"data": replace(self.data, folder="", num_workers=0)}
