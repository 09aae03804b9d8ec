"""What a bundle says of a try-on model on a large base; enough to build it, given the base."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from fitroom.errors import ConfigError
from fitroom.models.tryon_latent.joined import Join

Form = Literal["inpainting", "flux-fill", "flux-kontext"]


@dataclass
class LatentTryOnConfig:
    """Base, form and adapters."""

    base: str
    """Hub id, or a folder in diffusers' form: a sub-folder each for network, VAE and scheduler."""
    form: Form = "inpainting"
    """inpainting = a U-Net with 9 input channels, as Stable Diffusion 1.5 inpainting has it; flux-fill, flux-kontext =
    FLUX transformers with 384 and 64, as FLUX.1 Fill and Kontext have them."""
    variant: str = ""
    """Of the base's files, e.g. fp16: diffusion_pytorch_model.fp16.safetensors."""
    base_sha256: str = ""
    """Digest of the base's files; a run fills it in, and a bundle whose base has others does not open."""
    join: Join = "below"
    """Where the garment lies in the picture that is diffused, seen from the person: below, beside (to the right), left.
    Released CatVTON weights: below; CatVTON-FLUX: left; flux-kontext shows the two apart."""
    text: Literal["passed", "removed"] = "passed"
    """What stands for the U-Net's attention to text: passed = its normed input is added, as released CatVTON weights
    expect; removed = nothing is."""
    prompt_tokens: int = 16
    """Learned tokens that stand for a text, of the FLUX forms; they belong to the try-on adapter."""
    told_guidance: float = 1.0
    """Strength of the distilled guidance that a FLUX base is told, in training and answers alike; 1 = none, the
    velocity that flow matching learns. Published pipelines answer with 30 (Fill) and 2.5 (Kontext)."""
    tryon_rank: int = 0
    """Rank of the try-on adapter in the attention (LoRA, by peft); 0 = the attention's own weights are trained."""
    tryon_layers: list[str] = field(default_factory=list)
    """Names of the layers that have the try-on adapter's low rank, a star for a block's number:
    transformer_blocks.*.attn.to_q. Empty = those of the attention; an imported adapter brings its own."""
    fit_rank: int = 0
    """Rank of the fit adapter's part in the attention (LoRA, by peft); 0 = sizes are heard through the time alone."""
    use_size: bool = True
    """Whether sizes, body and fabric are heard; False is an ablation."""
    steps: int = 25
    """Denoising steps where the caller does not say."""
    guidance: float = 2.5
    """Guidance where the caller does not say: 1 = none; more pulls away from what it would be without the garment."""

    def __post_init__(self) -> None:
        if not self.base:
            raise ConfigError("there is no base", where="model.base", rule="a hub id, or a folder in diffusers' form")
        least = {"fit_rank": 0, "tryon_rank": 0, "prompt_tokens": 1, "told_guidance": 0, "steps": 1, "guidance": 1}
        if wrong := {name: getattr(self, name) for name, value in least.items() if getattr(self, name) < value}:
            raise ConfigError(
                "the model cannot be this",
                where="model",
                rule=", ".join(f"{name} of at least {least[name]}" for name in wrong),
                got=wrong,
            )
        if self.tryon_layers and not self.tryon_rank:
            raise ConfigError(
                "layers of low rank need a rank", where="model.tryon_layers", rule="tryon_rank of at least 1", got=0
            )
