"""What a body model is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from fitroom.errors import ConfigError

SEXES = ("female", "male")


@dataclass
class SizingConfig:
    """A mixture of Gaussians over the logarithms of body measures, one mixture a sex."""

    measures: list[str] = field(default_factory=list)
    """Names in the order of the axes; cm, "weight" in kg, "age" in years. Empty in a config means "all that the data
    holds"."""
    components: int = 4
    """Gaussians a sex: with one the mean of a measure is linear in the others (all in logarithms), with more it bends,
    and its spread depends on the body."""
    center: list[float] = field(default_factory=list)
    """Mean of each measure's logarithm over the fit part."""
    scale: list[float] = field(default_factory=list)
    """Its standard deviation."""
    told: dict[str, list[float]] = field(default_factory=dict)
    """How far people are from the tape when they tell a measure: the middle and the standard deviation of told less
    measured, in its unit; what is not listed was never asked."""

    def __post_init__(self) -> None:
        if self.components < 1:
            raise ConfigError("the mixture is empty", where="model.components", rule="1 or more", got=self.components)
        if not len(self.measures) == len(self.center) == len(self.scale) or any(s <= 0 for s in self.scale):
            raise ConfigError(
                "the measures and their scale do not fit together",
                where="model",
                rule="one center and one scale above 0 for each measure",
                got=(len(self.measures), len(self.center), self.scale),
            )
