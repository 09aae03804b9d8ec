"""The typed config of a training run of a try-on model on a large pretrained base."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from fitroom.contracts import Preprocessing
from fitroom.data.tryon.batches import TryOnModes
from fitroom.data.tryon.photo_changes import PhotoAugment
from fitroom.data.tryon.photo_sources import Layout
from fitroom.errors import ConfigError
from fitroom.models.tryon_latent.config import LatentTryOnConfig
from fitroom.models.tryon_latent.kernels import AttentionKernel
from fitroom.training.config import LoggingConfig, OptimConfig, RunConfig, require_range

OptimizerKind = Literal["adamw", "adamw8bit", "paged_adamw8bit"]


@dataclass
class LatentDataConfig:
    """What is learned from, and how it is shown."""

    folder: str
    """A simulated wardrobe, or a data set in one of the other layouts."""
    layout: Layout = "wardrobe"
    """wardrobe, viton-hd, viton or dresscode."""
    pseudo: str = ""
    """Of real photos: folder with pictures of the same persons in other garments, made by a model; shown mask-free."""
    modes: TryOnModes = field(default_factory=TryOnModes)
    """How often each mode is shown. Real photos alone know masked; with ``pseudo`` all four."""
    select: int = 48
    """At most this many cases are looked at: of a wardrobe's validation split, of real photos' train list;
    0 = all of a wardrobe's, and none of real photos'."""
    limit: int = 0
    """At most this many cases are learned from; 0 = all."""
    num_workers: int = 1
    """Loader processes."""

    def __post_init__(self) -> None:
        require_range("data", self, num_workers=math.inf)


@dataclass
class LatentOptimConfig(OptimConfig):
    """AdamW with warm-up and cosine."""

    lr: float = 1e-5
    """Peak learning rate at ``batch_size``."""
    weight_decay: float = 0.01
    """Decoupled; not on biases and norms."""
    warmup: float = 0.03
    """Share of the steps over which the rate rises from 0."""
    final: float = 0.1
    """Rate at the end of the cosine, as a share of ``lr``."""
    clip_norm: float = 1.0
    """Largest norm of the gradient; 0 = no clipping."""
    fit_rate: float = 10.0
    """Rate of the fit adapter, which begins at zero, as a multiple of ``lr``."""
    kind: OptimizerKind = "adamw"
    """adamw8bit holds both moments in a byte each; paged_adamw8bit moves them to the host where the GPU is full."""

    def __post_init__(self) -> None:
        require_range("optim", self, fit_rate=1000)
        super().__post_init__()


@dataclass
class LatentLossConfig:
    """What is minimised."""

    min_snr: float = 5.0
    """Cap of a level's weight (min-SNR), of the inpainting form; 0 = all alike, as they are in flow matching."""
    garment: float = 1.0
    """Weight of the garment's half of the picture beside the person's, where both are diffused."""

    def __post_init__(self) -> None:
        require_range("loss", self, min_snr=math.inf, garment=math.inf)


@dataclass
class MemoryConfig:
    """What a step holds on the GPU; each lever trades time or precision for memory."""

    gradient_checkpointing: bool = False
    """Activations are computed again on the way back: about a third more time."""
    base_dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    """Of the frozen weights; others than float32 need a mixed ``precision``."""
    attention: AttentionKernel = "auto"
    """torch's attention kernel: auto, flash, efficient, cudnn or math."""
    average_on_cpu: bool = False
    """Whether the average of the trained weights lies in the host's memory."""
    latents_on_disk: bool = False
    """Latents of persons, garments and worn pictures are made once, into the user's cache, and read by every step. What
    chance changes (``augment.move``, ``augment.widen_px``) is encoded as it comes; mirrored pictures are kept too."""


@dataclass
class LatentLoggingConfig(LoggingConfig):
    """Where figures go; metrics.csv is always written."""

    error_grid: int = 4
    """Cases of the select part that are answered and drawn each time; 0 = none."""
    grid_steps: int = 500
    """Steps between sample grids."""
    sampling_steps: int = 25
    """Denoising steps of such an answer."""


@dataclass(kw_only=True)
class LatentTryOnRunConfig(RunConfig):
    """One training run on a large base."""

    data: LatentDataConfig
    model: LatentTryOnConfig
    preprocessing: Preprocessing = field(default_factory=lambda: Preprocessing(512, 384, "pad"))
    augment: PhotoAugment = field(default_factory=PhotoAugment)
    optim: LatentOptimConfig = field(default_factory=LatentOptimConfig)
    loss: LatentLossConfig = field(default_factory=LatentLossConfig)
    memory: MemoryConfig = field(default_factory=MemoryConfig)
    logging: LatentLoggingConfig = field(default_factory=LatentLoggingConfig)
    train: list[Literal["fit", "tryon"]] = field(default_factory=lambda: ["fit", "tryon"])
    """Adapters that learn: fit (sizes) and tryon (the attention that carries the garment over); the other one stays."""
    attention: str = ""
    """Released weights to begin with, a file or a folder: a U-Net's self-attention (safetensors of CatVTON's form), or
    FLUX's low-rank adapter (pytorch_lora_weights.safetensors), which brings tryon_rank and tryon_layers; "" = the
    base's own."""
    start: str = ""
    """A bundle of this kind, or its run, whose adapters the run begins with."""
    task: Literal["tryon_latent"] = "tryon_latent"
    """What kind of model is trained."""
    batch_size: int = 16
    """Cases an optimizer step, over all processes and accumulation."""
    ema_decay: float = 0.999
    """Of the adapters that are evaluated and shipped; 0 = the last ones."""

    def __post_init__(self) -> None:
        super().__post_init__()
        spec = self.preprocessing
        if spec.height_px % 64 or spec.width_px % 64 or spec.resize != "pad":
            raise ConfigError(
                "the frame cannot be this",
                where="preprocessing",
                rule="height_px and width_px multiples of 64, the strides of a base; resize: pad",
                got=(spec.height_px, spec.width_px, spec.resize),
            )
        if not self.train or len(set(self.train)) != len(self.train):
            raise ConfigError("nothing would be learned", where="train", rule="fit, tryon or both", got=self.train)
        if self.memory.base_dtype != "float32" and self.precision == "32-true":
            raise ConfigError(
                "frozen weights of half precision need a mixed precision",
                where="memory.base_dtype",
                rule="precision bf16-mixed or 16-mixed, or base_dtype float32",
                got=(self.precision, self.memory.base_dtype),
            )
        if self.strategy == "fsdp" and self.optim.kind != "adamw":
            raise ConfigError(
                "moments in 8 bits cannot be shared out",
                where="optim.kind",
                rule="adamw with strategy fsdp, or strategy ddp",
                got=self.optim.kind,
            )
        if self.attention and self.model.form == "inpainting" and self.model.tryon_rank:
            raise ConfigError(
                "released attention weights would be lost: what ships beside a low rank is not the attention",
                where="attention",
                rule="model.tryon_rank 0 with model.form inpainting",
                got=self.model.tryon_rank,
            )
        if self.attention and self.start:
            raise ConfigError("two starts are given", where="attention", rule="attention or start", got=self.attention)
        if self.logging.grid_steps < 1 or self.data.select < 0 or self.data.limit < 0:
            raise ConfigError("grid_steps, select or limit is negative", got=(self.logging.grid_steps, self.data))

    def fixed(self) -> dict[str, Any]:
        """As for every run; cases and base are known by their content, wherever they lie."""
        return super().fixed() | {
            "data": replace(self.data, folder="", pseudo="", num_workers=0),
            "model": replace(self.model, base="-", base_sha256=""),
            "memory": replace(self.memory, gradient_checkpointing=False, average_on_cpu=False, latents_on_disk=False),
        }

    def encodes_in_steps(self) -> bool:
        """Whether a training step may have to encode a picture."""
        masks_change = self.augment.widen_px > 0 and self.data.modes.masked > 0
        return not self.memory.latents_on_disk or self.augment.move > 0 or masks_change
