"""Fixtures for all tests: photos made on the spot, and the real clothing photos where a machine has them."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

PhotoBytes = Callable[..., bytes]
ImageFolder = Callable[..., Path]


@pytest.fixture(scope="session")
def clothing_root() -> Path:
    """The clothing photos (ImageFolder with labels.csv): $FITROOM_CLOTHING, or ../shared/data/clothing."""
    default = Path(__file__).parents[2] / "shared" / "data" / "clothing"
    root = Path(os.environ.get("FITROOM_CLOTHING", default))
    if not (root / "labels.csv").is_file():
        pytest.skip(f"the clothing photos are not at {root}; set FITROOM_CLOTHING to their folder")
    return root


@pytest.fixture
def cache_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of this test's own."""
    home = tmp_path / "cache_home"
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def photo_bytes() -> PhotoBytes:
    """Makes the bytes of a small photo; another ``seed`` is another photo, the same one is the same bytes."""

    def make(
        seed: int = 0,
        *,
        format: str = "JPEG",
        mode: str = "RGB",
        width_px: int = 40,
        height_px: int = 48,
        color: tuple[int, int, int] = (128, 128, 128),
        **save: object,
    ) -> bytes:
        noise = np.random.default_rng(seed).integers(-60, 60, (height_px, width_px, 3))
        pixels = np.clip(noise + np.array(color), 0, 255).astype(np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).convert(mode).save(buffer, format, **save)
        return buffer.getvalue()

    return make


@pytest.fixture
def image_folder(tmp_path: Path, cache_home: Path, photo_bytes: PhotoBytes) -> ImageFolder:
    """Makes folders of small, all different JPEGs whose color tells the class.

    ``make(classes, num_per_class, splits=..., num_groups=...)`` gives ``<class>/0000.jpg``, or
    ``<split>/<class>/0000.jpg`` (``num_per_class`` in each split). With ``num_groups``, labels.csv lists path,
    category, contributor and, with splits, split; contributors take turns.
    """

    def make(
        classes: Sequence[str] = ("dress", "hat"),
        num_per_class: int = 3,
        *,
        splits: Sequence[str] = (),
        num_groups: int = 0,
        name: str = "photos",
    ) -> Path:
        root = tmp_path / name
        rows = []
        for split in splits or ("",):
            for place, label in enumerate(classes):
                color = tuple(np.random.default_rng(place + 1000).integers(60, 196, 3))
                for i in range(num_per_class):
                    path = root / split / label / f"{i:04d}.jpg"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(photo_bytes(len(rows), color=color))
                    rows.append((path.relative_to(root).as_posix(), label, f"c{len(rows) % max(num_groups, 1)}", split))
        if num_groups:
            table = pd.DataFrame(rows, columns=["path", "category", "contributor", "split"])
            table.drop(columns=[] if splits else ["split"]).to_csv(root / "labels.csv", index=False)
        return root

    return make


@pytest.fixture
def tiny_run(image_folder: ImageFolder, tmp_path: Path) -> Callable[..., list[str]]:
    """Command-line words of a training run of seconds: 36 photos of three colors by nine people, a tiny network.

    ``words(*more, name="tiny")`` appends ``more``; runs lie in ``tmp_path / "runs"``.
    """
    root = image_folder(("dress", "hat", "shirt"), 12, num_groups=9)

    def words(*more: str, name: str = "tiny") -> list[str]:
        given = {
            "name": name,
            "runs": str(tmp_path / "runs"),
            "data.source.root": str(root),
            "data.num_workers": "0",
            "model.backbone": "test_efficientnet",
            "preprocessing.height_px": "64",
            "preprocessing.width_px": "64",
            "weights": "none",
            "precision": "32-true",
            "accelerator": "cpu",
            "threads": "1",
            "batch_size": "8",
            "epochs": "2",
            "optim.lr": "2e-3",
            "logging.wandb": "off",
            "logging.every_steps": "1",
        }
        return [word for key, value in given.items() for word in (f"--{key}", value)] + list(more)

    return words
