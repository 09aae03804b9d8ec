"""How the population of bodies, measured with the tape, compares with the survey it is meant to match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fitroom.wardrobe.bodies.body import Sex
from fitroom.wardrobe.bodies.model import body_model
from fitroom.wardrobe.bodies.population import Population, body_shape
from fitroom.wardrobe.bodies.survey import LEVELS, Survey, summarise
from fitroom.wardrobe.bodies.surveys import SURVEYS
from fitroom.wardrobe.bodies.tape import measure

DECILES = tuple(level for level in LEVELS if 0.1 <= level <= 0.9)
_IN = [LEVELS.index(level) for level in DECILES]


@dataclass(frozen=True)
class Comparison:
    """Bodies of one sex against their survey.

    Attributes:
        sex, count: whose, and how many bodies were measured.
        survey: what was aimed at.
        reached: the same summary of the bodies made.
    """

    sex: Sex
    count: int
    survey: Survey
    reached: Survey

    @property
    def decile_errors(self) -> np.ndarray:
        """(M, 9) deciles reached minus the survey's: cm, mass in kg."""
        errors: np.ndarray = (self.reached.quantiles - self.survey.quantiles)[:, _IN]
        return errors

    @property
    def correlation_errors(self) -> np.ndarray:
        """(M, M) correlations reached minus the survey's, of normal scores."""
        errors: np.ndarray = self.reached.correlation - self.survey.correlation
        return errors


def compare(population: Population, n: int) -> list[Comparison]:
    """Measure bodies 0 to ``n`` - 1 of ``population`` and set them against the survey; 0.3 s a body.

    Returns:
        One comparison a sex.
    """
    readings: dict[Sex, list[list[float]]] = {"female": [], "male": []}
    for index in range(n):
        shape = body_shape(index, population)
        found = measure(body_model(), shape)
        names = SURVEYS[population][shape.sex].measures
        readings[shape.sex].append([found.mass_kg if name == "mass" else found.cm[name] for name in names])
    return [_compare(sex, SURVEYS[population][sex], rows) for sex, rows in readings.items()]


def table(comparisons: Sequence[Comparison]) -> str:
    """Markdown: every decile of every measure as reached (and the survey's), and the correlations' worst miss."""
    lines = ["| sex | measure | " + " | ".join(f"{level:.0%}" for level in DECILES) + " | worst | correlation |"]
    lines.append("|---|---|" + "---|" * (len(DECILES) + 2))
    for comparison in comparisons:
        for row, name in enumerate(comparison.survey.measures):
            cells = [
                f"{comparison.reached.quantiles[row, k]:.1f} ({comparison.survey.quantiles[row, k]:.1f})" for k in _IN
            ]
            worst = np.abs(comparison.decile_errors[row]).max()
            miss = np.abs(comparison.correlation_errors[row]).max()
            lines.append(f"| {comparison.sex} | {name} | " + " | ".join(cells) + f" | {worst:.1f} | {miss:.2f} |")
    return "\n".join(lines)


def _compare(sex: Sex, survey: Survey, rows: list[list[float]]) -> Comparison:
    columns = np.array(rows).T
    reached = summarise(f"{len(rows)} bodies", dict(zip(survey.measures, columns, strict=True)))
    return Comparison(sex, len(rows), survey, reached)
