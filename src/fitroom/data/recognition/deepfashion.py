"""Reads DeepFashion Category and Attribute (Liu et al. 2016) for the recogniser: 289,222 photos of 50 categories.

    Anno_coarse/ Anno_fine/ or Anno/        1,000 attributes, or 26 of fewer photos; a folder each, or one
        list_category_cloth.txt             "Anorak  1"                 category and its type
        list_category_img.txt               "img/Sheer_Blouse/img_00000001.jpg  3"      number of the category, from 1
        list_attr_cloth.txt                 "abstract chevron print  1"  attribute, which may hold blanks, and its type
        list_attr_img.txt                   "img/....jpg  -1 1 0 ..."   of each attribute: not there, there, unknown
        list_bbox.txt                       "img/....jpg  72 79 232 273"    x1, y1, x2, y2 in px of the one garment
    Eval/list_eval_partition.txt            "img/....jpg  train"        train, val or test
    Img/img/...                             photos; img/ may also lie beside Anno

Row 1 of each list is its number of rows, row 2 names the columns. Of the lists, those of categories must be there. A
photo becomes a row of one category, and one label a type of attribute: the names of those that are there, joined by
"|". A photo of whose attributes of a type all are unknown has no such label; where some are known, the unknown ones
count as not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import pandas as pd

from fitroom.data.pairs.pair_lists import listed
from fitroom.errors import DataError

CATEGORY_LIST = "list_category_img.txt"
PARTITION_LIST = "list_eval_partition.txt"
# The types of attributes by their numbers: of the coarse annotation, and of the fine one, which has six.
COARSE_TYPES = ("texture", "fabric", "shape", "part", "style")
FINE_TYPES = ("texture", "sleeve", "length", "neckline", "fabric", "fit")
BOX_COLUMNS = ("x1_px", "y1_px", "x2_px", "y2_px")
_SPELLINGS = ("Anno_fine", "Anno_coarse", "Anno", "anno_fine", "anno_coarse", "anno", "Anno-fine", "Anno-coarse")
_PHOTO_FOLDERS = ("Img", "", "img", "Img/img_highres")
_SHOWN = 20  # lines of a list that is wrong throughout

T = TypeVar("T")


def category_lists(root: Path) -> list[Path]:
    """The lists of categories below a folder, one an annotation; none where it is no DeepFashion."""
    found = {path.resolve(): path for name in _SPELLINGS if (path := root / name / CATEGORY_LIST).is_file()}
    return sorted(found.values())


def read_deepfashion(root: Path, category_list: Path) -> pd.DataFrame:
    """One row a photo, in the order of the list.

    Args:
        root: folder that holds the annotation, Eval and the photos.
        category_list: list_category_img.txt of the annotation that is wanted.

    Returns:
        Text columns path (relative to ``root``), group (folder of the photo: one product), split (as the official
        partition writes it; missing where there is none), category, and one a type of attribute that occurs.

    Raises:
        DataError: a list that is not there or has a wrong count, naming every row that is ragged, holds another value
            than it may, or names a photo that list_category_img.txt does not.
    """
    anno = category_list.parent
    names = [name for name, _ in _rows(anno / "list_category_cloth.txt", _name_and_number)]
    rows = _by_photo(category_list, lambda words: names[_number(words[1], len(names)) - 1], num_words=2)
    table = pd.DataFrame({"path": _paths(root, list(rows))}, index=list(rows))
    table["group"] = [Path(photo).parent.name for photo in rows]
    partition = root / "Eval" / PARTITION_LIST
    splits = next((path for path in (partition, root / "eval" / PARTITION_LIST) if path.is_file()), None)
    found = _by_photo(splits, _split, num_words=2, known=rows) if splits else {}
    table["split"] = pd.Series(found, dtype="str")
    table["category"] = list(rows.values())
    if (anno / "list_attr_img.txt").is_file():
        table = table.join(_attributes(anno, rows))
    return table.reset_index(drop=True)


def read_boxes(root: Path, category_list: Path) -> pd.DataFrame:
    """The box of the one labelled garment on each photo.

    Args:
        root, category_list: as of :func:`read_deepfashion`.

    Returns:
        Index: path relative to ``root``; columns :data:`BOX_COLUMNS`, int64, px from the upper left corner of the
        photo, x2 and y2 inside.

    Raises:
        DataError: as :func:`read_deepfashion`, or a box without an inside.
    """
    known = _by_photo(category_list, lambda words: words[1], num_words=2)
    boxes = _by_photo(category_list.with_name("list_bbox.txt"), _box, num_words=5, known=known)
    found = dict(zip(_paths(root, list(boxes)), boxes.values(), strict=True))
    return pd.DataFrame.from_dict(found, orient="index", columns=list(BOX_COLUMNS))


def _paths(root: Path, photos: Sequence[str]) -> list[str]:
    """Photos as the lists name them, relative to the folder of the data set."""
    first = photos[:_SHOWN]
    folder = next((name for name in _PHOTO_FOLDERS if any((root / name / photo).exists() for photo in first)), "Img")
    return [Path(folder, photo).as_posix() for photo in photos]


def _attributes(anno: Path, photos: dict[str, str]) -> pd.DataFrame:
    """Columns by type; cells are names joined by "|", "|" alone where none is there, missing where all are unknown."""
    attributes = _rows(anno / "list_attr_cloth.txt", _name_and_number)
    types = FINE_TYPES if any(number > len(COARSE_TYPES) for _, number in attributes) else COARSE_TYPES
    unknown = sorted({str(number) for _, number in attributes if not 1 <= number <= len(types)})
    if unknown:
        where = anno / "list_attr_cloth.txt"
        raise DataError("types of attributes that are not known", where=where, rule="1 to 6", got=", ".join(unknown))
    names = [name.replace("|", "/") for name, _ in attributes]
    type_of = [types[number - 1] for _, number in attributes]
    there = [name for name in types if name in type_of]

    def cells(words: list[str]) -> list[str | None]:
        values = words[1:]
        if odd := set(values) - {"-1", "0", "1"}:
            raise ValueError(f"{min(odd)!r} is none of -1, 0, 1")
        known = {type_of[i] for i, value in enumerate(values) if value != "0"} if "0" in values else set(there)
        of_type: dict[str, list[str]] = {name: [] for name in there}
        for i, value in enumerate(values):
            if value == "1":
                of_type[type_of[i]].append(names[i])
        return ["|".join(said) or "|" if name in known else None for name, said in of_type.items()]

    found = _by_photo(anno / "list_attr_img.txt", cells, num_words=1 + len(names), known=photos)
    return pd.DataFrame.from_dict(found, orient="index", columns=there, dtype="str")


def _by_photo(
    path: Path, read: Callable[[list[str]], T], *, num_words: int, known: Mapping[str, str] | None = None
) -> dict[str, T]:
    """Values of a list by photo; each is there once, and is one that is known."""
    seen: set[str] = set()

    def row(words: list[str]) -> tuple[str, T]:
        if len(words) != num_words:
            raise ValueError(f"{len(words)} words instead of {num_words}")
        if known is not None and words[0] not in known:
            raise ValueError(f"a photo that {CATEGORY_LIST} does not list")
        if words[0] in seen:
            raise ValueError("a photo that is there twice")
        seen.add(words[0])
        return words[0], read(words)

    return dict(_rows(path, row))


def _rows(path: Path, read: Callable[[list[str]], T]) -> list[T]:
    """The rows of a list below its count and header, each read from its words.

    Raises:
        DataError: no such list, naming the rows that ``read`` refuses, or the count is wrong.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise DataError("a list of DeepFashion cannot be read", where=path, rule="text in UTF-8", got=error) from error
    body = [(number, line.split()) for number, line in enumerate(lines[2:], 3) if line.strip()]
    count = (lines[0].strip() if lines else "") or "nothing"
    found, wrong = [], []
    for number, words in body:
        try:
            found.append(read(words))
        except ValueError as error:
            wrong.append(f"line {number}: {' '.join(words)[:60]}: {error}")
    if wrong:
        more = [f"and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
        raise DataError(
            f"{len(wrong)} rows of a list of DeepFashion do not fit",
            where=path,
            got=listed(wrong[:_SHOWN] + more),
            fix="copy the list again; the annotation of another release has other photos",
        )
    if count != str(len(body)):
        raise DataError(
            "the count of a list of DeepFashion is wrong",
            where=f"{path}, line 1",
            rule="the number of rows below the header, which is line 2",
            got=f"{count} for {len(body)} rows",
            fix="copy the list again: it was cut short, or edited",
        )
    return found


def _name_and_number(words: list[str]) -> tuple[str, int]:
    if len(words) < 2:
        raise ValueError("a name and a number are wanted")
    return " ".join(words[:-1]), _number(words[-1])


def _number(word: str, most: int | None = None) -> int:
    if not word.isdecimal() or (most is not None and not 1 <= int(word) <= most):
        raise ValueError(f"{word!r} is no number{'' if most is None else f' from 1 to {most}'}")
    return int(word)


def _split(words: list[str]) -> str:
    if words[1].lower() not in ("train", "val", "validation", "test"):
        raise ValueError("none of train, val, test")
    return words[1]


def _box(words: list[str]) -> list[int]:
    left, top, right, bottom = (_number(word) for word in words[1:])
    if right < left or bottom < top:
        raise ValueError("a box without an inside")
    return [left, top, right, bottom]
