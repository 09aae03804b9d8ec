"""A model's card for its page: the README of its bundle, from Markdown to HTML that loads nothing."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markupsafe import Markup

from fitroom.evaluation.entries import ModelEntry


@dataclass(frozen=True)
class Card:
    """The text of a card as HTML, and the revision of the bundle it lies in where that is not the record's."""

    html: Markup
    other_revision: str | None


def find_card(bundles: Path, model: ModelEntry) -> Card | None:
    """The card in ``bundles/<name>/``; None where there is no such bundle."""
    folder = bundles / model.name
    try:
        described = (folder / "bundle.json").read_bytes()
        text = (folder / "README.md").read_text(encoding="utf-8")
        revision = json.loads(described)["revision"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    same = hashlib.sha256(described).hexdigest() == model.bundle_hash
    return Card(card_html(text), None if same else str(revision))


def card_html(text: str) -> Markup:
    """Markdown to HTML: markup inside it is shown as text, pictures become links, its title is left out, and its
    headings start at the third level."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = parser.parse(re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL))
    if tokens and tokens[0].tag == "h1":
        tokens = tokens[3:]
    for token in tokens:
        if re.fullmatch(r"h[1-5]", token.tag):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # escaped by the parser: html is off
