"""Why an outfit ranks where it does: each thing known is left out in turn, and what that moves is what it counted for.

A reason is (logit with it) less (logit without it): positive speaks for the outfit, negative against. One at a time, so
what only works together counts twice, and what stands in for another not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fitroom.data.outfits.encoding import CODED
from fitroom.data.outfits.pieces import Piece
from fitroom.models.outfits.judge import OutfitJudge

LEAST = 0.05
"""Reasons that move the logit by less are not told."""


@dataclass(frozen=True)
class Reason:
    """One thing that was known.

    Attributes:
        about: what it is of: a piece in words, or "season", "weather", "occasion".
        name: of the attribute, or of the context.
        words: its values.
        moved: by how much it moves the logit of the outfit.
    """

    about: str
    name: str
    words: tuple[str, ...]
    moved: float

    def sentence(self) -> str:
        """In words, with the number."""
        what = "/".join(self.words)
        told = f"for {what}" if self.about == self.name else f"{self.name} {what} of the {self.about}"
        return f"{told} ({self.moved:+.2f})"


def reasons(judge: OutfitJudge, pieces: Sequence[Piece], context: Mapping[str, str]) -> list[Reason]:
    """What moved the logit, most first; nothing below :data:`LEAST`."""
    left_out: list[tuple[str, str, tuple[str, ...], list[Piece], dict[str, str]]] = []
    for place, piece in enumerate(pieces):
        for name in (*CODED[1:], "price"):
            words = piece.values(name) if name != "price" else (() if piece.price is None else (f"{piece.price:g}",))
            if words:
                others = [*pieces[:place], without(piece, name), *pieces[place + 1 :]]
                left_out.append((piece.words(), name, words, others, dict(context)))
    for name, word in context.items():
        rest = {key: value for key, value in context.items() if key != name}
        left_out.append((name, name, (word,), list(pieces), rest))
    asked = [list(pieces), *(entry[3] for entry in left_out)]
    logits = judge.together(asked, [dict(context), *(entry[4] for entry in left_out)])
    found = [Reason(*entry[:3], float(logits[0] - logit)) for entry, logit in zip(left_out, logits[1:], strict=True)]
    return sorted((one for one in found if abs(one.moved) >= LEAST), key=lambda one: -abs(one.moved))


def without(piece: Piece, name: str) -> Piece:
    """The piece with one thing not known of it."""
    if name == "price":
        return replace(piece, price=None)
    return replace(piece, attributes={key: value for key, value in piece.attributes.items() if key != name})


def in_words(found: Sequence[Reason], num: int = 3) -> str:
    """The strongest reasons for and against, as a sentence."""
    parts = []
    for title, sign in (("for it", 1), ("against it", -1)):
        told = [one.sentence() for one in found if one.moved * sign > 0][:num]
        if told:
            parts.append(f"{title}: {', '.join(told)}")
    return "; ".join(parts) or "nothing that is known of it moves the score"
