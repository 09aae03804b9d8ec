"""Commands on bundles: make one, show it, check it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from fitroom.cli.command import Command, Words

if TYPE_CHECKING:
    from fitroom.bundles.format import Bundle


def _export(argv: list[str]) -> int:
    from fitroom.export import command

    return command.main(["--run", *argv] if argv and not argv[0].startswith("-") else argv)


def _bundle_show(argv: list[str]) -> int:
    parser = Words("bundle show", COMMANDS)
    parser.add_argument("bundle", type=Path, metavar="DIR", help="bundle, or a run folder")
    args = parser.parse_args(argv)
    bundle = _open(args.bundle, verify=False)
    print(f"# {bundle.path}, sha256 {bundle.hash}")
    import yaml

    print(yaml.safe_dump(dataclasses.asdict(bundle.spec), sort_keys=False, allow_unicode=True, width=120), end="")
    return 0


def _bundle_verify(argv: list[str]) -> int:
    parser = Words("bundle verify", COMMANDS)
    parser.add_argument("bundles", type=Path, nargs="+", metavar="DIR", help="bundles, or run folders")
    args = parser.parse_args(argv)
    for folder in args.bundles:
        bundle = _open(folder, verify=True)
        bundle.build_model()
        print(f"{bundle.path}: complete and unaltered, sha256 {bundle.hash}")
    return 0


def _bundle_mix(argv: list[str]) -> int:
    parser = Words("bundle mix", COMMANDS)
    parser.add_argument(
        "bundles", type=Path, nargs=2, metavar="DIR", help="two bundles, or run folders, of one network"
    )
    parser.add_argument("--share", type=float, default=0.5, metavar="X", help="of the second in every weight (0.5)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="bundle to write")
    args = parser.parse_args(argv)
    from fitroom.bundles.mix import mix_bundles

    first, second = (_open(folder, verify=True) for folder in args.bundles)
    mixed = mix_bundles(first, second, args.share, args.out)
    print(f"bundle: {mixed.path} (revision {mixed.spec.revision})")
    return 0


def _open(folder: Path, verify: bool) -> Bundle:
    from fitroom.bundles.format import open_bundle, resolve_bundle

    return open_bundle(resolve_bundle(folder), verify=verify)


COMMANDS = [
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
    Command(
        "bundle mix",
        "weights between two bundles of one network, before and after it learned more",
        "bundle mix bundles/before runs/after --share 0.7 --out bundles/mixed",
        _bundle_mix,
    ),
]
