"""Thread, buttons, ribs and cords that go with a cloth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.wardrobe.fabrics.fabric import Fabric
from fitroom.wardrobe.fabrics.palettes import dye, luminance
from fitroom.wardrobe.fabrics.prints import Print

Rgb = tuple[float, float, float]
_STREAM = 71_007
_RUST_THREAD = (0.58, 0.27, 0.07)


@dataclass(frozen=True)
class Trimmings:
    """Linear RGB of what a garment is finished with.

    Attributes:
        thread: of visible stitches.
        button: of its buttons.
        rib: of neckband, cuffs and ribbed hem; sometimes in contrast.
        cord: of drawstrings.
        metal: of zips, rivets and buckles.
    """

    thread: Rgb
    button: Rgb
    rib: Rgb
    cord: Rgb
    metal: Rgb


def trimmings(fabric: Fabric, worn: Print) -> Trimmings:
    """What goes with that cloth, always the same for the same print and material."""
    rng = np.random.default_rng([worn.index, len(fabric.material), _STREAM])
    ground = np.array(worn.palette[0].rgb)
    bright = luminance(worn.palette[0])
    tonal = _rgb(np.clip(ground * (0.68 if bright > 0.12 else 1.0) + (0.0 if bright > 0.12 else 0.035), 0.0, 0.95))
    rust = fabric.material == "denim" and worn.palette[0].basic == "blue" and rng.random() < 0.8
    in_contrast = len(worn.palette) > 1 and worn.pattern in {"stripe", "lettering", "logo"} and rng.random() < 0.3
    horn = dye("chocolate" if bright < 0.35 else "tan").rgb
    pearl = (0.74, 0.72, 0.67)
    return Trimmings(
        thread=_RUST_THREAD if rust else tonal,
        button=pearl if bright > 0.3 or rng.random() < 0.25 else (tonal if rng.random() < 0.5 else horn),
        rib=worn.palette[1].rgb if in_contrast else worn.palette[0].rgb,
        cord=dye("off white").rgb if rng.random() < 0.4 else tonal,
        metal=(0.40, 0.24, 0.13) if fabric.material == "denim" and rng.random() < 0.7 else (0.38, 0.38, 0.39),
    )


def _rgb(color: np.ndarray) -> Rgb:
    return float(color[0]), float(color[1]), float(color[2])
