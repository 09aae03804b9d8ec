"""Which layers of a base have a low rank beside them, and the weights of a file in the place of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from fitroom.errors import WeightsError

Pair = tuple[torch.Tensor, torch.Tensor]
"""``lora_A`` (rank, in) and ``lora_B`` (out, rank) of a layer."""


def layers_like(network: nn.Module, names: Iterable[str]) -> str:
    """Regular expression of the names of layers.

    Args:
        network: that has them.
        names: a star for the number of a block, as in ``transformer_blocks.*.attn.to_q``.

    Raises:
        WeightsError: the network has no linear layer of such a name.
    """
    own = [name for name, module in network.named_modules() if isinstance(module, nn.Linear)]
    patterns = {name: re.escape(name).replace(r"\*", r"\d+") for name in names}
    if strange := [name for name, pattern in patterns.items() if not any(re.fullmatch(pattern, one) for one in own)]:
        raise WeightsError(
            "the base has no such layers",
            where="model.tryon_layers",
            rule="names of linear layers of its network, * for the number of a block",
            got=", ".join(strange),
        )
    return "|".join(patterns.values())


def fill_low_rank(network: nn.Module, name: str, pairs: Mapping[str, Pair], where: Path) -> None:
    """Puts the weights of a file in the place of an adapter's.

    Args:
        network: with the adapter, changed in place.
        name: of the adapter.
        pairs: by name of the layer.
        where: they come from.

    Raises:
        WeightsError: layers are missing or unknown, or their shapes are other ones.
    """
    own: dict[str, Any] = {
        path: module for path, module in network.named_modules() if name in getattr(module, "lora_A", {})
    }
    if own.keys() != pairs.keys():
        missing, unknown = sorted(own.keys() - pairs.keys()), sorted(pairs.keys() - own.keys())
        raise WeightsError(
            "the low-rank adapter is not one for this base",
            where=where,
            rule="the same layers in every block of the base, and in no other" + told("; missing: ", missing),
            got=told("layers that the base has not: ", unknown) or f"{len(pairs)} layers",
            fix="take the base that it was trained on",
        )
    for path, halves in pairs.items():
        for part, tensor in zip((own[path].lora_A[name], own[path].lora_B[name]), halves, strict=True):
            if part.weight.shape != tensor.shape:
                raise WeightsError(
                    "the low-rank adapter does not fit the base",
                    where=where,
                    rule=f"{path}: {tuple(part.weight.shape)}",
                    got=tuple(tensor.shape),
                    fix="take the base that it was trained on",
                )
            part.weight.data.copy_(tensor)


def told(what: str, names: Iterable[str], most: int = 6) -> str:
    """``what`` with the first names, and how many more there are; "" where there are none."""
    found = list(names)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return what + ", ".join(found[:most]) + more if found else ""
