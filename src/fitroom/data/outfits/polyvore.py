"""Polyvore Outfits (Vasileva et al. 2018) as published: outfits, their pieces, and the questions that come with them.

polyvore_outfits/
  polyvore_item_metadata.json                   item id -> title, url_name, category_id, semantic_category, ...
  embeddings.npz                                optional, not part of the release: "ids" (N,) and "vectors" (N, E)
  {disjoint,nondisjoint}/{train,valid,test}.json       [{"set_id": ..., "items": [{"item_id": ..., "index": ...}]}]
  {disjoint,nondisjoint}/fill_in_blank_{part}.json     [{"question": ["SET_INDEX", ...], "answers": [...], ...}]
  {disjoint,nondisjoint}/compatibility_{part}.txt      "1 SET_INDEX SET_INDEX ..." a line

Of the right answer the question shares the set; the three others do not. Titles and descriptions are not read: the
target's would name the answer, and published figures with it are four points higher.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from fitroom.data.files import NPZ_ERRORS
from fitroom.data.outfits.pieces import Outfit, OutfitSet, Piece
from fitroom.data.outfits.questions import Blank, Judged
from fitroom.errors import DataError

Release = Literal["disjoint", "nondisjoint"]
METADATA, EMBEDDINGS = "polyvore_item_metadata.json", "embeddings.npz"


class Polyvore:
    """One part of one release.

    Args:
        root: folder with the metadata.
        part: "train", "valid" or "test".
        release: "disjoint", in which no piece of one part is in another, or "nondisjoint".

    Raises:
        DataError: a file is missing, or not as published.
    """

    def __init__(self, root: Path, part: str, release: Release = "disjoint") -> None:
        self.folder, self.part = Path(root) / release, part
        metadata, vectors = _read(Path(root) / METADATA), _embeddings(Path(root) / EMBEDDINGS)
        outfits: list[Outfit] = []
        pieces: dict[str, Piece] = {}
        self._ids: dict[str, str] = {}
        where = self.folder / f"{part}.json"
        for entry in _read(where):
            try:
                name, items = str(entry["set_id"]), entry["items"]
                ids = [str(item["item_id"]) for item in items]
                self._ids |= {f"{name}_{item['index']}": item_id for item, item_id in zip(items, ids, strict=True)}
                pieces |= {one: _piece(one, metadata[one], vectors.get(one)) for one in ids if one not in pieces}
            except (KeyError, TypeError) as error:
                raise DataError("an outfit is not as published", where=where, got=f"{error!r} in {entry}") from error
            if len(set(ids)) > 1:
                outfits.append(Outfit(name, tuple(dict.fromkeys(ids))))
        self.outfits = OutfitSet(self.folder, pieces, outfits)

    def blanks(self) -> list[Blank]:
        """The published fill-in-the-blank questions, the right answer first."""
        where, found = self.folder / f"fill_in_blank_{self.part}.json", []
        for number, entry in enumerate(_read(where)):
            own = entry["question"][0].rsplit("_", 1)[0]
            right = [answer for answer in entry["answers"] if answer.rsplit("_", 1)[0] == own]
            if len(right) != 1:
                raise DataError("a question has not one right answer", where=f"{where}, question {number}", got=right)
            wrong = [answer for answer in entry["answers"] if answer != right[0]]
            rest = self._named(entry["question"], where)
            found.append(Blank(own, tuple(rest), tuple(self._named([*right, *wrong], where)), {}))
        return found

    def judged(self) -> list[Judged]:
        """The published outfits to be judged, and whether each is one."""
        where = self.folder / f"compatibility_{self.part}.txt"
        found = []
        for line in _text(where).splitlines():
            if words := line.split():
                found.append(
                    Judged(words[1].rsplit("_", 1)[0], tuple(self._named(words[1:], where)), words[0] == "1", {})
                )
        return found

    def _named(self, places: Iterable[str], where: Path) -> Iterator[str]:
        for place in places:
            if place not in self._ids:
                raise DataError("a question names a piece that is not in the part", where=where, got=place)
            yield self._ids[place]


def _piece(item_id: str, values: dict[str, Any], vector: np.ndarray | None) -> Piece:
    category = str(values.get("semantic_category") or "accessories")
    embedding = None if vector is None else tuple(map(float, vector))
    return Piece(item_id, category, image=f"images/{item_id}.jpg", embedding=embedding)


def _embeddings(path: Path) -> dict[str, np.ndarray]:
    if not path.exists():
        return {}
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(zip(map(str, file["ids"]), file["vectors"], strict=True))
    except NPZ_ERRORS as error:
        raise DataError(
            "the embeddings cannot be read", where=path, rule="ids (N,), vectors (N, E)", got=error
        ) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            "a file of Polyvore Outfits cannot be read", where=path, got=str(error),
            rule=f"{METADATA}, and disjoint/ and nondisjoint/ beside it", fix="give the folder that holds them",
        ) from error  # fmt: skip


def _read(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except ValueError as error:
        raise DataError("a file of Polyvore Outfits is not JSON", where=path, got=str(error)) from error
