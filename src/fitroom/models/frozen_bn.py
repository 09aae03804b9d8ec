"""Frozen batch norm at the price of nothing: statistics fixed, and the norm folded into the convolution on the fly.

With running statistics fixed, ``bn(conv(x, w))`` is ``conv(x, w * s) + b`` where ``s = gamma / sqrt(var + eps)`` and
``b = beta - mean * s``. Folding inside the forward keeps gamma, beta and w trainable, gives the same gradients, keeps
every name of the state dict, and spares one pass over each activation forward and two backward, which is what a
small CPU or GPU waits for.
"""

from __future__ import annotations

import types
from functools import partial
from typing import Any

import torch
from timm.layers.padding import pad_same
from torch import nn
from torch.nn import functional as F


def freeze_batch_norm(model: nn.Module, example_BCHW: torch.Tensor | None = None) -> int:
    """Fixes all running statistics; with an example also folds each norm that directly follows a convolution.

    Args:
        model: changed in place; its state dict keeps all names and values.
        example_BCHW: an input to run once, to see which norm follows which convolution; None = do not fold.

    Returns:
        Number of norms folded into their convolution.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        # Lightning and users call .train() on the whole model; a frozen norm must not listen.
        norm.eval()
        norm.train = types.MethodType(lambda self, mode=True: self, norm)  # type: ignore[method-assign]
    if example_BCHW is None or not norms:
        return 0
    pairs = _conv_norm_pairs(model, example_BCHW)
    for conv, norm in pairs:
        # A partial, since deepcopy copies what it holds: a copied model must fold its own norms.
        conv.forward = partial(_folded, conv, norm)  # type: ignore[method-assign]
        norm.forward = types.MethodType(_activation_only, norm)  # type: ignore[method-assign]
    return len(pairs)


def _folded(conv: nn.Conv2d, norm: nn.BatchNorm2d, x: torch.Tensor) -> torch.Tensor:
    assert norm.running_mean is not None and norm.running_var is not None
    scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
    bias = norm.bias - norm.running_mean * scale
    if conv.bias is not None:
        bias = bias + conv.bias * scale
    weight = conv.weight * scale.view(-1, 1, 1, 1)
    padding: Any = conv.padding
    if type(conv).__name__ == "Conv2dSame":
        x, padding = pad_same(x, conv.kernel_size, conv.stride, conv.dilation), 0
    return F.conv2d(x, weight, bias, conv.stride, padding, conv.dilation, conv.groups)


def _activation_only(norm: nn.Module, x: torch.Tensor) -> torch.Tensor:
    # timm's norms carry dropout and activation with them; plain ones carry nothing.
    for name in ("drop", "act"):
        if hasattr(norm, name):
            x = getattr(norm, name)(x)
    return x


@torch.no_grad()
def _conv_norm_pairs(model: nn.Module, example_BCHW: torch.Tensor) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Pairs where the norm's only input is the convolution's output and nobody else reads it."""
    made_by: dict[int, nn.Conv2d] = {}
    readers: dict[int, list[nn.Module]] = {}
    alive: list[torch.Tensor] = []  # keeps ids unique while the forward runs

    def note_output(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        if isinstance(module, nn.Conv2d):
            made_by[id(output)] = module
        alive.append(output)

    def note_input(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        for value in inputs:
            if isinstance(value, torch.Tensor):
                readers.setdefault(id(value), []).append(module)

    leaves = [module for module in model.modules() if not list(module.children()) or isinstance(module, nn.BatchNorm2d)]
    handles = [leaf.register_forward_hook(note_output) for leaf in leaves]
    handles += [leaf.register_forward_pre_hook(note_input) for leaf in leaves]
    was_training = model.training
    model.eval()
    try:
        model(example_BCHW)
    finally:
        for handle in handles:
            handle.remove()
        model.train(was_training)
    return [
        (conv, reader[0])
        for key, conv in made_by.items()
        if len(reader := readers.get(key, [])) == 1 and isinstance(reader[0], nn.BatchNorm2d) and reader[0].affine
    ]
