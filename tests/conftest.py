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


@pytest.fixture(scope="session")
def example_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's example garments as a catalogue that is searched, their pictures beside it; not to be changed."""
    from tests.unit.serve.example_catalogue import write_example_catalogue

    return write_example_catalogue(tmp_path_factory.mktemp("shop") / "catalogue")


@pytest.fixture(scope="session")
def survey_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both body surveys in their published form: 160 made-up soldiers and 120 made-up civilians of each sex."""
    folder = tmp_path_factory.mktemp("surveys")
    for seed, sex in enumerate(("female", "male")):
        rng = np.random.default_rng(seed)
        soldiers, civilians = (_made_up_people(rng, sex == "male", num) for num in (160, 120))
        ansur = pd.DataFrame({"SubjectId": 10_000 + np.arange(160), "Age": rng.integers(18, 55, 160)})
        for column, name in _ANSUR_COLUMNS.items():
            ansur[column] = (soldiers[name] * 10).round().astype(int)
        ansur["Heightin"] = (soldiers["height"] / 2.54 + rng.normal(0.6, 0.8, 160)).round().astype(int)
        ansur["Weightlbs"] = (soldiers["weight"] / 0.45359237 + rng.normal(-1, 4, 160)).round().astype(int)
        ansur.to_csv(folder / f"ANSUR_II_{sex.upper()}_Public.csv", index=False, encoding="latin-1")
        nhanes = pd.DataFrame({column: civilians[name].round(1) for column, name in _NHANES_COLUMNS.items()})
        (folder / f"nhanes_adult_{sex}_bmx_2020.csv").write_text("# made up\n" + nhanes.to_csv(index=False))
    return folder


_ANSUR_COLUMNS = {
    "stature": "height", "weightkg": "weight", "chestcircumference": "chest", "waistcircumference": "waist",
    "buttockcircumference": "hip", "thighcircumference": "thigh", "neckcircumference": "neck", "crotchheight": "inseam",
    "waistbacklength": "back_length", "biacromialbreadth": "shoulder_width", "sleeveoutseam": "sleeve",
    "cervicaleheight": "neck_height", "waistheightomphalion": "waist_height", "buttockheight": "hip_height",
    "kneeheightmidpatella": "knee_height",
}  # fmt: skip
_NHANES_COLUMNS = {"BMXWT": "weight", "BMXHT": "height", "BMXARMC": "upper_arm", "BMXHIP": "hip", "BMXWAIST": "waist"}
# Mean, what a tall body adds, what a heavy one adds, and what is each one's own; cm and kg.
_BODY = {
    "height": (164.0, 6.5, 0.0, 0.1), "weight": (70.0, 6.0, 11.0, 1.5), "chest": (95.0, 1.0, 8.0, 2.5),
    "waist": (86.0, 1.0, 10.0, 3.0), "hip": (102.0, 1.5, 7.0, 2.0), "thigh": (61.0, 0.5, 5.0, 1.5),
    "neck": (34.0, 0.5, 1.6, 1.0), "upper_arm": (30.0, 0.2, 3.0, 1.0), "inseam": (78.0, 4.0, 0.0, 1.8),
    "back_length": (43.0, 1.5, 0.5, 1.5), "shoulder_width": (37.5, 1.0, 0.2, 1.2), "sleeve": (55.0, 2.2, 0.1, 1.4),
    "neck_height": (140.0, 6.2, 0.0, 0.8), "waist_height": (98.0, 4.5, 0.0, 1.5), "hip_height": (82.0, 4.0, 0.0, 1.8),
    "knee_height": (46.0, 2.2, 0.0, 1.0),
}  # fmt: skip


def _made_up_people(rng: np.random.Generator, is_male: bool, num: int) -> dict[str, np.ndarray]:
    tall, heavy = rng.standard_normal(num), rng.standard_normal(num)
    larger = {"height": 12.0, "neck_height": 10.0, "weight": 14.0, "neck": 5.0, "chest": 8.0, "shoulder_width": 4.0}
    return {
        name: mean + (larger.get(name, 2.0) if is_male else 0.0) + a * tall + b * heavy + own * rng.standard_normal(num)
        for name, (mean, a, b, own) in _BODY.items()
    }
