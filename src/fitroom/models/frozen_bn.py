"""Frozen batch norm at the price of nothing: statistics fixed, and the norm folded into the convolution on the fly.

With running statistics fixed, ``bn(conv(x, w))`` is ``conv(x, w * s) + b`` where ``s = gamma / sqrt(var + eps)`` and
``b = beta - mean * s``. Folding inside the forward keeps gamma, beta and w trainable, gives the same gradients, keeps
every name of the state dict, and spares one pass over each activation forward and two backward, which is what a
small CPU or GPU waits for.
"""

from __future__ import annotations

import types
from collections import Counter
from functools import partial
from typing import Any, TypeGuard

import torch
from timm.layers import BatchNormAct2d, Conv2dSame
from timm.layers.padding import pad_same
from torch import nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

# Only these are folded: what a subclass does to its weight or its input would be lost.
CONVOLUTIONS = (nn.Conv2d, Conv2dSame)
NORMS = (nn.BatchNorm2d, BatchNormAct2d)


def freeze_batch_norm(model: nn.Module, example_BCHW: torch.Tensor | None = None) -> int:
    """Fixes all running statistics; with an example also folds each norm that directly follows a convolution.

    Args:
        model: changed in place; its state dict keeps all names and values.
        example_BCHW: an input to run once, to see which norm follows which convolution; None = do not fold.

    Returns:
        Number of norms folded into their convolution.
    """
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    for norm in norms:
        # Lightning and users call .train() on the whole model; a frozen norm must not listen.
        norm.eval()
        norm.train = types.MethodType(_stay, norm)  # type: ignore[method-assign]
    if example_BCHW is None or not norms:
        return 0
    pairs = _conv_norm_pairs(model, example_BCHW)
    for conv, norm in pairs:
        # A partial, since deepcopy copies what it holds: a copied model must fold its own norms.
        conv.forward = partial(_folded, conv, norm)  # type: ignore[method-assign]
        norm.forward = types.MethodType(_activation_only, norm)  # type: ignore[method-assign]
    return len(pairs)


def _stay(module: nn.Module, mode: bool = True) -> nn.Module:
    del mode
    return module


def _folded(conv: nn.Conv2d, norm: nn.BatchNorm2d, x: torch.Tensor) -> torch.Tensor:
    assert norm.running_mean is not None and norm.running_var is not None
    scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
    bias = norm.bias - norm.running_mean * scale
    if conv.bias is not None:
        bias = bias + conv.bias * scale
    weight = conv.weight * scale.view(-1, 1, 1, 1)
    padding: Any = conv.padding
    if isinstance(conv, Conv2dSame):
        x, padding = pad_same(x, list(conv.kernel_size), list(conv.stride), list(conv.dilation)), 0
    return F.conv2d(x, weight, bias, conv.stride, padding, conv.dilation, conv.groups)


def _activation_only(norm: nn.Module, x: torch.Tensor) -> torch.Tensor:
    # timm's norms carry dropout and activation with them; plain ones carry nothing.
    for name in ("drop", "act"):
        if hasattr(norm, name):
            x = getattr(norm, name)(x)
    return x


class _Readers(TorchFunctionMode):
    """Notes who reads the output of each convolution while a model runs: a norm, or anybody else (None).

    Modules would not do: a block that adds a convolution's output to something is no leaf.
    """

    def __init__(self) -> None:
        super().__init__()
        self.made_by: dict[int, nn.Conv2d] = {}
        self.readers: dict[int, set[nn.Module | None]] = {}
        self.uses: Counter[nn.Module | None] = Counter()
        self._alive: list[torch.Tensor] = []  # keeps ids unique while the model runs
        self._inside: nn.Module | None = None

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") != "__get__":  # looking at a shape is not reading
            for value in tree_leaves((args, kwargs)):
                if isinstance(value, torch.Tensor) and id(value) in self.made_by:
                    self.readers[id(value)].add(self._inside)
        return func(*args, **(kwargs or {}))

    def note_output(self, conv: nn.Module, _inputs: Any, output: torch.Tensor) -> None:
        """Forward hook of a convolution."""
        assert isinstance(conv, nn.Conv2d)
        self.uses[conv] += 1
        self.made_by[id(output)] = conv
        self.readers[id(output)] = set()
        self._alive.append(output)

    def enter(self, norm: nn.Module, _inputs: Any) -> None:
        """Hook before a norm's forward."""
        self.uses[norm] += 1
        self._inside = norm

    def leave(self, _norm: nn.Module, _inputs: Any, _output: Any) -> None:
        """Hook after a norm's forward."""
        self._inside = None


@torch.no_grad()
def _conv_norm_pairs(model: nn.Module, example_BCHW: torch.Tensor) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Pairs where the norm reads the convolution's output and nothing else, nobody else does, and each runs once."""
    reads, handles = _Readers(), []
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            handles.append(module.register_forward_hook(reads.note_output))
        elif isinstance(module, _BatchNorm):
            handles += [module.register_forward_pre_hook(reads.enter), module.register_forward_hook(reads.leave)]
    was_training = model.training
    model.eval()
    try:
        with reads:
            model(example_BCHW)
    finally:
        for handle in handles:
            handle.remove()
        model.train(was_training)
    pairs = []
    for key, conv in reads.made_by.items():
        norm = next(iter(reads.readers[key]), None)
        alone = len(reads.readers[key]) == 1 and reads.uses[conv] == 1 and reads.uses[norm] == 1
        if alone and _can_be_folded(conv) and _can_fold_in(norm):
            pairs.append((conv, norm))
    return pairs


def _can_be_folded(conv: nn.Conv2d) -> bool:
    return type(conv) in CONVOLUTIONS and conv.padding_mode == "zeros"


def _can_fold_in(norm: nn.Module | None) -> TypeGuard[nn.BatchNorm2d]:
    return isinstance(norm, NORMS) and type(norm) in NORMS and norm.affine and norm.running_mean is not None
