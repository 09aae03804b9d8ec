"""``fitroom prepare``: what it does with the words that the door has read."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from fitroom.config import nearest
from fitroom.data.pairs.layout_files import LAYOUTS
from fitroom.data.pairs.try_on_pairs import SPLITS
from fitroom.errors import ConfigError, DataError, RunError
from fitroom.pipelines.prepare.eyes import Eyes, open_eyes
from fitroom.pipelines.prepare.outcome import REFUSED, Outcome
from fitroom.pipelines.prepare.pairing import Wanted, pairs_by_name, read_pairs
from fitroom.pipelines.prepare.photos import Photo, find_photos
from fitroom.pipelines.prepare.plan import Plan, plan
from fitroom.pipelines.prepare.report import REPORT, told, write_lines, write_sheets
from fitroom.pipelines.prepare.shelf import Shelf
from fitroom.pipelines.prepare.single import Prepared, Sizes, key_of, prepare
from fitroom.pipelines.prepare.tree import write_tree
from fitroom.progress import track


def main(args: argparse.Namespace) -> int:
    """Prepares a folder; exit status 0 where a data set was written, whatever was refused: the report says it."""
    sizes = _checked(args)
    photos = find_photos(args.photos)
    table = None if args.pairs is None else read_pairs(args.pairs, [photo.name for photo in photos])
    shelf = Shelf(args.out.absolute().with_name(f"{args.out.absolute().name}.work"))
    eyes = open_eyes(args.parser, args.recognizer, args.pose, args.device)
    keys = _prepare_all(photos, eyes, sizes, shelf)

    def kept(name: str) -> Prepared:
        found = shelf.get(keys[name])
        if found is None:
            raise DataError("a prepared photo is gone from the work folder", where=shelf.folder, got=name)
        return found

    outcomes = [kept(photo.name).outcome for photo in photos]
    made = plan(outcomes, _wanted(table, outcomes, args.pair_by), args.layout, args.split)
    write_lines(outcomes, made, shelf.folder)  # also where no pair can be made: it says why

    def report(stage: Path) -> None:
        shutil.copyfile(shelf.folder / REPORT, stage / REPORT)
        write_sheets(outcomes, kept, args.photos, stage)

    write_tree(made, args.layout, args.out, kept, report)
    _say(args, outcomes, made)
    return 0


def _checked(args: argparse.Namespace) -> Sizes:
    for said, known, what in ((args.layout, list(LAYOUTS), "layout"), (args.split, list(SPLITS), "split")):
        if said not in known:
            raise ConfigError(f"there is no such {what}", rule=", ".join(known), got=said, fix=nearest(said, known))
    if not 64 <= args.height_px <= 4096 or args.height_px % 4 or not 32 <= args.min_px <= 4096:
        raise ConfigError(
            "a size cannot be this",
            rule="--height-px 64 to 4096 in steps of 4, --min-px 32 to 4096",
            got=f"{args.height_px}, {args.min_px}",
        )
    is_there = args.out.exists() and (not args.out.is_dir() or any(args.out.iterdir()))
    if is_there and not (args.overwrite and (args.out / REPORT).is_file()):
        raise RunError(
            "the place to write to is not empty",
            where=args.out,
            rule="a new or empty folder, or with --overwrite one that this command wrote",
            fix="another --out; with --overwrite, what is done already is not done again",
        )
    out, photos = args.out.resolve(), args.photos.resolve()
    if out.is_relative_to(photos):
        raise RunError("the data set would lie among the photos", where=args.out, fix="an --out beside them")
    if photos.is_relative_to(out):
        raise RunError("the photos lie in what would be written anew", where=args.photos, fix="an --out beside them")
    return Sizes(args.height_px, args.min_px)


def _prepare_all(photos: list[Photo], eyes: Eyes, sizes: Sizes, shelf: Shelf) -> dict[str, str]:
    """Prepares what is not on the shelf yet; names of photos to keys."""
    keys = {}
    made_by = eyes.made_by()
    for photo in track(photos, "preparing photos"):
        try:
            key = key_of(photo, sizes, made_by)
        except OSError as error:
            raise DataError("a photo cannot be read", where=photo.path, got=error.strerror) from error
        if shelf.get(key) is None:
            shelf.put(key, prepare(photo, eyes, sizes))
        keys[photo.name] = key
    return keys


def _wanted(table: list[Wanted] | None, outcomes: list[Outcome], by: str) -> list[Wanted]:
    if table is not None or by != "name":
        return table or []
    usable = [one for one in outcomes if one.outcome != REFUSED]
    persons, garments = ([one.photo for one in usable if one.role == role] for role in ("person", "garment"))
    return pairs_by_name(persons, garments)


def _say(args: argparse.Namespace, outcomes: list[Outcome], made: Plan) -> None:
    paired, unpaired = (sum(map(len, pairs.values())) for pairs in (made.paired, made.unpaired))
    print(f"wrote {args.out}: {told(outcomes)}")
    print(f"pairs: {paired} paired, {unpaired} unpaired; see {args.out / REPORT} and its sheets")
    for one in outcomes:
        if one.outcome == REFUSED:
            print(f"refused: {one.photo}: {one.flags[0].message} ({one.flags[0].code})")
    for note in made.notes:
        print(f"note: {note}")
