"""Reads VITON-HD (Choi et al. 2021): 11,647 train and 2,032 test persons in tops, 1024 x 768.

test_pairs.txt                          the *unpaired* list; test_pairs_{unpaired,paired}.txt go before it
{train,test}/image/00006_00.jpg         person
{train,test}/cloth/00006_00.jpg         the garment they wear, under the same name
{train,test}/cloth-mask/                optional, as are all below
{train,test}/agnostic-mask/00006_00_mask.png
{train,test}/image-parse-v3/*.png       labels of CIHP
{train,test}/openpose_json/*_keypoints.json
"""

from __future__ import annotations

from fitroom.contracts import PART_FROM_CIHP
from fitroom.data.pairs.viton_layout import VitonLayout


class VitonHd(VitonLayout):
    """VITON-HD as try-on samples; see :class:`~fitroom.data.pairs.try_on_pairs.TryOnPairs` for arguments and errors."""

    name = "viton-hd"
    part_of_label = PART_FROM_CIHP

    def own_garment(self, person: str) -> str:
        return person
