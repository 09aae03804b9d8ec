"""Makes what ``body-photo@1`` holds beside the pictures, once: sex and weight of the bodies, widths for the controls.

``python -m fitroom.evaluation.body_photo.freeze WARDROBES``: the folder of wardrobes that readers are trained on. A
weight is the one that a body was drawn with, before the body was shaped until the tape agreed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fitroom.data.figures import Figures
from fitroom.evaluation.body_photo.cases import BODIES, WIDTHS, digest
from fitroom.evaluation.body_photo.controls import WIDTH_COLUMNS, widths
from fitroom.models.body_photo.config import BodyPhotoConfig
from fitroom.pipelines.sizing.wardrobe_figures import pictures_of, read_figures
from fitroom.progress import log
from fitroom.wardrobe.bodies.population import wanted_measures
from fitroom.writing import write_text_atomically


def main(argv: Sequence[str] | None = None) -> int:
    """Writes both files, and says the digest that goes into the protocol."""
    parser = argparse.ArgumentParser(prog="python -m fitroom.evaluation.body_photo.freeze", description=__doc__)
    parser.add_argument("wardrobes", type=Path, metavar="WARDROBES", help="of the training part")
    parser.add_argument("--wardrobe", type=Path, default=Path("benchmarks/wardrobe"), metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/body-photo"), metavar="FOLDER")
    args = parser.parse_args(argv)
    config = BodyPhotoConfig()
    learned = read_figures(args.wardrobes, "train", config)
    args.out.mkdir(parents=True, exist_ok=True)
    table = _table(learned, config, drawn(learned.bodies_N))
    table.to_parquet(args.out / WIDTHS, index=False, compression="zstd")
    bodies = drawn(picture.body for picture in pictures_of(args.wardrobe, "test"))
    write_text_atomically(args.out / BODIES, json.dumps(bodies, indent=1, sort_keys=True) + "\n")
    log.info("%d rows, %d bodies; digest %s", len(table), len(bodies), digest(args.wardrobe, args.out))
    return 0


def drawn(bodies: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Sex and weight in kg that bodies "body17" were drawn with, by name."""
    found = {}
    for name in sorted(set(bodies)):
        sex, wanted = wanted_measures(int(name.removeprefix("body")))
        found[name] = {"sex": sex, "weight_kg": round(float(wanted["mass"]), 2)}
    return found


def _table(figures: Figures, config: BodyPhotoConfig, bodies: dict[str, dict[str, Any]]) -> pd.DataFrame:
    told = [bodies[name] for name in figures.bodies_N]
    measured_NK = np.exp(figures.logs_NK) * figures.height_cm_N[:, None]
    table = pd.DataFrame({"body": figures.bodies_N, "sex": [one["sex"] for one in told],
                          "weight_kg": [one["weight_kg"] for one in told], "height": figures.height_cm_N})  # fmt: skip
    table[list(config.measures)] = measured_NK.round(2)
    table[WIDTH_COLUMNS] = np.stack([widths(shares, config) for shares in figures.shares_u8]).round(5)
    return table


if __name__ == "__main__":
    raise SystemExit(main())
