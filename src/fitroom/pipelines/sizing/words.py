"""Size advice as a sentence: how the recommended size sits, and what its neighbours would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from fitroom.pipelines.sizing.fit import PlaceFit, SizeFit, best

_SURE, _LIKELY = 0.8, 0.5
_GIRTHS = ("chest", "waist", "hip")
Misfit = Literal["small", "large"]
_MISFITS: Mapping[Misfit | None, str] = {
    None: "",
    "small": "No size of this chart is large enough; the nearest is ",
    "large": "No size of this chart is small enough; the nearest is ",
}


def sentence(sizes: Sequence[SizeFit]) -> str:
    """E.g. "M (71 %): chest 6 cm loose, waist just right, ends at the hip; S would pull across the chest"."""
    chosen = best(list(sizes))
    place = list(sizes).index(chosen)
    parts = [*(said(name, fit) for name, fit in chosen.places.items())]
    if chosen.hem is not None:
        parts.append(f"ends {chosen.hem.words}")
    text = f"{_MISFITS[misfit(sizes)]}{chosen.size} ({chosen.probability:.0%}): {', '.join(parts)}"
    if place > 0 and (why := _smaller(sizes[place - 1], chosen)):
        text += f"; {sizes[place - 1].size} {why}"
    if place + 1 < len(sizes) and (why := _larger(sizes[place + 1], chosen)):
        text += f"; {sizes[place + 1].size} {why}"
    return f"{text}{_doubt(sizes, chosen)}."


def said(name: str, fit: PlaceFit) -> str:
    """One place, in words: how many cm there are between body and cloth, and whether that is much."""
    where = name.replace("_", " ")
    if fit.label == "tight":
        return f"{where} {-fit.ease_cm:.0f} cm stretched" if fit.ease_cm < -0.5 else f"{where} tight ({_room(fit)})"
    return f"{where} loose ({_room(fit)})" if fit.label == "loose" else f"{where} right ({_room(fit)})"


def misfit(sizes: Sequence[SizeFit]) -> Misfit | None:
    """Whether even the best size of the chart does not go round ("small"), or hangs everywhere ("large")."""
    chosen = best(list(sizes))
    labels = [fit.label for name, fit in chosen.places.items() if name in _GIRTHS]
    if chosen is sizes[-1] and "tight" in labels:
        return "small"
    return "large" if chosen is sizes[0] and labels and set(labels) == {"loose"} else None


def _room(fit: PlaceFit) -> str:
    return f"{max(fit.ease_cm, 0.0):.0f} cm of room"


def _smaller(size: SizeFit, chosen: SizeFit) -> str:
    tight = [name for name, fit in size.places.items() if fit.label == "tight" and chosen.places[name].label != "tight"]
    if tight:
        return f"would pull across the {_listed(tight)}"
    return "would be closer everywhere"


def _larger(size: SizeFit, chosen: SizeFit) -> str:
    loose = [name for name, fit in size.places.items() if fit.label == "loose" and chosen.places[name].label != "loose"]
    return f"would be loose at the {_listed(loose)}" if loose else "would be roomier everywhere"


def _doubt(sizes: Sequence[SizeFit], chosen: SizeFit) -> str:
    """What to do about it where one size is not clearly the best."""
    if chosen.probability >= _SURE:
        return ""
    other = max((size for size in sizes if size is not chosen), key=lambda size: size.probability)
    close = f". {other.size} may suit as well ({other.probability:.0%})"
    return close if chosen.probability >= _LIKELY else f"{close}; a tape round the chest, waist and hip would tell"


def _listed(names: Sequence[str]) -> str:
    plain = [name.replace("_", " ") for name in names]
    return " and ".join([", ".join(plain[:-1]), plain[-1]] if len(plain) > 1 else plain)
