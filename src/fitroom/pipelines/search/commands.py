"""What the words of ``fitroom search ...`` do: index a catalogue, and ask it by words, a product or a photo."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from fitroom.data.outfits.jsonl import read_jsonl
from fitroom.errors import DataError
from fitroom.pipelines.search.catalogue import open_catalogue, write_catalogue
from fitroom.pipelines.search.searcher import Match, Searcher


def index(args: argparse.Namespace) -> int:
    """``fitroom search index CATALOGUE --out DIR``."""
    spec = write_catalogue(args.out, args.items, {}, "", args.kind, args.location, args.collection)
    count = len(read_jsonl(args.items).pieces)
    print(f"wrote {args.out}: {count} products, {spec.num_vectors} of them with a vector ({spec.kind})")
    return 0


def words(args: argparse.Namespace) -> int:
    """``fitroom search words "..." --index DIR``."""
    answer = Searcher(open_catalogue(args.index)).words(args.words, args.num)
    if answer.wanted.unknown:
        print(f"not understood, and passed over: {', '.join(answer.wanted.unknown)}", file=sys.stderr)
    _print(answer.matches, args.json)
    return 0


def similar(args: argparse.Namespace) -> int:
    """``fitroom search similar ID --index DIR``."""
    _print(Searcher(open_catalogue(args.index)).similar(args.product, args.num, args.same_category), args.json)
    return 0


def _print(matches: Sequence[Match], as_json: bool) -> None:
    for place, match in enumerate(matches, 1):
        if as_json:
            print(json.dumps(match.plain(), ensure_ascii=False))
            continue
        near = "" if match.similarity is None else f"  {match.similarity:.3f}"
        fits = f"  fits in {', '.join(match.fits)}" if match.fits else ""
        print(f"{place}. {match.product.words()} [{match.product.piece_id}]{near}{fits}")


def product_photos(items: Path) -> dict[str, Path]:
    """Photos by product id, of those products that have one; paths are relative to the file of items.

    Raises:
        DataError: a photo is not there.
    """
    found = {}
    for product in read_jsonl(items).pieces.values():
        if product.image is not None:
            found[product.piece_id] = path = items.parent / product.image
            if not path.is_file():
                raise DataError("the photo of a product is not there", where=path, got=f"named by {product.piece_id}")
    return found
