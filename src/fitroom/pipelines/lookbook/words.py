"""What ``fitroom lookbook`` does with the words that the door has read."""

from __future__ import annotations

import argparse

from fitroom.data.outfits.pieces import CONTEXT, check_context
from fitroom.data.sizing.measures import read_pairs
from fitroom.pipelines.lookbook.make import Lookbook, Models, Options, make_lookbook
from fitroom.pipelines.lookbook.shelf import read_shelf
from fitroom.pipelines.lookbook.shopper import Shopper, read_shopper
from fitroom.pipelines.lookbook.taste import check_liked
from fitroom.pipelines.lookbook.tongues import tongue_of
from fitroom.pipelines.lookbook.write import PAGE, check_out, write_lookbook
from fitroom.pipelines.outfits.pipeline import OutfitPipeline
from fitroom.pipelines.search.embed import EmbedPipeline
from fitroom.pipelines.sizing.answers import check_answers
from fitroom.pipelines.sizing.body import BodyPipeline
from fitroom.pipelines.tryon.checked import NONE, open_tryon

TOLD = ("photo", "name", "sex", "height", "weight", "age", "measured", "prefer", "liked", "department", *CONTEXT)


def lookbook(args: argparse.Namespace) -> int:
    """``fitroom lookbook ITEMS --out DIR``; everything that can be wrong is said before a bundle is loaded."""
    check_out(args.out)
    tongue = tongue_of(args.language)
    options = Options(args.num, args.liked_weight, args.seed, args.steps)
    told = {name: getattr(args, name) for name in TOLD}
    shopper = read_shopper(args.shopper, told | {"body": read_pairs(args.body, "body", "--body")})
    check_answers(shopper.answers(), "the shopper")
    check_context(shopper.context, "the shopper")
    shelf = read_shelf(args.items)
    check_liked(shopper.liked, shelf.outfits().pieces, shelf.left_out, args.items)
    book = make_lookbook(shopper, shelf, _opened(args, shopper), options)
    write_lookbook(book, args.out, tongue)
    _tell(book)
    print(f"wrote {args.out / PAGE}")
    return 0


def _opened(args: argparse.Namespace, shopper: Shopper) -> Models:
    is_asked = shopper.liked and args.liked_weight > 0 and args.search != NONE
    return Models(
        OutfitPipeline.from_bundle(args.outfits),
        BodyPipeline.from_bundle(args.sizes),
        open_tryon(args.tryon, parser=args.parser, pose=args.pose, device=args.device),
        EmbedPipeline.from_bundle(args.search) if is_asked else None,
    )


def _tell(book: Lookbook) -> None:
    """What is in it, what was left out, and what it took."""
    for place, look in enumerate(book.looks, 1):
        worn = ", ".join(
            f"{piece.words()} {look.advice[piece.piece_id].size if piece.piece_id in look.advice else ''}".rstrip()
            for piece in look.outfit.pieces
        )
        flags = sorted({flag.code for step in look.steps for flag in step.flags})
        print(f"{place}. {worn}: {look.outfit.probability:.0%}{' (' + ', '.join(flags) + ')' if flags else ''}")
    if book.shelf.left_out:
        reasons = sorted(set(book.shelf.left_out.values()))
        counts = [f"{list(book.shelf.left_out.values()).count(why)} items: {why}" for why in reasons]
        print(f"left out: {'; '.join(counts)}")
    if book.too_small:
        print(f"in no size that goes round: {', '.join(book.too_small)}")
    for remark in book.body.remarks:
        print(f"please look again: {remark}")
    each = book.seconds["pictures"] / max(book.num_pictures, 1)
    print(
        f"{len(book.looks)} outfits ranked in {book.seconds['rank']:.1f} s, {book.num_pictures} pictures in "
        f"{book.seconds['pictures']:.1f} s ({each:.2f} s each)"
    )
