"""``fitroom serve``."""

from __future__ import annotations

import argparse
from pathlib import Path

from fitroom.cli.command import Command, Words


def _serve(argv: list[str]) -> int:
    parser = Words(
        "serve", COMMANDS, argument_default=argparse.SUPPRESS
    )  # what is not given is left to the server's settings
    parser.add_argument("--bundle", type=Path, action="append", required=True, metavar="DIR", help="may be repeated")
    parser.add_argument("--index", type=Path, metavar="DIR", help="catalogue to search, as search index wrote it")
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


COMMANDS = [
    Command("serve", "answer over HTTP", "serve --bundle bundles/shop --port 8000", _serve),
]
