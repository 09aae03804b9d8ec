"""Released attention weights of CatVTON's form find their layers, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tests.unit.models.tryon_latent.tiny_bases import inpainting_base
from torch import nn

from fitroom.errors import WeightsError
from fitroom.models.tryon_latent.config import LatentTryOnConfig
from fitroom.models.tryon_latent.network import on_base


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return inpainting_base(tmp_path_factory.mktemp("bases") / "sd")


@pytest.fixture(autouse=True)
def own_cache(cache_home: Path) -> None:
    """Hashes are remembered there."""


def other_attention(tmp_path: Path) -> nn.Module:
    """The U-Net of another seed: layers of the right shapes, other weights."""
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel.from_pretrained(inpainting_base(tmp_path / "trained", seed=5) / "unet")


def released(unet: nn.Module) -> dict[str, torch.Tensor]:
    """As a list of all modules with "attn1" in their names is saved: numbered, a tensor once under its first name."""
    modules = nn.ModuleList(module for name, module in unet.named_modules() if "attn1" in name)
    seen: set[int] = set()
    return {
        key: value.clone()
        for key, value in modules.state_dict().items()
        if value.data_ptr() not in seen and not seen.add(value.data_ptr())
    }


@pytest.mark.parametrize("form", ["released", "with doubles", "by name"])
@pytest.mark.parametrize("fit_rank", [0, 2])
def test_released_weights_find_their_layers(base: Path, tmp_path: Path, form: str, fit_rank: int) -> None:
    unet = other_attention(tmp_path)
    tensors = released(unet)
    assert "0.to_q.weight" in tensors and "1.to_q.weight" not in tensors
    if form == "with doubles":
        tensors |= {"1.weight": tensors["0.to_q.weight"].clone(), "5.0.weight": tensors["0.to_out.0.weight"].clone()}
    elif form == "by name":
        tensors = {name: value for name, value in unet.state_dict().items() if "attn1" in name}
    file = tmp_path / "mix-48k-1024/attention/model.safetensors"
    file.parent.mkdir(parents=True)
    save_file(tensors, file)
    model = on_base(LatentTryOnConfig(str(base), fit_rank=fit_rank), attention=str(tmp_path / "mix-48k-1024"))
    own = {name.replace(".base_layer", ""): value for name, value in model.network.state_dict().items()}
    for name, value in unet.state_dict().items():
        if "attn1" in name:
            assert torch.equal(own[name], value), name
    assert not torch.equal(own["conv_in.weight"], unet.state_dict()["conv_in.weight"])


def test_weights_of_another_base_are_refused(base: Path, tmp_path: Path) -> None:
    tensors = released(other_attention(tmp_path))
    file = tmp_path / "attention.safetensors"
    config = LatentTryOnConfig(str(base))
    for changed, message in (
        ({k: v for k, v in tensors.items() if not k.startswith("0.")}, "not those of this base"),
        ({k: (v[:, :4] if k == "0.to_q.weight" else v).clone() for k, v in tensors.items()}, "do not fit the base"),
        ({k: v for k, v in tensors.items() if k != "0.to_out.0.bias"}, "do not fit the base"),
        ({"conv.weight": torch.zeros(2)}, "not those of this base"),
    ):
        save_file(changed, file)
        with pytest.raises(WeightsError, match=message):
            on_base(config, attention=str(file))
    file.write_bytes(b"none")
    with pytest.raises(WeightsError, match="cannot be read"):
        on_base(config, attention=str(file))
    with pytest.raises(WeightsError, match="there are no attention weights"):
        on_base(config, attention=str(tmp_path / "nowhere"))
