"""Who is judged: body models out of bundles, and controls; each foretells a measure from what it heard."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from fitroom.bundles.format import SHORT_HASH
from fitroom.config import hash_settings
from fitroom.data.sizing.people import MEASURES, People
from fitroom.evaluation.entries import ModelEntry, refuse_seen
from fitroom.evaluation.size_advice.asking import Heard
from fitroom.evaluation.size_advice.controls import Foretold, LinearRegressions
from fitroom.evaluation.size_advice.protocol import Effort, SizeAdviceProtocol
from fitroom.models.sizing.belief import BodyBelief, believe
from fitroom.pipelines.sizing.body import BodyPipeline


class Contestant(Protocol):
    """Somebody who foretells measures."""

    def foretell(
        self, heard: Heard, truth_N: np.ndarray, effort: Effort, measure: str, protocol: SizeAdviceProtocol
    ) -> Foretold:
        """(N,) of one measure; ``truth_N`` serves for the share below it alone."""
        ...

    def entry(self) -> ModelEntry:
        """What a record says of it."""
        ...


class ModelContestant:
    """A body model out of its bundle.

    Raises:
        EvaluationError: it has learned from people it would be scored on.
    """

    def __init__(self, path: Path, people: People) -> None:
        self.pipeline = BodyPipeline.from_bundle(path)
        known = self.pipeline.bundle.trained_on()
        seen = [one for one, sha in zip(people.table["person_id"], people.table["sha256"], strict=True)
                if sha[:SHORT_HASH] in known]  # fmt: skip
        refuse_seen(path, seen, len(people), "people")
        self._last: tuple[int, BodyBelief] | None = None

    def foretell(
        self, heard: Heard, truth_N: np.ndarray, effort: Effort, measure: str, protocol: SizeAdviceProtocol
    ) -> Foretold:
        """The median of what it believes."""
        del protocol  # its recipe has nothing to fit
        if self._last is None or self._last[0] != id(heard):
            self._last = id(heard), self._believe(heard, effort)
        belief = self._last[1]
        known_N = np.where(np.isfinite(truth_N), truth_N, 1.0)
        return Foretold(belief.quantile(measure, 0.5), belief.share_below(measure, known_N))

    def _believe(self, heard: Heard, effort: Effort) -> BodyBelief:
        values_ND, errors_ND = heard.values_ND.copy(), np.zeros_like(heard.values_ND)
        for axis in np.flatnonzero(heard.is_noisy_D & (not effort.at_word)):
            shift, spread = self.pipeline.telling(MEASURES[axis])
            values_ND[:, axis] -= shift
            errors_ND[:, axis] = spread
        return believe(self.pipeline.model, values_ND, errors_ND, heard.sex_N)

    def entry(self) -> ModelEntry:
        """Of the bundle."""
        spec = self.pipeline.bundle.spec
        settings = {
            "components": spec.model["components"], "told": spec.model["told"],
            "training_data": spec.training.data_digest, "num_training_people": spec.training.num_images,
        }  # fmt: skip
        count = sum(p.numel() for p in self.pipeline.model.parameters())
        return ModelEntry.of_bundle(self.pipeline.bundle, count, settings, sees_pixels=False)


class ControlContestant:
    """A control, fitted when it is asked; its revision stands for recipe, people and protocol."""

    def __init__(self, train: People, uses_answers: bool, protocol: SizeAdviceProtocol) -> None:
        self.control = LinearRegressions(train, uses_answers)
        settings = {"recipe": self.control.recipe, "data": train.manifest.digest, "protocol": protocol.hash}
        self.revision = hash_settings(settings)[:12]

    def foretell(
        self, heard: Heard, truth_N: np.ndarray, effort: Effort, measure: str, protocol: SizeAdviceProtocol
    ) -> Foretold:
        """As the control does."""
        return self.control.foretell(heard, truth_N, effort, measure, protocol)

    def entry(self) -> ModelEntry:
        """Of the recipe."""
        control = self.control
        return ModelEntry.of_control(control.name, self.revision, dict(control.recipe), control.num_parameters)
