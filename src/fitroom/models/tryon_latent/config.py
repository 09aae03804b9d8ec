"""What a bundle says of a try-on model on a large base; enough to build it, given the base."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fitroom.errors import ConfigError

Form = Literal["inpainting"]


@dataclass
class LatentTryOnConfig:
    """Base, form and adapters."""

    base: str
    """Hub id, or a folder in diffusers' form: a sub-folder each for network, VAE and scheduler."""
    form: Form = "inpainting"
    """inpainting = a U-Net with 9 input channels, as Stable Diffusion 1.5 inpainting has it."""
    variant: str = ""
    """Of the base's files, e.g. fp16: diffusion_pytorch_model.fp16.safetensors."""
    base_sha256: str = ""
    """Digest of the base's files; a run fills it in, and a bundle whose base has others does not open."""
    join: Literal["below", "beside"] = "below"
    """Where the garment lies in the picture that is diffused, seen from the person; released CatVTON weights: below."""
    text: Literal["passed", "removed"] = "passed"
    """What stands for the U-Net's attention to text: passed = its normed input is added, as released CatVTON weights
    expect; removed = nothing is."""
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
        if self.fit_rank < 0 or self.steps < 1 or self.guidance < 1:
            raise ConfigError(
                "the model cannot be this",
                where="model",
                rule="fit_rank of at least 0, guidance and steps of at least 1",
                got=(self.fit_rank, self.guidance, self.steps),
            )
