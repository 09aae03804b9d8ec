"""What the words of ``fitroom search ...`` do: index a catalogue, and ask it by words, a product or a photo."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from fitroom.data.outfits.jsonl import read_jsonl
from fitroom.errors import DataError, ImageError
from fitroom.images import decode_rgb_u8
from fitroom.pipelines.parse import ParsePipeline
from fitroom.pipelines.search.catalogue import Catalogue, check_place, open_catalogue, write_catalogue
from fitroom.pipelines.search.embed import EmbedPipeline, Look
from fitroom.pipelines.search.searcher import Match, Searcher
from fitroom.progress import track


def index(args: argparse.Namespace) -> int:
    """``fitroom search index CATALOGUE --out DIR``."""
    check_place(args.out, args.kind, args.location)
    photos = product_photos(args.items)
    looks: dict[str, Look] = {}
    bundle = ""
    if photos:
        pipeline = EmbedPipeline.from_bundle(args.bundle)
        bundle = pipeline.bundle.hash
        for product_id, path in track(photos.items(), "photos of products", total=len(photos)):
            looks[product_id] = pipeline.product_look(decode_rgb_u8(path))
    vectors = {product_id: look.vector_D for product_id, look in looks.items()}
    places = {product_id: look.places for product_id, look in looks.items() if look.places is not None}
    spec = write_catalogue(args.out, args.items, vectors, bundle, args.kind, args.location, args.collection, places)
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


def look(args: argparse.Namespace) -> int:
    """``fitroom search look PHOTO --index DIR``: for each garment that somebody wears, products like it."""
    catalogue = open_catalogue(args.index)
    pipeline = EmbedPipeline.from_bundle(args.bundle)
    _check_same_bundle(catalogue, pipeline)
    photo_u8 = decode_rgb_u8(args.photo)
    parse = ParsePipeline.from_bundle(args.parser)([photo_u8])[0].parse
    searcher, looks = Searcher(catalogue, pipeline), pipeline.worn_looks(photo_u8, parse)
    shown = {region: worn for region, worn in looks.items() if args.part in (None, region)}
    if not shown:
        raise ImageError(
            "no such garment is seen on anybody", where=args.photo, rule=f"--part {args.part}" if args.part else None,
            got=", ".join(looks) or "nothing worn", fix="a photo of the person who wears it",
        )  # fmt: skip
    for region, worn in shown.items():
        if not args.json:
            print(f"{region}:")
        _print(searcher.wearing(worn, args.num), args.json, {"part": region})
    return 0


def _check_same_bundle(catalogue: Catalogue, pipeline: EmbedPipeline) -> None:
    if catalogue.spec.dim and catalogue.spec.bundle != pipeline.bundle.hash:
        raise DataError(
            "the catalogue's vectors are another network's", where=catalogue.folder,
            rule=f"bundle {pipeline.bundle.hash[:12]}", got=catalogue.spec.bundle[:12] or "none",
            fix="make the index again, or name its bundle",
        )  # fmt: skip


def _print(matches: Sequence[Match], as_json: bool, more: Mapping[str, str] = MappingProxyType({})) -> None:
    for place, match in enumerate(matches, 1):
        if as_json:
            print(json.dumps({**more, **match.plain()}, ensure_ascii=False))
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
