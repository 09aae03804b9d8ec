"""Which files a dressed person becomes in the layouts of VITON-HD and DressCode, and which lists say who wears what."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fitroom.contracts import Part, labels_of_parts
from fitroom.data.pairs.densepose import charts, part_colors, part_numbers
from fitroom.data.pairs.dresscode import CATEGORIES, KEYPOINTS_HEIGHT, DressCode
from fitroom.data.pairs.layout_case import LayoutCase, LayoutGarment, LayoutPerson, Shown
from fitroom.data.pairs.openpose import dresscode_text, from_coco, openpose_text
from fitroom.data.pairs.pair_lists import Pair
from fitroom.data.pairs.skeleton import draw_skeleton
from fitroom.data.pairs.viton_hd import VitonHd
from fitroom.data.pairs.viton_layout import CATEGORY as TOPS
from fitroom.images import encode_labels, encode_png
from fitroom.wardrobe.truth.encode import encode_mask, encode_picture

Files = Iterator[tuple[str, bytes]]
Couple = tuple[Shown, Shown]  # whose photo, and whose garment

# By label: what parsers of CIHP and Look Into Person paint, and the palette of Pascal VOC, which those of ATR use.
CIHP_COLORS = np.array(
    [(0, 0, 0), (128, 0, 0), (255, 0, 0), (0, 85, 0), (170, 0, 51), (255, 85, 0), (0, 0, 85), (0, 119, 221),
     (85, 85, 0), (0, 85, 85), (85, 51, 0), (52, 86, 128), (0, 128, 0), (0, 0, 255), (51, 170, 221), (0, 255, 255),
     (85, 255, 170), (170, 255, 85), (255, 255, 0), (255, 170, 0)],
    dtype=np.uint8,
)  # fmt: skip
ATR_COLORS = np.array(
    [[sum((label >> 3 * bit + channel & 1) << 7 - bit for bit in range(8)) for channel in range(3)]
     for label in range(18)],
    dtype=np.uint8,
)  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """How a data set lays out its files.

    Attributes:
        categories: that it shows.
        folders: that are there even where nothing is in them.
        person_files, garment_files: of a photo, by path.
        lists: of the pairs of a split, by path: the paired, then the unpaired ones.
    """

    categories: Sequence[str]
    folders: Sequence[str]
    person_files: Callable[[LayoutPerson], Files]
    garment_files: Callable[[LayoutGarment], Files]
    lists: Callable[[str, Sequence[Couple], Sequence[Couple]], Mapping[str, Sequence[Pair]]]

    def files(self, case: LayoutCase) -> Files:
        """Of a case, by path."""
        yield from self.person_files(case)
        yield from self.garment_files(case)


def _viton_hd_garment(case: LayoutGarment) -> Files:
    folder, stem = case.shown.split, f"{case.shown.case_id}_00"
    yield f"{folder}/cloth/{stem}.jpg", case.garment_jpeg
    yield f"{folder}/cloth-mask/{stem}.jpg", encode_picture(_white(case.garment_mask))


def _viton_hd_person(case: LayoutPerson) -> Files:
    folder, stem = case.shown.split, f"{case.shown.case_id}_00"
    parse = _labels(case.parse, VitonHd.part_of_label)
    yield f"{folder}/image/{stem}.jpg", case.person_jpeg
    yield f"{folder}/agnostic-v3.2/{stem}.jpg", encode_picture(case.agnostic_u8())
    yield f"{folder}/agnostic-mask/{stem}_mask.png", encode_mask(case.repaint_mask)
    yield f"{folder}/image-parse-v3/{stem}.png", encode_labels(parse, CIHP_COLORS)
    hidden = np.where(case.repaint_mask, 0, parse).astype(np.uint8)
    yield f"{folder}/image-parse-agnostic-v3.2/{stem}.png", encode_labels(hidden, CIHP_COLORS)
    yield f"{folder}/openpose_json/{stem}_keypoints.json", openpose_text(case.keypoints).encode()
    yield f"{folder}/openpose_img/{stem}_rendered.png", encode_png(_skeleton(case))
    if case.body_part is not None:
        dense = part_colors()[part_numbers(case.body_part, case.keypoints)]
        yield f"{folder}/image-densepose/{stem}.jpg", encode_picture(dense)


def _dresscode_garment(case: LayoutGarment) -> Files:
    folder, stem = case.shown.category, case.shown.case_id
    yield f"{folder}/images/{stem}_1.jpg", case.garment_jpeg
    yield f"{folder}/masks/{stem}_1.png", encode_mask(case.garment_mask)


def _dresscode_person(case: LayoutPerson) -> Files:
    folder, stem = case.shown.category, case.shown.case_id
    px_per_point = case.parse.shape[0] / KEYPOINTS_HEIGHT
    yield f"{folder}/images/{stem}_0.jpg", case.person_jpeg
    yield f"{folder}/agnostic_masks/{stem}_0.png", encode_mask(case.repaint_mask)
    yield f"{folder}/keypoints/{stem}_2.json", dresscode_text(case.keypoints, px_per_point).encode()
    yield f"{folder}/label_maps/{stem}_4.png", encode_labels(_labels(case.parse, DressCode.part_of_label), ATR_COLORS)
    yield f"{folder}/skeletons/{stem}_5.jpg", encode_picture(_skeleton(case))
    if case.body_part is not None:
        parts = part_numbers(case.body_part, case.keypoints)
        yield f"{folder}/dense/{stem}_5.png", encode_labels(parts, part_colors())
    if case.canonical_m is not None:
        yield f"{folder}/dense/{stem}_5_uv.npz", _npz(charts(case.canonical_m))


def _viton_hd_lists(split: str, paired: Sequence[Couple], unpaired: Sequence[Couple]) -> dict[str, list[Pair]]:
    """``<split>_pairs.txt`` beside them is what the data set itself calls so: own garments of train, others of test."""
    lists = {
        kind: [Pair(f"{person.case_id}_00.jpg", f"{garment.case_id}_00.jpg") for person, garment in couples]
        for kind, couples in (("paired", paired), ("unpaired", unpaired))
    }
    plain = lists["paired" if split == "train" else "unpaired"]
    return {f"{split}_pairs.txt": plain} | {f"{split}_pairs_{kind}.txt": pairs for kind, pairs in lists.items()}


def _dresscode_lists(split: str, paired: Sequence[Couple], unpaired: Sequence[Couple]) -> dict[str, list[Pair]]:
    """At the root with the category's number, and in each category without."""
    lists: dict[str, list[Pair]] = {}
    names = {"train": {"": paired}, "test": {"_paired": paired, "_unpaired": unpaired}}[split]
    for kind, couples in names.items():
        name = f"{split}_pairs{kind}.txt"
        for person, garment in couples:
            photos = f"{person.case_id}_0.jpg", f"{garment.case_id}_1.jpg"
            lists.setdefault(name, []).append(Pair(*photos, str(CATEGORIES.index(person.category))))
            lists.setdefault(f"{person.category}/{name}", []).append(Pair(*photos))
    return lists


LAYOUTS: dict[str, Layout] = {
    "vitonhd": Layout((TOPS,), (), _viton_hd_person, _viton_hd_garment, _viton_hd_lists),
    "dresscode": Layout(
        CATEGORIES,
        [f"{name}/images" for name in CATEGORIES],
        _dresscode_person,
        _dresscode_garment,
        _dresscode_lists,
    ),
}


def _labels(parse: np.ndarray, part_of_label: Sequence[Part]) -> np.ndarray:
    return np.array(labels_of_parts(part_of_label), dtype=np.uint8)[parse]


def _white(mask: np.ndarray) -> np.ndarray:
    return np.repeat(mask[..., None] * np.uint8(255), 3, axis=-1)


def _skeleton(case: LayoutPerson) -> np.ndarray:
    return draw_skeleton(from_coco(case.keypoints, 18), *case.parse.shape)


def _npz(uv: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, uv=uv)
    return buffer.getvalue()
