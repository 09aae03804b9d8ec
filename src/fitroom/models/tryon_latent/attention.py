"""Reads released attention weights of CatVTON's form into a network.

    .../attention/model.safetensors     "0.to_q.weight", "0.to_out.0.bias", "8.to_q.weight", ...

They are the self-attention layers of the U-Net in the order of its modules, under rising numbers: of which only the
order counts, since sub-modules are numbered too, and hold the same tensors again or none. Names as diffusers gives them
("down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.weight") are read as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from fitroom.errors import WeightsError

FILES = "attention/*.safetensors"
TENSORS = ("to_q.weight", "to_k.weight", "to_v.weight", "to_out.0.weight", "to_out.0.bias")
_NUMBERED = re.compile(r"(\d+)\.(" + "|".join(map(re.escape, TENSORS)) + r")")
_NAMED = re.compile(r"(?:unet\.)?(.*attn1)(?:\.base_layer)?\.(" + "|".join(map(re.escape, TENSORS)) + r")")


def load_attention(unet: nn.Module, path: Path) -> Path:
    """Puts released weights in the place of the self-attention's.

    Args:
        unet: with nothing added to its attention yet.
        path: the file, or a folder that holds one such file at any depth.

    Returns:
        the file.

    Raises:
        WeightsError: there is none, or several, or its tensors are not those of this U-Net's self-attention.
    """
    file = find_weights(path, FILES)
    try:
        tensors = load_file(file)
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            "the attention weights cannot be read", where=file, rule="safetensors", got=str(error)
        ) from error
    layers = {name: module for name, module in unet.named_modules() if name.endswith(".attn1")}
    found = _by_layer(tensors, list(layers), file)
    for name, layer in layers.items():
        own = layer.state_dict()
        wrong = [key for key in own if key not in found[name] or found[name][key].shape != own[key].shape]
        if wrong:
            raise WeightsError(
                "the attention weights do not fit the base",
                where=file,
                rule=f"{name}: {', '.join(f'{key} {tuple(own[key].shape)}' for key in wrong)}",
                got=", ".join(f"{key} {tuple(found[name][key].shape)}" for key in wrong if key in found[name])
                or "none",
                fix="take the base that they were trained on",
            )
        layer.float().load_state_dict({key: found[name][key] for key in own})
    return file


def find_weights(path: Path, pattern: str) -> Path:
    """The file itself, or the only one in a folder.

    Args:
        path: of either.
        pattern: of the file's usual name, at any depth of the folder.

    Raises:
        WeightsError: none or several.
    """
    if path.is_file():
        return path
    files = sorted(path.rglob(pattern)) or sorted(path.glob("*.safetensors"))
    if len(files) != 1:
        raise WeightsError(
            "there are no attention weights" if not files else "several attention weights could be meant",
            where=path,
            rule=f"a safetensors file, or a folder with one {pattern}",
            got=", ".join(str(file.relative_to(path)) for file in files) or "no such file",
        )
    return files[0]


def _by_layer(
    tensors: Mapping[str, torch.Tensor], layers: list[str], where: Path
) -> dict[str, dict[str, torch.Tensor]]:
    numbered: dict[int, dict[str, torch.Tensor]] = {}
    named: dict[str, dict[str, torch.Tensor]] = {}
    for key, tensor in tensors.items():
        if match := _NUMBERED.fullmatch(key):
            numbered.setdefault(int(match[1]), {})[match[2]] = tensor
        elif match := _NAMED.fullmatch(key):
            named.setdefault(match[1], {})[match[2]] = tensor
    found = named or dict(zip(layers, (numbered[number] for number in sorted(numbered)), strict=False))
    if set(found) != set(layers) or (not named and len(numbered) != len(layers)):
        raise WeightsError(
            "the attention weights are not those of this base",
            where=where,
            rule=f"{len(layers)} layers, each with {', '.join(TENSORS)}",
            got=f"{len(named) or len(numbered)} layers, first tensors {list(tensors)[:3]}",
            fix="take the base that they were trained on",
        )
    return found
