"""What a folder of data is: told by the folders and lists in it, before anything is read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Literal, get_args

from fitroom.data.pairs.dresscode import CATEGORIES
from fitroom.data.pairs.try_on_pairs import SPLITS
from fitroom.data.recognition.deepfashion import category_lists
from fitroom.data.source import DEFAULT_TABLE
from fitroom.wardrobe import registry

Layout = Literal["viton-hd", "viton", "dresscode", "wardrobe", "deepfashion", "photos"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
TITLES: dict[Layout, str] = {
    "viton-hd": "VITON-HD",
    "viton": "VITON in the form of CP-VTON",
    "dresscode": "DressCode",
    "wardrobe": "a simulated wardrobe",
    "deepfashion": "DeepFashion Category and Attribute",
    "photos": "photos with labels",
}
# Only VITON-HD has these; its persons may be called like VITON's.
_OF_VITON_HD = ("agnostic-mask", "agnostic-v3.2", "image-parse-v3", "openpose_json", "openpose-json")
_LOOK_AT = 50  # names tell a layout as well as all of them would


def recognise(root: Path) -> Layout:
    """The layout of a folder; "photos" where it is no other, and where a labels.csv says what its photos are.

    A folder that is not whole is recognised by what is left of it, so that the check can say what is missing.
    """
    if (root / DEFAULT_TABLE).is_file():
        return "photos"
    if category_lists(root):
        return "deepfashion"
    if (root / registry.FILE).is_file() or next(root.glob("**/shard-*.parquet"), None):
        return "wardrobe"
    if _is_dresscode(root):
        return "dresscode"
    splits = [root / split for split in SPLITS if (root / split).is_dir()]
    if any((split / name).is_dir() for split in splits for name in ("image", "cloth")) and (
        _has_lists(root) or any((split / "image").is_dir() and (split / "cloth").is_dir() for split in splits)
    ):
        return "viton" if _is_numbered(splits) else "viton-hd"
    return "photos"


def _is_dresscode(root: Path) -> bool:
    folders = [root / name for name in CATEGORIES if (root / name).is_dir()]
    photos = (path for folder in folders for path in _some(folder / "images"))
    return any(_has_lists(folder) for folder in (root, *folders) if folders) or any(
        path.stem.endswith("_0") for path in photos
    )


def _is_numbered(splits: list[Path]) -> bool:
    """True where persons end in _0, as VITON's, and nothing says VITON-HD."""
    if any((split / name).is_dir() for split in splits for name in _OF_VITON_HD):
        return False
    persons = [path for split in splits for path in _some(split / "image")]
    return sum(path.stem.endswith("_0") for path in persons) * 2 > len(persons)


def _has_lists(folder: Path) -> bool:
    return any(next(folder.glob(f"{split}_*pair*.txt"), None) for split in SPLITS)


def _some(folder: Path) -> Iterator[Path]:
    return islice(folder.iterdir(), _LOOK_AT) if folder.is_dir() else iter(())
