"""Who belongs to which split: every index of every catalogue, decided once, before anything is rendered.

A body, an appearance, a design, a print, a font, a fabric, a backdrop or a light is seen in one split only, in every
wardrobe ever made with this version, whatever its seed and size.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from fitroom.errors import ConfigError, DataError
from fitroom.wardrobe.plan import Split
from fitroom.writing import write_text_atomically

VERSION = "1"
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
SHARES: Mapping[Split, float] = {"train": 0.80, "validation": 0.08, "test": 0.12}
Kind = Literal["body", "appearance", "design", "print", "fabric", "backdrop", "light"]
KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]
LETTERS = {"train": "t", "validation": "v", "test": "e"}
FILE = "registry.json"


class NothingFits(ConfigError):
    """A split holds nothing of the kind that is asked for."""


def hashed_split(kind: str, index: int | str, shares: Mapping[Split, float] = SHARES) -> Split:
    """The split of one index of one catalogue, from a hash of its name: it never depends on what else there is."""
    digest = hashlib.blake2b(f"{VERSION}/{kind}/{index}".encode(), digest_size=8).digest()
    place = int.from_bytes(digest, "big") / 2**64 * sum(shares.values())
    for split in SPLITS[:-1]:
        if place < shares[split]:
            return split
        place -= shares[split]
    return SPLITS[-1]


class Registry:
    """Divides the catalogues.

    Args:
        counts: how many things each catalogue holds.
        fonts: name of the font by number of print, where it has one. Such a print goes where its font goes.
        shares: of the splits.

    Raises:
        ConfigError: a catalogue is so small that a split gets nothing of it.
    """

    def __init__(
        self,
        counts: Mapping[Kind, int],
        fonts: Mapping[int, str] | None = None,
        shares: Mapping[Split, float] = SHARES,
    ) -> None:
        self.counts, self.fonts, self.shares = dict(counts), dict(fonts or {}), dict(shares)
        self._indices: dict[tuple[Kind, Split], np.ndarray] = {}
        for kind in counts:
            splits = np.array([self.split_of(kind, index) for index in range(counts[kind])])
            for split in SPLITS:
                self._indices[kind, split] = np.flatnonzero(splits == split)
                if shares[split] > 0 and not len(self._indices[kind, split]):
                    raise ConfigError(
                        f"the {split} split gets no {kind}",
                        rule="catalogues large enough for every split",
                        got=f"{counts[kind]} of kind {kind}",
                    )

    def split_of(self, kind: Kind | Literal["font"], index: int | str) -> Split:
        """The split that ``index`` of the catalogue ``kind`` belongs to; fonts go by name."""
        if kind == "print" and index in self.fonts:
            return hashed_split("font", self.fonts[int(index)], self.shares)
        return hashed_split(kind, index, self.shares)

    def indices(self, kind: Kind, split: Split) -> np.ndarray:
        """All of a catalogue that belong to a split, (N,) int64, ascending."""
        return self._indices[kind, split]

    def draw(
        self, kind: Kind, split: Split, rng: np.random.Generator, accept: Callable[[int], bool] | None = None
    ) -> int:
        """One of them by chance, all alike.

        Args:
            kind: catalogue.
            split: to draw from.
            rng: source of randomness.
            accept: which are wanted; None = any.

        Raises:
            NothingFits: none is.
        """
        for index in map(int, rng.permutation(self._indices[kind, split])):
            if accept is None or accept(index):
                return index
        raise NothingFits(f"no {kind} of the {split} split fits", rule="one that is accepted", got="none")

    @cached_property
    def content(self) -> str:
        """All of it as JSON text: one letter an index, t(rain), v(alidation) or (t)e(st)."""
        splits = {
            kind: "".join(LETTERS[self.split_of(kind, index)] for index in range(count))
            for kind, count in self.counts.items()
        }
        fonts = {font: self.split_of("font", font) for font in sorted(set(self.fonts.values()))}
        page = {"version": VERSION, "shares": self.shares, "splits": splits, "fonts": fonts}
        return json.dumps(page, indent=1, sort_keys=True) + "\n"

    @property
    def hash(self) -> str:
        """Sha-256 of :attr:`content`, in hex."""
        return hashlib.sha256(self.content.encode()).hexdigest()

    def write(self, folder: Path) -> None:
        """Writes ``folder/registry.json``."""
        write_text_atomically(folder / FILE, self.content)

    def verify(self, folder: Path) -> None:
        """Checks that the registry in ``folder`` is this one.

        Raises:
            DataError: it is missing, altered, or of another version of the catalogues.
        """
        path = folder / FILE
        try:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise DataError("the registry of the splits cannot be read", where=path, got=error.strerror) from error
        if found != self.hash:
            raise DataError(
                "the registry of the splits is another one",
                where=path,
                rule=f"sha256 {self.hash[:16]}",
                got=found[:16],
                fix="go on with the fitroom that made the folder, or make a new folder",
            )
