"""What whole-picture samples are read from: a simulated wardrobe, or pairs of real photos in a published layout."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from typing_extensions import override

from fitroom.contracts import Preprocessing
from fitroom.data.dresscode import DressCode
from fitroom.data.files import IMAGE_EXTENSIONS
from fitroom.data.manifest import Manifest
from fitroom.data.pair_lists import listed
from fitroom.data.try_on_pairs import REGIONS, TryOnPairs
from fitroom.data.tryon import TryOnModes, recipe, siblings
from fitroom.data.tryon_cases import FLAGS, GARMENT, PERSON, REPAINT, WORN, read_cases
from fitroom.data.tryon_photos import SIZES, ShownCase, TryOnPhotos
from fitroom.data.viton import Viton
from fitroom.data.viton_hd import VitonHd
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
        share: see :func:`~fitroom.data.tryon_cases.read_cases`.

    Raises:
        DataError: see :func:`~fitroom.data.tryon_cases.read_cases`.
    """

    def __init__(
        self, folder: str, spec: Preprocessing, select: int, limit: int, share: tuple[int, int] = (0, 1)
    ) -> None:
        self.cases = read_cases(folder, recipe(spec), share=share)
        self.manifest = self.cases.manifest
        fit = self.cases.of_split("train")
        self.fit = fit[:limit] if limit else fit
        self.select = _spread(self.cases.of_split("validation"), select)
        self.siblings = siblings(self.cases, self.fit)

    @override
    def show(self, index: int, mode: str, rng: np.random.Generator) -> ShownCase:
        cases, row = self.cases, self.cases.rows[index]
        person, others = (index, PERSON), self.siblings.get(index, [])
        if mode == "unchanged" or (mode == "masked" and rng.random() < 0.5):
            person = (index, WORN)
        elif mode == "sibling" and others:
            person = (int(rng.choice(others)), WORN)
        return ShownCase(
            person=cases.pictures[person],
            garment=cases.pictures[index, GARMENT],
            worn=cases.pictures[index, WORN],
            repaint=(cases.maps[index, FLAGS] & REPAINT) > 0 if mode == "masked" else None,
            known={name: row[name] for name in (*SIZES, "region")},
        )

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
        DataError: see :class:`~fitroom.data.try_on_pairs.TryOnPairs`; or made pictures are missing, by name.
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
        sample, pair = self.pairs[index], self.pairs.pairs[index]
        worn = resize_u8(sample.person.image_u8, self.spec)
        repaint = None
        if mode == "masked":
            assert sample.repaint_mask is not None
            repaint = resize_labels(sample.repaint_mask.astype(np.uint8), self.spec) > 0
        made = self.pseudo.get(pair.person) if mode in ("counterfactual", "sibling") else None
        return ShownCase(
            person=worn if made is None else resize_u8(decode_rgb_u8(made), self.spec),
            garment=resize_u8(sample.garment.image_u8, self.spec),
            worn=worn,
            repaint=repaint,
            known={"region": REGIONS.get(pair.category)},
        )

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


def _made(folder: Path, persons: list[str]) -> dict[str, Path]:
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
    return {person: found[Path(person).stem] for person in persons}
