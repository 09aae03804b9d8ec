"""``python -m fitroom.bundles.add BUNDLE NAME=FILE ...``: files beside the weights, such as the log of the run; for
release scripts."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from fitroom.bundles.format import add_files, open_bundle


def main(argv: Sequence[str] | None = None) -> int:
    """Adds or replaces files; see the file's first lines.

    Raises:
        BundleError: no bundle there, or it would not be a valid one. OSError: a file cannot be read.
    """
    parser = argparse.ArgumentParser("fitroom.bundles.add", description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("files", nargs="+", metavar="NAME=FILE", help="name in the bundle, and the file to put there")
    args = parser.parse_args(argv)
    pairs = [word.partition("=") for word in args.files]
    if not all(name and file for name, _, file in pairs):
        parser.error("files are given as NAME=FILE")
    add_files(open_bundle(args.bundle), {name: Path(file).read_bytes() for name, _, file in pairs})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
