"""``fitroom search ...``: a catalogue indexed and asked."""

from __future__ import annotations

import argparse
from pathlib import Path

from fitroom.cli.command import Command, Words


def _search_index(argv: list[str]) -> int:
    parser = Words("search index", COMMANDS)
    parser.add_argument("items", type=Path, metavar="CATALOGUE", help="items, one JSON object a line; docs/search.md")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write, new")
    _add_search_bundle(parser)
    parser.add_argument("--kind", choices=("exact", "graph", "qdrant"), default="graph", help="of index (graph)")
    parser.add_argument("--location", default="", metavar="URL", help="of a Qdrant server, or a folder it lies in")
    parser.add_argument("--collection", default="fitroom", metavar="NAME", help="on the server (fitroom)")
    args = parser.parse_args(argv)
    from fitroom.pipelines.search import commands

    return commands.index(args)


def _search_words(argv: list[str]) -> int:
    parser = Words("search words", COMMANDS)
    parser.add_argument("words", metavar="WORDS", help="in English or Chinese")
    _add_search_words(parser)
    args = parser.parse_args(argv)
    from fitroom.pipelines.search import commands

    return commands.words(args)


def _search_similar(argv: list[str]) -> int:
    parser = Words("search similar", COMMANDS)
    parser.add_argument("product", metavar="ID", help="of a product of the catalogue")
    parser.add_argument("--same-category", action="store_true", help="look among products of its category alone")
    _add_search_words(parser)
    args = parser.parse_args(argv)
    from fitroom.pipelines.search import commands

    return commands.similar(args)


def _search_look(argv: list[str]) -> int:
    parser = Words("search look", COMMANDS)
    parser.add_argument("photo", type=Path, metavar="PHOTO", help="of somebody, wearing what is looked for")
    parts = ("top", "outerwear", "dress", "bottom")
    parser.add_argument("--part", choices=parts, help="look for one garment alone (all that are seen)")
    _add_search_words(parser)
    _add_search_bundle(parser)
    shipped = Path("bundles/parser-photos")
    parser.add_argument("--parser", type=Path, default=shipped, metavar="DIR", help=f"or a run folder ({shipped})")
    args = parser.parse_args(argv)
    from fitroom.pipelines.search import commands

    return commands.look(args)


def _add_search_bundle(parser: argparse.ArgumentParser) -> None:
    shipped = Path("bundles/search")
    parser.add_argument("--bundle", type=Path, default=shipped, metavar="DIR", help=f"or a run folder ({shipped})")


def _add_search_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, required=True, metavar="DIR", help="what search index wrote")
    parser.add_argument("-n", type=int, default=10, dest="num", metavar="N", help="answers at most (10)")
    parser.add_argument("--json", action="store_true", help="one JSON line an answer")


COMMANDS = [
    Command(
        "search index",
        "make a catalogue that can be searched",
        "search index items.jsonl --out index",
        _search_index,
    ),
    Command(
        "search look",
        "find the products that somebody wears in a photo",
        "search look person.jpg --index index",
        _search_look,
    ),
    Command(
        "search words",
        "find products by words, English or Chinese",
        'search words "red cotton dress for summer" --index index',
        _search_words,
    ),
    Command(
        "search similar",
        "find products that look like one of the catalogue",
        "search similar w0017 --index index",
        _search_similar,
    ),
]
