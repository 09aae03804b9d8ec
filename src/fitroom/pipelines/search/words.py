"""Words of a shopper, in English or Chinese or both, to attributes of the catalogue; what is not understood is told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from fitroom.config import nearest
from fitroom.data.outfits.pieces import Piece
from fitroom.errors import DataError
from fitroom.pipelines.search.lexicon import SILENT, Meaning, lexicon

_TOKEN = re.compile(r"[^\W\u3400-\u9fff_]+|[\u3400-\u9fff]+")  # words of any script; a run of Chinese has no gaps
_LONGEST = 4  # words, or characters, of a phrase


@dataclass(frozen=True)
class Wanted:
    """What was understood.

    Attributes:
        attributes: words of the catalogue by attribute, any of which fits.
        unknown: what was not understood, as it was written.
    """

    attributes: Mapping[str, frozenset[str]]
    unknown: tuple[str, ...]

    def fits(self, piece: Piece) -> tuple[str, ...]:
        """Names of the attributes in which a piece is what is wanted; what is not known of it does not fit."""
        return tuple(name for name, words in self.attributes.items() if words & said_of(piece, name))


def understood(text: str) -> Wanted:
    """Attributes that a text asks for; two words for one attribute are alternatives.

    Raises:
        DataError: it asks for nothing that is known; it names the nearest word.
    """
    attributes: dict[str, frozenset[str]] = {}
    unknown: list[str] = []
    for token, meaning in _heard(text):
        for name, words in (meaning or {}).items():
            attributes[name] = attributes.get(name, frozenset()) | frozenset(words)
        if meaning is None:
            unknown.append(token)
    if not attributes:
        known = list(lexicon())
        raise DataError(
            "these words ask for nothing that is known", where=f"{text!r}",
            rule="a category, colour, pattern, material, season, style or department, in English or Chinese",
            got=", ".join(unknown) or "nothing", fix=nearest(unknown[0], known) if unknown else "red summer dress",
        )  # fmt: skip
    return Wanted(attributes, tuple(unknown))


def said_of(piece: Piece, name: str) -> frozenset[str]:
    """Words that a catalogue uses for an attribute of a piece, and what they count as: navy is blue as well."""
    words = set(piece.values(name))
    for word in piece.values(name):
        words |= set(lexicon().get(word.lower(), {}).get(name, ())) if name == "color" else set()
    return frozenset(words)


def _heard(text: str) -> list[tuple[str, Meaning | None]]:
    """Phrases and what they mean, the longest first at every place; silent ones are left out, None = not known."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("-", " ")
    runs: list[list[str]] = [[]]
    for token in _TOKEN.findall(_parted(plain)):
        if _is_chinese(token[0]):
            runs += [list(token), []]
        else:
            runs[-1].append(token)
    return [heard for run in runs if run for heard in _of_run(run, "" if _is_chinese(run[0][0]) else " ")]


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def _parted(plain: str) -> str:
    """T恤 and polo衫 are single words: their Latin part goes to the Chinese."""
    for mixed in (phrase for phrase in lexicon() if not _is_chinese(phrase[0]) and _is_chinese(phrase[-1])):
        meant = lexicon()[mixed]
        alias = next(word for word, meaning in lexicon().items() if _is_chinese(word[0]) and meaning == meant)
        plain = plain.replace(mixed, f" {alias} ")
    return plain


def _of_run(units: list[str], gap: str) -> list[tuple[str, Meaning | None]]:
    heard: list[tuple[str, Meaning | None]] = []
    lost, place = "", 0
    while place < len(units):
        for length in range(min(_LONGEST, len(units) - place), 0, -1):
            phrase = gap.join(units[place : place + length])
            meaning = _meaning(phrase)
            if meaning is not None or phrase in SILENT:
                break
        else:
            length = 1
        is_lost = meaning is None and phrase not in SILENT
        if is_lost and not gap:
            lost += phrase  # characters that mean nothing to us, together
        elif is_lost:
            heard.append((phrase, None))
        if not is_lost and lost:
            heard.append((lost, None))
            lost = ""
        if meaning is not None:
            heard.append((phrase, meaning))
        place += length
    return [*heard, (lost, None)] if lost else heard


def _meaning(phrase: str) -> Meaning | None:
    """Of a phrase, or of its singular."""
    for form in (phrase, phrase.removesuffix("s"), phrase.removesuffix("es"), f"{phrase.removesuffix('ies')}y"):
        if form in lexicon():
            return lexicon()[form]
    return None
