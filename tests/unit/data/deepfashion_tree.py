"""A tiny DeepFashion Category and Attribute in the format of the real one, for tests of what reads it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.unit.data.try_on_trees import photo, put, put_text

CATEGORIES = (("Blouse", 1), ("Jeans", 2), ("Dress", 3))
ATTRIBUTES = (
    ("abstract chevron print", 1),
    ("floral", 1),
    ("denim", 2),
    ("maxi", 3),
    ("collar", 4),
    ("party", 5),
    ("preppy", 5),
)
FINE = (
    ("floral", 1),
    ("long_sleeve", 2),
    ("maxi_length", 3),
    ("v_neckline", 4),
    ("denim", 5),
    ("tight", 6),
    ("loose", 6),
)
VALUES = ("-1 1 -1 0 -1 -1 -1", "1 1 -1 -1 0 1 -1", "0 0 1 -1 -1 -1 1")


def deepfashion(
    root: Path,
    num: int = 6,
    *,
    anno: str = "Anno_coarse",
    photos: str = "Img/img",
    attributes: Sequence[tuple[str, int]] = ATTRIBUTES,
) -> Path:
    """``num`` photos of two items each of three categories, in turn of train, val and test."""
    names = [f"img/Item_{i // 2}_Name/img_{i:08d}.jpg" for i in range(num)]
    for i, name in enumerate(names):
        put(root / photos / name.removeprefix("img/"), photo(i, (48, 40)))
    put_list(root / anno / "list_category_cloth.txt", "category_name  category_type", rows_of(CATEGORIES))
    put_list(root / anno / "list_attr_cloth.txt", "attribute_name  attribute_type", rows_of(attributes))
    lists = {
        "list_category_img.txt": ("image_name  category_label", lambda i: f"{turn(i) + 1:>3}"),
        "list_attr_img.txt": ("image_name  attribute_labels", lambda i: VALUES[turn(i)]),
        "list_bbox.txt": ("image_name  x_1  y_1  x_2  y_2", lambda i: f"{i:03d} 002 030 040"),
    }
    for file, (header, cell) in lists.items():
        put_list(root / anno / file, header, [f"{name}   {cell(i)}" for i, name in enumerate(names)])
    splits = [f"{name} {('train', 'val', 'test')[i % 3]}" for i, name in enumerate(names)]
    put_list(root / "Eval/list_eval_partition.txt", "image_name  evaluation_status", splits)
    return root


def turn(i: int) -> int:
    """0, 1 or 2, each in every split."""
    return (i + i // 3) % 3


def rows_of(pairs: Sequence[tuple[str, int]]) -> list[str]:
    return [f"{name:<30} {number}" for name, number in pairs]


def put_list(path: Path, header: str, rows: Sequence[str], count: int | None = None) -> None:
    put_text(path, [str(len(rows) if count is None else count), header, *rows])
