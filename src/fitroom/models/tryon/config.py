"""What the try-on network is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from fitroom.errors import ConfigError


@dataclass
class TryOnConfig:
    """What the try-on network is made of."""

    backbone: str = "tf_efficientnet_lite0"
    """A timm backbone with conv_stem, bn1 and blocks, for the person and, again, for the garment."""
    stages: int = 5
    """Stages of the backbone that are kept; they must reach stride 16 and no further."""
    widths: list[int] = field(default_factory=lambda: [32, 64, 128, 192])
    """Channels at the strides 2, 4, 8 and 16 of the half-size picture."""
    depth: int = 3
    """Attention blocks at stride 16."""
    rounds: int = 1
    """How often the flow is corrected at stride 8, and again at 4."""
    denoiser_width: int = 64
    """Channels of the denoiser at its finest stride; coarser ones have half as many again."""
    detail: int = 24
    """Channels of the full-size blend."""
    use_flow: bool = True
    """False = no texture is warped: all cloth is painted (an ablation)."""
    use_size: bool = True
    """False = measures are not looked at (an ablation)."""
    layers: bool = False
    """Whether paint comes in layers, which the layout puts together; else as one picture."""
    hem: bool = False
    """Whether a head tells from sizes and photo where the garment ends, and the layout is brought there."""
    steps: int = 1
    """Denoising steps where the user does not say."""

    def __post_init__(self) -> None:
        if len(self.widths) != 4 or min(self.widths, default=0) < 8 or self.widths[3] % 32:
            raise ConfigError(
                "the try-on network cannot have these widths",
                where="model.widths",
                rule="four of at least 8; the last a multiple of 32",
                got=self.widths,
            )
        if (
            min(self.depth, self.rounds, self.steps) < 1
            or self.detail < 8
            or self.denoiser_width < 8
            or self.denoiser_width % 8
        ):
            raise ConfigError(
                "the try-on network would have no layers",
                where="model",
                rule="depth, rounds and steps of at least 1, detail of at least 8, denoiser_width a multiple of 8",
                got=(self.depth, self.rounds, self.steps, self.detail, self.denoiser_width),
            )
