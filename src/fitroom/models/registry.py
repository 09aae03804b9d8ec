"""Every kind of model in the project by name, so that bundles can rebuild it and tests can run over all of them."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from jsonargparse import ArgumentParser
from torch import nn

from fitroom.config import nearest
from fitroom.errors import ConfigError
from fitroom.models.body_photo.config import BodyPhotoConfig
from fitroom.models.body_photo.network import BodyPhotoNetwork
from fitroom.models.outfits.config import OutfitConfig
from fitroom.models.outfits.network import OutfitNetwork
from fitroom.models.parser import Parser, ParserConfig
from fitroom.models.recognizer import Recognizer, RecognizerConfig
from fitroom.models.search.config import SearchConfig
from fitroom.models.search.network import GarmentEmbedder
from fitroom.models.sizing.body_model import BodyModel
from fitroom.models.sizing.config import SizingConfig
from fitroom.models.tryon.config import TryOnConfig
from fitroom.models.tryon.network import TryOnNetwork
from fitroom.models.tryon_latent.config import LatentTryOnConfig


@dataclass(frozen=True)
class ModelKind:
    """A registered kind.

    Attributes:
        config: the dataclass that describes one model of this kind.
        build: config -> untrained network; on its base, where the kind stands on one.
        outline: the same without reading a base; None = there is none to read.
    """

    config: type
    build: Callable[[Any], nn.Module]
    outline: Callable[[Any], nn.Module] | None = None


def _on_base(config: LatentTryOnConfig) -> nn.Module:
    from fitroom.models.tryon_latent.network import on_base  # seconds of diffusers, which no other kind needs

    return on_base(config)


def _outline(config: LatentTryOnConfig) -> nn.Module:
    from fitroom.models.tryon_latent.network import outline

    with torch.device("meta"):
        return outline(config)


KINDS: dict[str, ModelKind] = {
    "recognizer": ModelKind(RecognizerConfig, Recognizer),
    "parser": ModelKind(ParserConfig, Parser),
    "tryon": ModelKind(TryOnConfig, TryOnNetwork),
    "tryon_latent": ModelKind(LatentTryOnConfig, _on_base, _outline),
    "sizing": ModelKind(SizingConfig, BodyModel),
    "body_photo": ModelKind(BodyPhotoConfig, BodyPhotoNetwork),
    "outfits": ModelKind(OutfitConfig, OutfitNetwork),
    "search": ModelKind(SearchConfig, GarmentEmbedder),
}


def model_kinds() -> list[str]:
    """Names of all registered kinds."""
    return list(KINDS)


def parse_model_config(kind: str, config: dict[str, Any]) -> Any:
    """A stored config (plain values) back to the kind's dataclass.

    Raises:
        ConfigError: unknown kind, unknown key or wrong type.
    """
    if kind not in KINDS:
        raise ConfigError(f"unknown kind of model {kind!r}", fix=nearest(kind, model_kinds()))
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(KINDS[kind].config, None)
    try:
        return KINDS[kind].config(**vars(parser.instantiate_classes(parser.parse_object(deepcopy(config)))))
    except Exception as error:
        raise ConfigError(f"the stored config of this {kind} does not fit", got=str(error)) from error


def build_model(kind: str, config: dict[str, Any]) -> nn.Module:
    """An untrained network of ``kind`` from its stored config."""
    parsed = parse_model_config(kind, config)
    return KINDS[kind].build(parsed)


def outline_model(kind: str, config: dict[str, Any]) -> nn.Module:
    """As :func:`build_model`, but a base that the kind stands on is not read: its part is on the meta device."""
    parsed = parse_model_config(kind, config)
    return (KINDS[kind].outline or KINDS[kind].build)(parsed)
