"""Seeded batches of try-on from a simulated wardrobe, in all modes: other garment, other size, masked, unchanged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from torch.utils.data import Dataset
from typing_extensions import override

from fitroom.contracts import Preprocessing
from fitroom.data.loaders import StepData
from fitroom.data.stream import sample_seed
from fitroom.data.tryon.cases import (
    BLED,
    FLAGS,
    GARMENT,
    IN_PHOTO,
    LAYOUT,
    PERSON,
    REPAINT,
    SHOWN,
    WORN,
    CaseRecipe,
    TryOnCases,
)
from fitroom.data.tryon.conditions import SIZES, TOLD, condition_vector
from fitroom.data.tryon.frames import Move, random_bend, random_photo_move
from fitroom.data.tryon.terms import GAIN_OFFSET, GAIN_SCALE, TARGET, layout_of_parts
from fitroom.data.tryon.views import CasePictures, TryOnBatch, collate_views, dyed, make_view
from fitroom.errors import ConfigError
from fitroom.wardrobe.outfits import LIGHT_TOPS
from fitroom.wardrobe.patterns.catalogue import design

MODES = ("counterfactual", "sibling", "masked", "unchanged")


def recipe(spec: Preprocessing) -> CaseRecipe:
    """How cases are decoded for a frame."""
    return CaseRecipe(spec, layout_of_parts(), TARGET, GAIN_SCALE, GAIN_OFFSET)


@dataclass
class TryOnModes:
    """How often a case is shown in each mode, relative to the others."""

    counterfactual: float = 0.55
    """As it was simulated: the person wears another garment, and no mask is given."""
    sibling: float = 0.2
    """The person wears another size of the same garment, or another garment of the same case group."""
    masked: float = 0.15
    """The repaint mask is given, and the person is grey inside."""
    unchanged: float = 0.1
    """The person already wears just this: nothing is to change."""

    def __post_init__(self) -> None:
        if min(vars(self).values()) < 0 or not sum(vars(self).values()):
            raise ConfigError("no mode would be shown", where="data.modes", rule="shares of 0 or more, not all 0")


@dataclass
class TryOnAugment:
    """Random changes of what is learned from."""

    mirror: float = 0.5
    """Share of samples in which left and right change places, in both photos."""
    move: float = 0.7
    """Share of samples in which the person's frame is scaled and shifted."""
    scale: float = 1.3
    """At most this much larger; smaller by a quarter of that, in octaves."""
    shift: float = 0.02
    """At most this far beyond the picture's edge, as a share of the frame."""
    bend: float = 0.05
    """The frame is bent with every move: a place moves by at most this share of half a frame."""
    photo: float = 0.7
    """Share of samples in which the garment is moved in its photo."""
    photo_scale: float = 1.2
    """Its height and its width are each at most this much larger or smaller then."""
    photo_turn: float = 8.0
    """It is turned by at most this many degrees then."""
    dye: float = 0.5
    """Share of samples in which the garment has other colours: its channels are exchanged, in both photos."""
    light: float = 0.15
    """A photo is at most this much brighter or darker."""
    tint: float = 0.04
    """Each of its channels, beside that."""
    widen_px: int = 5
    """A given repaint mask is at most this much wider, px at half size."""
    drop: float = 0.1
    """Each of sizes, body, fabric, region and category is unknown in this share of the samples, on its own."""
    drop_all: float = 0.1
    """Nothing of the size is known in this share of the samples."""

    def __post_init__(self) -> None:
        shares = (self.mirror, self.move, self.bend, self.photo, self.dye, self.drop, self.drop_all)
        scales, sizes = (self.scale, self.photo_scale), (self.shift, self.photo_turn, self.tint, self.widen_px)
        right = all(0 <= share <= 1 for share in shares) and min(scales) >= 1 and min(sizes) >= 0
        if not right or not 0 <= self.light < 1:
            raise ConfigError(
                "the random changes are out of range",
                where="augment",
                rule="shares in [0, 1], scales of at least 1, light in [0, 1), "
                "shift, photo_turn, tint and widen_px of at least 0",
                got=vars(self),
            )


class TryOnDataset(Dataset[TryOnBatch]):
    """Views of cases by key; each one's randomness comes from (seed, epoch, index) alone.

    Args:
        cases: decoded.
        indices: which of them.
        modes: shares; None = counterfactual alone.
        augment: random changes; None = none, and the window in the middle.
        seed: of the run.
    """

    def __init__(
        self,
        cases: TryOnCases,
        indices: np.ndarray,
        modes: TryOnModes | None = None,
        augment: TryOnAugment | None = None,
        seed: int = 0,
    ) -> None:
        self.cases, self.indices, self.augment, self.seed = cases, indices, augment, seed
        shares = np.array([getattr(modes, name) for name in MODES] if modes else [1.0, 0, 0, 0])
        self.shares = shares / shares.sum()
        self.siblings = siblings(cases, indices)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, key: int | tuple[int, int]) -> TryOnBatch:
        """A sample, or (sample, epoch) where it is random."""
        sample, epoch = key if isinstance(key, tuple) else (key, 0)
        rng = np.random.default_rng(sample_seed(self.seed, epoch, sample))
        index = int(self.indices[sample])
        mode = MODES[rng.choice(len(MODES), p=self.shares)]
        pictures = self._pictures(index, mode, rng)
        move = self._move(pictures, rng)
        window = self._window(pictures, rng)
        widen_px = int(rng.integers(self.augment.widen_px + 1)) if self.augment and pictures.masked else 0
        return make_view(pictures, move, window, widen_px, self._conditions(index, pictures.masked, rng), index)

    def _pictures(self, index: int, mode: str, rng: np.random.Generator) -> CasePictures:
        cases, others = self.cases, self.siblings.get(index, [])
        person = (index, PERSON)
        if mode == "unchanged" or (mode == "masked" and rng.random() < 0.5):
            person = (index, WORN)
        elif mode == "sibling" and others:
            person = (int(rng.choice(others)), WORN)
        flags = cases.maps[index, FLAGS]
        pictures = CasePictures(
            person=cases.pictures[person],
            worn=cases.pictures[index, WORN],
            person_half=cases.halves[person],
            worn_half=cases.halves[index, WORN],
            garment_half=cases.halves[index, GARMENT],
            bled=cases.pictures[index, BLED],
            layout=cases.maps[index, LAYOUT],
            shown=(flags & SHOWN) > 0,
            in_photo=(flags & IN_PHOTO) > 0,
            repaint=(flags & REPAINT) > 0,
            quarters=cases.quarters[index],
            masked=mode == "masked",
            unchanged=mode == "unchanged",
            joints=np.array(cases.rows[index]["joints"] or [np.nan] * 4),
            frame_cm=cases.rows[index]["frame_cm"] or np.nan,
            tucks=tucks(cases.rows[index]),
        )
        if self.augment is not None and rng.random() < self.augment.dye:
            pictures = dyed(pictures, rng.permutation(3), worn_already=person == (index, WORN))
        return pictures

    def _move(self, pictures: CasePictures, rng: np.random.Generator) -> Move:
        if self.augment is None:
            return Move()
        a = self.augment
        moved = rng.random() < a.move
        scale = float(a.scale ** rng.uniform(-0.25, 1)) if moved else 1.0
        # A frame that shows less of the picture has room to shift; one that shows more would run out of it.
        room = max(1 - 1 / scale, 0.0) + 2 * a.shift if moved else 0.0
        x, y = rng.uniform(-room, room, 2).tolist()
        person_light, garment_light = (
            tuple(np.exp(rng.uniform(-1, 1) * np.log1p(a.light) + rng.uniform(-1, 1, 3) * np.log1p(a.tint)).tolist())
            for _ in range(2)
        )
        mirrored = bool(rng.random() < a.mirror)
        bend = random_bend(rng, a.bend) if moved and a.bend else None
        photo = None
        if rng.random() < a.photo:
            in_photo = pictures.in_photo[:, ::-1] if mirrored else pictures.in_photo
            photo = random_photo_move(in_photo, rng, a.photo_scale, a.photo_turn)
        return Move(scale, (x, y), mirrored, bend, photo, person_light, garment_light)

    def _window(self, pictures: CasePictures, rng: np.random.Generator) -> tuple[int, int]:
        """Round a pixel of the garment mostly: there is what must be learned."""
        height, width = pictures.layout.shape
        places = np.argwhere(pictures.layout[::8, ::8] == TARGET) * 8
        if self.augment is None or not len(places):
            y, x = height // 2, width // 2
        elif rng.random() < 0.8:
            y, x = places[rng.integers(len(places))]
        else:
            y, x = rng.integers(height), rng.integers(width)
        top, left = np.clip((y - height // 4, x - width // 4), 0, (height // 2, width // 2))
        return int(top) // 8 * 8, int(left) // 8 * 8

    def _conditions(self, index: int, masked: bool, rng: np.random.Generator) -> np.ndarray:
        row, a = self.cases.rows[index], self.augment
        known = {name: row[name] for name in TOLD}
        if a is not None:
            nothing = rng.random() < a.drop_all
            known = {name: value for name, value in known.items() if rng.random() >= a.drop}
            if nothing:
                known = {name: value for name, value in known.items() if name not in SIZES}
        return condition_vector(**known, masked=masked)


def siblings(cases: TryOnCases, indices: np.ndarray) -> dict[int, list[int]]:
    """By case: others in which the same person stands in the same picture, and only the target garment differs."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index in indices:
        row = cases.rows[index]
        groups[repr((row["group_id"], row["region"], row["plan"]["person"], row["plan"]["source"]))].append(int(index))
    return {i: [j for j in group if j != i] for group in groups.values() for i in group if len(group) > 1}


def tucks(row: Mapping[str, Any]) -> np.ndarray:
    """(2,): 1 = the garment is a top that is tucked into skirts, and: a skirt is worn with it; NaN = not known.

    Args:
        row: of a case; its plan says what is worn beside the garment, which is told of tops and outerwear alone.
    """
    others = row["plan"].get("others") if row["region"] in ("top", "outerwear") else None
    skirt = np.nan if others is None else any(_category(piece["design"]) == "skirt" for piece in others)
    return np.array([row["category"] in LIGHT_TOPS, skirt], np.float64)


@cache
def _category(index: int) -> str:
    return design(index).category


class TryOnData(StepData):
    """See :class:`~fitroom.data.loaders.StepData`.

    Args:
        fit, select: data sets; ``select`` may be empty.
        batch_size, num_steps, seed, num_workers: see there.
    """

    def __init__(
        self, fit: TryOnDataset, select: TryOnDataset, *, batch_size: int, num_steps: int, seed: int, num_workers: int
    ) -> None:
        super().__init__(batch_size=batch_size, num_steps=num_steps, seed=seed, num_workers=num_workers)
        self.fit_set, self.select_set = fit, select

    @override
    def parts(self) -> tuple[TryOnDataset, TryOnDataset | None]:
        return self.fit_set, self.select_set if len(self.select_set) else None

    @property
    @override
    def collate(self) -> Callable[[list[TryOnBatch]], TryOnBatch]:
        return collate_views
