"""What the embedding network is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from fitroom.errors import ConfigError


@dataclass
class SearchConfig:
    """A backbone's first blocks, looked at in several depths, and one linear map."""

    backbone: str = "tf_efficientnet_lite0"
    """A timm EfficientNet, whose blocks are a list."""
    taps: list[int] = field(default_factory=lambda: [1, 2, 4])
    """Blocks whose maps are read, in rising order; those after the last are not built."""
    bands: int = 3
    """Strips of the garment, from its top to its bottom, that are summed up each by itself."""
    dim: int = 64
    """Width of an embedding."""

    def __post_init__(self) -> None:
        if not self.taps or sorted(set(self.taps)) != self.taps or self.taps[0] < 0:
            raise ConfigError("no maps are read", where="model.taps", rule="rising block numbers", got=self.taps)
        if self.bands < 1 or self.dim < 2:
            raise ConfigError("an embedding of nothing", where="model", rule="bands of at least 1, dim of at least 2",
                              got=(self.bands, self.dim))  # fmt: skip
