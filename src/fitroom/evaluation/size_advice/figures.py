"""What each further answer buys: error and honesty by effort, drawn from records.

``python -m fitroom.evaluation.size_advice.figures --results results --out docs/size-advice-effort.svg``
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from fitroom.errors import EvaluationError
from fitroom.evaluation.flat.records import FlatRecord, read_record
from fitroom.evaluation.size_advice.scoring import TASK

_COLORS = ("#1b6ca8", "#c2571a", "#777777", "#2f7d4f")


def draw_effort(records: Sequence[FlatRecord], path: Path) -> None:
    """Two panels, efforts from none to a tape: mean error of the girths with its interval, and coverage of 80 %.

    Raises:
        EvaluationError: no records, or of different protocols.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    if len({(record.protocol.hash, record.data.digest) for record in records}) != 1:
        raise EvaluationError("efforts are compared under one protocol, on the same people", got=len(records))
    efforts = records[0].protocol.settings["efforts"]
    figure, (above, below) = pyplot.subplots(2, 1, figsize=(8, 6.4), sharex=True, height_ratios=(2, 1))
    width = 0.8 / len(records)
    for number, (record, color) in enumerate(zip(records, _COLORS, strict=False)):
        at = [place + (number - (len(records) - 1) / 2) * width for place in range(len(efforts))]
        girths = [record.scores[f"girths_after_{name}_cm"] for name in efforts]
        values = [score.value or 0.0 for score in girths]
        ends = [
            [value - (score.low or value) for score, value in zip(girths, values, strict=True)],
            [(score.high or value) - value for score, value in zip(girths, values, strict=True)],
        ]
        above.bar(at, values, width, yerr=ends, color=color, label=record.model.name, ecolor="#222222", capsize=2)
        below.plot(at, [100 * (record.scores[f"coverage80_after_{name}"].value or 0.0) for name in efforts], "o",
                   color=color)  # fmt: skip
    above.set_ylabel("mean error of chest, waist, hip, cm")
    above.legend(frameon=False, ncol=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    below.axhline(80, color="#222222", linewidth=0.8)
    below.set_ylabel("inside their 80 %\ninterval, %")
    titles = [effort["title"] for effort in efforts.values()]
    below.set_xticks(range(len(titles)), [title.replace(", ", ",\n") for title in titles], rotation=30, ha="right")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def main(argv: Sequence[str] | None = None) -> int:
    """Draws the records of one protocol that lie under a folder, the model first."""
    parser = argparse.ArgumentParser(prog="fitroom.evaluation.size_advice.figures", description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of records (results)")
    parser.add_argument("--protocol", default="size-advice@1", help="whose records (size-advice@1)")
    parser.add_argument("--out", type=Path, required=True, help="picture to write, .svg or .png")
    args = parser.parse_args(argv)
    found = [read_record(path, TASK) for path in sorted(args.results.glob(f"*/*/{args.protocol}.json"))]
    if not found:
        raise EvaluationError("there are no such records", where=args.results, rule=args.protocol)
    draw_effort(sorted(found, key=lambda record: (record.model.control, record.model.name)), args.out)
    print(args.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
