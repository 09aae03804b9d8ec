"""A small shop, made on the spot: plain photos whose colour is the item's, charts, and a shopper."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from tests.unit.pipelines.tryon.photos import blocks_u8

from fitroom.images import encode_jpeg

RGB: Mapping[str, tuple[int, int, int]] = {
    "white": (235, 235, 230), "black": (30, 30, 34), "blue": (40, 70, 170), "red": (180, 40, 40),
    "beige": (205, 185, 150), "green": (50, 120, 70),
}  # fmt: skip
SIZES = ("S", "M", "L", "XL", "XXL")
UPPER = {size: {"chest": 92 + 6 * k, "waist": 88 + 6 * k, "length": 62 + 2 * k} for k, size in enumerate(SIZES)}
LOWER = {size: {"waist": 74 + 6 * k, "hip": 98 + 6 * k, "outseam": 100 + k} for k, size in enumerate(SIZES)}
OVER = {size: {"chest": 102 + 6 * k, "length": 70 + 2 * k} for k, size in enumerate(SIZES)}
KINDS: Mapping[str, tuple[str, dict[str, dict[str, float]]]] = {
    "shirt": ("poplin", UPPER), "t-shirt": ("jersey", UPPER), "trousers": ("twill", LOWER), "skirt": ("denim", LOWER),
    "jacket": ("twill", OVER),
}  # fmt: skip
COLORS: Mapping[str, tuple[str, ...]] = {
    "shirt": ("white", "blue", "red"), "t-shirt": ("black", "green"), "trousers": ("beige", "black", "blue"),
    "skirt": ("red",), "jacket": ("blue", "beige"),
}  # fmt: skip
WORDS = ["--sex", "female", "--height", "168", "--weight", "62"]


def lines() -> list[dict[str, Any]]:
    """Every item; its id is its category and colour."""
    found = []
    for category, colors in COLORS.items():
        material, chart = KINDS[category]
        for color in colors:
            attributes = {
                "color": color, "pattern": "solid", "material": material, "style": "casual",
                "season": ["spring", "summer", "autumn"], "department": "female" if category == "skirt" else "unisex",
            }  # fmt: skip
            name = f"{category}-{color}"
            found.append({
                "item_id": name, "category": category, "attributes": attributes, "price": 40, "image": f"{name}.jpg",
                "size_chart": chart,
            })  # fmt: skip
    return found


def write_shop(folder: Path, items: list[dict[str, Any]] | None = None) -> Path:
    """Writes photos, items and ``ann.jpg``; the file of items."""
    items = lines() if items is None else items
    for item in items:
        if "image" in item:
            photo_u8 = np.full((128, 96, 3), 250, np.uint8)
            photo_u8[24:104, 20:76] = RGB[item["attributes"]["color"]]
            (folder / item["image"]).write_bytes(encode_jpeg(photo_u8))
    (folder / "ann.jpg").write_bytes(encode_jpeg(blocks_u8()))
    path = folder / "items.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    return path
