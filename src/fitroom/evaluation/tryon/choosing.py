"""Which bundle, how many steps and how much guidance: scores on validation cases, never on the frozen ones.

``python -m fitroom.evaluation.tryon.choosing --bundle DIR [--bundle DIR] --folder WARDROBE --steps 1 2 4 8``
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from fitroom.evaluation.shards import join
from fitroom.evaluation.tryon.catalogue import METRICS
from fitroom.evaluation.tryon.entrants import Entrant, enter_bundle
from fitroom.evaluation.tryon.measuring.instruments import Instruments, open_instruments
from fitroom.evaluation.tryon.passes import DRAWN_S, make_passes, run_pass
from fitroom.evaluation.tryon.protocol import PROTOCOLS, TryOnProtocol
from fitroom.evaluation.tryon.samples import to_frame
from fitroom.evaluation.tryon.scoring import score
from fitroom.metrics.external import ExternalWeights

SCORES = (
    "region_pd_effnetlite0", "region_psnr", "region_ssim_color", "detail_fine", "detail_medium", "detail_coarse",
    "color_delta_e", "outside_psnr", "face_psnr", "garment_iou", "hem_error_cm", "hem_median_cm", "sleeve_median_cm",
    "chest_median_cm", "waist_median_cm", "hip_median_cm", "fit_accuracy",
)  # fmt: skip
Setting = tuple[Path, int, float]


def validation_protocol() -> TryOnProtocol:
    """Cases of the validation split, scored as the frozen ones are; no row of a leaderboard."""
    frozen = PROTOCOLS["wardrobe-counterfactual@3"]()
    return replace(frozen, name="wardrobe-choosing", metrics=list(SCORES), split="validation", paste_back="none")


def table(settings: Sequence[Setting], folder: Path, instruments: Instruments) -> pd.DataFrame:
    """Scores by bundle, steps and guidance.

    Args:
        settings: bundle or run, steps, guidance; none twice.
        folder: a simulated wardrobe with a validation split.
        instruments: what the scores need.

    Returns:
        A row a setting: ``bundle, revision, steps, guidance, cases, seconds`` (mean, to draw one) and :data:`SCORES`.

    Raises:
        BundleError: no bundle of a try-on model there. DataError, EvaluationError: the wardrobe has no such cases.
    """
    protocol = validation_protocol()
    (one,) = make_passes([protocol], folder)
    shards = join()
    entrants = [_enter(setting, protocol, shards.device) for setting in settings]
    with tempfile.TemporaryDirectory() as journals:
        rows = run_pass(one, entrants, instruments, Path(journals), shards)
    found = []
    for (path, steps, guidance), entrant in zip(settings, entrants, strict=True):
        own = rows[f"{entrant.entry.name} {entrant.entry.revision}"]
        scores = score(to_frame(own, protocol), None, protocol, instruments.missing, intervals=False)
        about = {"bundle": str(path), "revision": entrant.entry.revision.split()[0], "steps": steps}
        seconds = float(np.mean([row[DRAWN_S] for row in own]))
        found.append(
            {**about, "guidance": guidance, "cases": len(own), "seconds": seconds}
            | {name: value.value for name, value in scores.items()}
        )
    return pd.DataFrame(found)


def markdown(found: pd.DataFrame) -> str:
    """The table of :func:`table` with a column a setting, since scores are many and settings few."""
    heads = [_head(*setting) for setting in zip(found["steps"].tolist(), found["guidance"].tolist(), strict=True)]
    several = found["bundle"].nunique() > 1
    heads = [f"{name}: {head}" for name, head in zip(found["bundle"], heads, strict=True)] if several else heads
    lines = ["| score | " + " | ".join(heads) + " |", "| --- |" + " ---: |" * len(heads)]
    for name in SCORES:
        lines.append(f"| {METRICS[name].label} | " + " | ".join(_number(v) for v in found[name]) + " |")
    return "\n".join([*lines, "| seconds a picture | " + " | ".join(_number(v) for v in found["seconds"]) + " |"])


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table, in Markdown."""
    parser = argparse.ArgumentParser(prog="fitroom.evaluation.tryon.choosing", description=__doc__)
    parser.add_argument("--bundle", type=Path, action="append", required=True, help="a try-on bundle or its run")
    parser.add_argument("--folder", type=Path, required=True, help="wardrobe with a validation split")
    parser.add_argument("--steps", type=int, nargs="+", default=[1, 2, 4, 8], help="denoising steps (1 2 4 8)")
    parser.add_argument("--guidance", type=float, nargs="+", default=[1.0], help="of the sizes (1)")
    args = parser.parse_args(argv)
    settings = [(path, steps, guidance) for path in dict.fromkeys(args.bundle)
                for steps in dict.fromkeys(args.steps) for guidance in dict.fromkeys(args.guidance)]  # fmt: skip
    needed = {METRICS[name].needs for name in SCORES} - {""}
    instruments = open_instruments(needed, ExternalWeights(), None, join().device)
    found = table(settings, args.folder, instruments)
    print(f"{found['cases'].iloc[0]} validation cases of {args.folder}\n\n{markdown(found)}")
    return 0


def _enter(setting: Setting, protocol: TryOnProtocol, device: torch.device) -> Entrant:
    path, steps, guidance = setting
    entrant = enter_bundle(path, replace(protocol, steps=steps, guidance=guidance), device)
    revision = f"{entrant.entry.revision} {steps} {guidance:g}"
    return replace(entrant, entry=replace(entrant.entry, name=str(path), revision=revision))


def _head(steps: int, guidance: float) -> str:
    return f"{steps} step{'s' * (steps > 1)}" + (f", guidance {guidance:g}" if guidance != 1 else "")


def _number(value: float | None) -> str:
    return "-" if value is None or np.isnan(value) else f"{value:.3g}"


if __name__ == "__main__":
    raise SystemExit(main())
