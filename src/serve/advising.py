"""The size advisor's part of an answer: what a shopper tells and a chart in, plain values out."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.data.size_charts import SizeChart, chart_of
from fitroom.errors import BundleError
from fitroom.pipelines.sizing.advise import advise_body
from fitroom.pipelines.sizing.answers import Answers
from fitroom.pipelines.sizing.body import BodyPipeline
from fitroom.pipelines.sizing.chart_check import region_of
from serve.recognizing import ms, ref

CHART = Path("size_chart")  # what messages call it


def advice(pipeline: BodyPipeline, values: dict[str, Any]) -> dict[str, Any]:
    """The values of a ``SizeAdvice`` but for what the server knows itself.

    Args:
        pipeline: of the size advisor.
        values: ``told`` by name, ``sex``, ``measured``, ``chart``, ``region`` and ``prefer``, as checked.

    Raises:
        ConfigError: answers or measures that cannot be true, or a region that has to be told.
        DataError: a chart that cannot be used.
    """
    sizes = chart(values["chart"])
    region = region_of(sizes, values["region"])
    start = time.perf_counter()
    body = pipeline(Answers(values["told"], values["sex"], values["measured"]))
    estimated = time.perf_counter()
    found = advise_body(body, sizes, region, values["prefer"]).plain()
    return found | {
        "prefer": values["prefer"],
        "model": ref(pipeline.bundle),
        "timings_ms": {"body": ms(estimated - start), "sizes": ms(time.perf_counter() - estimated)},
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
