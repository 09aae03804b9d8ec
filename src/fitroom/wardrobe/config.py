"""The config of a wardrobe: how many cases, of which kinds, how large, and what is kept of each."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

from fitroom.config import config_to_dict
from fitroom.errors import ConfigError
from fitroom.wardrobe.patterns.pattern import Category

MAX_SIDE_PX = 4096


@dataclass
class SplitShares:
    """Shares of the cases; their sum is made 1."""

    train: float = 0.8
    """To learn from."""
    validation: float = 0.08
    """To choose by."""
    test: float = 0.12
    """To report on."""

    def __post_init__(self) -> None:
        _require_shares("splits", self)


@dataclass
class KindShares:
    """Shares of the cases by what they are for; their sum is made 1."""

    paired: float = 0.1
    """The garment is the one worn: what a model must give back unchanged."""
    counterfactual_garment: float = 0.45
    """Another garment, same person, pose and light."""
    counterfactual_size: float = 0.15
    """One garment in all sizes on one body: six rows."""
    size_across_bodies: float = 0.15
    """One garment in one size on several bodies."""
    leak: float = 0.15
    """One target over several source garments: the answers must not differ."""

    def __post_init__(self) -> None:
        _require_shares("kinds", self)


@dataclass
class SimulationSettings:
    """How each case is simulated and what is kept of it."""

    height_px: int = 512
    """Height of the pictures of people."""
    width_px: int = 384
    """Their width."""
    photo_height_px: int = 512
    """Height of the shop photos."""
    photo_width_px: int = 384
    """Their width."""
    spacing_cm: float = 1.4
    """Edge length of the cloth meshes; 1.0 takes about twice as long."""
    samples: int = 4
    """Rays a pixel."""
    photos: str | None = None
    """Folder of photos of fabrics, whose textures are used beside the drawn prints; none = drawn ones alone."""
    columns: list[str] = field(default_factory=list)
    """Columns of truth to keep beside the pictures and the plan; empty = all."""

    def __post_init__(self) -> None:
        sides = (self.height_px, self.width_px, self.photo_height_px, self.photo_width_px)
        if min(sides) < 16 or max(sides) > MAX_SIDE_PX:
            raise ConfigError("the picture's size does not fit", rule=f"16 to {MAX_SIDE_PX} px a side", got=sides)
        if not 0.5 <= self.spacing_cm <= 4.0:
            raise ConfigError("the cloth's spacing does not fit", rule="0.5 to 4 cm", got=self.spacing_cm)
        if self.samples < 1:
            raise ConfigError("every pixel needs a ray", where="samples", rule="at least 1", got=self.samples)


@dataclass
class WardrobeConfig:
    """A simulated wardrobe: people, garments and the true picture of one in the other, as shards of Parquet."""

    seed: int = 0
    """Of every choice; another seed is another wardrobe."""
    cases: int = 2000
    """How many at least; the last group is not cut."""
    cases_per_shard: int = 50
    """A shard is closed once it holds as many; what is interrupted loses the shards it was at."""
    splits: SplitShares = field(default_factory=SplitShares)
    """How the cases are divided; which people, designs, prints and fabrics belong to a split is fixed for all."""
    kinds: KindShares = field(default_factory=KindShares)
    """What the cases are for."""
    garments_per_person: int = 3
    """Garments in a group of kind counterfactual-garment, each put on in place of the one before."""
    bodies_per_garment: int = 4
    """Bodies in a group of kind size-across-bodies."""
    sources_per_target: int = 3
    """Source garments in a group of kind leak."""
    looks: int = 1
    """Cases made of the same drapes: further ones have other prints, another view, backdrop and light."""
    categories: list[Category] = field(default_factory=list)
    """What a group is about, each equally often: its target, or the first of its garments, is one of these; what else
    is worn may be anything. Empty = each category as often as shops have it."""
    simulation: SimulationSettings = field(default_factory=SimulationSettings)
    """How each case is simulated."""

    def __post_init__(self) -> None:
        least = {
            "cases": 1, "cases_per_shard": 1, "garments_per_person": 2, "bodies_per_garment": 2,
            "sources_per_target": 2, "looks": 1, "seed": 0,
        }  # fmt: skip
        for name, value in least.items():
            if getattr(self, name) < value:
                raise ConfigError(f"{name} is too small", rule=f"at least {value}", got=getattr(self, name))


def shares_of(shares: SplitShares | KindShares) -> dict[str, float]:
    """The shares by the name a plan uses ("counterfactual-size"), with a sum of 1."""
    values = dataclasses.asdict(shares)
    total = sum(values.values())
    return {name.replace("_", "-"): value / total for name, value in values.items()}


def differences(config: WardrobeConfig, other: dict[str, object]) -> list[str]:
    """What differs between a config and another one's plain values, as "simulation.samples: 4, was 2".

    The other one may be of an older version: categories, which it does not know then, were as by default.
    """
    ours, theirs = _flat(config_to_dict(config)), {"categories": []} | _flat(other)
    missing = "not there"
    return [
        f"{name}: {ours.get(name, missing)}, was {theirs.get(name, missing)}"
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name, missing) != theirs.get(name, missing)
    ]


def _flat(values: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in values.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat


def _require_shares(name: str, shares: SplitShares | KindShares) -> None:
    values = dataclasses.asdict(shares)
    if min(values.values()) < 0 or sum(values.values()) <= 0:
        raise ConfigError(
            f"the shares of {name} do not add up", rule="none below 0, and at least one above 0", got=values
        )
