"""How a garment fits a body, where its measures, the body's and the category are known."""

from __future__ import annotations

from typing import Any

from fitroom.pipelines.tryon import REGION_OF_CATEGORY
from fitroom.pipelines.tryon.checked import TryOnSettings
from fitroom.wardrobe.truth.fit import ease, fit_labels


def fit_of(category: str | None, settings: TryOnSettings) -> dict[str, Any] | None:
    """The values of a ``Fit``; None where not enough is known to tell it."""
    region = REGION_OF_CATEGORY.get(category or "")
    if region is None or not settings.garment_cm or not settings.body_cm:
        return None
    found = ease(settings.garment_cm, settings.body_cm, region)
    return {
        "region": region,
        "ease_cm": found,
        "labels": fit_labels(found, region),
        "garment_cm": dict(settings.garment_cm),
        "body_cm": dict(settings.body_cm),
    }
