"""``fitroom wardrobe export``: a simulated wardrobe in the layout of VITON-HD or DressCode, for anybody's code.

A photo is the *worn* picture of a case, its garment the case's shop photo, and the case's name is in the files' names.
Cases whose worn pictures are the same bytes (one garment over several source garments) become one photo.

In the unpaired lists each person gets another garment: where there is one, one that the same person wears elsewhere in
just this photo, so that the true answer to the pair is the photo that bears the garment's name; else, one of another
group. So persons and garments of one group are pairs with a known answer.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from fitroom.config import nearest
from fitroom.data.pairs.layout_case import COLUMNS, FACTS, Shown, layout_case, shown_of
from fitroom.data.pairs.layout_files import LAYOUTS, Couple, Layout
from fitroom.data.pairs.try_on_pairs import SPLITS
from fitroom.data.wardrobe import WardrobeDataset
from fitroom.errors import ConfigError, DataError, RunError
from fitroom.progress import track
from fitroom.wardrobe.truth.rows import decode_row
from fitroom.writing import folder_beside, put


@dataclass(frozen=True)
class Exported:
    """What an export wrote.

    Attributes:
        photos: number by split and category.
        repeated: cases left out since their photo is there already.
        foreign: number of cases left out by category, since the data set has none of it.
    """

    photos: dict[tuple[str, str], int]
    repeated: int
    foreign: dict[str, int]

    def __str__(self) -> str:
        counts = ", ".join(f"{number} {split} {category}" for (split, category), number in self.photos.items())
        lines = [f"{sum(self.photos.values())} persons ({counts})"]
        if self.repeated:
            lines.append(f"{self.repeated} cases show a photo that is there already")
        lines += [
            f"{number} cases of {category} have no place in this layout" for category, number in self.foreign.items()
        ]
        return "\n".join(lines)


def export_layout(folder: str | Path, layout: str, out: str | Path, split: str | None = None) -> Exported:
    """Writes a wardrobe in the layout of a data set; the folder appears complete or not at all, always the same bytes.

    Args:
        folder: of the wardrobe.
        layout: "vitonhd" (tops and outerwear alone) or "dresscode".
        out: folder to write, new or empty.
        split: "train" or "test"; None = both, as far as they are there. The data sets have no validation split.

    Raises:
        ConfigError: there is no such layout.
        RunError: ``out`` is there and holds something, or cannot be written.
        DataError: no such wardrobe or split, a case that lacks what the layout holds, or none that it can hold.
    """
    out = Path(out)
    if layout not in LAYOUTS:
        raise ConfigError(
            "there is no such layout", rule=", ".join(LAYOUTS), got=layout, fix=nearest(layout, list(LAYOUTS))
        )
    if split is not None and split not in SPLITS:
        raise DataError("the layouts have no such split", rule=", ".join(SPLITS), got=split, fix=nearest(split, SPLITS))
    _check_new(out)
    rows = WardrobeDataset(folder, split, COLUMNS)
    try:
        with folder_beside(out) as stage:
            done = _write(rows, LAYOUTS[layout], stage)
            stage.rename(out)
    except OSError as error:
        raise RunError("the layout cannot be written", where=out, got=error.strerror or str(error)) from error
    return done


def _check_new(out: Path) -> None:
    there = [path.name for path in out.iterdir()] if out.is_dir() else [out.name] if out.exists() else []
    if there:
        raise RunError(
            "the folder to export to is not empty" if out.is_dir() else "the place to export to is a file",
            where=out,
            rule="a new or empty folder",
            got=", ".join(sorted(there)[:5]),
            fix="another --out, or remove it",
        )


def _write(rows: WardrobeDataset, layout: Layout, stage: Path) -> Exported:
    photos: dict[str, Shown] = {}  # by the hash of their bytes
    names: set[str] = set()
    repeated, foreign = 0, Counter[str]()
    for folder in layout.folders:
        (stage / folder).mkdir(parents=True)
    for index in track(range(len(rows)), "exporting cases"):
        cells = rows.cells(index)
        if cells["split"] not in SPLITS:
            continue
        shown = shown_of(decode_row(cells, FACTS))
        if shown.category not in layout.categories:
            foreign[shown.category] += 1
            continue
        if shown.case_id in names:
            raise DataError("two cases have the same name", where=rows.folder, got=shown.case_id)
        names.add(shown.case_id)
        case = layout_case(shown, cells)
        if photos.setdefault(hashlib.sha256(case.person_jpeg).hexdigest(), shown) is not shown:
            repeated += 1
            continue
        for name, content in layout.files(case):
            put(stage / name, content)
    if not photos:
        raise DataError(
            "the wardrobe holds no case that this layout can hold",
            where=rows.folder,
            rule=f"{', '.join(layout.categories)} of the train or test split",
            got=", ".join(f"{number} {category}" for category, number in foreign.items()) or "other splits alone",
        )
    _write_lists(list(photos.values()), layout, stage)
    counts = Counter((shown.split, shown.category) for shown in photos.values())
    return Exported(dict(counts), repeated, dict(foreign))


def _write_lists(photos: Sequence[Shown], layout: Layout, stage: Path) -> None:
    for split in SPLITS:
        own = [
            [shown for shown in photos if (shown.split, shown.category) == (split, category)]
            for category in layout.categories
        ]
        paired = [(shown, shown) for part in own for shown in part]
        others = [couple for part in own for couple in unpaired(part)]
        for name, pairs in layout.lists(split, paired, others).items():
            if pairs:  # a list without a pair would be none
                put(stage / name, "".join(f"{pair}\n" for pair in pairs).encode())


def unpaired(shown: Sequence[Shown]) -> Iterator[Couple]:
    """Each with the garment of the next that wears another: of the same photo, else of another group; or left out."""
    same_photo: dict[str, list[Shown]] = defaultdict(list)
    for one in shown:
        same_photo[one.photo].append(one)
    for place, one in enumerate(shown):
        family = same_photo[one.photo]
        others = (other for other in _after(shown, place) if other.group_id != one.group_id)
        for other in chain(_after(family, family.index(one)), others):
            if other.garment_id != one.garment_id:
                yield one, other
                break


def _after(shown: Sequence[Shown], place: int) -> Iterator[Shown]:
    """The others, from the next one round to the one before."""
    return (shown[(place + step) % len(shown)] for step in range(1, len(shown)))
