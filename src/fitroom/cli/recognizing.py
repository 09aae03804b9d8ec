"""``fitroom recognize``: what photos of garments show, as a table or JSON lines."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fitroom.cli.command import Command, Words
from fitroom.errors import ImageError

if TYPE_CHECKING:
    from fitroom.contracts import Recognition
    from fitroom.pipelines.recognize import RecognizePipeline

RECOGNIZE_BATCH_SIZE = 16


def _recognize(argv: list[str]) -> int:
    parser = Words("recognize", COMMANDS)
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


COMMANDS = [
    Command(
        "recognize",
        "say what is on photos of garments",
        "recognize dress.jpg shirt.jpg --bundle bundles/shop",
        _recognize,
    ),
]
