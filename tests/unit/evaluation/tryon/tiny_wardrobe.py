"""A wardrobe of six drawn cases, two protocols over it, and instruments that need no bundle: a run of seconds."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from PIL import Image
from tests.unit.evaluation.tryon.planted_faults import shifted_hem
from tests.unit.evaluation.tryon.planted_parser import PlantedAnswer
from tests.unit.evaluation.tryon.small_row import small_row
from tests.unit.wardrobe.truth.rows import truth_row

from fitroom.contracts import Part
from fitroom.evaluation.tryon import protocol, runner
from fitroom.evaluation.tryon.measuring.instruments import Instruments
from fitroom.evaluation.tryon.protocol import TryOnProtocol
from fitroom.metrics.effnet import EffNetLite0
from fitroom.wardrobe.truth.rows import encode_row, schema

PARSER_HASH = "a" * 64
# Kind, size, how much lower the hem lies (cm), and seed of the source garment's colour.
CASES = (
    ("counterfactual-size", "S", 0.0, 1), ("counterfactual-size", "M", 2.0, 1), ("counterfactual-size", "L", 4.0, 1),
    ("leak", "M", 0.0, 2), ("leak", "M", 0.0, 3), ("paired", "M", 0.0, 4),
)  # fmt: skip
_PALETTE = np.array([(200, 205, 210), (180, 130, 110), (60, 40, 30), (20, 20, 20), (40, 50, 90)])
_PARTS = (Part.BACKGROUND, Part.NECK_AND_TORSO_SKIN, Part.HAIR, Part.HAIR, Part.TROUSERS)


def tiny_protocols() -> dict[str, TryOnProtocol]:
    """Both look at the same pictures; they print SSIM of two kinds."""
    few: dict[str, Any] = {"num_resamples": 40, "set_resamples": 3, "paste_back": "both"}
    names = [
        "ssim_color", "psnr", "region_psnr", "outside_psnr", "face_psnr", "garment_iou", "hem_error_cm",
        "sleeve_error_cm", "fit_accuracy", "fit_macro_f1", "ease_accuracy", "length_accuracy", "size_step_error_cm",
        "size_monotone", "leak_cm", "fd_effnetlite0", "kd_effnetlite0", "psnr_pasted", "lpips_alex",
    ]  # fmt: skip
    return {
        "tiny@1": TryOnProtocol("tiny", 1, "wardrobe", names, **few),
        "tiny-leak@1": TryOnProtocol("tiny-leak", 1, "wardrobe", ["ssim_gray", "psnr"], kinds=["leak"], **few),
    }


def make(root: Path, split: str = "test", **changed: Any) -> Path:
    """Writes the wardrobe; ``changed`` columns are the same in all of its rows."""
    rows = [{**_row(number, *case), "split": split, **changed} for number, case in enumerate(CASES)]
    path = root / f"data/{split}/shard-00000.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([encode_row(row) for row in rows], schema=schema()), path)
    return root


def install(patch: Any = None) -> None:
    """Registers the protocols and opens the tiny instruments instead of real ones, for good or by pytest's patch."""
    known = tiny_protocols()
    made = {name: (lambda name=name: known[name]) for name in known}
    if patch is None:
        protocol.PROTOCOLS.update(made)
        runner.open_instruments = tiny_instruments
    else:
        for name, recipe in made.items():
            patch.setitem(protocol.PROTOCOLS, name, recipe)
        patch.setattr(runner, "open_instruments", tiny_instruments)


def tiny_instruments(needed: Iterable[str], *_: Any) -> Instruments:
    """A parser by colours, and the proxy network; no LPIPS."""
    found, wanted = Instruments(), set(needed)
    if "parser" in wanted:
        found.parser = ColorParser()  # type: ignore[assignment]
        found.hashes["parser"] = PARSER_HASH
    if "effnetlite0" in wanted:
        found.effnet = EffNetLite0(torch.device("cpu"))
        found.hashes["effnetlite0"] = str(found.effnet.record.sha256)
    found.missing |= {name: "its weights are not here" for name in wanted if name.startswith("lpips")}
    return found


class ColorParser:
    """Knows the colours of the drawn person; what has another one is the garment."""

    def __call__(self, images_u8: list[np.ndarray]) -> list[PlantedAnswer]:
        """As :class:`~fitroom.pipelines.parse.ParsePipeline`."""
        return [PlantedAnswer(_parsed(image_u8)) for image_u8 in images_u8]


def _parsed(image_u8: np.ndarray) -> np.ndarray:
    away = np.linalg.norm(image_u8[:, :, None].astype(float) - _PALETTE, axis=-1)
    parse = np.where(away.min(-1) < 40, np.array(_PARTS, np.uint8)[away.argmin(-1)], Part.TOP).astype(np.uint8)
    y, x = np.indices(parse.shape)
    skin = parse == Part.NECK_AND_TORSO_SKIN
    parse[skin & (y < 42)] = Part.FACE
    parse[skin & (y >= 50) & (x < 42)], parse[skin & (y >= 50) & (x >= 78)] = Part.RIGHT_ARM, Part.LEFT_ARM
    return parse


def _row(number: int, kind: str, size: str, down_cm: float, color: int) -> dict[str, Any]:
    row = small_row()
    row["worn"], row["worn_parse"] = shifted_hem(row, down_cm)
    person: np.ndarray = row["person"].copy()
    person[row["person_parse"] == Part.TOP] = np.random.default_rng(color).integers(60, 255, 3)
    row["person"] = row["worn"] if kind == "paired" else person
    row["person_parse"] = row["worn_parse"] if kind == "paired" else row["person_parse"]
    row["repaint_mask"] = np.isin(row["worn_parse"], (Part.TOP, Part.TROUSERS)) | (row["person_parse"] == Part.TOP)
    group = kind if kind != "paired" else f"{kind}-{number}"
    facts = {
        "case_id": f"test-{number}", "split": "test", "kind": kind, "group_id": group, "person_id": f"person-{color}",
        "garment_id": f"garment-{size}", "size": size, "sleeve": "short", "length": "regular",
        "body_cm": {"inseam": 40.0, "sleeve": 34.0}, "garment_cm": {"chest": 60.0},
        "lengths_cm": {"hem": 41.0 - down_cm, "left_sleeve": -21.0, "left_sleeve_share": 0.38},
        "fit": {"chest": "regular", "waist": "regular", "hip": "regular", "hem": "right", "sleeve": "right"},
    }  # fmt: skip
    return {**truth_row(number), **row, **facts} | {name: _png(row[name]) for name in ("person", "worn", "garment")}


def _png(image_u8: np.ndarray) -> bytes:
    """Without loss, so that colours still say which part a pixel shows."""
    buffer = io.BytesIO()
    Image.fromarray(image_u8).save(buffer, "PNG")
    return buffer.getvalue()
