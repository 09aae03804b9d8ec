"""Builds the network that a config asks for: without weights, or on its base."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from fitroom.errors import WeightsError
from fitroom.models.tryon_latent.adapters import TRYON
from fitroom.models.tryon_latent.attention import load_attention
from fitroom.models.tryon_latent.base import NETWORK_OF, Base, cast_weights, find_base
from fitroom.models.tryon_latent.config import Form, LatentTryOnConfig
from fitroom.models.tryon_latent.low_rank import fill_low_rank
from fitroom.models.tryon_latent.low_rank_file import read_low_rank
from fitroom.models.tryon_latent.shared import LatentNetwork


def outline(config: LatentTryOnConfig) -> LatentNetwork:
    """The network without the base's weights, which need not be there: its configs are. On the meta device it is free.

    Raises:
        WeightsError: no such base, or one of another form.
    """
    base = find_base(config.base, config.form, config.variant, weights=False)
    return _network(config, base, base.empty(NETWORK_OF[config.form]), base.empty("vae"))


def on_base(config: LatentTryOnConfig, *, attention: str = "", dtype: torch.dtype = torch.float32) -> LatentNetwork:
    """The network on its base; adapters as they begin.

    Args:
        config: of the model.
        attention: released weights to begin with: of a U-Net's self-attention, or a low-rank adapter of FLUX, whose
            rank and layers the config has, see :mod:`~fitroom.models.tryon_latent.low_rank_file`; "" = the base's own.
        dtype: of the base's matrices and kernels; what can be trained is float32.

    Raises:
        WeightsError: no such base, one of another form, or one whose files are not those that the config names.
    """
    base = find_base(config.base, config.form, config.variant)
    check_base(base, config)
    # Weights of the base's own that are trained must not be rounded on the way.
    network = base.load(NETWORK_OF[config.form], dtype if config.tryon_rank else torch.float32)
    if attention and config.form == "inpainting":
        load_attention(network, Path(attention))
    made = _network(config, base, network, base.load("vae"))
    if attention and config.form != "inpainting":
        adapter = read_low_rank(Path(attention))
        fill_low_rank(made.network, TRYON, adapter.pairs, adapter.file)
    adapters = [parameter for name in made.adapters for parameter in made.own(name)]
    cast_weights(made, dtype, adapters)
    return made


def check_base(base: Base, config: LatentTryOnConfig) -> None:
    """Raises WeightsError where the base's files are not those that the config names."""
    if config.base_sha256 and (got := base.sha256()) != config.base_sha256:
        raise WeightsError(
            "the base is not the one that these adapters were trained on",
            where=base.folder,
            rule=f"sha256 {config.base_sha256}",
            got=got,
            fix="bring back the files of the base, or train anew",
        )


def _network(config: LatentTryOnConfig, base: Base, network: Any, vae: Any) -> LatentNetwork:
    return _form(config.form)(config, network, vae, base.settings("scheduler"))


def _form(name: Form) -> Callable[[LatentTryOnConfig, Any, Any, dict[str, Any]], LatentNetwork]:
    # Seconds of diffusers, each.
    if name == "flux-fill":
        from fitroom.models.tryon_latent.flux_fill import FluxFillTryOn

        return FluxFillTryOn
    if name == "flux-kontext":
        from fitroom.models.tryon_latent.flux_kontext import FluxKontextTryOn

        return FluxKontextTryOn
    from fitroom.models.tryon_latent.inpainting import InpaintingTryOn

    return InpaintingTryOn
