"""Who is judged: readers out of bundles, each beside a body model, and controls; all hear the same of the people."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from fitroom.bundles.format import SHORT_HASH
from fitroom.config import hash_settings
from fitroom.data.sizing.people import MEASURES
from fitroom.errors import ImageError
from fitroom.evaluation.body_photo.cases import BodyPhotoCases
from fitroom.evaluation.body_photo.controls import WIDTH_COLUMNS, Foretold, PopulationMean, WidthRegression, widths
from fitroom.evaluation.body_photo.protocol import Told
from fitroom.evaluation.entries import ModelEntry, refuse_seen
from fitroom.models.body_photo.config import BodyPhotoConfig
from fitroom.models.sizing.belief import BodyBelief, believe
from fitroom.models.sizing.readings import after_reading
from fitroom.pipelines.parse import ParsePipeline
from fitroom.pipelines.sizing.body import BodyPipeline
from fitroom.pipelines.sizing.photo import PhotoReader
from fitroom.pipelines.sizing.wardrobe_figures import Picture, kept_figure
from fitroom.progress import track


class Figures:
    """Pictures as a parser sees them, each looked at once, whoever asks."""

    def __init__(self, cases: BodyPhotoCases, parser: ParsePipeline) -> None:
        self.cases, self.parser = cases, parser
        self._known: dict[str, list[np.ndarray | None]] = {}

    def of(self, config: BodyPhotoConfig) -> list[np.ndarray | None]:
        """The figure of each picture; None where it is refused."""
        key = hash_settings({"groups": config.groups, "rows": config.rows, "columns": config.columns})
        if key not in self._known:
            pictures = track(self.cases.pictures, "figures", total=len(self.cases.pictures))
            found = [kept_figure(picture, config, self.parser) for picture in pictures]
            self._known[key] = [None if isinstance(figure, str) else figure for figure in found]
        return self._known[key]


class Contestant(Protocol):
    """Somebody who foretells measures."""

    def foretell(self, told: Told, measure: str) -> Foretold:
        """(N,) of one measure, for all pictures; where a photo is refused, from what is told alone."""
        ...

    @property
    def refused_N(self) -> np.ndarray:
        """(N,) bool: pictures that were not read; all False for who looks at none."""
        ...

    def entry(self) -> ModelEntry:
        """What a record says of it."""
        ...


class AnswersAlone:
    """The body model, which is shown no photo: the control that a reader must beat."""

    def __init__(self, advisor: BodyPipeline, cases: BodyPhotoCases) -> None:
        self.advisor, self.cases = advisor, cases
        self.refused_N = np.zeros(len(cases.pictures), bool)

    def belief(self, told: Told) -> BodyBelief:
        """Of everybody, what is told taken as exact."""
        values_ND = np.full((len(self.cases.pictures), len(MEASURES)), np.nan)
        values_ND[:, MEASURES.index("height")] = self.cases.truth("height")
        if told.weight:
            values_ND[:, MEASURES.index("weight")] = self.cases.weight_kg_N
        sexes: list[str | None] = [sex if told.sex else None for sex in self.cases.sex_N]
        return believe(self.advisor.model, values_ND, np.zeros_like(values_ND), sexes)

    def foretell(self, told: Told, measure: str) -> Foretold:
        """The median of what it believes."""
        belief = self.belief(told)
        return Foretold(belief.quantile(measure, 0.5), belief.share_below(measure, self.cases.truth(measure)))

    def entry(self) -> ModelEntry:
        """Of the recipe."""
        recipe = {"control": "the body model, from what is told", "advisor": self.advisor.bundle.spec.revision}
        count = sum(p.numel() for p in self.advisor.model.parameters())
        return ModelEntry.of_control("control-answers-alone", hash_settings(recipe)[:12], recipe, count)


class ModelContestant(AnswersAlone):
    """A reader out of its bundle, beside the body model.

    Raises:
        EvaluationError: it has learned from pictures it would be scored on.
    """

    def __init__(self, path: Path, seen: Figures, advisor: BodyPipeline) -> None:
        cases = seen.cases
        super().__init__(advisor, cases)
        self.reader = PhotoReader.from_bundle(path, seen.parser)
        known = self.reader.bundle.trained_on() | seen.parser.bundle.trained_on()
        met = [one.name for one in cases.pictures if one.sha256[:SHORT_HASH] in known]
        refuse_seen(path, met, len(cases.pictures), "pictures")
        pictures = track(cases.pictures, "reading photos", total=len(cases.pictures))
        self.readings = [self._read(picture) for picture in pictures]
        self.refused_N = np.array([reading is None for reading in self.readings])

    def _read(self, picture: Picture) -> np.ndarray | None:
        try:
            return self.reader(picture.image_u8, picture.name).values_K
        except ImageError:
            return None

    def belief(self, told: Told) -> BodyBelief:
        """Of everybody; of whom there is no reading as without a photo."""
        before = super().belief(told)
        known = [reading for reading in self.readings if reading is not None]
        rows = np.flatnonzero(~self.refused_N)
        if not len(rows):
            return before
        after = after_reading(before.rows(rows), self.reader.law, np.stack(known))
        return before.with_rows(rows, after)

    def entry(self) -> ModelEntry:
        """Of the reader's bundle."""
        bundle = self.reader.bundle
        settings = {
            "parser": self.reader.parser.bundle.spec.revision, "advisor": self.advisor.bundle.spec.revision,
            "training_data": bundle.spec.training.data_digest, "num_training_pictures": bundle.spec.training.num_images,
        }  # fmt: skip
        count = sum(p.numel() for p in self.reader.network.parameters())
        return ModelEntry.of_bundle(bundle, count, settings, sees_pixels=False)


class ControlContestant:
    """A control that is fitted to the training part's bodies; its revision stands for recipe, data and parser."""

    def __init__(self, control: PopulationMean | WidthRegression, seen: Figures, protocol_hash: str) -> None:
        self.control, cases, config = control, seen.cases, BodyPhotoConfig()
        self.recipe = {**control.recipe, "protocol": protocol_hash}
        self.refused_N = np.zeros(len(cases.pictures), bool)
        self.asked = pd.DataFrame(
            {"sex": cases.sex_N, "weight_kg": cases.weight_kg_N,
             **{name: cases.truth(name) for name in ("height", "chest", "waist", "hip")}}
        )  # fmt: skip
        if control.uses_photo:
            figures, none = seen.of(config), np.full(len(WIDTH_COLUMNS), np.nan)
            self.refused_N = np.array([figure is None for figure in figures])
            read = np.stack([none if figure is None else widths(figure, config) for figure in figures])
            self.asked = self.asked.join(pd.DataFrame(read, columns=WIDTH_COLUMNS))
            self.recipe["parser"] = seen.parser.bundle.spec.revision

    def foretell(self, told: Told, measure: str) -> Foretold:
        """As the control does."""
        return self.control.foretell(told, self.asked, measure)

    def entry(self) -> ModelEntry:
        """Of the recipe."""
        return ModelEntry.of_control(self.control.name, hash_settings(self.recipe)[:12], self.recipe)
