"""What is trained beside a frozen base: an adapter that hears sizes, and low-rank parts of the attention."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import nn

from fitroom.data.tryon.conditions import NUM_CONDITIONS, drop_sizes
from fitroom.errors import FitroomError
from fitroom.models.tryon.blocks import ToldLinear

FIT, TRYON = "fit", "tryon"
"""Names of the two adapters: how sizes show, and how a garment is put on."""
_HIDDEN = 256


class SizeAdapter(nn.Module):
    """Sizes, body and fabric to what is added to the embedding of the time; it begins at zero.

    Args:
        width: of that embedding.
        use_size: False = sizes are not looked at, only region, category and whether a mask is given.
    """

    def __init__(self, width: int, use_size: bool = True) -> None:
        super().__init__()
        self.use_size = use_size
        self.first = ToldLinear(NUM_CONDITIONS, _HIDDEN)
        self.second = nn.Linear(_HIDDEN, width)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, conditions_BD: torch.Tensor) -> torch.Tensor:
        """(B, NUM_CONDITIONS) to (B, width)."""
        told = conditions_BD if self.use_size else drop_sizes(conditions_BD)
        added: torch.Tensor = self.second(nn.functional.silu(self.first(told)))
        return added


def add_low_rank(network: Any, name: str, rank: int, targets: str | list[str]) -> None:
    """Low-rank adapters (Hu et al. 2022) on layers of a base, by peft.

    Args:
        network: diffusers' model, changed in place.
        name: of the adapter.
        rank: of the update.
        targets: endings of the names of the layers, or a regular expression of whole names.

    Raises:
        FitroomError: peft is not installed.
    """
    try:
        from peft import LoraConfig
    except ImportError as error:
        raise FitroomError(
            "low-rank adapters need the package peft", where="model", fix='pip install "fitroom[bases]"'
        ) from error
    config = LoraConfig(r=rank, lora_alpha=rank, init_lora_weights="gaussian", target_modules=targets)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Already found a `peft_config`")  # two adapters are meant
        network.add_adapter(config, name)
    network.set_adapter([*network.peft_config])  # a new one silences those before it
