"""Data sets of person and garment photos with lists of pairs: what the readers of VITON-HD, DressCode and VITON share.

A reader says where things lie and how labels are numbered; a pair is opened when it is asked for, and not before.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from torch.utils.data import Dataset

from fitroom.config import nearest
from fitroom.contracts import Garment, Part, Person, TryOnSample
from fitroom.data.files import FileFacts, inspect_files
from fitroom.data.pairs.pair_lists import Pair, find_list, listed, pairs_of
from fitroom.errors import ConfigError, DataError
from fitroom.images import decode_labels, decode_rgb_u8

SPLITS = ("train", "test")
# What a garment covers, in the wardrobe's words, by the category that the data sets name.
REGIONS = {"upper_body": "top", "lower_body": "bottom", "dresses": "dress"}
CATEGORY_OF = {**{region: category for category, region in REGIONS.items()}, "outerwear": "upper_body"}
_MASK_LEVEL = 127
# Of what may be wrong with a photo: an ending of another format than the bytes does not keep it from being read.
_HARMLESS = ("wrong-extension",)


@dataclass(frozen=True)
class PairFiles:
    """The files of a pair; None = the data set has none of that kind.

    Attributes:
        person, garment: photos.
        garment_mask, repaint_mask: pictures, white = yes.
        parse: picture of labels as the data set numbers them, of the person photo.
        keypoints: JSON, of the person photo.
    """

    person: Path
    garment: Path
    garment_mask: Path | None = None
    repaint_mask: Path | None = None
    parse: Path | None = None
    keypoints: Path | None = None


class TryOnPairs(Dataset[TryOnSample]):
    """Pairs of one split, by index, in the order of their list.

    Args:
        root: folder of the data set.
        split: "train" or "test".
        paired: each person with the garment they wear, so that the person photo itself is the truth; False = the pairs
            of the unpaired list, whose truth nobody knows.
        lists: False = no list is read and no file looked for: it knows where files would be, and holds no pair.

    Attributes:
        pairs: all of them.
        categories: of garments that it shows.

    Raises:
        DataError: a folder or a list that is not there, or, by name, every pair whose files are not there.
    """

    name: ClassVar[str]
    part_of_label: ClassVar[Sequence[Part]]
    categories: Sequence[str]

    def __init__(self, root: str | Path, split: str = "test", paired: bool = False, *, lists: bool = True) -> None:
        if split not in SPLITS:
            raise DataError("there is no such split", rule=", ".join(SPLITS), got=split, fix=nearest(split, SPLITS))
        self.root, self.split, self.paired = Path(root), split, paired
        if not self.root.is_dir():
            raise DataError(f"the folder of {self.name} is not there", where=self.root, fix="check the path")
        self._left_out: dict[str, Any] = {}
        self._locate()
        self.pairs: list[Pair] = []
        if lists:
            self.pairs = self._list()
            self._check_files()

    @abstractmethod
    def _locate(self) -> None:
        """Finds the folders of the split, whatever their spelling."""

    @abstractmethod
    def _files(self, pair: Pair) -> PairFiles:
        """Where the files of a pair are, or would be."""

    @abstractmethod
    def own_garment(self, person: str) -> str:
        """Name of the photo of the garment that a person photo shows."""

    @abstractmethod
    def keypoints(self, path: Path, height_px: int) -> np.ndarray | None:
        """(17, 3) keypoints of a person photo of that height, or None where there are none."""

    def beside(self, person: str, category: str) -> dict[str, Path]:  # noqa: ARG002 - of layouts that have some
        """By kind, where further pictures of a person would be, which other programs read and this one does not."""
        return {}

    def list_folders(self) -> list[Path]:
        """Folders that hold the lists of the split."""
        return [self.root]

    @abstractmethod
    def with_category(self, pair: Pair, folder: Path) -> Pair:
        """A pair of a list in ``folder``, with its category by name; "" where it lies in none."""

    def shown(self) -> list[str]:
        """Names of all person photos in a folder that holds the split's persons and nothing else, if there is one."""
        return []

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> TryOnSample:
        """Pair ``index``, decoded.

        Raises:
            DataError: a file of it that cannot be read, or a mask or parse of another size than its photo.
        """
        pair = self.pairs[index]
        files = self.files(pair)
        person_u8, garment_u8 = decode_rgb_u8(files.person), decode_rgb_u8(files.garment)
        keypoints = self.keypoints(files.keypoints, person_u8.shape[0]) if files.keypoints else None
        try:
            return TryOnSample(
                Person(person_u8, self.parse(files.parse) if files.parse else None, keypoints),
                Garment(garment_u8, pair.category, _mask(files.garment_mask)),
                worn_u8=person_u8 if self.paired else None,
                repaint_mask=_mask(files.repaint_mask),
                ids={"person": Path(pair.person).stem, "garment": Path(pair.garment).stem},
                split=self.split,
                provenance=self.name,
            )
        except ConfigError as error:
            raise DataError(f"a pair does not fit together: {pair}", where=self.root, got=str(error)) from error

    def files(self, pair: Pair) -> PairFiles:
        """The files of a pair."""
        return replace(self._files(pair), **self._left_out)

    def facts(self) -> dict[Path, FileFacts]:
        """SHA-256 of the bytes, size in px and state of every person and garment photo; remembered between runs.

        Raises:
            DataError: naming every photo that cannot be read.
        """
        paths = dict.fromkeys(path for pair in self.pairs for path in self.photos(pair))
        names = {path.relative_to(self.root).as_posix(): path for path in paths}
        facts = inspect_files(self.root, list(names))
        wrong = [f"{name}: {fact.detail}" for name, fact in facts.items() if fact.kind and fact.kind not in _HARMLESS]
        if wrong:
            raise DataError(
                f"{len(wrong)} photos of {self.name} cannot be read",
                where=self.root,
                got=listed(sorted(wrong)),
                fix="copy them again",
            )
        return {names[name]: fact for name, fact in facts.items()}

    def parse(self, path: Path) -> np.ndarray:
        """(H, W) uint8 of :class:`~fitroom.contracts.Part`.

        Raises:
            DataError: it cannot be read, or holds labels that this data set does not have.
        """
        labels, known = decode_labels(path), self.part_of_label
        if labels.max() >= len(known):
            raise DataError(
                "a parse holds labels that are not known",
                where=path,
                rule=f"0 to {len(known) - 1}",
                got=int(labels.max()),
            )
        return np.array(known, dtype=np.uint8)[labels]

    def repaint_mask(self, pair: Pair) -> np.ndarray | None:
        """(H, W) bool, 1 = may be painted; None where the data set has none. No photo is opened for it."""
        return _mask(self.files(pair).repaint_mask)

    def photos(self, pair: Pair) -> tuple[Path, Path]:
        """Paths of the person and the garment photo."""
        files = self.files(pair)
        return files.person, files.garment

    def _list(self) -> list[Pair]:
        return [
            self.with_category(pair, folder)
            for folder in self.list_folders()
            for pair in pairs_of(find_list(folder, self.split, self.paired), self.paired, self.own_garment)
        ]

    def _check_files(self) -> None:
        """Photos must be there; a folder of masks, parses or keypoints holds all, or none and is as good as absent."""
        names, of_pairs, missing = cache(_names), [self.files(pair) for pair in self.pairs], []
        for kind in (field.name for field in fields(PairFiles)):
            paths = dict.fromkeys(path for files in of_pairs if (path := getattr(files, kind)) is not None)
            lost = [path for path in paths if path.name not in names(path.parent)]
            if kind not in ("person", "garment") and len(lost) == len(paths):
                self._left_out[kind] = None
            else:
                missing += [f"{kind}: {path.relative_to(self.root)}" for path in lost]
        if missing:
            raise DataError(
                f"{len(missing)} files of the pairs of {self.name} are not there",
                where=self.root,
                rule="each pair's photos, and of masks, parses and keypoints all of a kind or none",
                got=listed(missing),
                fix="copy the data set again, or take the folder of that kind away",
            )


def find_folder(parent: Path, *names: str) -> Path | None:
    """The first of several spellings of a folder that is there."""
    return next((parent / name for name in names if (parent / name).is_dir()), None)


def require_folder(parent: Path, *names: str) -> Path:
    """As :func:`find_folder`.

    Raises:
        DataError: none of them is there.
    """
    found = find_folder(parent, *names)
    if found is None:
        raise DataError(
            "a folder of the data set is not there",
            where=parent / names[0],
            got=", ".join(sorted(path.name for path in parent.glob("*"))) or "nothing",
            fix="name the folder that holds the data set, and copy all of it",
        )
    return found


def _names(folder: Path) -> frozenset[str]:
    return frozenset(path.name for path in folder.iterdir()) if folder.is_dir() else frozenset()


def _mask(path: Path | None) -> np.ndarray | None:
    return None if path is None else decode_rgb_u8(path)[..., 0] > _MASK_LEVEL
