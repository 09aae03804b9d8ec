"""What makes a drape fail: the rules, the numbers behind them, and the reasons in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.wardrobe.drape.field import Field
from fitroom.wardrobe.drape.solver import Cloth

GRID_ERROR_M = 0.002  # of the field: shallower points lie on the skin
HIDDEN_M = 0.005  # pictures draw the body in by more than this under cloth, so that it cannot show
MAX_INSIDE_SHARE = 0.015
MAX_DEEP_SHARE = 0.005
MAX_STRAIN_P99 = 0.6
MAX_SPEED_M_S = 0.25
MAX_STRAY_M = 0.45
MAX_DROP_M = 0.08


@dataclass(frozen=True)
class DrapeReport:
    """The state of one draped garment.

    Attributes:
        inside_share: share of its vertices more than 2 mm inside the body, hands and feet left out, in [0, 1].
        deep_share: share more than 5 mm inside.
        strain_mean, strain_p99: relative elongation of its edges; stretch only (compression counts as 0) in the mean.
        speed_m_s: mean speed of its vertices at the end.
        stray_m: greatest distance of a vertex from the body.
        dropped_m: how far a waistband ended below where it was put, or the shoulders of a garment below the wearer's;
            0 where they stay.
    """

    inside_share: float
    deep_share: float
    strain_mean: float
    strain_p99: float
    speed_m_s: float
    stray_m: float
    dropped_m: float

    def reasons(self) -> list[str]:
        """Rules broken, by name; empty where the drape is good."""
        if not np.isfinite((self.deep_share, self.strain_p99, self.speed_m_s, self.stray_m)).all():
            return ["exploded"]
        broken = {
            "slid down": self.dropped_m > MAX_DROP_M,
            "still moving": self.speed_m_s > MAX_SPEED_M_S,
            "overstretched": self.strain_p99 > MAX_STRAIN_P99,
            "far from the body": self.stray_m > MAX_STRAY_M,
            "inside the body": self.deep_share > MAX_DEEP_SHARE or self.inside_share > MAX_INSIDE_SHARE,
        }
        return [name for name, bad in broken.items() if bad]


def inspect(cloth: Cloth, body: Field, judged: np.ndarray, dropped_m: float = 0.0) -> DrapeReport:
    """Measures a draped garment against the bare body's field.

    Args:
        cloth: at rest.
        body: distance to the body it hangs on.
        judged: (V,) bool: vertices that count as inside or outside; cuffs beside fingers and hems on feet do not.
        dropped_m: as in :class:`DrapeReport`.
    """
    distance = body.at(cloth.positions_m)
    strain = cloth.strain()
    count = max(1, len(distance))
    return DrapeReport(
        inside_share=float((judged & (distance < -GRID_ERROR_M)).sum() / count),
        deep_share=float((judged & (distance < -HIDDEN_M)).sum() / count),
        strain_mean=float(np.maximum(strain, 0).mean()),
        strain_p99=float(np.quantile(strain, 0.99)),
        speed_m_s=float(np.linalg.norm(cloth.velocities_m_s, axis=1).mean()),
        stray_m=float(distance.max()),
        dropped_m=dropped_m,
    )
