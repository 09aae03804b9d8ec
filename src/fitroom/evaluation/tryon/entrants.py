"""Who is evaluated: bundles of try-on models, folders of anybody's pictures, and controls, as the runner sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from fitroom.config import hash_settings
from fitroom.errors import EvaluationError
from fitroom.evaluation.entries import ModelEntry
from fitroom.evaluation.tryon.cases.case_set import Case, CaseSet
from fitroom.evaluation.tryon.controls.control import CONTROLS, Control
from fitroom.evaluation.tryon.predictions.reading import Predictions, read_predictions
from fitroom.evaluation.tryon.protocol import TryOnProtocol
from fitroom.images import decode_rgb_u8
from fitroom.progress import log

SHORT_HASH = 16
Row = Mapping[str, Any]
# What of a row a model may be told; the truth is not among it.
TOLD = ("category", "region", "garment_cm", "body_cm", "drape_coefficient")


@dataclass(frozen=True)
class Entrant:
    """One that is judged.

    Attributes:
        entry: who it is.
        source: where its pictures come from.
        draw: case and row to (H, W, 3) uint8; None where it has no picture of the case.
        oracle: it has seen the truth.
        trained_on: first 16 hex digits of the hashes of the pictures it learned from.
        missing: cases it has no picture of.
    """

    entry: ModelEntry
    source: Literal["bundle", "folder", "control"]
    draw: Callable[[Case, Row], np.ndarray | None]
    oracle: bool = False
    trained_on: frozenset[str] = frozenset()
    missing: frozenset[str] = field(default=frozenset())

    def num_seen(self, cases: CaseSet) -> int:
        """Cases of which it has learned from the person photo or the shop photo."""
        return sum(any(sha[:SHORT_HASH] in self.trained_on for sha in case.inputs) for case in cases.cases)


def enter_bundle(path: Path, protocol: TryOnProtocol, device: torch.device) -> Entrant:
    """A try-on model from its bundle, or from the bundle of a run.

    Raises:
        BundleError: no bundle there, or one of another kind.
    """
    from fitroom.pipelines.tryon.opening import open_pipeline

    pipeline = open_pipeline(path, device)
    spec = pipeline.bundle.spec
    sampling: dict[str, Any] = {"steps": protocol.steps, "guidance": protocol.guidance, "seed": protocol.sample_seed}

    def draw(case: Case, row: Row) -> np.ndarray:
        del case
        told: dict[str, Any] = {name: row[name] for name in TOLD if row.get(name) is not None}
        return pipeline.worn(row["person"], row["garment"], **told, **sampling)

    entry = ModelEntry.of_bundle(
        pipeline.bundle,
        pipeline.num_parameters,
        {
            "sampling": sampling, "told": list(TOLD), "dtype": spec.dtype,
            "training_data": spec.training.data_digest, "num_training_pictures": spec.training.num_images,
        },
    )  # fmt: skip
    return Entrant(entry, "bundle", draw, trained_on=frozenset(pipeline.bundle.trained_on()))


def enter_folder(
    folder: Path, name: str, cases: CaseSet, protocol: TryOnProtocol, manifest: Path | None, allow_missing: bool
) -> Entrant:
    """A folder of pictures from any system, one a case.

    Raises:
        EvaluationError: naming every picture that is missing, extra, there twice, unreadable or of a wrong size.
    """
    predictions = read_predictions(folder, cases.cases, picture_size(folder, cases, protocol), manifest, allow_missing)
    entry = ModelEntry(
        name=name, revision=predictions.digest[:12], kind="predictions", control=False, bundle_hash=None, seed=None,
        height_px=None, width_px=None, num_parameters=0, license=None, settings={"pictures": len(predictions.files)},
    )  # fmt: skip
    return Entrant(entry, "folder", _reader(predictions), missing=frozenset(predictions.missing))


def enter_controls(cases: CaseSet) -> tuple[list[Entrant], dict[str, str]]:
    """All controls that the data set can have, and why it cannot have the others."""
    row = cases.row(0)
    entrants = [_enter_control(control) for control in CONTROLS.values() if control.can_be_had(row)]
    without = {
        control.name: f"these cases have no {', '.join(name for name in control.needs if row.get(name) is None)}"
        for control in CONTROLS.values()
        if not control.can_be_had(row)
    }
    return entrants, without


def picture_size(folder: Path, cases: CaseSet, protocol: TryOnProtocol) -> tuple[int, int]:
    """(height, width) that every picture of a folder must have.

    It is the truth's; where the protocol resizes, that of the folder's first picture, which must have the truth's shape
    to 1 %.
    """
    native = (cases.height_px, cases.width_px)
    if protocol.score_at == "truth" or not folder.is_dir():
        return native
    suffixes = (".png", ".jpg", ".jpeg", ".webp")
    first = next((path for path in sorted(folder.iterdir()) if path.suffix.lower() in suffixes), None)
    if first is None:
        return native
    height, width = decode_rgb_u8(first).shape[:2]
    if abs(height * native[1] / (width * native[0]) - 1) > 0.01:
        raise EvaluationError(
            "the pictures have another shape than the truth", where=first, got=f"{height} x {width} px",
            rule=f"{native[0]} x {native[1]} px (height x width), or larger and smaller ones of that shape",
            fix="make them at the data set's own shape; nothing is cropped or squeezed in silence",
        )  # fmt: skip
    return height, width


def _enter_control(control: Control) -> Entrant:
    recipe = {"control": control.meaning, "needs": list(control.needs)}
    entry = ModelEntry.of_control(control.name, hash_settings(recipe)[:12], recipe)

    def draw(case: Case, row: Row) -> np.ndarray | None:
        """None, a missing picture, where the case lacks what others of its data set have."""
        try:
            return control({**row, "case_id": case.case_id})
        except EvaluationError as error:
            log.warning("%s has no picture of %s: %s", control.name, case.case_id, error.what)
            return None

    return Entrant(entry, "control", draw, control.oracle)


def _reader(predictions: Predictions) -> Callable[[Case, Row], np.ndarray | None]:
    def draw(case: Case, row: Row) -> np.ndarray | None:
        del row
        return None if case.case_id in predictions.missing else predictions.load(case.case_id)[0]

    return draw
