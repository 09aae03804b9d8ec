"""What ``--dry-run`` says of the real FLUX.1 sizes: by the published configs alone, on the meta device."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from fitroom.models.tryon_latent.network import outline
from fitroom.training.tasks import load_run
from fitroom.training.tryon_latent.memory import GIB, estimate

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs/large-bases.md").read_text(encoding="utf-8")
# As published in transformer/, vae/ and scheduler/ of black-forest-labs/FLUX.1-Fill-dev and FLUX.1-Kontext-dev.
TRANSFORMER = {
    "attention_head_dim": 128, "axes_dims_rope": [16, 56, 56], "guidance_embeds": True, "joint_attention_dim": 4096,
    "num_attention_heads": 24, "num_layers": 19, "num_single_layers": 38, "patch_size": 1, "pooled_projection_dim": 768,
    "out_channels": 64,
}  # fmt: skip
VAE = {
    "act_fn": "silu", "block_out_channels": [128, 256, 512, 512], "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4, "latent_channels": 16, "layers_per_block": 2, "norm_num_groups": 32,
    "sample_size": 1024, "scaling_factor": 0.3611, "shift_factor": 0.1159, "use_post_quant_conv": False,
    "use_quant_conv": False,
}  # fmt: skip
SCHEDULER = {
    "base_image_seq_len": 256, "base_shift": 0.5, "max_image_seq_len": 4096, "max_shift": 1.15,
    "num_train_timesteps": 1000, "shift": 3.0, "use_dynamic_shifting": True,
}  # fmt: skip
CHANNELS = {"latent_flux": 384, "latent_flux_sharded": 384, "latent_kontext_texture": 64}
PROCESSES = {"latent_flux_sharded": 8}


def outlined(folder: Path, recipe: str) -> tuple[Any, Any]:
    """Config and network of a shipped recipe on a base of the real size, without weights."""
    for name, settings in (("transformer", TRANSFORMER | {"in_channels": CHANNELS[recipe]}), ("vae", VAE)):
        (folder / name).mkdir()
        (folder / name / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "scheduler").mkdir()
    (folder / "scheduler/scheduler_config.json").write_text(json.dumps(SCHEDULER), encoding="utf-8")
    config = load_run(ROOT / f"configs/train/{recipe}.yaml", f"--model.base={folder}")
    with torch.device("meta"):
        return config, outline(config.model)  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.parametrize("recipe", CHANNELS)
def test_the_page_tells_what_the_dry_run_says(tmp_path: Path, recipe: str) -> None:
    config, model = outlined(tmp_path, recipe)
    frozen = sum(p.numel() for name, p in model.network.named_parameters() if not p.requires_grad)
    # Published files of the transformer hold 23.8 GB in bfloat16.
    assert frozen == 11_901_408_320 + (CHANNELS[recipe] - 64) * 3072
    trained = sum(p.numel() for name in config.train for p in model.own(name))
    needed = estimate(model, config, PROCESSES.get(recipe, 1))
    parts = (needed.weights, needed.gathered, needed.gradient, needed.optimizer, needed.activations, needed.vae)
    figures = [trained / 1e6, *(value / GIB for value in parts), needed.total / GIB, needed.flops / 1e12]
    (row,) = re.findall(rf"^\| `{recipe}`[^|]*\|(.*)\|$", PAGE, re.MULTILINE)
    told = [float(cell) for cell in row.split("|")]
    assert told == pytest.approx(figures, rel=0.01, abs=0.006), [round(figure, 2) for figure in figures]
