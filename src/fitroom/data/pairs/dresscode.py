"""Reads DressCode (Morelli et al. 2022): tops, bottoms and dresses, 1024 x 768, 5,400 test pairs.

    test_pairs_{paired,unpaired}.txt                        at the root with a third column, or in each category
    {upper_body,lower_body,dresses}/images/013563_0.jpg     person; 013563_1.jpg is the garment they wear
    .../keypoints/013563_2.json     label_maps/013563_4.png (ATR)     all optional, as are those that others made:
    .../masks/013563_1.png          agnostic_masks/013563_0.png

The folder ``images`` holds persons and garments of train and test alike: it is no reference set of anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from fitroom.config import nearest
from fitroom.contracts import PART_FROM_ATR
from fitroom.data.pairs.openpose import read_dresscode
from fitroom.data.pairs.pair_lists import Pair, listed, numbered_garment
from fitroom.data.pairs.try_on_pairs import PairFiles, TryOnPairs, find_folder, require_folder
from fitroom.errors import DataError

CATEGORIES = ("upper_body", "lower_body", "dresses")  # in the order of their numbers in the lists
KEYPOINTS_HEIGHT = 512  # of the picture in which keypoints are counted


class DressCode(TryOnPairs):
    """DressCode as try-on samples; more arguments, errors: :class:`~fitroom.data.pairs.try_on_pairs.TryOnPairs`.

    Args:
        categories: those of :data:`CATEGORIES` that are wanted.

    Raises:
        DataError: an unknown category.
    """

    name = "dresscode"
    part_of_label = PART_FROM_ATR

    def __init__(
        self,
        root: str | Path,
        split: str = "test",
        paired: bool = False,
        categories: Sequence[str] = CATEGORIES,
        *,
        lists: bool = True,
    ) -> None:
        unknown = [name for name in categories if name not in CATEGORIES]
        if unknown or not categories:
            raise DataError(
                "there is no such category of DressCode",
                rule=", ".join(CATEGORIES),
                got=", ".join(unknown) or "none",
                fix=nearest(unknown[0], CATEGORIES) if unknown else None,
            )
        self.categories = tuple(name for name in CATEGORIES if name in categories)
        super().__init__(root, split, paired, lists=lists)

    def own_garment(self, person: str) -> str:
        return numbered_garment(person)

    def keypoints(self, path: Path, height_px: int) -> np.ndarray | None:
        return read_dresscode(path, height_px / KEYPOINTS_HEIGHT)

    def list_folders(self) -> list[Path]:
        folders = [self.root / name for name in self.categories]
        kind = "paired" if self.paired else "unpaired"
        names = (f"{self.split}_pairs.txt", f"{self.split}_pairs_{kind}*.txt")
        *have, at_root = (any(chain(*map(folder.glob, names))) for folder in (*folders, self.root))
        return folders if all(have) or (any(have) and not at_root) else [self.root]

    def with_category(self, pair: Pair, folder: Path) -> Pair:
        category = self._category(pair) if folder == self.root else folder.name
        return Pair(pair.person, pair.garment, category)

    def beside(self, person: str, category: str) -> dict[str, Path]:
        number, folder = Path(person).stem.removesuffix("_0"), self.root / category
        there = {"densepose": folder / f"dense/{number}_5.png", "skeleton": folder / f"skeletons/{number}_5.jpg"}
        return {kind: path for kind, path in there.items() if path.parent.is_dir()}

    def _list(self) -> list[Pair]:
        pairs = super()._list()
        nowhere = [str(pair) for pair in pairs if not pair.category]
        if nowhere:
            raise DataError(
                "pairs of DressCode lie in no category",
                where=self.root,
                rule=f"the person photo in images/ of {', '.join(CATEGORIES)}",
                got=listed(nowhere),
            )
        return [pair for pair in pairs if pair.category in self.categories]

    def _category(self, pair: Pair) -> str:
        """By the third column, a number or a name; else by the folder in which the person lies, if it is one only."""
        if pair.category:
            name = category_name(pair.category)
            return name if name in CATEGORIES else ""
        found = [name for name in CATEGORIES if (self.root / name / "images" / pair.person).is_file()]
        return found[0] if len(found) == 1 else ""

    def _locate(self) -> None:
        self._images = {name: require_folder(self.root / name, "images", "image") for name in self.categories}
        self._optional = {
            name: [
                find_folder(self.root / name, *spellings)
                for spellings in (
                    ("masks", "cloth_mask", "cloth-mask"),
                    ("agnostic_masks", "agnostic-masks"),
                    ("label_maps", "label-maps"),
                    ("keypoints",),
                )
            ]
            for name in self.categories
        }

    def _files(self, pair: Pair) -> PairFiles:
        images, (cloths, masks, parses, poses) = self._images[pair.category], self._optional[pair.category]
        stem = Path(pair.person).stem
        number = stem.removesuffix("_0")
        return PairFiles(
            images / pair.person,
            images / pair.garment,
            cloths and cloths / f"{Path(pair.garment).stem}.png",
            masks and masks / f"{stem}.png",
            parses and parses / f"{number}_4.png",
            poses and poses / f"{number}_2.json",
        )


def category_name(said: str) -> str:
    """A category as the lists write it, by number or name, to its name."""
    return dict(zip("012", CATEGORIES, strict=True)).get(said, said)
