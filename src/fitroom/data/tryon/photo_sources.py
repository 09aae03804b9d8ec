"""What whole-picture samples are read from: a simulated wardrobe, or pairs of real photos in a published layout."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from typing_extensions import override

from fitroom.contracts import Preprocessing
from fitroom.data.files import IMAGE_EXTENSIONS, inspect_files
from fitroom.data.manifest import Manifest
from fitroom.data.pairs.dresscode import DressCode
from fitroom.data.pairs.pair_lists import listed
from fitroom.data.pairs.try_on_pairs import REGIONS, TryOnPairs
from fitroom.data.pairs.viton import Viton
from fitroom.data.pairs.viton_hd import VitonHd
from fitroom.data.tryon.batches import TryOnModes, recipe, siblings
from fitroom.data.tryon.cases import FLAGS, GARMENT, PERSON, REPAINT, WORN, read_cases
from fitroom.data.tryon.conditions import TOLD
from fitroom.data.tryon.photos import TryOnPhotos
from fitroom.data.tryon.shown import Picture, ShownCase
from fitroom.errors import ConfigError, DataError
from fitroom.images import decode_rgb_u8, resize_labels, resize_u8

Layout = Literal["wardrobe", "viton-hd", "viton", "dresscode"]
READERS: dict[str, type[TryOnPairs]] = {"viton-hd": VitonHd, "viton": Viton, "dresscode": DressCode}


class WardrobePhotos(TryOnPhotos):
    """Cases of a simulated wardrobe, decoded once into the user's cache.

    Args:
        folder: of the wardrobe.
        spec: the frame.
        select, limit: at most this many cases of the validation and the train split; 0 = all.
        share: see :func:`~fitroom.data.tryon.cases.read_cases`.

    Raises:
        DataError: see :func:`~fitroom.data.tryon.cases.read_cases`.
    """

    def __init__(
        self, folder: str, spec: Preprocessing, select: int, limit: int, share: tuple[int, int] = (0, 1)
    ) -> None:
        self.spec, self.cases = spec, read_cases(folder, recipe(spec), share=share)
        self.manifest = self.cases.manifest
        fit = self.cases.of_split("train")
        self.fit = fit[:limit] if limit else fit
        self.select = _spread(self.cases.of_split("validation"), select)
        self.siblings = siblings(self.cases, self.fit)

    @override
    def show(self, index: int, mode: str, rng: np.random.Generator) -> ShownCase:
        persons = self._persons(index, mode)
        return self._shown(index, mode, persons[int(rng.integers(len(persons)))])

    @override
    def all_shown(self, index: int, mode: str) -> list[ShownCase]:
        return [self._shown(index, mode, person) for person in self._persons(index, mode)]

    @override
    def files(self) -> list[str]:
        return self.cases.files()

    @override
    def modes(self, asked: TryOnModes) -> TryOnModes:
        return asked

    @property
    @override
    def looked_at(self) -> TryOnModes:
        return TryOnModes(1, 0, 0, 0)

    def _persons(self, index: int, mode: str) -> list[tuple[int, int]]:
        """Pictures, by case and kind, that may stand for the person."""
        others = [(other, WORN) for other in self.siblings.get(index, [])]
        if mode == "masked":
            return [(index, WORN), (index, PERSON)]
        if mode == "unchanged":
            return [(index, WORN)]
        return others if mode == "sibling" and others else [(index, PERSON)]

    def _shown(self, index: int, mode: str, person: tuple[int, int]) -> ShownCase:
        cases, row = self.cases, self.cases.rows[index]
        return ShownCase(
            person=self._picture(person),
            garment=self._picture((index, GARMENT)),
            worn=self._picture((index, WORN)),
            repaint=(cases.maps[index, FLAGS] & REPAINT) > 0 if mode == "masked" else None,
            known={name: row[name] for name in TOLD},
        )

    def _picture(self, place: tuple[int, int]) -> Picture:
        index, kind = place
        return Picture(self.cases.rows[index]["files"][kind], lambda: self.cases.pictures[index, kind])


class PairPhotos(TryOnPhotos):
    """Real photos of people beside the garment they wear: the photo itself is the truth.

    Masked, the person is hidden where the repaint mask says. Mask-free, a picture stands for them that a model has made
    of the same person in another garment.

    Args:
        root: of a data set.
        layout: of :data:`READERS`.
        spec: the frame.
        select: persons of the train list that are looked at and not learned from; the test list is left alone.
        limit: at most this many are learned from; 0 = all.
        pseudo: folder of such made pictures, ``<stem of the person photo>.png`` or .jpg; "" = there are none.

    Raises:
        DataError: see :class:`~fitroom.data.pairs.try_on_pairs.TryOnPairs`; or made pictures are missing, by name.
    """

    def __init__(self, root: str, layout: str, spec: Preprocessing, select: int, limit: int, pseudo: str = "") -> None:
        self.spec, self.pairs = spec, READERS[layout](root, "train", paired=True)
        facts = self.pairs.facts()
        photos = [self.pairs.photos(pair) for pair in self.pairs.pairs]
        self.hashes = [[facts[path].sha256 for path in both] for both in photos]
        persons = [pair.person for pair in self.pairs.pairs]
        table = pd.DataFrame(
            {
                "sample_id": [person.relative_to(self.pairs.root).as_posix() for person, _ in photos],
                "sha256": [person for person, _ in self.hashes],
                "width_px": [facts[person].width_px for person, _ in photos],
                "height_px": [facts[person].height_px for person, _ in photos],
                "group": persons,
                "split": "train",
            }
        )
        text = {name: "str" for name in ("sample_id", "sha256", "group", "split")}
        self.manifest = Manifest(self.pairs.root, table.astype(text), [])
        everyone = np.arange(len(photos))
        # One whom the list names with several garments must not be on both sides.
        held_out = {persons[place] for place in _spread(everyone, select)} if select else set()
        self.select = np.array([place for place in everyone if persons[place] in held_out], dtype=int)
        fit = np.array([place for place in everyone if persons[place] not in held_out], dtype=int)
        self.fit = fit[:limit] if limit else fit
        self.pseudo = _made(Path(pseudo), persons) if pseudo else {}
        self.masked = all(self.pairs.files(pair).repaint_mask for pair in self.pairs.pairs)

    @override
    def show(self, index: int, mode: str, rng: np.random.Generator) -> ShownCase:
        del rng
        (case,) = self.all_shown(index, mode)
        return case

    @override
    def all_shown(self, index: int, mode: str) -> list[ShownCase]:
        pair, (person, garment) = self.pairs.pairs[index], self.hashes[index]
        files = self.pairs.files(pair)
        worn = self._picture(files.person, person)
        made = self.pseudo.get(pair.person) if mode in ("counterfactual", "sibling") else None
        return [
            ShownCase(
                person=worn if made is None else self._picture(*made),
                garment=self._picture(files.garment, garment),
                worn=worn,
                repaint=self._repaint(index) if mode == "masked" else None,
                known={"region": REGIONS.get(pair.category)},
            )
        ]

    @override
    def files(self) -> list[str]:
        return sorted({sha256 for both in self.hashes for sha256 in both})

    @override
    def modes(self, asked: TryOnModes) -> TryOnModes:
        free = (asked.counterfactual, asked.sibling, asked.unchanged) if self.pseudo else (0.0, 0.0, 0.0)
        masked = asked.masked if self.masked else 0.0
        if not masked and not sum(free):
            raise ConfigError(
                "these photos cannot be shown in any mode that is asked for",
                where="data",
                rule="masked needs repaint masks in the data set; the others need data.pseudo",
                got=f"repaint masks: {'yes' if self.masked else 'no'}, pseudo: {'yes' if self.pseudo else 'no'}",
            )
        return TryOnModes(*free[:2], masked=masked, unchanged=free[2])

    @property
    @override
    def looked_at(self) -> TryOnModes:
        return TryOnModes(0, 0, 1, 0) if self.masked else TryOnModes(1, 0, 0, 0)

    def _picture(self, path: Path, sha256: str) -> Picture:
        return Picture(sha256, lambda: resize_u8(decode_rgb_u8(path), self.spec))

    def _repaint(self, index: int) -> np.ndarray:
        mask, row = self.pairs.repaint_mask(self.pairs.pairs[index]), self.manifest.table.iloc[index]
        assert mask is not None
        if mask.shape != (row["height_px"], row["width_px"]):
            raise DataError(
                "a repaint mask is not of its photo's size",
                where=row["sample_id"],
                rule=f"{row['width_px']} x {row['height_px']} px",
                got=f"{mask.shape[1]} x {mask.shape[0]} px",
            )
        return resize_labels(mask.astype(np.uint8), self.spec) > 0


def open_photos(
    folder: str,
    layout: str,
    spec: Preprocessing,
    *,
    select: int,
    limit: int,
    pseudo: str = "",
    share: tuple[int, int] = (0, 1),
) -> TryOnPhotos:
    """The cases of a folder; see :class:`WardrobePhotos` and :class:`PairPhotos`.

    Raises:
        ConfigError: made pictures beside a wardrobe, which needs none. DataError: see there.
    """
    if layout != "wardrobe":
        return PairPhotos(folder, layout, spec, select, limit, pseudo)
    if pseudo:
        raise ConfigError(
            "a wardrobe needs no made pictures", where="data.pseudo", rule="empty", got=pseudo,
            fix="a wardrobe knows the person in other garments; leave data.pseudo out",
        )  # fmt: skip
    return WardrobePhotos(folder, spec, select, limit, share)


def _spread(indices: np.ndarray, count: int) -> np.ndarray:
    """At most ``count`` of them, evenly over all; 0 = all."""
    if not count or len(indices) <= count:
        return indices
    return indices[np.linspace(0, len(indices) - 1, count).astype(int)]


def _made(folder: Path, persons: list[str]) -> dict[str, tuple[Path, str]]:
    """By person, the picture that a model made, and the SHA-256 of its file."""
    found = {path.stem: path for path in folder.glob("*") if path.suffix.lower() in IMAGE_EXTENSIONS}
    missing = sorted({person for person in persons if Path(person).stem not in found})
    if missing:
        raise DataError(
            f"{len(missing)} persons have no made picture",
            where=folder,
            rule="<stem of the person photo>.png or .jpg for each person of the train list",
            got=listed(missing[:20]),
            fix="make them with fitroom try-on-batch",
        )
    made = {person: found[Path(person).stem] for person in persons}
    facts = inspect_files(folder, [path.name for path in made.values()])
    return {person: (path, facts[path.name].sha256) for person, path in made.items()}
