"""The size advisor's part of an answer: what a shopper tells and a chart in, plain values out."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.data.size_charts import SizeChart, chart_of
from fitroom.errors import BundleError
from fitroom.pipelines.sizing.advise import advise
from fitroom.pipelines.sizing.answers import Answers
from fitroom.pipelines.sizing.body import BodyEstimate, BodyPipeline
from serve.recognizing import ms, ref

CHART = Path("size_chart")  # what messages call it


class TimedBody:
    """The pipeline, and how long it took to estimate a body.

    Args:
        pipeline: that estimates.

    Attributes:
        seconds: of the last estimate.
    """

    def __init__(self, pipeline: BodyPipeline) -> None:
        self.pipeline, self.seconds = pipeline, 0.0

    def __call__(self, answers: Answers) -> BodyEstimate:
        """As the pipeline's."""
        start = time.perf_counter()
        found = self.pipeline(answers)
        self.seconds = time.perf_counter() - start
        return found


def advice(pipeline: BodyPipeline, values: dict[str, Any]) -> dict[str, Any]:
    """The values of a ``SizeAdvice`` but for what the server knows itself.

    Args:
        pipeline: of the size advisor.
        values: ``told`` by name, ``sex``, ``measured``, ``chart``, ``region`` and ``prefer``, as checked.

    Raises:
        ConfigError: answers or measures that cannot be true, or a region that has to be told.
        DataError: a chart that cannot be used.
    """
    body, start = TimedBody(pipeline), time.perf_counter()
    answers = Answers(values["told"], values["sex"], values["measured"])
    found = advise(body, answers, chart(values["chart"]), values["region"], values["prefer"])
    plain = found.plain()
    sizes_s = time.perf_counter() - start - body.seconds
    return plain | {
        "prefer": values["prefer"],
        "model": ref(pipeline.bundle),
        "timings_ms": {"body": ms(body.seconds), "sizes": ms(sizes_s)},
    }


def chart(sizes: dict[str, dict[str, float]]) -> SizeChart:
    """The chart of a request.

    Raises:
        ConfigError, DataError: see :func:`fitroom.data.size_charts.chart_of`.
    """
    return chart_of(sizes.items(), CHART)


def warm_up(pipeline: BodyPipeline) -> None:
    """The first answer allocates; it also shows whether the model answers with numbers at all.

    Raises:
        BundleError: it answers with NaN.
    """
    body = pipeline(Answers({"height": 170.0, "weight": 70.0}))
    if not np.isfinite([body.median(name) for name in body.belief.measures]).all():
        raise BundleError("the model answers with NaN", where=pipeline.bundle.path, fix="export the bundle again")
