"""What the config of every training run has; each task adds its own. configs/train holds one file a run."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from fitroom.bundles.spec import NAME
from fitroom.errors import ConfigError

# What may differ between a run and its continuation: nothing that changes the weights.
FREE_KEYS = {
    "accelerator", "checkpoint_steps", "license", "logging", "processes", "runs", "strategy", "threads",
}  # fmt: skip


@dataclass
class OptimConfig:
    """AdamW with warm-up and cosine."""

    lr: float = 6e-4
    """Peak learning rate of what starts from random weights, at ``batch_size``."""
    weight_decay: float = 0.05
    """Decoupled; not on biases and norms."""
    warmup: float = 0.1
    """Share of the steps over which the rate rises from 0."""
    final: float = 0.0
    """Rate at the end of the cosine, as a share of ``lr``."""
    clip_norm: float = 5.0
    """Largest norm of the gradient; 0 = no clipping."""

    def __post_init__(self) -> None:
        require_range("optim", self, weight_decay=math.inf, warmup=1, final=1, clip_norm=math.inf)
        if self.lr <= 0:
            raise ConfigError("nothing would be learned", where="optim", rule="lr > 0", got=self.lr)


@dataclass
class LoggingConfig:
    """Where figures go; metrics.csv is always written."""

    wandb: Literal["offline", "online", "off"] = "offline"
    """Offline runs lie in the run folder; `wandb sync` sends them."""
    project: str = "fitroom"
    """wandb project."""
    error_grid: int = 36
    """Worst answers on the select part drawn after each validation; 0 = none."""
    every_steps: int = 10
    """Steps between log lines."""


@dataclass(kw_only=True)
class RunConfig:
    """One training run, whatever it trains."""

    name: str
    """The run lies in ``<runs>/<name>``; also the name of its bundle."""
    task: str = ""
    """What kind of model is trained."""
    optim: OptimConfig = field(default_factory=OptimConfig)
    logging: LoggingConfig = field(default_factory=LoggingConfig)
    weights: str = "auto"
    """Start of the backbone: auto (a package), path:FILE, hub or none."""
    epochs: float = 10.0
    """Times each photo of the fit part is seen."""
    stop_steps: int = 0
    """The run ends, and ships, after this many of its steps, whatever the learning rate is then; 0 = after all."""
    batch_size: int = 32
    """Photos an optimizer step, over all processes and accumulation."""
    accumulate: int = 1
    """Micro-batches an optimizer step."""
    ema_decay: float = 0.995
    """Of the weights that are evaluated and shipped; 0 = the last weights."""
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = "auto"
    """Lightning's name; auto = bf16-mixed where the device computes in it, which is about twice as fast, else 32-true.
    A run keeps what auto came to."""
    channels_last: bool = True
    """Memory layout; about twice as fast for convolutions."""
    compile: Literal["", "inductor", "eager"] = ""
    """Backend of torch.compile that training steps run through: inductor fuses operations, after a minute or more of
    compiling; eager compiles nothing, and shows what stands against it; empty = none. Of a tryon."""
    seed: int = 0
    """Of everything random."""
    threads: int = 0
    """torch threads; 0 = torch's choice."""
    accelerator: str = "auto"
    """Lightning's name: auto, cpu, gpu."""
    strategy: Literal["auto", "ddp", "fsdp"] = "auto"
    """How several processes share the work: ddp = each has the whole network; fsdp = weights, gradients and optimizer
    state are shared out; auto = ddp. A launch that says otherwise is an error."""
    processes: int | None = None
    """Processes this run must get, over all machines; another number is an error. None = whatever was launched."""
    checkpoint_steps: int = 100
    """Steps between checkpoints to resume from; one more is written at the end."""
    validate_epochs: float = 1.0
    """Epochs between looks at the select part."""
    runs: str = "runs"
    """Folder of all runs."""
    license: str = "Apache-2.0"
    """Of the weights in the bundle."""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ConfigError(
                "a run cannot have this name",
                where="name",
                rule="letters, digits, '.', '_', '-'; a letter or digit first",
                got=repr(self.name),
            )
        if not 0 < self.epochs < math.inf or self.batch_size < 1 or self.accumulate < 1 or self.stop_steps < 0:
            raise ConfigError(
                "there would be nothing to train",
                rule="epochs > 0 and finite, batch_size and accumulate of at least 1, stop_steps of at least 0",
                got=(self.epochs, self.batch_size, self.accumulate, self.stop_steps),
            )
        if self.batch_size % self.accumulate:
            raise ConfigError(
                "the batch cannot be cut into micro-batches",
                rule="batch_size is a multiple of accumulate",
                got=(self.batch_size, self.accumulate),
            )
        if self.precision == "auto":
            self.precision = native_precision(self.accelerator)
        if self.strategy == "fsdp" and self.precision == "16-mixed":
            raise ConfigError(
                "weights that are shared out cannot be trained in this precision",
                where="precision",
                rule="32-true or bf16-mixed with strategy fsdp",
                got=self.precision,
            )
        if min(self.threads, self.logging.error_grid) < 0:
            raise ConfigError(
                "a number is negative", rule="threads and logging.error_grid of at least 0",
                got=(self.threads, self.logging.error_grid),
            )  # fmt: skip
        if not 0 <= self.ema_decay < 1:
            raise ConfigError("ema_decay is out of range", rule="0 <= ema_decay < 1", got=self.ema_decay)
        if self.checkpoint_steps < 1 or self.validate_epochs <= 0:
            raise ConfigError(
                "there would be no checkpoint or no look at the select part",
                rule="checkpoint_steps of at least 1, validate_epochs > 0",
                got=(self.checkpoint_steps, self.validate_epochs),
                fix="leave them out for the usual, or give large numbers for few",
            )

    def fixed(self) -> dict[str, Any]:
        """The part of the config that the weights depend on, by key: a run that goes on must have the same."""
        return {key: value for key, value in vars(self).items() if key not in FREE_KEYS}


def native_precision(accelerator: str) -> Literal["32-true", "bf16-mixed"]:
    """The faster precision of the device that a run will use, without loss scaling.

    A processor without bfloat16 instructions emulates it, and is many times slower than in float32.

    Args:
        accelerator: Lightning's name.
    """
    import torch

    if accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available():
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        can = torch.cpu.get_capabilities()
        fast = any(can.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return "bf16-mixed" if fast else "32-true"


def require_range(section: str, config: Any, **highest: float) -> None:
    """Raises ConfigError where a field lies outside 0 to its highest value."""
    for name, high in highest.items():
        if not 0 <= getattr(config, name) <= high:
            rule = f"0 to {high:g}" if high < math.inf else "0 or more"
            raise ConfigError(f"{section}.{name} is out of range", rule=rule, got=getattr(config, name))
