"""How much memory and work a run will take on each GPU, read off the network on the meta device.

    weights      frozen numbers x bytes of memory.base_dtype + trained numbers x 4
    gradient     trained x 4
    optimizer    trained x 8 (AdamW's two moments), x 2 in 8 bits
    average      trained x 4, 0 where it lies on the CPU or there is none
    activations  what autograd keeps of one sample, in bytes, x samples a micro-batch and process; with gradient
                 checkpointing, the ends of the blocks and the largest block's inside
    VAE          4 feature maps of its first width at the picture's size, x samples a micro-batch and process; 0 where
                 all latents lie on disk
    gathered     0; with strategy fsdp what a process holds beside its share, see below
    work         operations of one sample forward x (2 + the network's trained share), since backward goes through all
                 layers but asks only trained weights for their gradient; once more with gradient checkpointing

With strategy fsdp and N processes, weights of the network, gradient, optimizer and average are divided by N; the VAE
stays whole. What a part computes with is gathered from all: at most the weights of what is in no inner part, and of the
largest two parts, since one is fetched while the other computes (:mod:`~fitroom.training.tryon_latent.shares`).

The activations are counted, not guessed: the network runs forward once on the meta device, in the dtype of
``precision``, and each tensor that autograd would keep is added once, attention as a fused kernel keeps it. What the
allocator and the kernels need on top is not in it.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

from fitroom.data.tryon.conditions import NUM_CONDITIONS
from fitroom.models.tryon_latent.shared import LatentNetwork
from fitroom.training.tryon_latent.config import LatentTryOnRunConfig
from fitroom.training.tryon_latent.shares import gathered_bytes, num_bytes

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
_DTYPES = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16, "32-true": torch.float32}
GIB = 2**30
BLOCKS = ("ResnetBlock2D", "BasicTransformerBlock", "FluxTransformerBlock", "FluxSingleTransformerBlock")
"""What gradient checkpointing computes again, one at a time."""


@dataclass(frozen=True)
class Estimate:
    """Bytes by what they are for, on each GPU, and operations a sample; see the file's first lines."""

    weights: float
    gradient: float
    optimizer: float
    average: float
    gathered: float
    activations: float
    vae: float
    flops: float

    @property
    def total(self) -> float:
        """Bytes in all."""
        kept = self.weights + self.gradient + self.optimizer + self.average
        return kept + self.gathered + self.activations + self.vae


def estimate(model: LatentNetwork, config: LatentTryOnRunConfig, processes: int) -> Estimate:
    """What a step will hold.

    Args:
        model: on the meta device; changed in place.
        config: of the run.
        processes: of the run.
    """
    model.train_adapters([*config.train])
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    samples = config.batch_size // config.accumulate // processes
    share = trained / sum(p.numel() for p in model.network.parameters())
    frozen_bytes = BYTES[config.memory.base_dtype]
    is_sharded = config.strategy == "fsdp"
    own = 1 / processes if is_sharded else 1.0
    vae = num_bytes(model.vae.parameters(), frozen_bytes)
    network = num_bytes(model.parameters(), frozen_bytes) - vae
    gathered = gathered_bytes(model, frozen_bytes) if is_sharded else 0.0
    kept, flops = _forward(model, config)
    spec, half = config.preprocessing, _DTYPES[config.precision].itemsize
    map_bytes = model.vae.config.block_out_channels[0] * spec.height_px * spec.width_px * half
    return Estimate(
        weights=network * own + vae,
        gradient=trained * 4 * own,
        optimizer=trained * (8 if config.optim.kind == "adamw" else 2) * own,
        average=trained * 4 * own if config.ema_decay and not config.memory.average_on_cpu else 0,
        gathered=gathered,
        activations=kept * samples,
        vae=4 * map_bytes * samples if config.encodes_in_steps() else 0,
        flops=flops * (2 + share + config.memory.gradient_checkpointing),
    )


def _forward(model: LatentNetwork, config: LatentTryOnRunConfig) -> tuple[float, float]:
    """Bytes that autograd keeps of one sample, and operations forward."""
    dtype = _DTYPES[config.precision]
    model.train().to(dtype)
    if not config.memory.gradient_checkpointing:
        kept, _, flops = _counted(model, config, dtype)
        return kept, flops
    _, largest, _ = _counted(model, config, dtype)
    model.network.enable_gradient_checkpointing()
    kept, _, flops = _counted(model, config, dtype)
    return kept + largest, flops


def _counted(model: LatentNetwork, config: LatentTryOnRunConfig, dtype: torch.dtype) -> tuple[float, float, float]:
    """Bytes kept by the whole network, bytes kept by the block that keeps most, and operations."""
    ledger = _Ledger(model)
    counter = FlopCounterMode(display=False)
    fused = nullcontext() if config.memory.attention == "math" else _Fused()
    with torch.device("meta"):
        spec, side = config.preprocessing, model.px_per_latent
        channels = model.vae.config.latent_channels
        latents = torch.zeros(1, channels, spec.height_px // side, spec.width_px // side, dtype=dtype)
        mask = torch.ones(1, 1, spec.height_px, spec.width_px)
        scene = model.see(latents, mask, latents, torch.zeros(1, NUM_CONDITIONS, dtype=dtype))
        with fused, counter, torch.autograd.graph.saved_tensors_hooks(ledger.note, lambda tensor: tensor):
            model.predict(model.clean(latents, scene), torch.zeros(1, dtype=torch.long), scene)
    ledger.close()
    return ledger.total, ledger.largest, float(counter.get_total_flops())


class _Ledger:
    """Adds up what autograd keeps, once each, and what single blocks add to it."""

    def __init__(self, model: LatentNetwork) -> None:
        self.total, self.largest = 0.0, 0.0
        self._own = {id(parameter) for parameter in model.parameters()}
        self._seen: dict[int, torch.Tensor] = {}  # kept alive, so that no storage's number is used twice
        self._before: list[float] = []
        self._hooks = []
        for module in model.network.modules():
            if type(module).__name__ in BLOCKS:
                self._hooks.append(module.register_forward_pre_hook(lambda *_: self._before.append(self.total)))
                self._hooks.append(module.register_forward_hook(lambda *_: self._left()))

    def note(self, tensor: torch.Tensor) -> torch.Tensor:
        if id(tensor) in self._own or (tensor._is_view() and id(tensor._base) in self._own):
            return tensor
        storage = tensor.untyped_storage()
        if storage._cdata not in self._seen:
            self._seen[storage._cdata] = tensor
            self.total += storage.nbytes()
        return tensor

    def close(self) -> None:
        for hook in self._hooks:
            hook.remove()

    def _left(self) -> None:
        self.largest = max(self.largest, self.total - self._before.pop())


class _Fused(TorchFunctionMode):
    """Attention as fused kernels compute it, without a table of all pairs; on the meta device torch knows another."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is not torch.nn.functional.scaled_dot_product_attention:
            return func(*args, **(kwargs or {}))
        named = dict(zip(("query", "key", "value"), args, strict=False)) | (kwargs or {})
        return torch.ops.aten._scaled_dot_product_flash_attention(named["query"], named["key"], named["value"])[0]
