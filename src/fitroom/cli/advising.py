"""``fitroom size-advice``, ``outfits`` and ``lookbook``."""

from __future__ import annotations

import json
from pathlib import Path

from fitroom.cli.command import Command, Words


def _size_advice(argv: list[str]) -> int:
    parser = Words("size-advice", COMMANDS)
    parser.add_argument("--chart", type=Path, required=True, metavar="FILE", help="measures in cm by size, .csv, .yaml")
    parser.add_argument("--height", type=float, metavar="CM", help="of the shopper")
    parser.add_argument("--weight", type=float, metavar="KG", help="of the shopper")
    parser.add_argument("--age", type=float, metavar="YEARS", help="of the shopper")
    parser.add_argument("--sex", help="female or male (both are allowed for)")
    parser.add_argument("--body", nargs="+", default=[], metavar="NAME=CM", help="tape measures, e.g. chest=96")
    parser.add_argument("--photo", type=Path, metavar="FILE", help="of the shopper, head to feet; --height is needed")
    parser.add_argument("--measured", action="store_true", help="a trained hand measured: take the numbers as exact")
    parser.add_argument("--region", help="top, outerwear, dress or bottom (what the chart's measures say)")
    parser.add_argument("--prefer", choices=("tighter", "regular", "looser"), default="regular", help="(regular)")
    shipped = Path("bundles/size-advisor")
    parser.add_argument("--bundle", type=Path, default=shipped, metavar="DIR", help=f"or a run folder ({shipped})")
    reader = Path("bundles/body-photo")
    parser.add_argument("--photo-bundle", type=Path, default=reader, metavar="DIR", help=f"reads the photo ({reader})")
    parts = Path("bundles/parser-photos")
    parser.add_argument("--parser", type=Path, default=parts, metavar="DIR", help=f"tells a photo's parts ({parts})")
    parser.add_argument("--json", action="store_true", help="everything as JSON instead of words and a table")
    args = parser.parse_args(argv)
    from fitroom.data.sizing.measures import read_pairs
    from fitroom.pipelines.sizing import advise
    from fitroom.pipelines.sizing.answers import Answers
    from fitroom.pipelines.sizing.photo import PhotoFiles

    told = {"height": args.height, "weight": args.weight, "age": args.age}
    values = {name: value for name, value in told.items() if value is not None}
    values |= read_pairs(args.body, "body", "--body")
    answers = Answers(values, args.sex, args.measured)
    photo = PhotoFiles(args.photo, args.photo_bundle, args.parser) if args.photo else None
    advice = advise.advise_from_file(args.bundle, answers, args.chart, args.region, args.prefer, photo)
    if args.json:
        print(json.dumps(advice.plain(), ensure_ascii=False, indent=1))
    else:
        advise.print_advice(advice)
    return 0


def _outfits(argv: list[str]) -> int:
    from fitroom.data.outfits.pieces import CONTEXT

    parser = Words("outfits", COMMANDS)
    parser.add_argument("items", type=Path, metavar="FILE", help="items, one JSON object a line; docs/outfits.md")
    for name, words in CONTEXT.items():
        parser.add_argument(f"--{name}", metavar="WORD", help=f"{', '.join(words)} (all one)")
    parser.add_argument("--with", dest="given", nargs="+", default=[], metavar="ID", help="items to be in every outfit")
    parser.add_argument("--category", metavar="NAME", help="of the one item that is looked for (whatever completes)")
    parser.add_argument("-n", type=int, default=5, dest="num", metavar="N", help="outfits at most (5)")
    shipped = Path("bundles/outfits")
    parser.add_argument("--bundle", type=Path, default=shipped, metavar="DIR", help=f"or a run folder ({shipped})")
    parser.add_argument("--json", action="store_true", help="one JSON line an outfit")
    args = parser.parse_args(argv)
    from fitroom.data.outfits.jsonl import read_jsonl
    from fitroom.pipelines.outfits.pipeline import OutfitPipeline
    from fitroom.pipelines.outfits.request import OutfitRequest

    context = {name: word for name in CONTEXT if (word := getattr(args, name)) is not None}
    request = OutfitRequest(context, tuple(args.given), args.category, args.num)
    for place, outfit in enumerate(OutfitPipeline.from_bundle(args.bundle)(read_jsonl(args.items), request), 1):
        plain = outfit.plain()
        if args.json:
            print(json.dumps(plain, ensure_ascii=False))
        else:
            named = ", ".join(f"{one['words']} [{one['item_id']}]" for one in plain["items"])
            print(f"{place}. {named}: {plain['probability']:.0%}\n   {plain['why']}")
    return 0


def _lookbook(argv: list[str]) -> int:
    from fitroom.data.outfits.pieces import CONTEXT

    parser = Words("lookbook", COMMANDS)
    parser.add_argument("items", type=Path, metavar="ITEMS", help="with photos and size charts; docs/lookbook.md")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write, new")
    parser.add_argument("--shopper", type=Path, metavar="FILE", help="YAML of what follows; words count for more")
    parser.add_argument("--photo", metavar="FILE", help="of the shopper, wearing anything")
    parser.add_argument("--name", help="for the title")
    parser.add_argument("--sex", help="female or male (both are allowed for)")
    for name, unit in (("height", "CM"), ("weight", "KG"), ("age", "YEARS")):
        parser.add_argument(f"--{name}", type=float, metavar=unit)
    parser.add_argument("--body", nargs="+", default=[], metavar="NAME=CM", help="tape measures, e.g. chest=96")
    parser.add_argument("--measured", action="store_true", help="a trained hand measured: take the numbers as exact")
    parser.add_argument("--prefer", choices=("tighter", "regular", "looser"), help="how clothes sit (regular)")
    parser.add_argument("--liked", nargs="+", default=[], metavar="ID", help="items that the shopper likes")
    parser.add_argument("--liked-weight", type=float, default=1.0, metavar="X", help="0 = they move nothing (1)")
    parser.add_argument("--department", metavar="WORD", help="of the items; any = all (as --sex says, and unisex)")
    for name, words in CONTEXT.items():
        parser.add_argument(f"--{name}", metavar="WORD", help=f"{', '.join(words)} (all one)")
    parser.add_argument("-n", type=int, default=5, dest="num", metavar="N", help="outfits at most (5)")
    parser.add_argument("--language", default="en", metavar="WORD", help="of the page: en or zh (en)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the pictures' noise (0)")
    parser.add_argument("--steps", type=int, metavar="N", help="of the denoiser (the bundle's)")
    for name, bundle in (("outfits", "outfits"), ("sizes", "size-advisor"), ("tryon", "tryon-compact")):
        shipped = Path("bundles") / bundle
        parser.add_argument(f"--{name}", type=Path, default=shipped, metavar="DIR", help=f"bundle ({shipped})")
    parser.add_argument("--search", default="bundles/search", metavar="DIR",
                        help="bundle that sees what looks like a liked item; none = none (bundles/search)")  # fmt: skip
    parser.add_argument("--parser", metavar="DIR", help="that checks the pictures; none = none (beside --tryon)")
    pose = "pose model's file, for a photo with any background (none)"
    parser.add_argument("--pose", type=Path, metavar="FILE", help=pose)
    parser.add_argument("--device", help="of the try-on model: cpu, cuda ... (the GPU where there is one)")
    args = parser.parse_args(argv)
    from fitroom.pipelines.lookbook import words as meaning

    return meaning.lookbook(args)


COMMANDS = [
    Command(
        "size-advice",
        "recommend a size from a few body measures and a garment's size chart, with its probability and why",
        "size-advice --height 172 --weight 65 --sex female --chart tee.csv",
        _size_advice,
    ),
    Command(
        "outfits",
        "rank outfits of a catalogue for a season, a weather and an occasion, with what speaks for and against",
        "outfits items.jsonl --season summer --occasion office -n 5",
        _outfits,
    ),
    Command(
        "lookbook",
        "write a shopper's outfits as a page: ranked, each piece in the size that suits, tried on",
        "lookbook shop/items.jsonl --shopper ann.yaml --season summer --liked a7 --out ann",
        _lookbook,
    ),
]
