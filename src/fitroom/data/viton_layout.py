"""The folders that VITON and VITON-HD have in common: one a split and kind, in several spellings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fitroom.data.openpose import read_openpose
from fitroom.data.pair_lists import Pair
from fitroom.data.try_on_pairs import PairFiles, TryOnPairs, find_folder, require_folder

CATEGORY = "upper_body"  # both show tops alone


class VitonLayout(TryOnPairs):
    """Reads ``{train,test}/{image,cloth,...}/``; see :class:`~fitroom.data.try_on_pairs.TryOnPairs`."""

    def keypoints(self, path: Path, height_px: int) -> np.ndarray | None:  # noqa: ARG002 - in px already
        return read_openpose(path)

    def _list(self) -> list[Pair]:
        return [Pair(pair.person, pair.garment, CATEGORY) for pair in super()._list()]

    def _locate(self) -> None:
        folder = require_folder(self.root, self.split)
        self._image = require_folder(folder, "image")
        self._cloth = require_folder(folder, "cloth")
        self._cloth_mask = find_folder(folder, "cloth-mask", "cloth_mask")
        self._agnostic = find_folder(folder, "agnostic-mask", "agnostic_mask")
        self._parse = find_folder(folder, "image-parse-v3", "image_parse_v3", "image-parse", "image_parse")
        self._pose = find_folder(folder, "openpose_json", "openpose-json", "pose")

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
