"""Fit in cm while a run goes on, read off its answers to a few select cases as an evaluation would read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
from pytorch_lightning import Callback, LightningModule, Trainer
from typing_extensions import override

from fitroom.contracts import Preprocessing
from fitroom.data.tryon.batches import TryOnDataset
from fitroom.data.wardrobe import WardrobeDataset
from fitroom.errors import ConfigError
from fitroom.images import resize_labels, signed_to_u8
from fitroom.metrics.fit.readings import WIDTHS, difference_cm, read_all
from fitroom.metrics.fit.scene import Pose, garment_parts, kind_of, seen_by_parser, seen_in_parse, taken_for
from fitroom.pipelines.parse import ParsePipeline
from fitroom.training.sharding import takes_part
from fitroom.training.tryon.callbacks import answered

COLUMNS = ("case_id", "category", "region", "sleeve", "worn_parse", "keypoints", "px_per_cm")
Row = Mapping[str, Any]


class FitFigures(Callback):
    """Logs ``select_fit/hem_cm``, ``sleeve_cm`` and ``width_cm``: median absolute errors over the cases.

    They carry the parser's own error, as those of an evaluation do.

    Args:
        rows: of the cases, :data:`COLUMNS`, in the order of ``places``.
        cases: the select part, not augmented.
        places: of the rows in it.
        parser: what sees the garment.
        spec: the frame.
    """

    def __init__(
        self, rows: list[Row], cases: TryOnDataset, places: list[int], parser: ParsePipeline, spec: Preprocessing
    ) -> None:
        self.rows, self.cases, self.places, self.parser, self.spec = rows, cases, places, parser, spec

    @override
    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.sanity_checking or not takes_part(trainer):
            return
        errors: dict[str, list[float]] = defaultdict(list)
        for row, place in zip(self.rows, self.places, strict=True):
            got, _ = answered(pl_module, self.cases, place)
            worn_u8 = signed_to_u8(got.worn[0].float().cpu()).permute(1, 2, 0).contiguous().numpy()
            for name, error_cm in errors_cm(worn_u8, row, self.parser, self.spec).items():
                errors["width" if name in WIDTHS else name].append(error_cm)
        figures = {f"select_fit/{name}_cm": float(np.median(errors[name])) for name in ("hem", "sleeve", "width")
                   if errors[name]}  # fmt: skip
        pl_module.log_dict(figures, rank_zero_only=True)


def rows_of(folder: str, case_ids: list[str], spec: Preprocessing) -> list[Row]:
    """Rows of validation cases, in the order asked for.

    Raises:
        ConfigError: their pictures have another shape than the frame.
    """
    data = WardrobeDataset(folder, "validation", COLUMNS)
    place = {data.cells(index)["case_id"]: index for index in range(len(data))}
    rows: list[Row] = [data[place[case_id]] for case_id in case_ids]
    for row in rows:
        height, width = row["worn_parse"].shape
        if height * spec.width_px != width * spec.height_px:
            raise ConfigError(
                "fit cannot be read in this frame",
                where="logging.fit_cases",
                rule=f"a frame of the pictures' shape, {height} x {width}",
                got=(spec.height_px, spec.width_px),
                fix="set logging.fit_cases to 0, or another frame",
            )
    return rows


def errors_cm(worn_u8: np.ndarray, row: Row, parser: ParsePipeline, spec: Preprocessing) -> dict[str, float]:
    """Absolute errors by measure, cm, of an answer in the frame; measures that the truth does not show are left out.

    Args:
        worn_u8: (H, W, 3) uint8, of the frame's size.
        row: :data:`COLUMNS`; its pictures have the frame's shape.
        parser: what sees the garment.
        spec: the frame.
    """
    scale = spec.height_px / row["worn_parse"].shape[0]
    truth = resize_labels(row["worn_parse"], spec)
    pose = Pose(row["keypoints"] * np.array([scale, scale, 1]), row["px_per_cm"] * scale)
    kind = kind_of(row["category"], row["region"])
    parts, has_sleeves = garment_parts(kind, truth), row["sleeve"] not in (None, "none")
    parsed = parser([worn_u8])[0]
    seen = seen_by_parser(parsed.probability, parsed.parse, parts, taken_for(kind, truth, pose.px_per_cm))
    true = read_all(seen_in_parse(truth, parts), pose, kind, has_sleeves, as_far_as_seen=())
    found = read_all(seen, pose, kind, has_sleeves)
    differences = {name: abs(difference_cm(found[name], true[name])) for name in true}
    return {name: error for name, error in differences.items() if np.isfinite(error)}
