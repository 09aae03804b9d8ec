"""What an outfit network is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from fitroom.errors import ConfigError


@dataclass
class OutfitConfig:
    """A small transformer over pieces; vocabulary and scale come from the fit part."""

    vocabulary: dict[str, list[str]] = field(default_factory=dict)
    """Words by attribute, and by "for_season", "for_weather", "for_occasion". Empty in a config means "all that the
    data holds"."""
    price_center: float = 0.0
    """Mean of log2 of the prices of the fit part."""
    price_scale: float = 1.0
    """Its standard deviation."""
    embedding_dim: int = 0
    """Width of the embeddings of photos; 0 = attributes alone."""
    width: int = 64
    """Of a token."""
    layers: int = 3
    """Transformer layers."""
    attention_heads: int = 4
    """Attention heads."""
    dropout: float = 0.1
    """Inside the layers, while learning."""

    def __post_init__(self) -> None:
        if min(self.width, self.layers, self.attention_heads) < 1 or self.width % self.attention_heads:
            raise ConfigError(
                "the transformer cannot be built", where="model", rule="width a multiple of attention_heads, all > 0",
                got=(self.width, self.layers, self.attention_heads),
            )  # fmt: skip
        if self.price_scale <= 0 or self.embedding_dim < 0 or not 0 <= self.dropout < 1:
            raise ConfigError(
                "a number of the model is out of range", where="model",
                rule="price_scale > 0, embedding_dim of at least 0, dropout in [0, 1)",
                got=(self.price_scale, self.embedding_dim, self.dropout),
            )  # fmt: skip
