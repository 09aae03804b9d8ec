"""What compares cases with each other: what one size more adds, and whether results depend on the source garment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from fitroom.evaluation.tryon.samples import SEEN, TRUE
from fitroom.metrics.fit.readings import MEASURES, WIDTHS
from fitroom.wardrobe.patterns.pattern import SIZES

STEPPED = ("hem", "sleeve", *WIDTHS)
LEAST_STEP_CM = 0.5  # a true step below it is no step that a picture must show


def add_size_steps(rows: Sequence[dict[str, Any]]) -> None:
    """Adds ``size_step_error_cm`` and ``size_monotone`` to each row that follows a smaller size of its group.

    The error is the mean over hem, sleeve and widths of |seen step less true step|, cm. Monotone is the share of
    measures whose true step is at least 0.5 cm in which the picture grows too.
    """
    for group in _groups(rows, "counterfactual-size"):
        ordered = sorted(group, key=lambda row: SIZES.index(row["size"]))
        for smaller, larger in pairwise(ordered):
            errors, grows = [], []
            for name in STEPPED:
                seen, true = (_change(smaller, larger, key.format(name)) for key in (SEEN, TRUE))
                if np.isfinite(true):
                    seen = seen if np.isfinite(seen) else 0.0  # what cannot be seen did not grow
                    errors.append(abs(seen - true))
                    if true >= LEAST_STEP_CM:
                        grows.append(seen > 0)
            if errors:
                larger["size_step_error_cm"] = float(np.mean(errors))
            if grows:
                larger["size_monotone"] = float(np.mean(grows))


def add_leaks(rows: Sequence[dict[str, Any]]) -> None:
    """Adds ``leak_cm`` to the rows of each group of kind leak with at least two: the mean over measures of how far the
    result lies from the mean of its group, cm; the true pictures of such a group are the same."""
    for group in _groups(rows, "leak"):
        for row in group:
            away = []
            for name in MEASURES:
                values = np.array([float(other.get(SEEN.format(name), np.nan)) for other in group])
                mine = float(row.get(SEEN.format(name), np.nan))
                if np.isfinite(mine) and np.isfinite(values).sum() >= 2:
                    away.append(abs(mine - float(np.nanmean(values))))
            if len(group) >= 2 and away:
                row["leak_cm"] = float(np.mean(away))


def _groups(rows: Sequence[dict[str, Any]], kind: str) -> Iterable[list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["kind"] == kind and row.get("pixels_sha256"):
            found[row["group_id"]].append(row)
    return found.values()


def _change(smaller: dict[str, Any], larger: dict[str, Any], column: str) -> float:
    return float(larger.get(column, np.nan)) - float(smaller.get(column, np.nan))
