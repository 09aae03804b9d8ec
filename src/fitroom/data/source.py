"""Where photos come from: an image folder with class folders, a CSV table or DeepFashion's lists becomes one of rows.

    root/<class>/photo.jpg                  classes are folder names
    root/<split>/<class>/photo.jpg          so are splits: train, training, val, valid, validation, test
    root/labels.csv                         one row a photo: path, labels, and optionally group and split
    root/Anno_*/list_category_img.txt       DeepFashion; see fitroom.data.recognition.deepfashion

Hidden files and files that are no image by their name (README, LICENSE) are none of its business.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import pandas as pd

from fitroom.config import nearest
from fitroom.data.audit import Problem
from fitroom.data.csv_table import read_csv
from fitroom.data.files import FOREIGN_EXTENSIONS, IMAGE_EXTENSIONS
from fitroom.data.recognition.deepfashion import CATEGORY_LIST, category_lists, read_deepfashion
from fitroom.errors import ConfigError, DataError

PATH_COLUMNS = ("path", "file", "filename", "image")
GROUP_COLUMNS = ("group", "contributor", "sender_id", "user")
LABEL_COLUMNS = ("category", "label", "class")
SPLITS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
FIXED_COLUMNS = ("sample_id", "sha256", "width_px", "height_px", "group", "split")
DEFAULT_TABLE = "labels.csv"


@dataclass
class SourceConfig:
    """An image folder, in one of three forms.

    Attributes:
        root: folder of photos.
        table: CSV under ``root``; "auto" = labels.csv where there is one, else the list_category_img.txt of
            DeepFashion's one annotation, else folder names; None = folder names. DeepFashion's two annotations:
            Anno_coarse/list_category_img.txt or Anno_fine/list_category_img.txt.
        path_column: column of paths relative to ``root``; None = first of path, file, filename, image.
        group_column: who or what photos must not be separated by, e.g. the contributor; None = first of group,
            contributor, sender_id, user, if any.
        split_column: None = "split", if there.
        label_columns: head name -> column; empty = {"category": first of category, label, class}, and of DeepFashion
            the category and every type of attribute.
        skip_bad: go on without photos that have problems, instead of stopping.
    """

    root: str
    table: str | None = "auto"
    path_column: str | None = None
    group_column: str | None = None
    split_column: str | None = None
    label_columns: dict[str, str] = field(default_factory=dict)
    skip_bad: bool = False

    def __post_init__(self) -> None:
        taken = sorted(set(self.label_columns) & set(FIXED_COLUMNS))
        if taken:
            raise ConfigError(
                f"a label cannot be called {taken[0]!r}",
                where="label_columns",
                rule=f"not one of {', '.join(FIXED_COLUMNS)}",
                fix="give the head another name",
            )


@dataclass(frozen=True)
class Listing:
    """What a source claims to hold, before any photo is opened.

    Attributes:
        rows: sorted by sample_id; columns sample_id, group, split, then one a label (all str, missing = NaN).
        labels: the label columns.
        problems: what the list itself shows.
        faulty: (N,) bool over ``rows``: those with such a problem.
    """

    rows: pd.DataFrame
    labels: list[str]
    problems: list[Problem]
    faulty: pd.Series


def list_source(config: SourceConfig) -> Listing:
    """Lists the photos of a source with their labels, groups and splits.

    Raises:
        DataError: no such folder or table, a column that is not there, or no photo at all.
        ConfigError: column settings without a table.
    """
    root = Path(config.root)
    if not root.is_dir():
        raise DataError(
            "the folder of photos is not there" if not root.exists() else "the source is not a folder",
            where=root,
            rule="a folder of photos, with class folders or a CSV table",
            fix="check source.root",
        )
    table = table_path(root, config.table)
    listing = _from_table(root, table, config) if table else _from_folders(root, config)
    if listing.rows.empty:
        raise DataError(
            "the source holds no photos",
            where=table or root,
            rule=f"files ending in {', '.join(sorted(IMAGE_EXTENSIONS))}",
            fix="check source.root and source.table",
        )
    return listing


def main_label(labels: list[str]) -> str:
    """The label every photo must have: "category", or the first one where none is called so."""
    return "category" if "category" in labels else labels[0]


def image_files(root: Path) -> Iterator[str]:
    """Files under ``root`` that are images by their name, as sorted relative posix paths; links are followed."""
    seen = set()
    found = []
    for folder, subfolders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            subfolders.clear()
            continue
        seen.add(real)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in files:
            if not name.startswith(".") and Path(name).suffix.lower() in IMAGE_EXTENSIONS | FOREIGN_EXTENSIONS:
                found.append(Path(folder, name).relative_to(root).as_posix())
    require_text(found, root)
    return iter(sorted(found))


def require_text(names: Iterable[str], root: Path) -> None:
    """Raises DataError where a file below ``root`` has a name that no table could hold."""
    if strange := [name for name in names if not _is_text(name)]:
        raise DataError(
            f"{len(strange)} names of files are no text", where=root, rule="UTF-8",
            got=strange[0].encode("utf-8", "backslashreplace").decode(), fix="give these files and folders other names",
        )  # fmt: skip


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def table_path(root: Path, table: str | None) -> Path | None:
    """The table that ``SourceConfig.table`` means; None = folder names.

    Raises:
        DataError: it is not there, or several could be meant.
    """
    if table is None:
        return None
    if table == "auto":
        known = [root / DEFAULT_TABLE] if (root / DEFAULT_TABLE).is_file() else category_lists(root)
        if len(known) > 1:
            raise DataError(
                "several annotations of DeepFashion could be meant",
                where=root,
                got=", ".join(path.relative_to(root).as_posix() for path in known),
                fix="name one in source.table",
            )
        return known[0] if known else None
    path = root / table
    if not path.is_file():
        there = sorted(file.name for file in root.glob("*.csv"))
        raise DataError(
            "the table is not there",
            where=path,
            rule="source.table is a CSV file under source.root",
            fix=nearest(path.name, there)
            if there
            else "the folder holds no CSV; source.table: null takes folder names",
        )
    return path


# ---------------------------------------------------------------------------------------------- class folders


def _from_folders(root: Path, config: SourceConfig) -> Listing:
    needs_table = [
        name for name in ("path_column", "group_column", "split_column", "label_columns") if getattr(config, name)
    ]
    if needs_table:
        raise ConfigError(
            f"source.{needs_table[0]} names a column, but there is no table",
            where=root,
            rule=f"a CSV in source.table, or {DEFAULT_TABLE} in the folder",
            fix=f"add the table, or leave source.{needs_table[0]} out",
        )
    names = list(image_files(root))
    in_splits = _has_split_folders(root, names)
    records = [_from_path(name, in_splits) for name in names]
    rows = pd.DataFrame(records, columns=["sample_id", "group", "split", "category"], dtype="str")
    faulty = rows["category"].isna()
    place = "root/<split>/<class>/" if in_splits else "root/<class>/"
    problems = [
        Problem("missing-label", name, f"lies in no class folder ({place})") for name in rows["sample_id"][faulty]
    ]
    return Listing(rows, ["category"], problems, faulty)


def _has_split_folders(root: Path, names: list[str]) -> bool:
    """True for root/<split>/<class>/; a class may be called "test" as long as its photos lie directly in it."""
    deep = {PurePosixPath(name).parts[0] for name in names if name.count("/") >= 2}
    tops = {PurePosixPath(name).parts[0] for name in names if "/" in name}
    splits = {top for top in deep if top.lower() in SPLITS}
    others = sorted(tops - splits)
    if splits and others:
        raise DataError(
            "the folder mixes split folders and class folders",
            where=root,
            rule="root/<class>/photo or root/<split>/<class>/photo, not both",
            got=f"splits {', '.join(sorted(splits))}; others {', '.join(others)}",
            fix="move the class folders into a split folder, or name root the folder that holds the splits alone",
        )
    return bool(splits)


def _from_path(name: str, in_splits: bool) -> tuple[str, None, str | None, str | None]:
    folders = PurePosixPath(name).parts[:-1]
    if not in_splits:
        return name, None, None, folders[0] if folders else None
    split = SPLITS[folders[0].lower()] if folders else None
    return name, None, split, folders[1] if len(folders) > 1 else None


# ------------------------------------------------------------------------------------------------------ table


def _from_table(root: Path, table: Path, config: SourceConfig) -> Listing:
    in_lists = table.name == CATEGORY_LIST
    raw = read_deepfashion(root, table) if in_lists else _read_csv(table)
    path_column = _column(raw, table, config.path_column, PATH_COLUMNS, "path_column")
    group_column = _optional_column(raw, table, config.group_column, GROUP_COLUMNS, "group_column")
    split_column = _optional_column(raw, table, config.split_column, ("split",), "split_column")
    label_columns = config.label_columns
    if not label_columns and in_lists:
        label_columns = {name: name for name in raw.columns if name not in ("path", "group", "split")}
    elif not label_columns:
        label_columns = {"category": _column(raw, table, None, LABEL_COLUMNS, "label_columns")}
    for head, column in label_columns.items():
        _column(raw, table, column, (), f"label_columns.{head}")

    rows = pd.DataFrame({"sample_id": raw[path_column].map(lambda path: _sample_id(root, path), na_action="ignore")})
    rows["group"] = raw[group_column] if group_column else None
    rows["split"] = raw[split_column].map(_split_name, na_action="ignore") if split_column else None
    for head, column in label_columns.items():
        rows[head] = raw[column]
    rows = rows.astype("str")
    _require_paths(rows, table, path_column)
    rows = rows.sort_values("sample_id", kind="stable", ignore_index=True)
    return _table_problems(root, table, rows, label_columns)


def _table_problems(root: Path, table: Path, rows: pd.DataFrame, label_columns: dict[str, str]) -> Listing:
    names, labels = rows["sample_id"], list(label_columns)
    required = main_label(labels)
    outside = names.map(_leaves_root).astype(bool)
    unlabelled = rows[required].isna()
    missing = f"no value in column {label_columns[required]!r} of {table.name}"
    problems = [Problem("outside-root", name, f"listed in {table.name}") for name in names[outside]]
    problems += [Problem("missing-label", name, missing) for name in names[unlabelled]]
    listed = set(names)
    problems += [Problem("unlisted", name) for name in image_files(root) if name not in listed]
    return Listing(rows, labels, problems, outside | unlabelled)


def _leaves_root(name: str) -> bool:
    return name.startswith("/") or ".." in PurePosixPath(name).parts


def _read_csv(table: Path) -> pd.DataFrame:
    """All values as text without surrounding blanks, by line; only an empty cell is missing: "NA" may be a class."""
    found = read_csv(table, "the table", lower_case=False)
    names = [name for name in found.columns if name]
    if not names or len(set(names)) < len(names):
        raise DataError(
            "the table's heading is not right",
            where=table,
            rule="a header line, in which each name comes once",
            got=f"columns {', '.join(names)}" if names else "no names",
            fix="give each column a name of its own",
        )
    for line, row in found.rows:
        if any(cell.strip() for cell in row.get(None, [])):
            raise DataError(
                "a row of the table has more cells than the heading",
                where=f"{table}, line {line}",
                got=", ".join(row[None]),
                fix="put what holds a comma between quotes",
            )
    cells = {name: [str(row[name]).strip() or None for _, row in found.rows] for name in names}
    return pd.DataFrame(cells, index=[line for line, _ in found.rows], dtype="str")


def _column(raw: pd.DataFrame, table: Path, asked: str | None, usual: tuple[str, ...], setting: str) -> str:
    known = list(raw.columns)
    if asked is not None:
        if asked in known:
            return asked
        raise DataError(
            f"the table has no column {asked!r}",
            where=table,
            rule=f"source.{setting} names a column of the table",
            got=f"columns {', '.join(known)}",
            fix=nearest(asked, known),
        )
    found = next((name for name in usual if name in known), None)
    if found is None:
        raise DataError(
            "the table has no column of the usual names",
            where=table,
            rule=f"one of {', '.join(usual)}",
            got=f"columns {', '.join(known)}",
            fix=f"name the right one in source.{setting}",
        )
    return found


def _optional_column(
    raw: pd.DataFrame, table: Path, asked: str | None, usual: tuple[str, ...], setting: str
) -> str | None:
    if asked is None and not set(usual) & set(raw.columns):
        return None
    return _column(raw, table, asked, usual, setting)


def _require_paths(rows: pd.DataFrame, table: Path, path_column: str) -> None:
    blank = rows.index[rows["sample_id"].isna()]
    if len(blank):
        raise DataError(
            f"{len(blank)} rows of the table name no file",
            where=table,
            rule=f"a path in column {path_column!r} of every row",
            got=f"nothing in line {', '.join(map(str, blank))}",
            fix="fill in the paths or delete the rows",
        )


def _sample_id(root: Path, path: str) -> str:
    """Relative posix path; absolute ones under the root and backslashes of a table made on Windows are understood."""
    pure = PurePosixPath(path.replace("\\", "/"))
    for base in (root.absolute().as_posix(), root.resolve().as_posix()):
        if pure.is_relative_to(base):
            return pure.relative_to(base).as_posix()
    return pure.as_posix()


def _split_name(name: str) -> str:
    return SPLITS.get(name.lower(), name)
