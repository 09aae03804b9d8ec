"""The size advisor's part of an answer: what a shopper tells, perhaps a photo, and a chart in, plain values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.bundles import Bundle
from fitroom.data.sizing.size_charts import SizeChart, chart_of
from fitroom.errors import BundleError
from fitroom.images import ImageLimits
from fitroom.pipelines.sizing.advise import advise_body
from fitroom.pipelines.sizing.answers import Answers, check_answers
from fitroom.pipelines.sizing.body import BodyEstimate, BodyPipeline
from fitroom.pipelines.sizing.chart_check import region_of
from fitroom.pipelines.sizing.photo import PhotoReader, check_height, estimate_with_photo
from serve.answering.photos import decoded_within
from serve.answering.recognizing import ms, ref
from serve.answering.trying_on import Stages

CHART = Path("size_chart")  # what messages call it
PHOTO = "person"
_FIELDS = {"weight": "weight_kg", "age": "age_years"}  # of a request; all else that is told is in `body_cm`
_LONGEST_PX = 1536  # whoever fills a third of the photo still has the rows that a parser sees


@dataclass(frozen=True)
class Advising:
    """A size advisor, and who reads photos for it.

    Args:
        pipeline: the body model.
        reader: of bodies in photos; None = none is loaded.
        limits: what an image's header may say.
    """

    pipeline: BodyPipeline
    reader: PhotoReader | None
    limits: ImageLimits

    def advice(self, values: dict[str, Any], blobs: Mapping[str, bytes]) -> dict[str, Any]:
        """The values of a ``SizeAdvice`` but for what the server knows itself.

        Args:
            values: ``told`` by name, ``sex``, ``measured``, ``chart``, ``region`` and ``prefer``, as checked.
            blobs: the photo's file, where there is one.

        Raises:
            ConfigError: answers or measures that cannot be true, or a region that has to be told.
            DataError: a chart that cannot be used.
            ImageError: a photo that cannot be read.
        """
        sizes = chart(values["chart"])
        region = region_of(sizes, values["region"])
        answers = _checked(Answers(values["told"], values["sex"], values["measured"]))
        stages = Stages(dict.fromkeys(("decode", "read", "body", "sizes"), 0.0))
        body, read_by = self._body(answers, blobs.get(PHOTO), stages)
        with stages("sizes"):
            found = advise_body(body, sizes, region, values["prefer"]).plain()
        return found | read_by | {
            "prefer": values["prefer"], "model": ref(self.pipeline.bundle),
            "timings_ms": {name: ms(seconds) for name, seconds in stages.seconds.items()},
        }  # fmt: skip

    def _body(self, answers: Answers, photo: bytes | None, stages: Stages) -> tuple[BodyEstimate, dict[str, Any]]:
        """What is believed of the body, and which models read the photo."""
        if photo is None:
            with stages("body"):
                return self.pipeline(answers), {}
        assert self.reader is not None  # a route has looked
        check_height(answers)
        with stages("decode"):
            photo_u8 = decoded_within(photo, self.limits, _LONGEST_PX)
        with stages("read"):
            reading = self.reader(photo_u8, PHOTO)
        with stages("body"):
            body = estimate_with_photo(self.pipeline, answers, reading)
        return body, {"reader": ref(self.reader.bundle), "parser": ref(self.reader.parser.bundle)}


def _checked(answers: Answers) -> Answers:
    """The answers, each within its range; what is said of a wrong one names the request's field."""
    for name, value in answers.values.items():
        check_answers(replace(answers, values={name: value}), _FIELDS.get(name, f"body_cm.{name}"))
    return answers


def chart(sizes: dict[str, dict[str, float]]) -> SizeChart:
    """The chart of a request.

    Raises:
        ConfigError, DataError: see :func:`fitroom.data.sizing.size_charts.chart_of`.
    """
    return chart_of(sizes.items(), CHART)


def warm_up(advising: Advising) -> None:
    """The first answer allocates; it also shows whether the models answer with numbers at all.

    Raises:
        BundleError: one answers with NaN.
    """
    pipeline, reader = advising.pipeline, advising.reader
    body = pipeline(Answers({"height": 170.0, "weight": 70.0}))
    _require_numbers([body.median(name) for name in body.belief.measures], pipeline.bundle)
    if reader is not None:
        config = reader.network.config
        nobody_u8 = np.zeros((len(config.parts), config.rows, config.columns), np.uint8)
        _require_numbers(reader.of_figure(nobody_u8).values_K, reader.bundle)


def _require_numbers(answer: Sequence[float] | np.ndarray, bundle: Bundle) -> None:
    if not np.isfinite(answer).all():
        raise BundleError("the model answers with NaN", where=bundle.path, fix="export the bundle again")
