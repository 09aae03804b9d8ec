"""Tiny folders in the layouts of VITON-HD, DressCode and VITON, for tests of what reads them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = (32, 24)  # height, width
LABELS = 18
POINTS_18 = [[10.0 + i, 20.0 + i, 0.9] for i in range(18)]
POINTS_25 = [[10.0 + i, 20.0 + i, 0.9] for i in range(25)]


def photo(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """(H, W, 3) uint8; another seed is another photo."""
    return np.random.default_rng(seed).integers(0, 255, (*size, 3), dtype=np.uint8)


def put(path: Path, image_u8: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image_u8).save(path)
    return path


def put_text(path: Path, lines: Sequence[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def viton_hd(
    root: Path,
    num: int = 3,
    *,
    parse: str = "image-parse-v3",
    pose: str = "openpose_json",
    list_name: str = "",
    split: str = "test",
    first: int = 0,
) -> Path:
    """``num`` persons; in the unpaired list each takes the next one's garment. All that a reader may read is there.

    Of another split, with another ``first`` number, the list names each with their own.
    """
    stems = [f"{i:05d}_00" for i in range(first, first + num)]
    for i, stem in enumerate(stems, first):
        test = root / split
        put(test / f"image/{stem}.jpg", photo(i))
        put(test / f"cloth/{stem}.jpg", photo(100 + i))
        put(test / f"cloth-mask/{stem}.jpg", np.full(SIZE, 255, np.uint8))
        put(test / f"agnostic-mask/{stem}_mask.png", half_mask())
        put_palette(test / f"{parse}/{stem}.png", labels())
        put_text(test / f"{pose}/{stem}_keypoints.json", [people("pose_keypoints_2d", POINTS_25)])
    garments = stems[1:] + stems[:1] if split == "test" else stems
    turned = [f"{a}.jpg {b}.jpg" for a, b in zip(stems, garments, strict=True)]
    put_text(root / (list_name or f"{split}_pairs.txt"), turned)
    return root


def viton_hd_whole(root: Path) -> Path:
    """Two train persons and three test persons, with all that is shipped."""
    viton_hd(viton_hd(root), 2, split="train", first=50)
    for split in ("train", "test"):
        for person in sorted((root / split / "image").iterdir()):
            seed = 2000 + int(person.stem[:5])
            put(root / split / "agnostic-v3.2" / person.name, photo(seed))
            put(root / split / "image-densepose" / person.name, photo(seed))
            put_palette(root / split / f"image-parse-agnostic-v3.2/{person.stem}.png", labels())
            put(root / split / f"openpose_img/{person.stem}_rendered.png", photo(seed))
    return root


def viton(root: Path, num: int = 4, repeated: Sequence[int] = (), garments: Sequence[int] = ()) -> Path:
    """``num`` test pairs and as many train ones; the ``repeated`` train persons and the train ``garments`` are those of
    the test split, in another format."""
    for i in range(num):
        put(root / f"test/image/{i:06d}_0.png", photo(i))
        put(root / f"test/cloth/{i:06d}_1.png", photo(100 + i))
        put_palette(root / f"test/image-parse/{i:06d}_0.png", labels())
        put_text(root / f"test/pose/{i:06d}_0_keypoints.json", [people("pose_keypoints", POINTS_18)])
        put(root / f"train/image/{900 + i:06d}_0.bmp", photo(i if i in repeated else 500 + i))
        put(root / f"train/cloth/{900 + i:06d}_1.bmp", photo(100 + i if i in garments else 600 + i))
    put_text(root / "test_pairs.txt", [f"{i:06d}_0.png {(i + 1) % num:06d}_1.png" for i in range(num)])
    put_text(root / "train_pairs.txt", [f"{900 + i:06d}_0.bmp {900 + i:06d}_1.bmp" for i in range(num)])
    return root


def dresscode(root: Path, num: int = 2, *, lists_at_root: bool = False) -> Path:
    """``num`` pairs in each category, numbered alike in all, beside a train pair that no list of test names."""
    at_root: dict[str, list[str]] = {"paired": [], "unpaired": []}
    for number, category in enumerate(("upper_body", "lower_body", "dresses")):
        folder = root / category
        for i in range(num + 1):
            put(folder / f"images/{i:06d}_0.jpg", photo(1000 * number + i))
            put(folder / f"images/{i:06d}_1.jpg", photo(1000 * number + 100 + i))
            put_palette(folder / f"label_maps/{i:06d}_4.png", labels())
            put_text(folder / f"keypoints/{i:06d}_2.json", [json.dumps({"keypoints": [[5.0, 6.0, 1, 1]] * 18})])
        for kind, step in (("paired", 0), ("unpaired", 1)):
            lines = [f"{i:06d}_0.jpg {(i + step) % num:06d}_1.jpg" for i in range(num)]
            at_root[kind] += [f"{line}\t{number}" for line in lines]
            if not lists_at_root:
                put_text(folder / f"test_pairs_{kind}.txt", lines)
    if lists_at_root:
        for kind, lines in at_root.items():
            put_text(root / f"test_pairs_{kind}.txt", lines)
    return root


def half_mask() -> np.ndarray:
    """(H, W, 3) uint8, white in the lower half."""
    mask = np.zeros((*SIZE, 3), np.uint8)
    mask[SIZE[0] // 2 :] = 255
    return mask


def labels() -> np.ndarray:
    """(H, W) uint8: rows take turns in all labels."""
    return np.repeat(np.arange(SIZE[0], dtype=np.uint8)[:, None] % LABELS, SIZE[1], axis=1)


def put_palette(path: Path, values: np.ndarray) -> None:
    """As parses are shipped: a palette picture whose colours say nothing of its labels."""
    image = Image.fromarray(values, "P")
    image.putpalette(list(np.random.default_rng(0).integers(0, 255, 768)))
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def people(key: str, points: list[list[float]]) -> str:
    """JSON of one person."""
    return json.dumps({"people": [{key: [value for point in points for value in point]}]})
