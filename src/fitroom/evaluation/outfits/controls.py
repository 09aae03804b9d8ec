"""Controls: what can be had without a network. Each gives a number to a set of pieces; the train part alone is counted.

popularity             how much more often the pieces' words are in outfits than in the catalogue
category PMI           how much more often two categories are worn together than by chance (Church & Hanks 1990)
attribute PMI          the same of all words, between pieces, and between pieces and what the outfit is for
colour rules           ``data.outfits.harmony``: no counting at all
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from math import log

from fitroom.data.outfits.encoding import CODED
from fitroom.data.outfits.harmony import harmony
from fitroom.data.outfits.pieces import OutfitSet, Piece

Score = Callable[[Sequence[Piece], Mapping[str, str]], float]
Word = tuple[str, str]
SMOOTHING = 2.0
"""Added to counts, so that a pair met once says little."""


def popularity(train: OutfitSet) -> Score:
    """Mean over pieces and words of log (share in outfits / share in the catalogue)."""
    worn, there = Counter[Word](), Counter[Word]()
    for outfit in train.outfits:
        for piece in train.of(outfit):
            worn.update(_words(piece))
    for piece in train.pieces.values():
        there.update(_words(piece))
    num_worn, num_there = max(sum(worn.values()), 1), max(sum(there.values()), 1)

    def score(pieces: Sequence[Piece], context: Mapping[str, str]) -> float:
        del context
        gains = [
            log((worn[word] + SMOOTHING) / num_worn) - log((there[word] + SMOOTHING) / num_there)
            for piece in pieces for word in _words(piece)
        ]  # fmt: skip
        return sum(gains) / len(gains) if gains else 0.0

    return score


def pmi(train: OutfitSet, names: Sequence[str], with_context: bool) -> Score:
    """Mean pointwise mutual information over pairs of words of different pieces, and of pieces and context."""
    pairs, singles, total = Counter[tuple[Word, Word]](), Counter[Word](), 0
    for outfit in train.outfits:
        for pair in _pairs(train.of(outfit), outfit.context if with_context else {}, names):
            pairs[pair] += 1
            singles.update(pair)
            total += 1

    def gain(pair: tuple[Word, Word]) -> float:
        expected = singles[pair[0]] * singles[pair[1]] / (4 * total) * (2 if pair[0] != pair[1] else 1)
        return log((pairs[pair] + SMOOTHING) / (expected + SMOOTHING))

    def score(pieces: Sequence[Piece], context: Mapping[str, str]) -> float:
        gains = [gain(pair) for pair in _pairs(pieces, context if with_context else {}, names)] if total else []
        return sum(gains) / len(gains) if gains else 0.0

    return score


def color_rules(pieces: Sequence[Piece], context: Mapping[str, str]) -> float:
    """Harmony of the pieces' ground colours; see ``data.outfits.harmony``."""
    del context
    return harmony(piece.values("color")[0] for piece in pieces if piece.values("color"))


def _words(piece: Piece) -> list[Word]:
    return [(name, word) for name in CODED if name != "category" for word in piece.values(name)]


def _pairs(pieces: Sequence[Piece], context: Mapping[str, str], names: Sequence[str]) -> list[tuple[Word, Word]]:
    of = [[(name, word) for name in names for word in piece.values(name)] for piece in pieces]
    asked = [(f"for_{name}", word) for name, word in context.items()]
    between = [(a, b) for one, other in combinations(of, 2) for a in one for b in other]
    return [(min(a, b), max(a, b)) for a, b in between + [(a, b) for one in of for a in one for b in asked]]


def controls_of(train: OutfitSet) -> dict[str, Score]:
    """Every control by name."""
    return {
        "control-popularity": popularity(train),
        "control-category-pmi": pmi(train, ("category",), False),
        "control-attribute-pmi": pmi(train, CODED, True),
        "control-color-rules": color_rules,
    }
