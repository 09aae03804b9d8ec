"""Commands on data: simulate it, look at it, make it."""

from __future__ import annotations

from pathlib import Path

from fitroom.cli.command import Command, Words


def _wardrobe(argv: list[str]) -> int:
    from fitroom.wardrobe import command

    return command.main(argv)


def _wardrobe_show(argv: list[str]) -> int:
    parser = Words("wardrobe show", COMMANDS)
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
    parser = Words("wardrobe garments", COMMANDS)
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
    parser = Words("wardrobe check", COMMANDS)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="wardrobes")
    args = parser.parse_args(argv)
    from fitroom.wardrobe import manifest

    for folder in args.folders:
        found = manifest.verify(folder)
        done = f"{found['shards_done']} of {found['shards_planned']} shards"
        print(f"{folder}: {found['cases']} cases in {done}, complete and unaltered")
    return 0


def _wardrobe_export(argv: list[str]) -> int:
    parser = Words("wardrobe export", COMMANDS)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="wardrobe")
    parser.add_argument("--layout", required=True, metavar="NAME", help="vitonhd or dresscode")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write, new or empty")
    parser.add_argument("--split", metavar="SPLIT", help="train or test (both)")
    args = parser.parse_args(argv)
    from fitroom.data.pairs.layout_export import export_layout

    print(f"wrote {args.out}: {export_layout(args.folder, args.layout, args.out, args.split)}")
    return 0


def _wardrobe_prove(argv: list[str]) -> int:
    parser = Words("wardrobe prove", COMMANDS)
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
    from fitroom.evaluation.tryon.cases.servable import servable

    return servable(layout, root)


def _prepare(argv: list[str]) -> int:
    parser = Words("prepare", COMMANDS)
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
        "--parser", type=Path, default=shipped / "parser-photos", metavar="DIR", help="or transformers'"
    )
    parser.add_argument(
        "--recognizer", type=Path, default=shipped / "recognizer-clothing", metavar="DIR", help="bundle"
    )
    pose = "pose model: BlazePose or Keypoint R-CNN (guessed from the parse)"
    parser.add_argument("--pose", type=Path, metavar="FILE", help=pose)
    parser.add_argument("--device", help="cpu, cuda ... (cpu)")
    parser.add_argument("--overwrite", action="store_true", help="write over a data set of this command")
    args = parser.parse_args(argv)
    from fitroom.pipelines.prepare import command

    return command.main(args)


def _data_merge(argv: list[str]) -> int:
    from fitroom.data.recognition import merge

    return merge.main(argv)


def _data_crop(argv: list[str]) -> int:
    from fitroom.data.recognition import crop

    return crop.main(argv)


COMMANDS = [
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
]
