"""Photos to measure with: the user's own, or made up on the spot, so that a benchmark runs anywhere."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from fitroom.data.manifest import Manifest, read_source
from fitroom.data.source import FIXED_COLUMNS, SourceConfig, main_label
from fitroom.images import encode_jpeg

PHOTO_SIZE_PX = (400, 533)  # width, height; what phones' photos come down to in a shop's catalogue
NUM_CLASSES = 10
QUALITY = 80  # with the grain below about 30 KB a photo, as real ones of this size are


def open_photos(source: SourceConfig | None, folder: Path, count: int) -> Manifest:
    """At most ``count`` of the source's photos, from all over it; or as many made-up ones, where there is no source.

    Raises:
        DataError: see :func:`fitroom.data.manifest.read_source`.
    """
    if source is None:
        return make_photos(folder, count)
    manifest, _ = read_source(source)
    chosen = np.zeros(len(manifest), dtype=bool)
    chosen[np.linspace(0, len(manifest) - 1, min(count, len(manifest))).round().astype(int)] = True
    return manifest.subset(chosen)


def make_photos(folder: Path, count: int, size_px: tuple[int, int] = PHOTO_SIZE_PX, seed: int = 0) -> Manifest:
    """Writes ``<class>/0000.jpg`` ...: smooth coloured patterns with grain, all different."""
    rows = []
    for index in range(count):
        name = f"class_{index % NUM_CLASSES}/{index:04d}.jpg"
        data = encode_jpeg(_pattern(size_px, np.random.default_rng([seed, index])), QUALITY)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        rows.append((name, hashlib.sha256(data).hexdigest(), *size_px, None, None, name.split("/")[0]))
    table = pd.DataFrame(rows, columns=[*FIXED_COLUMNS, "category"]).sort_values("sample_id", ignore_index=True)
    return Manifest(folder, table, ["category"])


def link_photos(manifest: Manifest, folder: Path, at_least: int) -> Path:
    """The photos as ``folder/<class>/<number>.jpg``, the form other libraries read, by links.

    Args:
        manifest: which photos.
        folder: to be made.
        at_least: links; where there are fewer photos they come again, so that an epoch is longer than a block. (Whoever
            starts an epoch waits for the first batch, which is not what is compared.)
    """
    names, classes = manifest.table["sample_id"], manifest.table[main_label(manifest.labels)]
    pairs = islice(cycle(zip(names, classes, strict=True)), max(at_least, len(manifest)))
    for number, (name, label) in enumerate(pairs):
        path = folder / str(label).replace("/", "_") / f"{number:06d}.jpg"  # readers go by the content
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(manifest.path(name).resolve())
    return folder


def enlarge_photos(manifest: Manifest, folder: Path, count: int, factor: int) -> Manifest:
    """The first ``count`` photos, ``factor`` times as wide and high: what a phone's camera writes."""
    few = manifest.subset(np.arange(len(manifest)) < count)
    for name in few.table["sample_id"]:
        with Image.open(few.path(name)) as photo:
            large = photo.convert("RGB").resize((photo.width * factor, photo.height * factor), Image.Resampling.BICUBIC)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        large.save(path, "JPEG", quality=QUALITY)
    table = few.table.assign(**{side: few.table[side] * factor for side in ("width_px", "height_px")})
    return replace(few, root=folder, table=table)


def median_size(manifest: Manifest) -> str:
    """Median width and height in px, in words."""
    return " x ".join(f"{manifest.table[side].median():.0f}" for side in ("width_px", "height_px"))


def _pattern(size_px: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    coarse = Image.fromarray(rng.integers(20, 236, (8, 6, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize(size_px, Image.Resampling.BICUBIC), dtype=np.int16)
    return np.clip(smooth + rng.integers(-12, 13, (*smooth.shape[:2], 1)), 0, 255).astype(np.uint8)
