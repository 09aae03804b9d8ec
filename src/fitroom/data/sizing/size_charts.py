"""A shop's size chart of one garment: finished measures in cm by size, from CSV or YAML.

size,chest,waist,length          S: {chest: 100, waist: 96, length: 68}
S,100,96,68                      M: {chest: 104, waist: 100, length: 70}
M,104,100,70
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from typing_extensions import override

from fitroom.config import nearest
from fitroom.data.csv_table import read_csv
from fitroom.data.sizing.measures import checked_measures
from fitroom.errors import ConfigError, DataError, FitroomError

SIZE = "size"
_RULE = "CSV with a column size and one a measure, or YAML of size: {measure: cm}"
_SIZES_RULE = "finished garment measures in cm by size, each size once, and of it each measure once"
_MERGE = "tag:yaml.org,2002:merge"  # of <<, which stands for the keys of another mapping


@dataclass(frozen=True)
class SizeChart:
    """A chart as it was read.

    Attributes:
        path: of its file.
        sizes: finished measures in cm (girths whole) by size label; what a size leaves empty is not known.
    """

    path: Path
    sizes: Mapping[str, Mapping[str, float]]

    def measures_cm(self, size: str) -> dict[str, float]:
        """Finished garment measures of a size; upper and lower case are the same.

        Raises:
            ConfigError: the chart has no such size.
        """
        for label, measures in self.sizes.items():
            if label.casefold() == size.strip().casefold():
                return dict(measures)
        raise ConfigError(
            "the size is not on the chart",
            where=self.path,
            rule=f"one of {', '.join(self.sizes)}",
            got=size,
            fix=nearest(size.upper(), list(self.sizes)),
        )


def read_chart(path: Path) -> SizeChart:
    """Reads a size chart.

    Args:
        path: ``.csv`` (comma or semicolon), ``.yaml`` or ``.yml``. A measure's name may end in ``_cm``.

    Raises:
        DataError: the file cannot be read, is no chart, or says a size or a measure twice.
        ConfigError: an unknown measure, no number, or one out of range; says in which size.
    """
    if path.suffix.lower() == ".csv":
        rows = list(_csv_rows(path))
    elif path.suffix.lower() in (".yaml", ".yml"):
        rows = list(_yaml_rows(path))
    else:
        raise DataError("the size chart's format is not known", where=path, rule=".csv, .yaml or .yml")
    return chart_of(rows, path)


def chart_of(rows: Iterable[tuple[str, Mapping[str, object]]], path: Path) -> SizeChart:
    """A chart from its rows: size label and measures by name.

    Args:
        rows: in the chart's order; what is None or "" is not known.
        path: said in messages.

    Raises:
        DataError: no rows with measures, or a size or a measure twice.
        ConfigError: an unknown measure, no number, or one out of range; says in which size.
    """
    sizes: dict[str, dict[str, float]] = {}
    for label, values in rows:
        if not label or label.casefold() in {known.casefold() for known in sizes}:
            raise _broken(path, f"size {label!r} twice" if label else "a row without a size", _SIZES_RULE)
        names = [name.removesuffix("_cm") for name in values]
        if twice := [name for name in names if names.count(name) > 1]:
            raise _broken(path, f"{twice[0]} and {twice[0]}_cm of size {label}", _SIZES_RULE)
        known = {name: value for name, value in zip(names, values.values(), strict=True) if value not in (None, "")}
        sizes[label] = checked_measures(known, "garment", f"{path}, size {label}")
    if not any(sizes.values()):
        raise _broken(path, "no measures in it", _SIZES_RULE)
    return SizeChart(path, sizes)


def garment_cm_of(chart: SizeChart | None, size: str | None, where: str) -> dict[str, float] | None:
    """Measures of a size; None where neither chart nor size is given.

    Raises:
        ConfigError: only one of the two, or a size that is not on the chart.
    """
    if chart is None and size is None:
        return None
    if chart is None or size is None:
        raise ConfigError(
            "a size means nothing without a chart" if size else "a chart needs a size",
            where=where,
            rule="a size and the garment's chart, in cm by size",
            got=f"size {size}" if chart is None else chart.path,
            fix="give both, or none where the size is not known",
        )
    return chart.measures_cm(size)


def _csv_rows(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    table = read_csv(path, "the size chart")
    names = table.columns
    if names.count(SIZE) != 1 or len(set(names)) < len(names):
        raise _broken(path, f"columns {', '.join(names) or 'none'}")
    for line, row in table.rows:
        if None in row:
            raise _broken(path, f"line {line} has more cells than columns")
        cells = {name: str(row[name]).strip() for name in names}
        yield cells.pop(SIZE), dict(cells)


def _yaml_rows(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    try:
        found = yaml.load(path.read_text(encoding="utf-8-sig"), _EachKeyOnce)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError("the size chart cannot be read", where=path, rule="UTF-8 text", got=str(error)) from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: what looks like a date, and is none
        raise _broken(path, str(error).splitlines()[0]) from error
    if not isinstance(found, dict) or not all(isinstance(values, dict) for values in found.values()):
        raise _broken(path, type(found).__name__)
    for label, values in found.items():
        yield str(label).strip(), {str(name): value for name, value in values.items()}


class _EachKeyOnce(yaml.SafeLoader):
    """YAML's safe loader takes the last of two equal keys; this one takes none."""

    @override
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: list[object] = []
        for key, _ in node.value:
            if key.tag == _MERGE:
                continue
            name = self.construct_object(key, deep=True)
            if name in seen:
                raise yaml.constructor.ConstructorError(problem=f"{name} twice, line {key.start_mark.line + 1}")
            seen.append(name)
        return super().construct_mapping(node, deep)


def _broken(path: Path, got: str, rule: str = _RULE) -> FitroomError:
    return DataError("this is no size chart", where=path, rule=rule, got=got, code="chart-unusable")
