"""The advice as one answer: the body, every size, the sentence; as a table for the shell and as plain values."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fitroom.data.sizing.size_charts import SizeChart, read_chart
from fitroom.pipelines.sizing.answers import Answers, check_answers, unit_of
from fitroom.pipelines.sizing.body import BodyEstimate, BodyPipeline
from fitroom.pipelines.sizing.chart_check import region_of
from fitroom.pipelines.sizing.fit import Preference, SizeFit, best, fits
from fitroom.pipelines.sizing.photo import PhotoFiles, check_height, estimate_with_photo
from fitroom.pipelines.sizing.words import sentence
from fitroom.wardrobe.patterns.pattern import Region


@dataclass(frozen=True)
class Advice:
    """The answer to a shopper.

    Attributes:
        size: the recommended one.
        probability: that it is the best of the chart.
        words: all of it as a sentence.
        region: where the garment is worn.
        sizes: every size, in the chart's order.
        body: what is believed of the body.
        remarks: answers to look at again.
    """

    size: str
    probability: float
    words: str
    region: Region
    sizes: list[SizeFit]
    body: BodyEstimate
    remarks: list[str]

    def plain(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        shown = [name for name in self.body.belief.measures if not name.endswith("_height")]
        body = {
            name: {"low": low, "high": high, "median": self.body.median(name), "unit": unit_of(name)}
            for name in shown for low, high in [self.body.interval(name)]
        }  # fmt: skip
        sizes = [dataclasses.asdict(size) for size in self.sizes]
        for size, values in zip(self.sizes, sizes, strict=True):
            for place, fit in size.places.items():
                values["places"][place]["label"] = fit.label
        return {
            "size": self.size, "probability": self.probability, "words": self.words, "region": self.region,
            "sizes": sizes, "body": body, "remarks": self.remarks,
        }  # fmt: skip


def advise(
    pipeline: BodyPipeline,
    answers: Answers,
    chart: SizeChart,
    region: str | None = None,
    prefer: Preference = "regular",
) -> Advice:
    """Recommends a size.

    Raises:
        ConfigError: answers or region that cannot be used.
        DataError: a chart that cannot be used.
    """
    return advise_body(pipeline(answers), chart, region_of(chart, region), prefer)


def advise_body(body: BodyEstimate, chart: SizeChart, worn: Region, prefer: Preference = "regular") -> Advice:
    """As :func:`advise`, for a body that was estimated before.

    Raises:
        DataError: a chart that cannot be used.
    """
    sizes = fits(body.belief, chart, worn, prefer)
    chosen = best(sizes)
    return Advice(chosen.size, chosen.probability, sentence(sizes), worn, sizes, body, body.remarks)


def advise_from_file(
    bundle: Path, answers: Answers, chart: Path, region: str | None, prefer: Preference, photo: PhotoFiles | None = None
) -> Advice:
    """As :func:`advise`, from paths; a chart that cannot be read is told before a model is opened.

    Args:
        bundle, chart: see the name.
        answers, region, prefer: as there.
        photo: of the shopper, who tells the height as well.
    """
    read = read_chart(chart)
    if photo is None:
        return advise(BodyPipeline.from_bundle(bundle), answers, read, region, prefer)
    check_height(check_answers(answers))
    worn, reading = region_of(read, region), photo.read()
    return advise_body(estimate_with_photo(BodyPipeline.from_bundle(bundle), answers, reading), read, worn, prefer)


def print_advice(advice: Advice) -> None:
    """The sentence, a table of sizes, and the body's measures that decided."""
    console = Console()
    console.print(advice.words, soft_wrap=True, markup=False, highlight=False)
    places = list(advice.sizes[0].places)
    table = Table()
    for column in ("size", "best for", *(f"{place.replace('_', ' ')}, ease cm" for place in places), "ends"):
        table.add_column(column, justify="left" if column in ("size", "ends") else "right")
    for size in advice.sizes:
        eases = [f"{fit.ease_cm:+.0f} ({fit.low_cm:+.0f} to {fit.high_cm:+.0f})" for fit in size.places.values()]
        table.add_row(Text(size.size), f"{size.probability:.0%}", *eases, size.hem.words if size.hem else "")
    console.print(table)
    for name in ("chest", "waist", "hip"):
        low, high = advice.body.interval(name)
        print(f"{name}: {advice.body.median(name):.0f} cm ({low:.0f} to {high:.0f} in 8 of 10)")
    for remark in advice.remarks:
        print(f"please look again: {remark}")
