"""What the search network is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from fitroom.errors import ConfigError


@dataclass
class SearchConfig:
    """A backbone's first blocks, looked at in several depths; one linear map, and a matcher of places beside it."""

    backbone: str = "tf_efficientnet_lite0"
    """A timm EfficientNet, whose blocks are a list."""
    taps: list[int] = field(default_factory=lambda: [1, 2, 4])
    """Blocks whose maps are read, in rising order; those after the last are not built."""
    bands: int = 3
    """Strips of the garment, from its top to its bottom, that are summed up each by itself."""
    dim: int = 64
    """Width of an embedding."""
    code_dim: int = 0
    """Width of the code of each place, by which the second stage compares; 0 = there is none."""
    places: int = 56
    """Places of a garment that are looked at, those with most of it; a garment seldom fills more of its box."""
    compare_dim: int = 64
    """Width of such a comparison."""

    def __post_init__(self) -> None:
        if not self.taps or sorted(set(self.taps)) != self.taps or self.taps[0] < 0:
            raise ConfigError("no maps are read", where="model.taps", rule="rising block numbers", got=self.taps)
        if self.bands < 1 or self.dim < 2:
            raise ConfigError("an embedding of nothing", where="model", rule="bands of at least 1, dim of at least 2",
                              got=(self.bands, self.dim))  # fmt: skip
        if self.code_dim < 0 or min(self.places, self.compare_dim) < 1:
            raise ConfigError("a second stage of nothing", where="model",
                              rule="code_dim of at least 0, places and compare_dim of at least 1",
                              got=(self.code_dim, self.places, self.compare_dim))  # fmt: skip
