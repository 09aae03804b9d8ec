"""What is asked of an outfit pipeline, and what stands in its way: unknown words, too few pieces, no candidates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fitroom.config import nearest
from fitroom.data.outfits.encoding import CODED
from fitroom.data.outfits.pieces import ROLES, OutfitSet, Piece, check_context
from fitroom.errors import DataError

# Materials that nobody wears in a heat, in which even their season's other words do not help.
TOO_WARM = frozenset({"wool knit", "fleece", "leather"})
SHAPES: tuple[frozenset[str], ...] = (
    frozenset({"top", "bottom"}), frozenset({"dress"}), frozenset({"top", "bottom", "outerwear"}),
    frozenset({"dress", "outerwear"}),
)  # fmt: skip
"""Roles that dress somebody; what else a catalogue holds (shoes, bags) may be added to each."""


@dataclass(frozen=True)
class OutfitRequest:
    """What is wanted.

    Attributes:
        context: season, weather, occasion; what is not there is all one.
        given: ids of pieces that are to be in every outfit.
        category: of the piece that is looked for; None = whatever completes them.
        num: answers at most.
        leaning: what a piece adds to the logits of outfits that hold it, by id: a taste that the model does not know.
            An outfit gets the mean over its pieces, so that more pieces are not better for being more.
    """

    context: Mapping[str, str] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    category: str | None = None
    num: int = 5
    leaning: Mapping[str, float] = field(default_factory=dict)

    def leant(self, pieces: Sequence[Piece]) -> float:
        """What the leaning adds to the logit of an outfit."""
        return sum(self.leaning.get(piece.piece_id, 0.0) for piece in pieces) / len(pieces)


def check_request(request: OutfitRequest, pieces: OutfitSet, vocabulary: Mapping[str, Sequence[str]]) -> None:
    """Refuses what cannot be answered.

    Raises:
        DataError: an unknown season, weather, occasion, piece or word of a piece; it names the nearest.
    """
    check_context(request.context, "the request")
    if request.num < 1:
        raise DataError("no outfit is asked for", where="the number of outfits", rule="1 or more", got=request.num)
    known = list(vocabulary.get("category", ()))
    if request.category is not None and request.category not in known:
        raise DataError(
            f"the category {request.category!r} is not known to this model", where="the request",
            rule=f"one of {', '.join(known)}", fix=nearest(request.category, known), code="unknown-word",
        )  # fmt: skip
    for piece_id in request.given:
        if piece_id not in pieces.pieces:
            raise DataError(
                f"there is no piece {piece_id!r}", where=pieces.root, rule="the id of an item",
                fix=nearest(piece_id, sorted(pieces.pieces)[:200]), code="unknown-item",
            )  # fmt: skip
    if len(set(request.given)) < len(request.given):
        raise DataError("a piece is given twice", where="the request", got=", ".join(request.given),
                        code="unknown-item")  # fmt: skip
    for piece in pieces.pieces.values():
        _check_words(piece, pieces, vocabulary)


def check_embeddings(pieces: Iterable[Piece], width: int) -> None:
    """Refuses photos' embeddings of another width than the network's.

    Raises:
        DataError: it names the piece.
    """
    for piece in pieces:
        if width and piece.embedding is not None and len(piece.embedding) != width:
            raise DataError(
                "an embedding is not of the network's width", where=f"item {piece.piece_id}", rule=f"{width} numbers",
                got=len(piece.embedding), fix="make it as those the network learned from, or leave it out",
                code="invalid-item",
            )  # fmt: skip


def _check_words(piece: Piece, pieces: OutfitSet, vocabulary: Mapping[str, Sequence[str]]) -> None:
    for name in CODED:
        known = list(vocabulary.get(name, ()))
        for word in piece.values(name):
            if word not in known:
                raise DataError(
                    f"the {name} {word!r} is not known to this model", where=f"{pieces.root}, item {piece.piece_id}",
                    rule=f"one of {', '.join(known)}" if known else f"no {name} at all: it learned none",
                    fix=nearest(word, known) if known else f"leave the {name} out", code="unknown-word",
                )  # fmt: skip
    if piece.category not in ROLES:
        raise DataError(
            f"nobody knows where a {piece.category!r} is worn", where=f"{pieces.root}, item {piece.piece_id}",
            rule=f"one of {', '.join(ROLES)}", fix=nearest(piece.category, [*ROLES]), code="unknown-word",
        )  # fmt: skip


def fitting(request: OutfitRequest, pieces: Iterable[Piece]) -> list[Piece]:
    """Pieces that season and weather allow; one whose seasons are not known is allowed."""
    season, hot = request.context.get("season"), request.context.get("weather") == "hot"
    return [
        piece for piece in pieces
        if not (season and piece.values("season") and season not in piece.values("season"))
        and not (hot and TOO_WARM & set(piece.values("material")))
    ]  # fmt: skip
