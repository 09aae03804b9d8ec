"""``fitroom try-on`` and ``try-on-batch``."""

from __future__ import annotations

import argparse
from pathlib import Path

from fitroom.cli.command import Command, Words


def _try_on(argv: list[str]) -> int:
    parser = Words("try-on", COMMANDS)
    parser.add_argument("person", type=Path, metavar="PERSON", help="photo of someone, wearing something")
    parser.add_argument("garment", type=Path, metavar="GARMENT", help="product photo of one piece of clothing")
    parser.add_argument("--out", "-o", type=Path, required=True, metavar="FILE", help=".jpg, .png or .webp")
    parser.add_argument("--size", help="the garment's size; needs --chart")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="its measures in cm by size, .csv or .yaml")
    parser.add_argument("--mask", type=Path, metavar="PNG", help="white where the model may paint (mask-free)")
    _add_try_on_words(parser)
    args = parser.parse_args(argv)
    from fitroom.pipelines.tryon import words

    return words.try_on(args)


def _try_on_batch(argv: list[str]) -> int:
    parser = Words("try-on-batch", COMMANDS)
    parser.add_argument("table", type=Path, metavar="TABLE", help="CSV: person, garment, size, chart, category, ...")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to; gone on with if there")
    parser.add_argument("--format", choices=("jpg", "png", "webp"), default="jpg", help="of the pictures (jpg)")
    parser.add_argument("--price-per-hour", type=float, metavar="X", help="of the machine: tells the cost of 1,000")
    _add_try_on_words(parser)
    args = parser.parse_args(argv)
    from fitroom.pipelines.tryon import words

    return words.try_on_batch(args)


def _add_try_on_words(parser: argparse.ArgumentParser) -> None:
    shipped = Path("bundles/tryon-compact")
    parser.add_argument("--bundle", type=Path, default=shipped, metavar="DIR", help=f"or a run folder ({shipped})")
    parser.add_argument("--category", help="e.g. t-shirt (what a recogniser says, else not known)")
    parser.add_argument("--body", nargs="+", default=[], metavar="NAME=CM", help="tape measures, e.g. chest=96")
    parser.add_argument("--fabric", help="e.g. denim: how it hangs")
    parser.add_argument("--drape", type=float, metavar="X", help="the same as a number, 0 limp to 1 stiff")
    parser.add_argument("--steps", type=int, metavar="N", help="of the denoiser (the bundle's)")
    parser.add_argument("--guidance", type=float, metavar="X", help="above 1 stresses the sizes (1)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the noise (0)")
    beside = "the one beside --bundle, if there is one; none = none"
    parser.add_argument("--parser", metavar="DIR", help=f"bundle that checks the photos ({beside})")
    parser.add_argument("--recognizer", metavar="DIR", help=f"bundle that names the category ({beside})")
    pose = "pose model's file, for photos with any background (none)"
    parser.add_argument("--pose", type=Path, metavar="FILE", help=pose)
    parser.add_argument("--device", help="cpu, cuda ... (the GPU where there is one)")
    parser.add_argument("--garment-cache", type=Path, metavar="DIR", help="keeps what was seen of garments (none)")
    parser.add_argument("--garment-cache-mb", type=float, default=2000.0, metavar="MB", help="at most (2000)")
    parser.add_argument("--overwrite", action="store_true", help="write over files that are there")


COMMANDS = [
    Command(
        "try-on",
        "dress the person of one photo in the garment of another",
        "try-on person.jpg garment.jpg --size M --chart tee.csv -o worn.jpg",
        _try_on,
    ),
    Command(
        "try-on-batch",
        "try on a table of persons and garments, with contact sheets and cost; goes on where it stopped",
        "try-on-batch jobs.csv --out worn --price-per-hour 0.5",
        _try_on_batch,
    ),
]
