"""A catalogue asked: for what words say, for products like one of it, near a vector, and for what somebody wears."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from fitroom.data.outfits.pieces import Piece
from fitroom.errors import DataError
from fitroom.pipelines.search.catalogue import Catalogue
from fitroom.pipelines.search.embed import LOOKED_AT, EmbedPipeline, Look
from fitroom.pipelines.search.index import NO_KEY, VectorIndex, check_num
from fitroom.pipelines.search.places import PlaceCodes
from fitroom.pipelines.search.words import Wanted, understood


@dataclass(frozen=True)
class Match:
    """One answer.

    Attributes:
        product: what was found.
        similarity: cosine in [-1, 1] to what was asked with; None where no vectors took part.
        fits: attributes in which it is what the words ask for; empty where no words did.
    """

    product: Piece
    similarity: float | None
    fits: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        similarity = None if self.similarity is None else round(self.similarity, 4)
        return {
            "item_id": self.product.piece_id, "words": self.product.words(), "similarity": similarity,
            "fits": list(self.fits), "image": self.product.image,
        }  # fmt: skip


@dataclass(frozen=True)
class WordsAnswer:
    """Answers to words, and what was understood of them."""

    wanted: Wanted
    matches: list[Match]


class Searcher:
    """See the file's first lines.

    Args:
        catalogue: to ask.
        pipeline: that made its vectors, for the second stage of :meth:`wearing`.
    """

    def __init__(self, catalogue: Catalogue, pipeline: EmbedPipeline | None = None) -> None:
        self.catalogue, self.pipeline = catalogue, pipeline

    def words(self, text: str, num: int = 10) -> WordsAnswer:
        """Products that words ask for: those that fit in most attributes first; among equals, those that look most
        like the middle of the best ones, where the catalogue has vectors.

        Raises:
            DataError: nothing is understood, or no product fits in anything.
        """
        check_num(num)
        wanted = understood(text)
        matches = self.fitting(wanted, num)
        if not matches:
            asked = "; ".join(f"{name} {' or '.join(sorted(words))}" for name, words in wanted.attributes.items())
            raise DataError("no product is what the words ask for", where=self.catalogue.folder, rule=asked)
        return WordsAnswer(wanted, matches)

    def fitting(self, wanted: Wanted, num: int = 10) -> list[Match]:
        """As :meth:`words`, of words that are understood; empty where no product fits in anything."""
        fits = [wanted.fits(product) for product in self.catalogue.products]
        most = max(map(len, fits))
        if not most:
            return []
        best = [key for key, found in enumerate(fits) if len(found) == most]
        similarity = self._near_the_middle(best)
        keys = sorted((key for key, found in enumerate(fits) if found),
                      key=lambda key: (-len(fits[key]), -similarity.get(key, -1.0), key))  # fmt: skip
        products = self.catalogue.products
        return [Match(products[key], similarity.get(key), fits[key]) for key in keys[:num]]

    def similar(self, product_id: str, num: int = 10, same_category: bool = False) -> list[Match]:
        """Products that look like one of the catalogue, which is not among them.

        Raises:
            DataError: there is no such product, it has no vector, or the catalogue has none.
        """
        key, products = self.catalogue.key(product_id), self.catalogue.products
        vector_D = self._vector(key)
        if vector_D is None:
            raise DataError("the product has no vector: it came without a photo", where=product_id)
        category = products[key].category
        among = [k for k, one in enumerate(products) if one.category == category] if same_category else None
        found = self.near(vector_D, num + 1, among)
        return [match for match in found if match.product.piece_id != product_id][:num]

    def near(self, vector_D: np.ndarray, num: int = 10, among: Collection[int] | None = None) -> list[Match]:
        """Products near a vector, nearest first.

        Args:
            vector_D: of unit length, by the bundle that made the catalogue's.
            num: at most.
            among: keys to look at.

        Raises:
            DataError: the catalogue has no vectors, or of another width.
        """
        found = self._index().search(vector_D, num, among)
        pairs = zip(found.keys_QK[0].tolist(), found.similarity_QK[0].tolist(), strict=True)
        return [Match(self.catalogue.products[key], similarity) for key, similarity in pairs if key != NO_KEY]

    def wearing(self, look: Look, num: int = 10, among: Collection[int] | None = None) -> list[Match]:
        """Products that a worn garment may be, the likeliest first: those near its vector, the first
        :data:`~fitroom.pipelines.search.embed.LOOKED_AT` of them sorted by the second stage, where pipeline and
        catalogue have one.

        Args, Raises: as :meth:`near`.
        """
        check_num(num)
        if self.pipeline is None or self.catalogue.places is None or look.places is None:
            return self.near(look.vector_D, num, among)
        found = self._index().search(look.vector_D, max(num, LOOKED_AT), among)
        keys_K, similarity_K = (part[0][found.keys_QK[0] != NO_KEY] for part in found)
        first_K = keys_K[:LOOKED_AT]
        if len(first_K):
            products = PlaceCodes(*(part[first_K] for part in self.catalogue.places))
            order_K = np.argsort(-self.pipeline.judged(look, products, similarity_K[:LOOKED_AT]), kind="stable")
            order_K = np.concatenate([order_K, np.arange(len(first_K), len(keys_K))])
            keys_K, similarity_K = keys_K[order_K], similarity_K[order_K]
        pairs = zip(keys_K.tolist(), similarity_K.tolist(), strict=True)
        return [Match(self.catalogue.products[key], similarity) for key, similarity in pairs][:num]

    def _index(self) -> VectorIndex:
        if self.catalogue.index is None:
            raise DataError(
                "the catalogue has no vectors: only words can be asked", where=self.catalogue.folder,
                fix="make it again of items with photos",
            )  # fmt: skip
        return self.catalogue.index

    def _vector(self, key: int) -> np.ndarray | None:
        vectors = self._index().vectors(np.array([key]))
        return vectors.get(key)

    def _near_the_middle(self, keys: list[int]) -> dict[int, float]:
        """Similarity of every product that has a vector to the mean of some; empty where none of these has."""
        if self.catalogue.index is None:
            return {}
        vectors = self.catalogue.index.vectors(np.arange(len(self.catalogue.products)))
        chosen = [vectors[key] for key in keys if key in vectors]
        middle_D = np.sum(chosen, axis=0) if chosen else np.zeros(self.catalogue.spec.dim)
        length = float(np.linalg.norm(middle_D))
        return {key: float(vector @ middle_D / length) for key, vector in vectors.items()} if length else {}
