"""Items in, ranked outfits out, each with its probability of going together and the reasons.

Outfits are built role by role: the best few are kept after each piece (a beam), and all that dress somebody are ranked
by the logit that their pieces go together. Season, weather and department are kept to before anything is scored; the
occasion, and season and weather again, are part of what is scored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fitroom.bundles.format import Bundle, open_bundle, resolve_bundle
from fitroom.data.outfits.pieces import OutfitSet, Piece
from fitroom.data.outfits.questions import clash, departments
from fitroom.errors import DataError
from fitroom.models.outfits.judge import OutfitJudge
from fitroom.pipelines.outfits.explain import Reason, in_words, reasons
from fitroom.pipelines.outfits.request import SHAPES, OutfitRequest, check_embeddings, check_request, fitting

BEAM = 24
MOST = 120
"""Pieces of a role that are tried; of more, this many drawn by a fixed seed."""
ADDED = ("shoes", "bag")
"""Roles that are added where the catalogue holds them."""


@dataclass(frozen=True)
class RankedOutfit:
    """One answer.

    Attributes:
        pieces: of the outfit, given ones first.
        probability: that they go together, in (0, 1), as the model sees it: against pieces swapped by chance.
        reasons: what moved the score, most first.
        leant: what the request's leaning added to the logit before it was ranked; not in ``probability``.
    """

    pieces: tuple[Piece, ...]
    probability: float
    reasons: tuple[Reason, ...]
    leant: float = 0.0

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        why = [
            {"about": r.about, "name": r.name, "words": list(r.words), "moved": round(r.moved, 4)} for r in self.reasons
        ]
        named = [{"item_id": piece.piece_id, "words": piece.words()} for piece in self.pieces]
        return {
            "items": named,
            "probability": round(self.probability, 4),
            "why": in_words(self.reasons),
            "reasons": why,
        }


class OutfitPipeline:
    """An outfit network with its bundle.

    Args:
        bundle: of kind "outfits".

    Raises:
        BundleError: another kind.
    """

    def __init__(self, bundle: Bundle) -> None:
        bundle.require_kind("outfits", "outfit network")
        self.bundle = bundle
        model: Any = bundle.build_model()
        self.judge = OutfitJudge(model)

    @classmethod
    def from_bundle(cls, path: str | Path) -> OutfitPipeline:
        """Opens a bundle, or the bundle of a run."""
        return cls(open_bundle(resolve_bundle(path)))

    def __call__(self, catalogue: OutfitSet, request: OutfitRequest) -> list[RankedOutfit]:
        """The best outfits of a catalogue, best first.

        Raises:
            DataError: unknown words or pieces, or nothing that would make an outfit; it says what is missing.
        """
        return [self.explained(*one, request) for one in self.ranked(catalogue, request)[: request.num]]

    def ranked(self, catalogue: OutfitSet, request: OutfitRequest) -> list[Scored]:
        """All outfits that were scored to their last piece, best first, whatever ``request.num`` says.

        Raises:
            DataError: see :meth:`__call__`.
        """
        config = self.judge.model.config
        check_request(request, catalogue, config.vocabulary)
        check_embeddings(catalogue.pieces.values(), config.embedding_dim)
        given = [catalogue.pieces[one] for one in request.given]
        pool = [one for one in fitting(request, catalogue.pieces.values()) if one.piece_id not in request.given]
        if request.category is not None:
            found = self._with_one(catalogue, request, given, pool)
        else:
            found = self._built(catalogue, request, given, pool)
        return sorted(found.values(), key=lambda one: -one[0])

    def explained(self, score: float, pieces: tuple[Piece, ...], request: OutfitRequest) -> RankedOutfit:
        """One of :meth:`ranked`, with its probability and reasons."""
        leant = request.leant(pieces)
        why = tuple(reasons(self.judge, pieces, request.context))
        return RankedOutfit(pieces, float(1 / (1 + np.exp(leant - score))), why, leant)

    def _with_one(self, catalogue: OutfitSet, request: OutfitRequest, given: list[Piece], pool: list[Piece]) -> Found:
        """One piece of the wanted category beside those given."""
        if not given:
            raise DataError("there is nothing to complete", where="the request", rule="a piece that is given",
                            fix="name one, or leave the category out", code="no-outfit")  # fmt: skip
        wanted = [one for one in pool if one.category == request.category and _suits(one, given, catalogue)]
        if not wanted:
            raise DataError(
                f"there is no candidate of the category {request.category!r}", where=catalogue.root,
                rule=f"one that fits {_asked(request)}",
                got=f"{sum(one.category == request.category for one in catalogue.pieces.values())} of it in all",
                fix="add some, or ask for another category, season or weather", code="no-outfit",
            )  # fmt: skip
        return self._scored([(*given, one) for one in wanted], request)

    def _built(self, catalogue: OutfitSet, request: OutfitRequest, given: list[Piece], pool: list[Piece]) -> Found:
        """Outfits of every shape that holds the given pieces."""
        held, found = {piece.role for piece in given}, Found()
        extra = [role for role in ADDED if any(piece.role == role for piece in pool) and role not in held]
        cold = request.context.get("weather") in ("cold", "rain")
        for shape in SHAPES:
            clothes = held - {role for role in held if not any(role in one for one in SHAPES)}
            if clothes <= shape and not (cold and "outerwear" not in shape):
                found |= self._grown(catalogue, request, given, pool, [*sorted(shape - held), *extra])
        if not found:
            roles = ", ".join(
                f"{sum(p.role == role for p in pool)} {role}" for role in ("top", "bottom", "dress", "outerwear")
            )
            rule = "a top and a bottom, or a dress with something beside it"
            rule += ", and outerwear in cold or rain" if cold else ""
            raise DataError(
                "no outfit can be made of these items", where=catalogue.root, rule=rule,
                got=f"{roles} that fit {_asked(request)}" + (f", beside {', '.join(request.given)}" if given else ""),
                fix="add items of what is missing, or ask for another season or weather", code="no-outfit",
            )  # fmt: skip
        return found

    def _grown(
        self, catalogue: OutfitSet, request: OutfitRequest, given: list[Piece], pool: list[Piece], roles: Sequence[str]
    ) -> Found:
        beam: list[tuple[Piece, ...]] = [tuple(given)]
        scored = self._scored(beam, request) if len(given) > 1 else Found()
        for role in roles:
            tried = _some([one for one in pool if one.role == role])
            grown = [
                (*pieces, one) for pieces in beam for one in tried
                if one not in pieces and _suits(one, pieces, catalogue)
            ]  # fmt: skip
            if not grown and role in ADDED:
                continue  # an outfit is one without shoes that suit
            if not grown:
                return Found()
            if len(grown[0]) == 1:
                beam = grown  # one piece alone says nothing yet
                continue
            scored = self._scored(grown, request)
            beam = [pieces for _, pieces in sorted(scored.values(), key=lambda one: -one[0])[:BEAM]]
        return scored

    def _scored(self, outfits: Sequence[tuple[Piece, ...]], request: OutfitRequest) -> Found:
        logits: list[float] = []
        for start in range(0, len(outfits), 512):
            chunk = outfits[start : start + 512]
            logits += self.judge.together(chunk, [request.context] * len(chunk)).tolist()
        keys = [frozenset(piece.piece_id for piece in pieces) for pieces in outfits]
        scores = [logit + request.leant(pieces) for logit, pieces in zip(logits, outfits, strict=True)]
        return Found(zip(keys, zip(scores, outfits, strict=True), strict=True))


Scored = tuple[float, tuple[Piece, ...]]
"""An outfit's score, which is its logit and what the request leans to, and its pieces."""


class Found(dict[frozenset[str], Scored]):
    """Scored outfits, by the ids of their pieces."""


def _some(pieces: list[Piece]) -> list[Piece]:
    if len(pieces) <= MOST:
        return pieces
    return [pieces[int(i)] for i in sorted(np.random.default_rng(0).choice(len(pieces), MOST, replace=False))]


def _suits(piece: Piece, others: Sequence[Piece], catalogue: OutfitSet) -> bool:
    return not clash(piece.values("department"), departments(catalogue, [one.piece_id for one in others]))


def _asked(request: OutfitRequest) -> str:
    return ", ".join(request.context.values()) or "the request"
