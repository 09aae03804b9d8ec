"""Reads VITON (Han et al. 2018) in the form of CP-VTON: 14,221 train and 2,032 test persons in tops, 256 x 192.

    test_pairs.txt                          "000001_0.jpg 001744_1.jpg", unpaired
    {train,test}/image/000001_0.jpg         person; cloth/000001_1.jpg is the garment they wear
    {train,test}/cloth-mask/                optional, as are all below
    {train,test}/image-parse/000001_0.png   labels of Look Into Person
    {train,test}/pose/000001_0_keypoints.json

Most test pairs lie in the train split as well, byte for byte; ``clean`` leaves out what shares a photo with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fitroom.contracts import PART_FROM_LIP
from fitroom.data.files import pixel_contents
from fitroom.data.pairs.pair_lists import listed, numbered_garment
from fitroom.data.pairs.try_on_pairs import require_folder
from fitroom.data.pairs.viton_layout import VitonLayout
from fitroom.data.source import image_files
from fitroom.errors import DataError, ImageError
from fitroom.progress import log


class Viton(VitonLayout):
    """VITON as try-on samples; more arguments, errors: :class:`~fitroom.data.pairs.try_on_pairs.TryOnPairs`.

    Args:
        clean: leave out the pairs whose person or garment photo, decoded, is also one of the train split. That decodes
            every photo of both splits.

    Attributes:
        num_removed: pairs that ``clean`` left out.

    Raises:
        DataError: ``clean`` of the train split or without one, or nothing left.
    """

    name = "viton"
    part_of_label = PART_FROM_LIP

    def __init__(
        self, root: str | Path, split: str = "test", paired: bool = False, clean: bool = False, *, lists: bool = True
    ) -> None:
        super().__init__(root, split, paired, lists=lists)
        self.num_removed = 0
        if clean:
            self._clean()

    def own_garment(self, person: str) -> str:
        return numbered_garment(person)

    def _clean(self) -> None:
        if self.split != "test":
            raise DataError("only the test split of VITON can be clean", where=self.root, got=f"split {self.split!r}")
        train = require_folder(self.root, "train")
        folders = [require_folder(train, name) for name in ("image", "cloth")]
        seen = set(_contents(folder / name for folder in folders for name in image_files(folder)).values())
        if not seen:
            raise DataError("no train photos to compare with", where=train, fix="copy the train split as well")
        shown = {pair: (self.files(pair).person, self.files(pair).garment) for pair in self.pairs}
        contents = _contents(dict.fromkeys(photo for photos in shown.values() for photo in photos))
        kept = [pair for pair in self.pairs if not any(contents[photo] in seen for photo in shown[pair])]
        self.num_removed = len(self.pairs) - len(kept)
        log.info(
            "VITON: %d of %d test pairs share a photo with the train split and are left out",
            self.num_removed,
            len(self.pairs),
        )
        if not kept:
            raise DataError(
                "all test pairs of VITON share a photo with its train split", where=self.root, fix="check the folders"
            )
        self.pairs = kept


def _contents(paths: Iterable[Path]) -> dict[Path, str]:
    """SHA-256 over the pixels of each photo.

    Raises:
        DataError: naming every one that cannot be read.
    """
    found = pixel_contents(paths, "comparing VITON's splits")
    wrong = [f"{path}: {error.what}" for path, error in found.items() if isinstance(error, ImageError)]
    if wrong:
        raise DataError(f"{len(wrong)} photos of VITON cannot be read", got=listed(wrong), fix="copy them again")
    return {path: content for path, content in found.items() if isinstance(content, str)}
