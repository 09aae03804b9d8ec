"""What the network that reads bodies in photos is made of, and the law of its readings."""

from __future__ import annotations

from dataclasses import dataclass, field

from fitroom.contracts import Part
from fitroom.errors import ConfigError


@dataclass
class LawConfig:
    """How readings hang on a body: ``reading = gain @ log(measure / height) + offset + error``.

    Fitted to people whom the reading network had not met, so it says what a body does to a reading, and nothing of
    which bodies are common: that is the body model's to know, and is counted once. Empty before training."""

    gain: list[list[float]] = field(default_factory=list)
    """(K, K); ones on the diagonal for a reading that follows its measure."""
    offset: list[float] = field(default_factory=list)
    """(K,)"""
    covariance: list[list[float]] = field(default_factory=list)
    """(K, K) of one photo's errors."""


def _groups() -> list[list[str]]:
    return [
        ["HAIR", "HAT"], ["FACE", "GLASSES"], ["NECK_AND_TORSO_SKIN", "SCARF"], ["LEFT_ARM", "RIGHT_ARM", "GLOVES"],
        ["LEFT_LEG", "RIGHT_LEG"], ["TOP", "BELT"], ["OUTERWEAR"], ["DRESS", "JUMPSUIT"], ["TROUSERS"], ["SKIRT"],
        ["LEFT_SHOE", "RIGHT_SHOE", "SOCKS"],
    ]  # fmt: skip


@dataclass
class BodyPhotoConfig:
    """Several small networks on one figure: a map of parts, in the person's own height."""

    measures: list[str] = field(default_factory=lambda: ["chest", "waist", "hip"])
    """What is read, each as the logarithm of measure over height."""
    groups: list[list[str]] = field(default_factory=_groups)
    """Parts that are one channel of a figure; what is in none is not looked at. Left and right are not told apart, so
    that a mirrored photo is read alike."""
    rows: int = 96
    """Of a figure, from crown to sole."""
    columns: int = 72
    """Of a figure; a row's height wide each, so that half of them reach 3/8 of the person's height to each side."""
    members: int = 4
    """Networks; each learns from all people but its own share, and shows there how far it errs."""
    pooled: int = 2
    """Neighbouring rows that are one."""
    drop: float = 0.3
    """Share of the features that are left out while it learns."""
    center: list[float] = field(default_factory=list)
    """(K,) mean of the logarithms over the fit part."""
    scale: list[float] = field(default_factory=list)
    """(K,) their standard deviation."""
    law: LawConfig = field(default_factory=LawConfig)
    """Of the mean reading of all members."""

    def __post_init__(self) -> None:
        sizes = (self.members, self.rows, self.columns, self.pooled)
        if not self.measures or self.members < 2 or min(sizes[1:3]) < 16 or not 1 <= self.pooled <= self.rows:
            raise ConfigError(
                "nothing would be read", where="model", got=(self.measures, *sizes),
                rule="measures, two members at least, figures of 16 at least, and rows to pool",
            )  # fmt: skip
        names = [name for group in self.groups for name in group]
        if wrong := [name for name in names if name not in Part.__members__ or names.count(name) > 1]:
            raise ConfigError("a figure cannot show this", where="model.groups", rule="parts, each once", got=wrong)

    @property
    def parts(self) -> list[tuple[Part, ...]]:
        """The groups, as parts."""
        return [tuple(Part[name] for name in group) for group in self.groups]
