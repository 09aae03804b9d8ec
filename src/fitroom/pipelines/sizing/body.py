"""The body model as it is asked: answers in, all measures with their uncertainty out, impossible bodies refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.bundles.format import Bundle, open_bundle, resolve_bundle
from fitroom.errors import ConfigError
from fitroom.models.sizing.belief import BodyBelief, believe
from fitroom.models.sizing.body_model import BodyModel
from fitroom.pipelines.sizing.answers import RANGES, TAPE_CM, Answers, check_answers, other_units, unit_of

# A person given by the other answers would have one this far out less often than this: refused, or remarked upon.
IMPOSSIBLE, STRANGE, EVERYDAY = 1e-9, 1e-3, 0.02


@dataclass(frozen=True)
class Told:
    """Answers as the model hears them: one row each of values (NaN = not told) and standard errors."""

    values_1D: np.ndarray
    errors_1D: np.ndarray


@dataclass(frozen=True)
class BodyEstimate:
    """What is believed of one body.

    Attributes:
        belief: of all measures, B = 1.
        remarks: answers that fit the others badly, in words.
    """

    belief: BodyBelief
    remarks: list[str]

    def median(self, measure: str) -> float:
        """cm, kg or years."""
        return float(self.belief.quantile(measure, 0.5)[0])

    def interval(self, measure: str, level: float = 0.8) -> tuple[float, float]:
        """The middle ``level`` of what the measure may be."""
        low, high = ((1 - level) / 2, (1 + level) / 2)
        return float(self.belief.quantile(measure, low)[0]), float(self.belief.quantile(measure, high)[0])


class BodyPipeline:
    """A body model with its bundle.

    Args:
        bundle: of kind "sizing".
    """

    def __init__(self, bundle: Bundle) -> None:
        bundle.require_kind("sizing", "body model")
        self.bundle = bundle
        model: Any = bundle.build_model()
        self.model: BodyModel = model.double()

    @classmethod
    def from_bundle(cls, path: str | Path) -> BodyPipeline:
        """Opens a bundle, or the bundle of a run."""
        return cls(open_bundle(resolve_bundle(path)))

    def __call__(self, answers: Answers) -> BodyEstimate:
        """Estimates a body.

        Raises:
            ConfigError: an answer of the wrong unit or range, or answers that no one body has.
        """
        answers = check_answers(answers)
        remarks = self._check_together(answers)
        return BodyEstimate(self.believe(answers), remarks)

    def believe(self, answers: Answers) -> BodyBelief:
        """What follows from the answers, which are not checked here."""
        told = self.heard(answers)
        return believe(self.model, told.values_1D, told.errors_1D, [answers.sex])

    def heard(self, answers: Answers) -> Told:
        """Answers less what people add to them, with how far they spread; as given where ``answers.measured``."""
        names = self.model.config.measures
        values, errors = np.full((1, len(names)), np.nan), np.zeros((1, len(names)))
        for name, value in answers.values.items():
            shift, spread = (0.0, 0.0) if answers.measured else self.telling(name)
            values[0, names.index(name)], errors[0, names.index(name)] = value - shift, spread
        return Told(values, errors)

    def telling(self, name: str) -> tuple[float, float]:
        """Mean and standard deviation of what people tell less what is measured, in its unit."""
        if unit_of(name) == "years":
            return 0.0, 0.0
        shift, spread = self.model.config.told.get(name, (0.0, TAPE_CM if unit_of(name) == "cm" else 0.0))
        return shift, spread

    def _check_together(self, answers: Answers) -> list[str]:
        """Each answer against what the others foretell, the one that fits worst first."""
        found = sorted((self._tail(answers, name), name) for name in answers.values if len(answers.values) > 1)
        impossible = [name for tail, name in found if tail < IMPOSSIBLE]
        if impossible:
            # One wrong answer makes the others look wrong as well: the one that can be explained is the likelier fault.
            name = next((one for one in impossible if self._meant(answers, one)), impossible[0])
            raise ConfigError(
                "no body has these measures together",
                where=f"{name} against {', '.join(other for other in answers.values if other != name)}",
                rule=f"a {name} that fits the other answers: {self._foretold(answers, name)}",
                got=f"{answers.values[name]:g} {unit_of(name)}",
                fix=self._meant(answers, name) or "measure again",
                code="impossible-body",
            )
        return [
            f"a {name} of {answers.values[name]:g} {unit_of(name)} is rare beside the other answers "
            f"({self._foretold(answers, name)}){self._in_brackets(answers, name)}"
            for tail, name in found[:1]
            if tail < STRANGE
        ]

    def _in_brackets(self, answers: Answers, name: str) -> str:
        meant = self._meant(answers, name)
        return f": {meant}" if meant else ""

    def _tail(self, answers: Answers, name: str, value: float | None = None) -> float:
        """How rarely an answer is as far out as it is, given the others; its own error allowed for."""
        belief, told = self._others(answers, name, value)
        axis = belief.measures.index(name)
        own = (told.errors_1D[0, axis] / told.values_1D[0, axis] / belief.scale[axis]) ** 2
        covariances = belief.covariances_BCDD.copy()
        covariances[..., axis, axis] += own
        wide = replace(belief, covariances_BCDD=covariances)
        below = float(wide.share_below(name, told.values_1D[:, axis])[0])
        return 2 * min(below, 1 - below)

    def _others(self, answers: Answers, name: str, value: float | None = None) -> tuple[BodyBelief, Told]:
        others = replace(answers, values={key: one for key, one in answers.values.items() if key != name})
        alone = replace(answers, values={name: answers.values[name] if value is None else value})
        return self.believe(others), self.heard(alone)

    def _foretold(self, answers: Answers, name: str) -> str:
        belief, _ = self._others(answers, name)
        low, high = (float(belief.quantile(name, level)[0]) for level in (0.005, 0.995))
        return f"{low:.0f} to {high:.0f} {unit_of(name)} in 99 of 100"

    def _meant(self, answers: Answers, name: str) -> str | None:
        """Another unit, or half a girth, that would make the answer an everyday one."""
        low, high = RANGES[name]
        for meant, value in other_units(name, answers.values[name]):
            if low <= value <= high and self._tail(answers, name, value) > EVERYDAY:
                return f"if {answers.values[name]:g} is {meant}, give {value:.1f} {unit_of(name)}"
        return None
