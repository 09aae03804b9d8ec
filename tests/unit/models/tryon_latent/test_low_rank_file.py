"""Released low-rank adapters of FLUX answer as diffusers' pipeline does with them, whoever wrote the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import FluxFillPipeline, FluxTransformer2DModel
from diffusers.loaders.lora_base import LORA_ADAPTER_METADATA_KEY
from peft import LoraConfig, get_peft_model
from peft.utils import get_peft_model_state_dict
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tests.unit.models.tryon_latent.tiny_bases import flux_base

from fitroom.data.tryon.conditions import NUM_CONDITIONS
from fitroom.errors import ConfigError, WeightsError
from fitroom.models.tryon_latent.config import LatentTryOnConfig
from fitroom.models.tryon_latent.low_rank_file import adopt, read_low_rank
from fitroom.models.tryon_latent.network import on_base

ATTENTION = ["to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out"]
FEED_FORWARD = ["ff.net.0.proj", "ff.net.2", "ff_context.net.0.proj", "ff_context.net.2"]
NAME = "pytorch_lora_weights.safetensors"
Tensors = dict[str, torch.Tensor]


@pytest.fixture(autouse=True)
def own_cache(cache_home: Path) -> None:
    """Hashes are remembered there."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return flux_base(tmp_path_factory.mktemp("bases") / "fill", "flux-fill")


def transformer_of(base: Path) -> Any:
    return FluxTransformer2DModel.from_pretrained(base / "transformer")


def stirred(module: Any) -> Any:
    """Adapters begin without effect; these have one."""
    torch.manual_seed(3)
    for name, parameter in module.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    return module


def by_diffusers(base: Path, folder: Path, settings: bool = True, **changes: Any) -> Path:
    """As diffusers' training scripts save an adapter; those of before 2025 without its settings."""
    config = LoraConfig(**({"r": 4, "lora_alpha": 4, "target_modules": [*ATTENTION, *FEED_FORWARD]} | changes))
    transformer = transformer_of(base)
    transformer.add_adapter(config)
    told = {"transformer_lora_adapter_metadata": config.to_dict()} if settings else {}
    FluxFillPipeline.save_lora_weights(
        folder, transformer_lora_layers=get_peft_model_state_dict(stirred(transformer)), **told
    )
    return folder


def by_peft(base: Path, folder: Path) -> Path:
    config = LoraConfig(r=4, lora_alpha=12, target_modules=ATTENTION, use_rslora=True)
    stirred(get_peft_model(transformer_of(base), config)).save_pretrained(folder)
    assert (folder / "adapter_config.json").is_file()
    return folder


def by_kohya(base: Path, folder: Path) -> Path:
    """The same layers under the names that trainers of kohya's kind give them, each with an alpha."""
    by_diffusers(base, folder, settings=False, target_modules=ATTENTION)
    tensors: Tensors = {}
    for key, tensor in load_file(folder / NAME).items():
        layer, half = key.removeprefix("transformer.").split(".lora_")
        name = f"lora_transformer_{layer.replace('.', '_')}"
        tensors[f"{name}.lora_{'down' if half.startswith('A') else 'up'}.weight"] = tensor
        tensors[f"{name}.alpha"] = torch.tensor(2.0)
    save_file(tensors, folder / NAME)
    return folder


def with_alphas(base: Path, folder: Path) -> Path:
    """Diffusers' names, and an alpha of its own for each layer."""
    by_diffusers(base, folder, settings=False)
    tensors = load_file(folder / NAME)
    layers = sorted({key.split(".lora_")[0] for key in tensors})
    save_file(
        tensors | {f"{name}.alpha": torch.tensor(float(i % 3 + 1)) for i, name in enumerate(layers)}, folder / NAME
    )
    return folder


WRITERS: dict[str, Callable[[Path, Path], Path]] = {
    "diffusers": by_diffusers,
    "diffusers, strong": lambda base, folder: by_diffusers(base, folder, lora_alpha=10, alpha_pattern={"to_k": 2}),
    "diffusers, of before": lambda base, folder: by_diffusers(base, folder, settings=False),
    "kohya": by_kohya,
    "alphas": with_alphas,
}
ALIKE = ("diffusers", "diffusers, of before")  # to the others; tried where there is time


def adopted(base: Path, file: Path) -> Any:
    config = LatentTryOnConfig(str(base), "flux-fill", told_guidance=4.0, prompt_tokens=3)
    adopt(config, read_low_rank(file))
    return on_base(config, attention=str(file)).eval()


@torch.no_grad()
def answers(transformer: Any, model: Any) -> torch.Tensor:
    """What a transformer says to one noisy picture."""
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randn(1, 32, 384, generator=generator)
    prompt, pooled = model.prompt(torch.zeros(1, NUM_CONDITIONS))
    if not hasattr(transformer.time_text_embed, "sizes"):
        pooled = pooled[:, :-NUM_CONDITIONS]
    answer: torch.Tensor = transformer(
        hidden_states=tokens, encoder_hidden_states=prompt, pooled_projections=pooled, timestep=torch.tensor([0.5]),
        guidance=torch.tensor([4.0]), img_ids=torch.zeros(32, 3), txt_ids=torch.zeros(3, 3), return_dict=False,
    )[0]  # fmt: skip
    return answer


@pytest.mark.parametrize(
    "writer", [pytest.param(name, marks=pytest.mark.slow if name in ALIKE else ()) for name in WRITERS]
)
def test_an_adapter_answers_as_in_its_pipeline(base: Path, tmp_path: Path, writer: str) -> None:
    folder = WRITERS[writer](base, tmp_path / "released")
    model = adopted(base, folder)
    assert model.config.tryon_rank == 4 and "single_transformer_blocks.*.attn.to_q" in model.config.tryon_layers
    pipe = FluxFillPipeline(
        scheduler=model.flow.scheduler, vae=None, text_encoder=None, text_encoder_2=None, tokenizer=None,
        tokenizer_2=None, transformer=transformer_of(base).eval(),
    )  # fmt: skip
    plain = answers(pipe.transformer, model)
    pipe.load_lora_weights(folder)
    theirs = answers(pipe.transformer, model)
    torch.testing.assert_close(answers(model.network, model), theirs, rtol=1e-5, atol=1e-5)
    assert (theirs - plain).abs().mean() > 1e-3, "the adapter is heard"


def test_peft_s_own_file_answers_as_peft_does(base: Path, tmp_path: Path) -> None:
    from peft import PeftModel

    folder = by_peft(base, tmp_path / "released")
    model = adopted(base, folder)
    theirs = PeftModel.from_pretrained(transformer_of(base), folder).eval()
    torch.testing.assert_close(
        answers(model.network, model), answers(theirs.base_model.model, model), rtol=1e-5, atol=1e-5
    )


def test_a_file_brings_its_rank_and_its_layers(base: Path, tmp_path: Path) -> None:
    folder = by_diffusers(base, tmp_path / "released", target_modules=["to_q", "ff.net.2"])
    adapter = read_low_rank(folder)
    layers = [
        "single_transformer_blocks.*.attn.to_q",
        "transformer_blocks.*.attn.to_q",
        "transformer_blocks.*.ff.net.2",
    ]
    assert adapter.rank == 4 and adapter.layers == layers and adapter.file == folder / NAME
    config = LatentTryOnConfig(str(base), "flux-fill", fit_rank=2)
    adopt(config, adapter)
    assert config.tryon_layers == layers
    again = on_base(config)  # as a bundle opens: by its config alone
    names = {name for name in again.adapters["tryon"] if ".tryon." in name}
    assert len(names) == 2 * 3 and all(any(end in name for end in ("attn.to_q", "ff.net.2")) for name in names)
    for wrong in (LatentTryOnConfig(str(base), "flux-fill", tryon_rank=8),
                  LatentTryOnConfig(str(base), "flux-fill", tryon_rank=4, tryon_layers=layers[:1])):  # fmt: skip
        with pytest.raises(WeightsError, match="not the one that the config describes"):
            adopt(wrong, adapter)
    with pytest.raises(ConfigError, match="need a rank"):
        LatentTryOnConfig(str(base), "flux-fill", tryon_layers=layers)


def changed(tensors: Tensors, *, drop: str = "", add: Tensors | None = None, shape: str = "") -> Tensors:
    kept = {key: value for key, value in tensors.items() if not drop or drop not in key}
    return {key: value[..., :3].clone() if shape and shape in key else value for key, value in kept.items()} | (
        add or {}
    )


Q = "transformer.transformer_blocks.0.attn.to_q"


@pytest.mark.parametrize(
    ("change", "message", "named"),
    [
        ({"drop": f"{Q}.lora_B"}, "not of a form that is read here", "transformer_blocks.0.attn.to_q.lora_A"),
        ({"add": {f"{Q}.dora_scale": torch.ones(2)}}, "not of a form that is read here", f"{Q}.dora_scale"),
        ({"add": {f"{Q}.lora_B.bias": torch.ones(2)}}, "not of a form that is read here", f"{Q}.lora_B.bias"),
        ({"add": {"text_encoder.x.weight": torch.ones(2, 2)}}, "not of a form that is read here", "text_encoder.x"),
        ({"add": {"nothing": torch.ones(2, 2)}, "drop": "transformer"}, "not of a form that is read", "nothing"),
        ({"add": {f"{Q}.alpha": torch.tensor(1.0)}}, "not of a form that is read", "an alpha for each layer"),
        (
            {"add": {f"{Q}.lora_A.weight": torch.ones(2, 32), f"{Q}.lora_B.weight": torch.ones(32, 2)}},
            "not of a form that is read here",
            "transformer_blocks.0.attn.to_q of rank 2",
        ),
        (
            {"add": {"lora_unet_strange.lora_down.weight": torch.ones(4, 2)}, "drop": "transformer"},
            "no form that diffusers reads",
            "lora_unet_strange",
        ),
        (
            {"add": {"transformer.no_block.lora_A.weight": torch.ones(4, 2),
                     "transformer.no_block.lora_B.weight": torch.ones(2, 4)}},
            "the base has no such layers",
            "no_block",
        ),
        (
            {"add": {f"{Q.replace('0', '7')}.lora_{half}.weight": torch.ones(4, 4) for half in "AB"}},
            "not one for this base",
            "transformer_blocks.7.attn.to_q",
        ),
        ({"shape": f"{Q}.lora_A"}, "does not fit the base", "transformer_blocks.0.attn.to_q"),
    ],
)  # fmt: skip
def test_what_does_not_belong_is_named(
    base: Path, tmp_path: Path, change: dict[str, Any], message: str, named: str
) -> None:
    file = by_diffusers(base, tmp_path / "released", settings=False, target_modules=ATTENTION) / NAME
    save_file(changed(load_file(file), **change), file)
    with pytest.raises(WeightsError, match=message) as caught:
        adopted(base, file)
    assert named in str(caught.value)


def test_a_block_that_is_left_out_is_named(tmp_path: Path) -> None:
    deep = flux_base(tmp_path / "deep", "flux-fill", num_layers=2)
    file = by_diffusers(deep, tmp_path / "released", settings=False, target_modules=ATTENTION) / NAME
    save_file(changed(load_file(file), drop="transformer_blocks.1.attn.add_k_proj"), file)
    with pytest.raises(WeightsError, match=r"missing: transformer_blocks\.1\.attn\.add_k_proj"):
        adopted(deep, file)


def test_settings_that_are_not_read_are_refused(base: Path, tmp_path: Path) -> None:
    folder = by_diffusers(base, tmp_path / "released", target_modules=ATTENTION)
    with safe_open(folder / NAME, "pt") as opened:
        told = json.loads(opened.metadata()[LORA_ADAPTER_METADATA_KEY])
    told["transformer.lora_bias"] = True
    save_file(load_file(folder / NAME), folder / NAME, {LORA_ADAPTER_METADATA_KEY: json.dumps(told)})
    with pytest.raises(WeightsError, match="without magnitudes and biases"):
        read_low_rank(folder)
    (folder / NAME).write_bytes(b"none")
    with pytest.raises(WeightsError, match="cannot be read"):
        read_low_rank(folder)
    with pytest.raises(WeightsError, match="there are no attention weights"):
        read_low_rank(tmp_path / "nowhere")
