"""The search's part of an answer: words, a product or a photo in, products of the catalogue as plain values out."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np

from fitroom.contracts import Part
from fitroom.data.search.cutouts import Cutout
from fitroom.errors import BundleError, DataError, ImageError
from fitroom.images import ImageLimits
from fitroom.pipelines.parse import ParsePipeline
from fitroom.pipelines.search.catalogue import open_catalogue
from fitroom.pipelines.search.embed import EmbedPipeline, Look
from fitroom.pipelines.search.searcher import Match, Searcher
from fitroom.pipelines.search.words import understood
from fitroom.pipelines.tryon.checks import judge_person, seen
from serve.answering.photos import decoded_within
from serve.answering.recognizing import ms, ref
from serve.answering.search_index import SearchIndex
from serve.answering.trying_on import Stages
from serve.workers.work import Kind, Work

WORDS: Kind = "search-words"
SIMILAR: Kind = "search-similar"
LOOK: Kind = "search-look"
_LONGEST_PX = 768  # a garment is looked at in a few hundred pixels


class Searching:
    """A catalogue as the server asks it; safe to call from several threads.

    Args:
        index: verified.
        parser: that tells what somebody wears; None = only shop photos can be looked at.
        limits: what an image's header may say.

    Raises:
        DataError: the index cannot be read.
        BundleError: the network does not load, or answers with NaN.
    """

    def __init__(self, index: SearchIndex, parser: ParsePipeline | None, limits: ImageLimits) -> None:
        self.index, self.parser, self.limits = index, parser, limits
        self.embedder = EmbedPipeline.from_bundle(index.bundle.path) if index.bundle else None
        self.searcher = Searcher(open_catalogue(index.folder), self.embedder)
        products = self.searcher.catalogue.products
        self._keys = {product.piece_id: key for key, product in enumerate(products)}
        self._by_category: dict[str, list[int]] = {}
        for key, product in enumerate(products):
            self._by_category.setdefault(product.category, []).append(key)
        self._one_at_a_time = threading.Lock()  # not every kind of index may be asked from two threads
        self._warm_up()

    def answer(self, work: Work) -> dict[str, Any]:
        """The values of a ``FoundByWords``, ``FoundSimilar`` or ``FoundLook`` but for pictures.

        Raises:
            ImageError: a photo cannot be used, shows no garment, or nobody.
            DataError: ``unknown-item``, or ``no-vector``: there is nothing to compare with.
        """
        stages = Stages(dict.fromkeys(("decode", "parse", "embed", "search"), 0.0))
        ask = {WORDS: self._words, SIMILAR: self._similar, LOOK: self._look}[work.kind]
        found = ask(work.values, work.blobs, stages)
        return found | {
            "model": ref(self.embedder.bundle) if self.embedder else None,
            "index": {"sha256": self.index.sha256, "num_products": len(self._keys)},
            "timings_ms": {stage: ms(seconds) for stage, seconds in stages.seconds.items()},
        }

    def _words(self, values: dict[str, Any], _: dict[str, bytes], stages: Stages) -> dict[str, Any]:
        wanted = understood(values["words"])
        category, num_products = values["category"], len(self.searcher.catalogue.products)
        with stages("search"), self._one_at_a_time:
            found = self.searcher.fitting(wanted, values["num"] if category is None else num_products)
        kept = [match for match in found if category in (None, match.product.category)]
        return {
            "products": _plain(kept[: values["num"]]),
            "understood": {name: sorted(words) for name, words in wanted.attributes.items()},
            "unknown": list(wanted.unknown),
        }

    def _similar(self, values: dict[str, Any], blobs: dict[str, bytes], stages: Stages) -> dict[str, Any]:
        item_id = values["item_id"]
        if item_id is not None:
            with stages("search"):
                vector_D = self._vector(item_id)
        else:
            with stages("decode"):
                photo_u8 = decoded_within(blobs["image"], self.limits, _LONGEST_PX)
            with stages("embed"), _no_garment():
                vector_D = self._embedder().product(photo_u8)
        with stages("search"):
            found = self._near(vector_D, values["num"] + 1, values["category"])
        others = [match for match in found if match.product.piece_id != item_id]
        return {"products": _plain(others[: values["num"]]), "item_id": item_id}

    def _look(self, values: dict[str, Any], blobs: dict[str, bytes], stages: Stages) -> dict[str, Any]:
        assert self.parser is not None  # a route has looked
        with stages("decode"):
            photo_u8 = decoded_within(blobs["person"], self.limits, _LONGEST_PX)
        with stages("parse"):
            parse = self.parser([photo_u8])[0].parse
        flags = judge_person(seen(np.bincount(parse.ravel(), minlength=len(Part)) / parse.size))
        with stages("embed"), _no_garment():
            looks = self._embedder().worn_looks(photo_u8, parse)
        with stages("search"):
            worn = [
                {"part": part, "products": _plain(self._wearing(look, values["num"], values["category"]))}
                for part, look in looks.items() if values["part"] in (None, part)
            ]  # fmt: skip
        return {"worn": worn, "parser": ref(self.parser.bundle), "warnings": [asdict(flag) for flag in flags]}

    def _near(self, vector_D: np.ndarray, num: int, category: str | None) -> list[Match]:
        with self._one_at_a_time:
            return self.searcher.near(vector_D, num, self._among(category))

    def _wearing(self, look: Look, num: int, category: str | None) -> list[Match]:
        with self._one_at_a_time:
            return self.searcher.wearing(look, num, self._among(category))

    def _among(self, category: str | None) -> list[int] | None:
        return None if category is None else self._by_category.get(category, [])

    def _vector(self, item_id: str) -> np.ndarray:
        key, index = self._keys.get(item_id), self.searcher.catalogue.index
        if key is None:
            raise DataError("the catalogue has no product of this id", where="item_id", code="unknown-item")
        if index is None:
            raise _no_vector("the catalogue was made without photos: only words can be asked")
        with self._one_at_a_time:
            vectors = index.vectors(np.array([key]))
        if key not in vectors:
            raise _no_vector("the product came without a photo")
        return vectors[key]

    def _embedder(self) -> EmbedPipeline:
        if self.embedder is None:
            raise _no_vector("the catalogue was made without photos: only words can be asked")
        return self.embedder

    def _warm_up(self) -> None:
        if self.embedder is None:
            return
        spec = self.embedder.spec
        grey_u8 = np.full((spec.height_px, spec.width_px, 3), 127, np.uint8)
        vector_D = self.embedder([Cutout(grey_u8, np.ones(grey_u8.shape[:2], bool))])[0]
        if not np.isfinite(vector_D).all():
            raise BundleError("the model answers with NaN", where=self.embedder.bundle.path,
                              fix="export the bundle again")  # fmt: skip
        self._near(vector_D, 1, None)


def _no_vector(what: str) -> DataError:
    return DataError(what, rule="a product with a photo", fix="ask by words", code="no-vector")


@contextmanager
def _no_garment() -> Iterator[None]:
    """What can be wrong with pixels: nothing of them is garment."""
    try:
        yield
    except ImageError as error:
        error.code = "garment-missing"
        raise


def _plain(found: Sequence[Match]) -> list[dict[str, Any]]:
    return [
        {
            "item_id": match.product.piece_id, "words": match.product.words(), "category": match.product.category,
            "attributes": {name: list(words) for name, words in match.product.attributes.items()},
            "price": match.product.price, "similarity": match.plain()["similarity"], "fits": list(match.fits),
        }
        for match in found
    ]  # fmt: skip
