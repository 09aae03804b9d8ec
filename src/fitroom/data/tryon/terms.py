"""What the data of try-on and its networks agree on: classes, sources, units of the diffused picture."""

from __future__ import annotations

from fitroom.contracts import Part

LAYOUT: tuple[str, ...] = (
    "background", "head", "arms", "torso_skin", "legs", "target", "upper", "lower", "feet",
)  # fmt: skip
"""Classes of the answer's layout; "target" is the garment that was asked for, whatever its category."""
_LAYOUT_OF: dict[str, tuple[Part, ...]] = {
    "head": (Part.HAIR, Part.FACE, Part.HAT, Part.GLASSES),
    "arms": (Part.LEFT_ARM, Part.RIGHT_ARM, Part.GLOVES),
    "torso_skin": (Part.NECK_AND_TORSO_SKIN,),
    "legs": (Part.LEFT_LEG, Part.RIGHT_LEG),
    "upper": (Part.TOP, Part.OUTERWEAR, Part.DRESS, Part.JUMPSUIT, Part.SCARF, Part.BAG),
    "lower": (Part.TROUSERS, Part.SKIRT, Part.BELT),
    "feet": (Part.LEFT_SHOE, Part.RIGHT_SHOE, Part.SOCKS),
}
SOURCES: tuple[str, ...] = ("texture", "paint", "person")
"""Where a pixel of the answer comes from."""
TEXTURE, PAINT, PERSON = range(3)
LAYERS: dict[str, tuple[str, ...]] = {
    "behind": ("background",), "head": ("head",), "skin": ("arms", "torso_skin", "legs"),
    "clothes": ("upper", "lower", "feet"), "target": ("target",),
}  # fmt: skip
"""Layers that paint may come in, and the classes of the layout in which each is seen; "target" comes last."""
GAIN_SCALE = 2.0
"""The diffused picture holds the logarithm of the light on the cloth times this: about unit spread."""
GAIN_OFFSET = 0.05
"""Light multiplies ``unit + GAIN_OFFSET``, so that black cloth can still shine."""
DIFFUSED = 6
"""Channels of the diffused picture: light (3) and paint (3)."""


TARGET = LAYOUT.index("target")


def layout_of_parts() -> tuple[int, ...]:
    """Index = :class:`Part`; value = class of :data:`LAYOUT` it belongs to where it is not the target garment."""
    classes = {part: LAYOUT.index(name) for name, parts in _LAYOUT_OF.items() for part in parts}
    return tuple(classes.get(part, 0) for part in Part)
