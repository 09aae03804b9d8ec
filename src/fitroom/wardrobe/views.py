"""How a person is seen: pose, side, framing, place and light, so that the garment in question is in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fitroom.wardrobe.catalogues import Catalogues
from fitroom.wardrobe.patterns.pattern import Design
from fitroom.wardrobe.plan import Framing, PersonPlan, Split
from fitroom.wardrobe.registry import Registry

FRONT_YAW_DEG = 25.0
BACK_SHARE, PROFILE_SHARE = 0.07, 0.05
TURN_DEG = 15.0  # how far backs and profiles are from the exact ones
FULL_SHARE_OF_TOPS = 0.3
LOWER_SHARE_OF_BOTTOMS = 0.5


def person(
    catalogues: Catalogues,
    registry: Registry,
    rng: np.random.Generator,
    split: Split,
    body: int,
    designs: Sequence[Design],
) -> PersonPlan:
    """A body with a look of its split, in a pose, so framed that all ``designs`` show."""
    appearance = registry.draw("appearance", split, rng)
    pose = str(rng.choice(catalogues.poses()))
    unseen = PersonPlan(body, appearance, pose, 0.0, "full", 0, 0)
    return seen(unseen, registry, rng, split, designs)


def seen(
    who: PersonPlan, registry: Registry, rng: np.random.Generator, split: Split, designs: Sequence[Design]
) -> PersonPlan:
    """The same person in the same pose from another side, in another place and light."""
    return replace(
        who,
        yaw_deg=_yaw_deg(rng),
        framing=_framing(rng, designs),
        backdrop=registry.draw("backdrop", split, rng),
        light=registry.draw("light", split, rng),
    )


def _yaw_deg(rng: np.random.Generator) -> float:
    side = rng.random()
    if side < BACK_SHARE:
        return round(180.0 + float(rng.uniform(-TURN_DEG, TURN_DEG)), 1)
    if side < BACK_SHARE + PROFILE_SHARE:
        return round(float(rng.choice((-90.0, 90.0))) + float(rng.uniform(-TURN_DEG, TURN_DEG)), 1)
    return round(float(rng.uniform(-FRONT_YAW_DEG, FRONT_YAW_DEG)), 1)


def _framing(rng: np.random.Generator, designs: Sequence[Design]) -> Framing:
    chance = rng.random()
    if any(design.region == "dress" or design.category == "coat" for design in designs):
        return "full"
    if designs[0].region == "bottom":
        return "lower" if chance < LOWER_SHARE_OF_BOTTOMS else "full"
    return "full" if chance < FULL_SHARE_OF_TOPS else "upper"
