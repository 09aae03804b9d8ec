"""The one door: ``fitroom COMMAND ...``.

The only file that imports every room, each where it is needed, so that ``fitroom --help`` is instant. A room with a
config of its own parses its own words (``main(argv)``); the words of the others are parsed here. The list of commands
is at the end.
"""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from fitroom import __doc__ as about
from fitroom import __version__
from fitroom.errors import ConfigError, FitroomError, ImageError
from fitroom.progress import setup_logging

if TYPE_CHECKING:
    from fitroom.bundles.format import Bundle
    from fitroom.contracts import Recognition
    from fitroom.pipelines.recognize import RecognizePipeline

EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141
# Import name of an optional package -> the extra of fitroom that brings it.
EXTRAS = {
    "fastapi": "serve",
    "uvicorn": "serve",
    "prometheus_client": "serve",
    "python_multipart": "serve",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "onnxscript": "onnx",
    "lpips": "metrics",
    "torch_fidelity": "metrics",
    "transformers": "parsers",
    "usearch": "search",
    "qdrant_client": "search",
}
RECOGNIZE_BATCH_SIZE = 16


@dataclass(frozen=True)
class Command:
    """One command of the door.

    Attributes:
        name: what is typed after ``fitroom``, one or two words.
        summary: what it does, one line.
        example: words after ``fitroom`` that work.
        run: gets the words after the name, gives the exit code.
    """

    name: str
    summary: str
    example: str
    run: Callable[[list[str]], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Returns:
        0 on success; the ``exit_code`` of a :class:`FitroomError`, whose message goes to stderr; 130 after Ctrl-C; 141
        where the reader of stdout went away. ``--verbose`` or ``FITROOM_DEBUG=1`` adds the traceback.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    verbose = "--verbose" in words or os.environ.get("FITROOM_DEBUG", "0") not in ("", "0")
    setup_logging(verbose)
    try:
        code = _dispatch([word for word in words if word != "--verbose"])
        sys.stdout.flush()
        return code
    except FitroomError as error:
        return _report(error, verbose)
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        fix = f"pip install 'fitroom[{EXTRAS[error.name]}]'"
        return _report(FitroomError(f"this command needs the package {error.name!r}", fix=fix), verbose)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Python flushes stdout once more on its way out; give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE


def _report(error: FitroomError, verbose: bool) -> int:
    if verbose:
        traceback.print_exc(file=sys.stderr)
    print(f"fitroom: {error}", file=sys.stderr)
    return error.exit_code


def _dispatch(words: list[str]) -> int:
    if not words:
        print(_help(), file=sys.stderr)
        return 2
    if words[0] in ("-h", "--help", "help"):
        print(_help())
        return 0
    if words[0] == "--version":
        print(f"fitroom {__version__}")
        return 0
    if words[0] in _prefixes() - _names() and words[1:2] in (["-h"], ["--help"]):
        print(_help(words[0]))
        return 0
    command, rest = _find(words)
    try:
        return command.run(rest)
    except SystemExit as stop:  # argument parsers leave this way after their --help
        return stop.code if isinstance(stop.code, int) else 0


def _find(words: list[str]) -> tuple[Command, list[str]]:
    """The command that the first one or two words name, and the words after it."""
    commands = {command.name: command for command in _commands()}
    inner = [name for name in commands if name.startswith(f"{words[0]} ")]
    is_one_word = not inner or words[1:2] == [] or words[1].startswith("-")
    for length in (2, 1) if is_one_word else (2,):
        if found := commands.get(" ".join(words[:length])):
            return found, words[length:]
    asked = " ".join(words[:2] if inner else words[:1])
    close = difflib.get_close_matches(asked, inner or [*commands, *_prefixes()], n=1, cutoff=0.5)
    raise ConfigError(
        f"unknown command {asked!r}" if asked != words[0] or not inner else f"{asked!r} needs one more word",
        rule=f"one of {', '.join(inner or commands)}",
        fix=f"did you mean 'fitroom {close[0]}'?" if close else "fitroom --help shows an example of each",
    )


def _commands() -> Iterator[Command]:
    for commands in GROUPS.values():
        yield from commands


def _names() -> set[str]:
    return {command.name for command in _commands()}


def _prefixes() -> set[str]:
    return {command.name.split()[0] for command in _commands() if " " in command.name}


def _help(first_word: str | None = None) -> str:
    lines = [f"{(about or '').strip()} Version {__version__}.", "", "usage: fitroom COMMAND ... [--verbose]"]
    for group, commands in GROUPS.items():
        shown = [command for command in commands if first_word in (None, command.name.split()[0])]
        lines += ["", group] if shown else []
        for command in shown:
            lines += [f"  {command.name:<18}{command.summary}", f"  {'':<18}  fitroom {command.example}"]
    lines += ["", "fitroom COMMAND --help shows all its words; --verbose adds the traceback to an error."]
    return "\n".join(lines)


class _Parser(argparse.ArgumentParser):
    """Argument parser of one command; what does not fit is a :class:`ConfigError`, as everywhere else."""

    def __init__(self, name: str, **options: Any) -> None:
        command = next(command for command in _commands() if command.name == name)
        super().__init__(
            prog=f"fitroom {name}",
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            epilog=f"example: fitroom {command.example}",
            allow_abbrev=False,
            **options,
        )

    def error(self, message: str) -> NoReturn:
        unknown = message.split(": ", 1)[1].split()[0] if message.startswith("unrecognized arguments: ") else ""
        close = difflib.get_close_matches(unknown, list(self._option_string_actions), n=1)
        fix = f"did you mean {close[0]!r}?" if close else f"{self.prog} --help shows all its words"
        raise ConfigError(message, where=self.prog, fix=fix)


def _wardrobe(argv: list[str]) -> int:
    from fitroom.wardrobe import command

    return command.main(argv)


def _wardrobe_show(argv: list[str]) -> int:
    parser = _Parser("wardrobe show")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="wardrobe")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="picture to write, .png or .jpg")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--sizes", action="store_true", help="show garments in all sizes on one body")
    what.add_argument("--truth", action="store_true", help="show masks, parts, flow and depth of a few cases")
    parser.add_argument("--split", default="train", help="which cases to show (train)")
    parser.add_argument("--n", type=int, metavar="N", help="how many cases or rows of them")
    parser.add_argument("--seed", type=int, default=0, help="which ones (0)")
    args = parser.parse_args(argv)
    from fitroom.wardrobe import sheet

    show = sheet.size_sheet if args.sizes else sheet.truth_sheet if args.truth else sheet.contact_sheet
    shown = show(args.folder, args.out, args.n, split=args.split, seed=args.seed)
    print(f"wrote {args.out}: {shown}")
    return 0


def _wardrobe_garments(argv: list[str]) -> int:
    parser = _Parser("wardrobe garments")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where to; gone on with if there")
    parser.add_argument("--count", type=int, default=2400, metavar="N", help="photos, about (2400)")
    parser.add_argument("--seed", type=int, default=0, help="of every choice (0)")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes of one thread each (1)")
    parser.add_argument("--height-px", type=int, default=320, metavar="PX", help="height of the photos (320)")
    parser.add_argument("--width-px", type=int, default=240, metavar="PX", help="their width (240)")
    args = parser.parse_args(argv)
    from fitroom.wardrobe.garment_plan import GarmentsConfig
    from fitroom.wardrobe.garments import make_garments

    config = GarmentsConfig(args.count, args.seed, args.height_px, args.width_px)
    found = make_garments(config, args.out, args.workers)
    splits = ", ".join(f"{number} {split}" for split, number in found["split"].items())
    print(f"{args.out}: {found['photos']} photos ({splits}), {found['failed']} garments left out")
    return 0


def _wardrobe_check(argv: list[str]) -> int:
    parser = _Parser("wardrobe check")
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="wardrobes")
    args = parser.parse_args(argv)
    from fitroom.wardrobe import manifest

    for folder in args.folders:
        found = manifest.verify(folder)
        done = f"{found['shards_done']} of {found['shards_planned']} shards"
        print(f"{folder}: {found['cases']} cases in {done}, complete and unaltered")
    return 0


def _wardrobe_export(argv: list[str]) -> int:
    parser = _Parser("wardrobe export")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="wardrobe")
    parser.add_argument("--layout", required=True, metavar="NAME", help="vitonhd or dresscode")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write, new or empty")
    parser.add_argument("--split", metavar="SPLIT", help="train or test (both)")
    args = parser.parse_args(argv)
    from fitroom.data.layout_export import export_layout

    print(f"wrote {args.out}: {export_layout(args.folder, args.layout, args.out, args.split)}")
    return 0


def _wardrobe_prove(argv: list[str]) -> int:
    parser = _Parser("wardrobe prove")
    parser.add_argument("--out", type=Path, metavar="FILE", help="JSON file to write all numbers to")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="one experiment; may be repeated")
    parser.add_argument("--bodies", type=int, default=3, metavar="N", help="bodies a category (3)")
    args = parser.parse_args(argv)
    from fitroom.wardrobe import experiments
    from fitroom.wardrobe.findings import table, write

    findings = {}
    for name, finding in experiments.prove(experiments.Extent(bodies=args.bodies), args.only):
        print(f"{name}: {finding.about}\n{table(finding)}\n", flush=True)
        findings[name] = finding
        if args.out:
            write(args.out, findings)
    return 0


def _data_check(argv: list[str]) -> int:
    from fitroom.data import check

    words = [word for word in argv if word != "--skip-bad"]
    return check.main([*words, "--source.skip_bad", "true"] if len(words) < len(argv) else words, _servable)


def _servable(layout: str, root: Path) -> list[str]:
    from fitroom.evaluation.tryon.servable import servable

    return servable(layout, root)


def _prepare(argv: list[str]) -> int:
    parser = _Parser("prepare")
    parser.add_argument("photos", type=Path, metavar="PHOTOS", help="folder; persons/ and garments/ in it, or mixed")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="data set to write; DIR.work is kept")
    parser.add_argument("--layout", default="dresscode", metavar="NAME", help="dresscode, or vitonhd: tops alone")
    parser.add_argument("--split", default="test", metavar="SPLIT", help="train or test (test)")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--pairs", type=Path, metavar="CSV", help="person, garment, kind, split")
    who.add_argument("--pair-by", choices=("none", "name"), default="none", help="name: ann.jpg wears ann.jpg (none)")
    parser.add_argument("--height-px", type=int, default=1024, metavar="PX", help="of the pictures, 3/4 as wide (1024)")
    parser.add_argument("--min-px", type=int, default=256, metavar="PX", help="what is smaller is refused (256)")
    shipped = Path("bundles")
    parser.add_argument(
        "--parser", type=Path, default=shipped / "parser-wardrobe", metavar="DIR", help="or transformers'"
    )
    parser.add_argument(
        "--recognizer", type=Path, default=shipped / "recognizer-clothing", metavar="DIR", help="bundle"
    )
    parser.add_argument(
        "--pose", type=Path, metavar="FILE", help="torchvision's Keypoint R-CNN (guessed from the parse)"
    )
    parser.add_argument("--device", help="cpu, cuda ... (cpu)")
    parser.add_argument("--overwrite", action="store_true", help="write over a data set of this command")
    args = parser.parse_args(argv)
    from fitroom.pipelines.prepare import command

    return command.main(args)


def _data_merge(argv: list[str]) -> int:
    from fitroom.data import merge

    return merge.main(argv)


def _data_crop(argv: list[str]) -> int:
    from fitroom.data import crop

    return crop.main(argv)


def _train(argv: list[str]) -> int:
    from fitroom.training import fit

    return fit.main(argv)


def _evaluate(argv: list[str]) -> int:
    from fitroom.evaluation import command

    return command.main(argv)


def _compare(argv: list[str]) -> int:
    from fitroom.evaluation.tryon import compare

    return compare.main(argv)


def _leaderboard(argv: list[str]) -> int:
    from fitroom.evaluation import leaderboard

    return leaderboard.main(argv)


def _returns(argv: list[str]) -> int:
    from fitroom.evaluation.returns import command

    return command.main(argv)


def _returns_ab_size(argv: list[str]) -> int:
    from fitroom.evaluation.returns import command

    return command.main_trial(argv)


def _returns_read_out(argv: list[str]) -> int:
    from fitroom.evaluation.returns import command

    return command.main_read_out(argv)


def _export(argv: list[str]) -> int:
    from fitroom.export import command

    return command.main(["--run", *argv] if argv and not argv[0].startswith("-") else argv)


def _recognize(argv: list[str]) -> int:
    parser = _Parser("recognize")
    parser.add_argument("images", type=Path, nargs="+", metavar="IMAGE", help="photos of garments")
    parser.add_argument("--bundle", type=Path, required=True, metavar="DIR", help="bundle, or a run folder")
    parser.add_argument("--runtime", choices=("torch", "onnx"), default="torch", help="what computes (torch)")
    parser.add_argument("--json", action="store_true", help="one JSON line a photo instead of a table")
    args = parser.parse_args(argv)
    from fitroom.pipelines.recognize import RecognizePipeline

    pipeline = RecognizePipeline.from_bundle(args.bundle, runtime=args.runtime)
    answers = _recognize_all(pipeline, args.images)
    failed: list[ImageError] = []
    if args.json:
        for path, answer in answers:
            print(json.dumps({"image": str(path), **_plain(answer)}, ensure_ascii=False), flush=True)
            failed += [answer] if isinstance(answer, ImageError) else []
    else:
        failed = _print_table(answers)
    for error in failed:
        print(f"fitroom: {error}", file=sys.stderr)
    return ImageError.exit_code if failed else 0


def _recognize_all(pipeline: RecognizePipeline, paths: list[Path]) -> Iterator[tuple[Path, Recognition | ImageError]]:
    """Answers in the order of ``paths``; a photo that cannot be read does not stop the others."""
    for start in range(0, len(paths), RECOGNIZE_BATCH_SIZE):
        batch = paths[start : start + RECOGNIZE_BATCH_SIZE]
        images: dict[Path, Any] = {}
        failed: dict[Path, ImageError] = {}
        for path in batch:
            try:
                images[path] = pipeline.decode(path)
            except ImageError as error:
                failed[path] = error
        answers = failed | dict(zip(images, pipeline(list(images.values())), strict=True))
        yield from ((path, answers[path]) for path in batch)


def _plain(answer: Recognition | ImageError) -> dict[str, Any]:
    if isinstance(answer, ImageError):
        return {"error": {"code": answer.code, "message": answer.what}}
    return {key: value for key, value in dataclasses.asdict(answer).items() if key != "embedding"}


def _print_table(answers: Iterator[tuple[Path, Recognition | ImageError]]) -> list[ImageError]:
    """Prints a table; returns what could not be read."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table, failed = Table(), []
    for column in ("image", "category", "confidence", "attributes"):
        table.add_column(column, overflow="fold", justify="right" if column == "confidence" else "left")
    for path, answer in answers:
        if isinstance(answer, ImageError):
            failed.append(answer)
            cells = [f"({answer.what})", "", ""]
        else:
            nearest = max(answer.probabilities, key=lambda name: answer.probabilities[name])
            attributes = "; ".join(f"{name}: {_attribute(value)}" for name, value in answer.attributes.items())
            category = f"unknown, nearest is {nearest}" if answer.unknown else answer.category
            cells = [category, f"{answer.confidence:.1%}", attributes]
        table.add_row(*(Text(cell) for cell in (str(path), *cells)))
    Console().print(table)
    return failed


def _attribute(value: dict[str, Any]) -> str:
    if "value" in value:
        return f"{value['value']:.3g}"
    labels = value.get("labels", [value])
    return ", ".join(f"{label['label']} {label['confidence']:.0%}" for label in labels) or "none"


def _try_on(argv: list[str]) -> int:
    parser = _Parser("try-on")
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
    parser = _Parser("try-on-batch")
    parser.add_argument("table", type=Path, metavar="TABLE", help="CSV: person, garment, size, chart, category, ...")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to; gone on with if there")
    parser.add_argument("--format", choices=("jpg", "png", "webp"), default="jpg", help="of the pictures (jpg)")
    parser.add_argument("--price-per-hour", type=float, metavar="X", help="of the machine: tells the cost of 1,000")
    _add_try_on_words(parser)
    args = parser.parse_args(argv)
    from fitroom.pipelines.tryon import words

    return words.try_on_batch(args)


def _size_advice(argv: list[str]) -> int:
    parser = _Parser("size-advice")
    parser.add_argument("--chart", type=Path, required=True, metavar="FILE", help="measures in cm by size, .csv, .yaml")
    parser.add_argument("--height", type=float, metavar="CM", help="of the shopper")
    parser.add_argument("--weight", type=float, metavar="KG", help="of the shopper")
    parser.add_argument("--age", type=float, metavar="YEARS", help="of the shopper")
    parser.add_argument("--sex", help="female or male (both are allowed for)")
    parser.add_argument("--body", nargs="+", default=[], metavar="NAME=CM", help="tape measures, e.g. chest=96")
    parser.add_argument("--measured", action="store_true", help="a trained hand measured: take the numbers as exact")
    parser.add_argument("--region", help="top, outerwear, dress or bottom (what the chart's measures say)")
    parser.add_argument("--prefer", choices=("tighter", "regular", "looser"), default="regular", help="(regular)")
    shipped = Path("bundles/size-advisor")
    parser.add_argument("--bundle", type=Path, default=shipped, metavar="DIR", help=f"or a run folder ({shipped})")
    parser.add_argument("--json", action="store_true", help="everything as JSON instead of words and a table")
    args = parser.parse_args(argv)
    from fitroom.data.measures import read_pairs
    from fitroom.pipelines.sizing import advise
    from fitroom.pipelines.sizing.answers import Answers

    told = {"height": args.height, "weight": args.weight, "age": args.age}
    values = {name: value for name, value in told.items() if value is not None}
    values |= read_pairs(args.body, "body", "--body")
    answers = Answers(values, args.sex, args.measured)
    advice = advise.advise_from_file(args.bundle, answers, args.chart, args.region, args.prefer)
    if args.json:
        print(json.dumps(advice.plain(), ensure_ascii=False, indent=1))
    else:
        advise.print_advice(advice)
    return 0


def _outfits(argv: list[str]) -> int:
    from fitroom.data.outfits.pieces import CONTEXT

    parser = _Parser("outfits")
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


def _search_index(argv: list[str]) -> int:
    parser = _Parser("search index")
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
    parser = _Parser("search words")
    parser.add_argument("words", metavar="WORDS", help="in English or Chinese")
    _add_search_words(parser)
    args = parser.parse_args(argv)
    from fitroom.pipelines.search import commands

    return commands.words(args)


def _search_similar(argv: list[str]) -> int:
    parser = _Parser("search similar")
    parser.add_argument("product", metavar="ID", help="of a product of the catalogue")
    parser.add_argument("--same-category", action="store_true", help="look among products of its category alone")
    _add_search_words(parser)
    args = parser.parse_args(argv)
    from fitroom.pipelines.search import commands

    return commands.similar(args)


def _search_look(argv: list[str]) -> int:
    parser = _Parser("search look")
    parser.add_argument("photo", type=Path, metavar="PHOTO", help="of somebody, wearing what is looked for")
    parts = ("top", "outerwear", "dress", "bottom")
    parser.add_argument("--part", choices=parts, help="look for one garment alone (all that are seen)")
    _add_search_words(parser)
    _add_search_bundle(parser)
    shipped = Path("bundles/parser-wardrobe")
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
    parser.add_argument("--device", help="cpu, cuda ... (the GPU where there is one)")
    parser.add_argument("--garment-cache", type=Path, metavar="DIR", help="keeps what was seen of garments (none)")
    parser.add_argument("--garment-cache-mb", type=float, default=2000.0, metavar="MB", help="at most (2000)")
    parser.add_argument("--overwrite", action="store_true", help="write over files that are there")


def _bundle_show(argv: list[str]) -> int:
    parser = _Parser("bundle show")
    parser.add_argument("bundle", type=Path, metavar="DIR", help="bundle, or a run folder")
    args = parser.parse_args(argv)
    bundle = _open(args.bundle, verify=False)
    print(f"# {bundle.path}, sha256 {bundle.hash}")
    import yaml

    print(yaml.safe_dump(dataclasses.asdict(bundle.spec), sort_keys=False, allow_unicode=True, width=120), end="")
    return 0


def _bundle_verify(argv: list[str]) -> int:
    parser = _Parser("bundle verify")
    parser.add_argument("bundles", type=Path, nargs="+", metavar="DIR", help="bundles, or run folders")
    args = parser.parse_args(argv)
    for folder in args.bundles:
        bundle = _open(folder, verify=True)
        bundle.build_model()
        print(f"{bundle.path}: complete and unaltered, sha256 {bundle.hash}")
    return 0


def _open(folder: Path, verify: bool) -> Bundle:
    from fitroom.bundles.format import open_bundle, resolve_bundle

    return open_bundle(resolve_bundle(folder), verify=verify)


def _serve(argv: list[str]) -> int:
    parser = _Parser("serve", argument_default=argparse.SUPPRESS)  # what is not given is left to the server's settings
    parser.add_argument("--bundle", type=Path, action="append", required=True, metavar="DIR", help="may be repeated")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1: this machine only)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on; 0 = any free one (8000)")
    parser.add_argument("--runtime", choices=("auto", "torch", "onnx"), help="what computes")
    parser.add_argument("--num-threads", type=int, metavar="N", help="threads of one inference")
    parser.add_argument("--concurrency", type=int, metavar="N", help="photos worked on at once")
    parser.add_argument("--max-waiting", type=int, metavar="N", help="further requests let in to wait")
    parser.add_argument("--api-keys", type=Path, metavar="FILE", help="clients and their keys: a line each, name key")
    parser.add_argument("--requests-per-minute", type=float, metavar="N", help="of each client (no limit)")
    parser.add_argument("--access-log", action="store_true", help="log JSON lines, one a request, never content")
    options = vars(parser.parse_args(argv))
    from serve import run
    from serve.key_file import read_keys

    if "api_keys" in options:
        options["api_keys"] = read_keys(options["api_keys"])
    return run.main(options.pop("bundle"), **options)


def _bench_recognizer(argv: list[str]) -> int:
    from fitroom.bench import recognizer

    return recognizer.main(argv)


def _bench_data(argv: list[str]) -> int:
    from fitroom.bench import data

    return data.main(argv)


def _bench_evaluate(argv: list[str]) -> int:
    from fitroom.bench import evaluate

    return evaluate.main(argv)


def _bench_train(argv: list[str]) -> int:
    from fitroom.bench import train

    return train.main(argv)


def _bench_search(argv: list[str]) -> int:
    from fitroom.bench import search

    return search.main(argv)


def _bench_tryon(argv: list[str]) -> int:
    from fitroom.bench import tryon

    return tryon.main(argv)


def _bench_serve(argv: list[str]) -> int:
    from fitroom.bench import serve

    return serve.main(argv)


def _bench_wardrobe(argv: list[str]) -> int:
    from fitroom.bench import wardrobe

    return wardrobe.main(argv)


GROUPS: dict[str, list[Command]] = {
    "Data": [
        Command(
            "wardrobe",
            "simulate people in sewn garments, with the true picture of every change; goes on where it stopped",
            "wardrobe --config configs/wardrobe/small.yaml --out data/wardrobe --workers 2",
            _wardrobe,
        ),
        Command(
            "wardrobe show",
            "draw a contact sheet of a simulated wardrobe",
            "wardrobe show data/wardrobe --out sheet.png",
            _wardrobe_show,
        ),
        Command(
            "wardrobe garments",
            "photograph simulated garments alone, with every label a recogniser learns; goes on where it stopped",
            "wardrobe garments --out data/garments --count 2400 --workers 2",
            _wardrobe_garments,
        ),
        Command(
            "wardrobe check",
            "check that a simulated wardrobe is complete and unaltered",
            "wardrobe check data/wardrobe",
            _wardrobe_check,
        ),
        Command(
            "wardrobe export",
            "write a simulated wardrobe in the layout of VITON-HD or DressCode, for anybody's code",
            "wardrobe export data/wardrobe --layout vitonhd --out data/vitonhd",
            _wardrobe_export,
        ),
        Command(
            "wardrobe prove",
            "measure the physics of the cloth: stretch, hems, drape coefficients, sizes, what sinks in",
            "wardrobe prove --out proof.json --only cusick",
            _wardrobe_prove,
        ),
        Command(
            "data check",
            "say what a folder of data is, and name every file of it that is corrupt, duplicate, missing or misfit",
            "data check shop/photos --out manifest.parquet",
            _data_check,
        ),
        Command(
            "data crop",
            "cut DeepFashion's photos to their garments, into a folder with labels.csv",
            "data crop --out data/crops --source.root data/deepfashion",
            _data_crop,
        ),
        Command(
            "prepare",
            "turn your own photos of people and garments into a data set; goes on where it stopped",
            "prepare shop/photos --out data/own",
            _prepare,
        ),
        Command(
            "data merge",
            "link photos, their report part held out, and simulated garments into one folder to train on",
            "data merge --out data/both --photos.root shop/photos --garments.root data/garments",
            _data_merge,
        ),
    ],
    "Train and compare": [
        Command(
            "train",
            "train a model; --dry-run shows the plan, --resume goes on, any field can be a word",
            "train --config configs/train/recognizer_quick.yaml --data.source.root shop/photos",
            _train,
        ),
        Command(
            "evaluate",
            "score models and controls by a protocol; writes result records",
            "evaluate --config configs/evaluate/clothing.yaml --model runs/shop",
            _evaluate,
        ),
        Command(
            "compare",
            "say in which scores two try-on models differ, case by case, beyond chance",
            "compare results/a/1/wardrobe-sizes@1.json results/b/1/wardrobe-sizes@1.json",
            _compare,
        ),
        Command(
            "leaderboard",
            "render the result records as a static site",
            "leaderboard --results results --out site",
            _leaderboard,
        ),
        Command(
            "returns",
            "estimate how many returns size advice and try-on could spare a merchant, and what that saves",
            "returns --merchant.orders 50000 --merchant.return_rate 0.65 --tornado tornado.svg",
            _returns,
        ),
        Command(
            "returns ab-size",
            "say how many orders an A/B test needs",
            "returns ab-size --rate 0.65 --rate_after 0.63 --orders_per_shopper 3 --icc 0.2",
            _returns_ab_size,
        ),
        Command(
            "returns read-out",
            "read an A/B test out of tables of orders and returns",
            "returns read-out --orders orders.csv --returns returns.csv",
            _returns_read_out,
        ),
    ],
    "Ship": [
        Command(
            "export",
            "make a bundle of a run (a recognizer with ONNX), and check that it equals the model",
            "export runs/shop --out bundles/shop",
            _export,
        ),
        Command("bundle show", "print what a bundle says of itself", "bundle show bundles/shop", _bundle_show),
        Command(
            "bundle verify",
            "check that a bundle is complete, unaltered and loads",
            "bundle verify bundles/shop",
            _bundle_verify,
        ),
    ],
    "Use": [
        Command(
            "recognize",
            "say what is on photos of garments",
            "recognize dress.jpg shirt.jpg --bundle bundles/shop",
            _recognize,
        ),
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
        Command("serve", "answer over HTTP", "serve --bundle bundles/shop --port 8000", _serve),
    ],
    "Measure speed": [
        Command(
            "bench recognizer", "recognizer speed beside named peers, as ratios", "bench recognizer", _bench_recognizer
        ),
        Command("bench data", "data loading speed beside named peers, as ratios", "bench data", _bench_data),
        Command(
            "bench evaluate",
            "scoring speed beside three packages, as ratios, same numbers",
            "bench evaluate",
            _bench_evaluate,
        ),
        Command(
            "bench train",
            "training on a large base: latents on disk, beside a plain diffusers loop; memory beside its estimate",
            "bench train --size half --out train.md",
            _bench_train,
        ),
        Command(
            "bench search",
            "recall, latency and memory of the search index, from 10 thousand vectors to a million",
            "bench search --out search.md",
            _bench_search,
        ),
        Command(
            "bench tryon",
            "time of one try-on and where it goes, beside a network of CatVTON's form and size",
            "bench tryon --bundle bundles/tryon-compact --out tryon.md",
            _bench_tryon,
        ),
        Command(
            "bench serve",
            "the server beside plain FastAPI and LitServe on one model, and under ten times its load",
            "bench serve --bundle bundles/recognizer-clothing --out serve.md",
            _bench_serve,
        ),
        Command("bench wardrobe", "simulated cases an hour, where the time goes", "bench wardrobe", _bench_wardrobe),
    ],
}
