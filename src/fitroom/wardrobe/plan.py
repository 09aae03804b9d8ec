"""What a case is made of, decided before anything is simulated; every number is an index into a catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fitroom.errors import ConfigError

Split = Literal["train", "validation", "test"]
CaseKind = Literal["paired", "counterfactual-garment", "counterfactual-size", "size-across-bodies", "leak"]
PhotoStyle = Literal["flat", "ghost"]
Framing = Literal["upper", "lower", "full"]


def check_index(kind: str, index: int, count: int) -> None:
    """Every catalogue runs from 0 to ``count - 1``.

    Raises:
        ConfigError: ``index`` lies outside.
    """
    if not 0 <= index < count:
        raise ConfigError(
            f"no such {kind}", where=f"{kind} index", rule=f"0 to {count - 1}", got=index, fix="take another index"
        )


@dataclass(frozen=True)
class GarmentPlan:
    """One piece: a design in a size, cut from a fabric, in a colourway with a print.

    Attributes:
        design: index for ``patterns.catalogue.design``.
        size: one of ``patterns.pattern.SIZES``.
        fabric: index for ``fabrics.materials.fabric``.
        print: index for ``fabrics.prints`` (pattern, colours, motif, lettering, font).
        photo: how the shop photographed it.
    """

    design: int
    size: str
    fabric: int
    print: int
    photo: PhotoStyle = "flat"


@dataclass(frozen=True)
class PersonPlan:
    """Who stands where.

    Attributes:
        body: index for ``bodies.population.body_shape``.
        appearance: index for ``people.appearance.appearance`` (skin, face, hair, shoes).
        pose: name in ``bodies.poses.POSES``.
        yaw_deg: the camera walks round the person by this, degrees.
        framing: what the picture holds.
        backdrop, light: indices for ``studio.backdrops.backdrop`` and ``studio.lights.light``.
    """

    body: int
    appearance: int
    pose: str
    yaw_deg: float
    framing: Framing
    backdrop: int
    light: int


@dataclass(frozen=True)
class CasePlan:
    """One row of the data set: the person in the source garment, the garment, the person wearing it.

    Attributes:
        case_id: unique, e.g. "train-000012-3".
        kind: what it is for.
        split: from the registry; everything it is made of belongs to that split.
        person: who.
        source: what they wear in the person photo.
        target: what they wear in the answer, and what the shop photo shows.
        others: what else they wear, in both, in order from the body outwards.
    """

    case_id: str
    kind: CaseKind
    split: Split
    person: PersonPlan
    source: GarmentPlan
    target: GarmentPlan
    others: tuple[GarmentPlan, ...]


@dataclass(frozen=True)
class GroupPlan:
    """Cases that share a person or a garment, and so their drapes: the unit of work.

    Attributes:
        group_id: unique, e.g. "train-000012".
        seed: of every random number used while simulating it.
        cases: what it yields.
    """

    group_id: str
    seed: int
    cases: tuple[CasePlan, ...]
