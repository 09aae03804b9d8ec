"""Pictures of a wardrobe to figures with true measures: by the true parse, or as a parser sees them.

Figures are kept in the user's cache, and may be deleted there:

    <user's cache>/fitroom/figures/<parser or truth, and size of figures>/<hash of the picture>.npz

Only what would be read later is learned from: a picture that is refused is left out.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fitroom.config import hash_settings
from fitroom.data.figures import Figures
from fitroom.data.files import NPZ_ERRORS, cache_folder
from fitroom.data.manifest import Manifest
from fitroom.data.wardrobe import WardrobeDataset
from fitroom.errors import DataError, ImageError
from fitroom.images import pixel_sha256
from fitroom.models.body_photo.config import BodyPhotoConfig
from fitroom.pipelines.parse import Parsed, ParsePipeline
from fitroom.pipelines.sizing.figure import checked_figure, figure_of
from fitroom.progress import log, track
from fitroom.wardrobe.truth.encode import decode_labels, decode_picture
from fitroom.writing import write_bytes_atomically

COLUMNS = ("case_id", "split", "plan", "body_cm", "person", "worn", "person_parse", "worn_parse")
VERSION = 1  # goes up whenever a picture would become another figure, or be refused otherwise


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of somebody.

    Attributes:
        name: case and column.
        body: who, by number in the wardrobe's catalogue of bodies.
        body_cm: measures by name.
        is_whole: whether it was framed from head to feet.
        yaw_deg: how far aside the camera stands; 180 = behind.
        image_u8: (H, W, 3) uint8 RGB.
        parse: (H, W) uint8, the true one.
        sha256: of the picture's pixels.
    """

    name: str
    body: str
    body_cm: dict[str, float]
    is_whole: bool
    yaw_deg: float
    image_u8: np.ndarray
    parse: np.ndarray
    sha256: str


def pictures_of(folder: str | Path, split: str) -> Iterator[Picture]:
    """Every different picture of a split, once; those cut off, profiles and backs too.

    Raises:
        DataError: as :class:`~fitroom.data.wardrobe.WardrobeDataset`.
    """
    dataset = WardrobeDataset(folder, split, COLUMNS)
    seen: set[str] = set()
    for index in track(range(len(dataset)), f"pictures, {split}", total=len(dataset)):
        cells = dataset.cells(index)
        person = json.loads(cells["plan"])["person"]
        for column in ("person", "worn"):
            image_u8 = decode_picture(cells[column]["bytes"])
            digest = pixel_sha256(image_u8)
            if digest not in seen:
                seen.add(digest)
                yield Picture(
                    f"{cells['case_id']}/{column}", f"body{person['body']}", json.loads(cells["body_cm"]),
                    person["framing"] == "full", person["yaw_deg"], image_u8,
                    decode_labels(cells[f"{column}_parse"]["bytes"]), digest,
                )  # fmt: skip


def read_figures(
    folder: str | Path,
    split: str,
    config: BodyPhotoConfig,
    parser: ParsePipeline | None = None,
    among: Figures | None = None,
    per_body: int = 0,
) -> Figures:
    """Figures of those pictures of a split that show head to feet and would be read later.

    Args:
        folder: of a wardrobe, or of several.
        split: "train" or "validation".
        config: of the figures, and what is read.
        parser: as it sees them; None = as they are.
        among: pictures that may be taken; None = all.
        per_body: at most so many of each body, the first; 0 = all.

    Raises:
        DataError: as :func:`pictures_of`, or none can be read.
    """
    rows: list[tuple[Any, ...]] = []
    shares, measured = [], []
    refused: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    wanted = None if among is None else set(among.manifest.table["sha256"])
    for picture in pictures_of(folder, split):
        if not picture.is_whole or (wanted is not None and picture.sha256 not in wanted):
            continue
        if per_body and taken[picture.body] >= per_body:
            continue
        found = kept_figure(picture, config, parser)
        if isinstance(found, str):
            refused[found] += 1
            continue
        taken[picture.body] += 1
        height, width = picture.image_u8.shape[:2]
        rows.append((picture.name, picture.sha256, width, height, picture.body, split))
        shares.append(found)
        measured.append([picture.body_cm[name] for name in ("height", *config.measures)])
    log.info("%d figures of %d bodies, %s; refused: %s", len(rows), len(taken), split, dict(refused) or "none")
    if not rows:
        raise DataError("no picture shows anybody from head to feet", where=folder, rule=f"some in {split}")
    table = pd.DataFrame(rows, columns=["sample_id", "sha256", "width_px", "height_px", "group", "split"])
    text = {name: "str" for name in ("sample_id", "sha256", "group", "split")}
    measured_NX = np.array(measured)
    logs_NK = np.log(measured_NX[:, 1:] / measured_NX[:, :1])
    return Figures(Manifest(Path(folder), table.astype(text), []), np.stack(shares), logs_NK, measured_NX[:, 0])


def kept_figure(picture: Picture, config: BodyPhotoConfig, parser: ParsePipeline | None = None) -> np.ndarray | str:
    """The figure of a picture, out of the cache where it is there, or the code by which the picture is refused.

    Args:
        picture: of somebody.
        config: of the figure.
        parser: as it sees the picture; None = by the true parse.
    """
    told = {"version": VERSION, "parser": "truth" if parser is None else parser.bundle.hash, "groups": config.groups}
    key = hash_settings(told | {"rows": config.rows, "columns": config.columns})[:24]
    path = cache_folder() / "figures" / key / f"{picture.sha256}.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            return str(file["refused"]) or np.asarray(file["shares"])
    except NPZ_ERRORS:
        pass  # not made yet, or damaged
    shares, refused = np.zeros(0, np.uint8), ""
    try:
        if parser is None:
            shares = checked_figure(Parsed.exact(picture.parse), config, picture.name)
        else:
            shares = figure_of(picture.image_u8, parser, config, picture.name)
    except ImageError as error:
        refused = error.code
    buffer = io.BytesIO()
    np.savez_compressed(buffer, shares=shares, refused=np.array(refused))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes_atomically(path, buffer.getvalue())
    return refused or shares
