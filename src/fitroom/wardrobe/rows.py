"""What simulating a group yields: rows of truth, and rejections where a drape cannot be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fitroom.wardrobe.config import SimulationSettings
from fitroom.wardrobe.plan import CasePlan, GroupPlan


@dataclass(frozen=True)
class Row:
    """One case, simulated.

    Attributes:
        case: what was planned.
        columns: by name (see ``truth.columns``): pictures as encoded bytes or arrays, numbers, texts, mappings.
        timings_s: seconds by stage ("drape", "render" ...); what several cases share is counted in the first of them.
    """

    case: CasePlan
    columns: Mapping[str, Any]
    timings_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Rejection:
    """One case that was simulated and is not worth keeping.

    Attributes:
        case_id: which.
        reason: short and countable, e.g. "strain", "inside the body"; no numbers in it.
        numbers: what was measured, by name.
    """

    case_id: str
    reason: str
    numbers: Mapping[str, float] = field(default_factory=dict)


Simulate = Callable[[GroupPlan, SimulationSettings], Iterator[Row | Rejection]]
