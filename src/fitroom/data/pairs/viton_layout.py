"""The folders that VITON and VITON-HD have in common: one a split and kind, in several spellings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fitroom.data.pairs.openpose import read_openpose
from fitroom.data.pairs.pair_lists import Pair
from fitroom.data.pairs.try_on_pairs import PairFiles, TryOnPairs, find_folder, require_folder
from fitroom.data.source import image_files

CATEGORY = "upper_body"  # both show tops alone
# Folders of further pictures of a person, in their spellings, and how a file in them is called.
_BESIDE = {
    "agnostic": (("agnostic-v3.2", "agnostic_v3.2", "agnostic"), "{person}"),
    "agnostic parse": (("image-parse-agnostic-v3.2", "image_parse_agnostic_v3.2"), "{stem}.png"),
    "densepose": (("image-densepose", "image_densepose"), "{person}"),
    "rendered pose": (("openpose_img", "openpose-img"), "{stem}_rendered.png"),
}


class VitonLayout(TryOnPairs):
    """Reads ``{train,test}/{image,cloth,...}/``; see :class:`~fitroom.data.pairs.try_on_pairs.TryOnPairs`."""

    categories = (CATEGORY,)

    def keypoints(self, path: Path, height_px: int) -> np.ndarray | None:  # noqa: ARG002 - in px already
        return read_openpose(path)

    def with_category(self, pair: Pair, folder: Path) -> Pair:  # noqa: ARG002 - they have one only
        return Pair(pair.person, pair.garment, CATEGORY)

    def shown(self) -> list[str]:
        return list(image_files(self._image))

    def beside(self, person: str, category: str) -> dict[str, Path]:  # noqa: ARG002
        stem = Path(person).stem
        return {kind: folder / name.format(person=person, stem=stem) for kind, (folder, name) in self._beside.items()}

    def _locate(self) -> None:
        folder = require_folder(self.root, self.split)
        self._image = require_folder(folder, "image")
        self._cloth = require_folder(folder, "cloth")
        self._cloth_mask = find_folder(folder, "cloth-mask", "cloth_mask")
        self._agnostic = find_folder(folder, "agnostic-mask", "agnostic_mask")
        self._parse = find_folder(folder, "image-parse-v3", "image_parse_v3", "image-parse", "image_parse")
        self._pose = find_folder(folder, "openpose_json", "openpose-json", "pose")
        found = {kind: (find_folder(folder, *names), form) for kind, (names, form) in _BESIDE.items()}
        self._beside = {kind: (there, form) for kind, (there, form) in found.items() if there}

    def _files(self, pair: Pair) -> PairFiles:
        stem = Path(pair.person).stem
        return PairFiles(
            self._image / pair.person,
            self._cloth / pair.garment,
            self._cloth_mask and self._cloth_mask / pair.garment,
            self._agnostic and self._agnostic / f"{stem}_mask.png",
            self._parse and self._parse / f"{stem}.png",
            self._pose and self._pose / f"{stem}_keypoints.json",
        )
