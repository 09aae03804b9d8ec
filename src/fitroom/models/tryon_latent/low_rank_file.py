"""Reads a released low-rank adapter of a FLUX transformer: the form in which CatVTON-FLUX's adapters are published.

    pytorch_lora_weights.safetensors
        transformer.transformer_blocks.0.attn.to_q.lora_A.weight   (rank, width in)
        transformer.transformer_blocks.0.attn.to_q.lora_B.weight   (width out, rank)

What kohya's scripts, Black Forest Labs and older diffusers call these is brought to this by diffusers' own converters.
Files of ``PeftModel.save_pretrained`` have their settings beside them, those of diffusers within. What a file says of
its strength (alpha) is multiplied into ``lora_B``: adapters here have a scale of one.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from fitroom.errors import WeightsError
from fitroom.models.tryon_latent.attention import find_weights
from fitroom.models.tryon_latent.config import LatentTryOnConfig
from fitroom.models.tryon_latent.low_rank import Pair, told

FILES = "pytorch_lora_weights.safetensors"
_PREFIX = "transformer."
_PEFT_PREFIX = "base_model.model."
_KEY = re.compile(r"(?:transformer\.)?(.+)\.lora_([AB])\.weight")
_LONGEST = 400  # letters of what a converter says
_OTHER_KINDS = ("dora_scale", "magnitude_vector", "lokr_", "hada_", "lora_B.bias")


@dataclass(frozen=True)
class LowRankFile:
    """An adapter as it lies in a file.

    Attributes:
        file: it was read from.
        rank: of every layer.
        pairs: by name of the layer, ``lora_A`` (rank, in) and ``lora_B`` (out, rank), float32, alpha within.
    """

    file: Path
    rank: int
    pairs: Mapping[str, Pair]

    @property
    def layers(self) -> list[str]:
        """Names of the layers, a star for the number of a block."""
        return sorted({re.sub(r"(?<=blocks\.)\d+", "*", name) for name in self.pairs})


def read_low_rank(path: Path) -> LowRankFile:
    """Reads an adapter, whatever base it was trained on.

    Args:
        path: the file, or a folder that holds one such file.

    Raises:
        WeightsError: there is none, or several; it is no low-rank adapter of a FLUX transformer, holds what this
            project has not, or its layers differ in rank.
    """
    file = find_weights(path, FILES)
    tensors, settings = _read(file)
    if other := [key for key in tensors if any(kind in key for kind in _OTHER_KINDS)]:
        raise _refused(file, "adapters without magnitudes and biases (LoRA)", other)
    state, alphas = _as_diffusers_spells_it(file, tensors)
    halves: dict[str, dict[str, torch.Tensor]] = {}
    unknown = []
    for key, tensor in state.items():
        if (match := _KEY.fullmatch(key)) and tensor.ndim == 2:
            halves.setdefault(match[1], {})[match[2]] = tensor.float()
        else:
            unknown.append(key)
    unknown += [f"{name}.lora_{half}.weight alone" for name, pair in halves.items() if len(pair) < 2 for half in pair]
    if unknown or not halves:
        raise _refused(
            file, "pairs of lora_A.weight and lora_B.weight of a transformer's layers, and nothing else", unknown
        )
    ranks = {name: len(pair["A"]) for name, pair in halves.items()}
    if len(set(ranks.values())) > 1 or any(pair["B"].shape[1] != len(pair["A"]) for pair in halves.values()):
        examples = {rank: name for name, rank in ranks.items()}
        raise _refused(file, "one rank for all layers", [f"{name} of rank {rank}" for rank, name in examples.items()])
    scales = _scales(file, ranks, alphas, settings)
    pairs = {name: (pair["A"], pair["B"] * scales[name]) for name, pair in halves.items()}
    return LowRankFile(file, next(iter(ranks.values())), pairs)


def adopt(config: LatentTryOnConfig, adapter: LowRankFile) -> None:
    """Lets a model have the rank and the layers of an adapter that it begins with.

    Raises:
        WeightsError: it asks for others.
    """
    for name, got in (("tryon_rank", adapter.rank), ("tryon_layers", adapter.layers)):
        asked = getattr(config, name)
        if asked and asked != got:
            raise WeightsError(
                "the low-rank adapter is not the one that the config describes",
                where=adapter.file,
                rule=f"model.{name} {asked}",
                got=got,
                fix=f"leave model.{name} out: it is read from the file",
            )
        setattr(config, name, got)


def _read(file: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors, and peft's settings where they are told; without prefixes of the settings' names."""
    try:
        with safe_open(file, framework="pt") as opened:
            tensors = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118
            settings = json.loads((opened.metadata() or {}).get("lora_adapter_metadata", "{}"))
        beside = file.with_name("adapter_config.json")
        if not settings and beside.is_file():
            settings = json.loads(beside.read_text(encoding="utf-8"))
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(
            "the low-rank adapter cannot be read", where=file, rule="safetensors", got=str(error)
        ) from error
    blocks = tuple(f"{_PEFT_PREFIX}{kind}" for kind in ("transformer_blocks.", "single_transformer_blocks."))
    if any(key.startswith(blocks) for key in tensors):  # other names behind this prefix are for diffusers to read
        tensors = {key.replace(_PEFT_PREFIX, _PREFIX, 1): tensor for key, tensor in tensors.items()}
    return tensors, {key.removeprefix(_PREFIX): value for key, value in settings.items()}


def _as_diffusers_spells_it(
    file: Path, tensors: dict[str, torch.Tensor]
) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
    """Tensors under diffusers' names, and alphas by layer where the file has them as tensors."""
    from diffusers.loaders import FluxLoraLoaderMixin
    from diffusers.utils import convert_unet_state_dict_to_peft

    try:
        state, alphas = FluxLoraLoaderMixin.lora_state_dict(dict(tensors), return_alphas=True)
        if not any(".lora_A." in key for key in state):
            state = convert_unet_state_dict_to_peft(state)
    except (AssertionError, KeyError, NotImplementedError, RuntimeError, ValueError) as error:
        raise WeightsError(
            "the low-rank adapter is in no form that diffusers reads for FLUX",
            where=file,
            got=" ".join(str(error).split())[:_LONGEST] or told("", tensors),
        ) from error
    names = {key: key.removeprefix(_PREFIX).removesuffix(".alpha") for key in alphas or {}}
    return state, {name: float(alphas[key]) for key, name in names.items()}


def _scales(
    file: Path, ranks: Mapping[str, int], alphas: Mapping[str, float], settings: Mapping[str, Any]
) -> dict[str, float]:
    """By what each layer's update is multiplied: alpha / rank, or / its root where the settings say so; else 1."""
    if settings:
        from peft.utils.other import get_pattern_key

        if settings.get("use_dora") or settings.get("lora_bias"):
            raise _refused(file, "adapters without magnitudes and biases (LoRA)", ["use_dora or lora_bias"])
        patterns = settings.get("alpha_pattern") or {}
        alphas = {name: patterns.get(get_pattern_key([*patterns], name), settings["lora_alpha"]) for name in ranks}
    if not alphas:
        return dict.fromkeys(ranks, 1.0)
    if alphas.keys() != ranks.keys():
        raise _refused(file, "an alpha for each layer, or none", alphas.keys() ^ ranks.keys())
    rooted = bool(settings.get("use_rslora"))
    return {name: alphas[name] / (math.sqrt(rank) if rooted else rank) for name, rank in ranks.items()}


def _refused(file: Path, rule: str, got: Iterable[str]) -> WeightsError:
    return WeightsError(
        "the low-rank adapter is not of a form that is read here", where=file, rule=rule, got=told("", got) or "nothing"
    )
