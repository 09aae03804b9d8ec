"""What a lookbook's page says, in English and in Chinese: its fixed texts, names of pieces, reasons, advice."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fitroom.config import nearest
from fitroom.errors import ConfigError
from fitroom.pipelines.search.lexicon import lexicon

TEXTS = Path(__file__).parent / "texts"
LANGUAGES = ("en", "zh")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Tongue:
    """One language.

    Attributes:
        code: "en" or "zh".
        texts: by key.
    """

    code: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """A fixed text with its values in it."""
        return self.texts[key].format(**values)

    def piece(self, item: Mapping[str, Any]) -> str:
        """The name of a piece."""
        if self.code == "en":
            return str(item["words"])
        named = [(name, item["attributes"].get(name, [""])[0]) for name in ("color", "pattern", "material")]
        shown = [chinese(name, word) for name, word in named if word not in ("", "solid")]
        return "".join([*shown, chinese("category", item["category"])])

    def word(self, name: str, word: str) -> str:
        """A word of an attribute, or of season, weather, occasion, preference."""
        known = self.texts.get(f"{name}.{word}")
        return known if known is not None else word if self.code == "en" else chinese(name, word)

    def reason(self, reason: Mapping[str, Any], items: list[dict[str, Any]]) -> str:
        """One thing that was known of an outfit, without what it counted for."""
        words = "/".join(self.word(reason["name"], word) for word in reason["words"])
        if reason["about"] == reason["name"]:
            return self("why.context", words=words)
        category = next(item["category"] for item in items if item["words"] == reason["about"])
        key = f"why.{reason['name']}" if f"why.{reason['name']}" in self.texts else "why.piece"
        return self(key, words=words, piece=self.word("category", category))

    def flag(self, warning: Mapping[str, str]) -> str:
        """Why a picture deserves less trust."""
        return self.texts.get(f"flag.{warning['code']}", warning["message"])

    def advice(self, size: Mapping[str, Any]) -> str:
        """Why this size, as a sentence."""
        if self.code == "en":
            return str(size["sentence"])
        places = [
            self(
                "advice.place",
                place=self.texts[f"place.{name}"],
                fit=self.texts[f"fit.{one['label']}"],
                ease_cm=round(one["ease_cm"]),
            )
            for name, one in size["places"].items()
        ]
        hem = [self("advice.hem", where=self.hem(size["hem"]["words"]))] if size["hem"] else []
        start = self.texts.get(f"misfit.{size['misfit']}", "")
        told = self.texts["list"].join([*places, *hem])
        return start + self("advice", told=told, label=size["label"], share=size["probability"])

    def hem(self, words: str) -> str:
        """Where a garment ends."""
        marks = [self.texts[f"mark.{mark}"] for mark in re.findall("waist|hip|crotch|knee|ankle|floor", words)]
        kind = words.split()[0]  # at, between, above
        return self(f"hem.{kind}", first=marks[0], last=marks[-1])


def tongue_of(code: str) -> Tongue:
    """A language by its code.

    Raises:
        ConfigError: there is none.
    """
    if code not in LANGUAGES:
        raise ConfigError("the page does not speak this", where="--language", rule=", ".join(LANGUAGES), got=code,
                          fix=nearest(code, LANGUAGES))  # fmt: skip
    return Tongue(code, json.loads((TEXTS / f"{code}.json").read_text(encoding="utf-8")))


def chinese(name: str, word: str) -> str:
    """The first Chinese phrase that means a word of an attribute; the word itself where nobody says it."""
    return _phrases().get((name, word), word)


@cache
def _phrases() -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for exact in (True, False):  # a phrase for this word alone says it best, and of colours one that says "colour"
        for phrase, meaning in sorted(lexicon().items(), key=lambda one: not one[0].endswith("\u8272")):
            if _CHINESE.search(phrase) and len(meaning) == 1:
                ((name, words),) = meaning.items()
                if (len(words) == 1) == exact:
                    found.setdefault((name, words[0]), phrase.upper() if phrase == "t恤" else phrase)
    return found
