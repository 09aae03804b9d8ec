"""``fitroom serve``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from fitroom.cli.command import Command, Words
from fitroom.errors import ConfigError

_OF_REPLICAS = {  # word of the command line -> field of serve.replicas.options.RayOptions
    "ray": "address", "replicas": "min_replicas", "max_replicas": "max_replicas", "target_load": "target_load",
    "upscale_delay_s": "upscale_delay_s", "downscale_delay_s": "downscale_delay_s", "ray_name": "name",
}  # fmt: skip


def _serve(argv: list[str]) -> int:
    parser = Words(
        "serve", COMMANDS, argument_default=argparse.SUPPRESS
    )  # what is not given is left to the server's settings
    parser.add_argument("--bundle", type=Path, action="append", required=True, metavar="DIR", help="may be repeated")
    pose = "pose model's file, for try-on of photos with any background (none)"
    parser.add_argument("--pose", type=Path, metavar="FILE", help=pose)
    parser.add_argument("--index", type=Path, metavar="DIR", help="catalogue to search, as search index wrote it")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1: this machine only)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on; 0 = any free one (8000)")
    parser.add_argument("--runtime", choices=("auto", "torch", "onnx"), help="what computes")
    parser.add_argument("--num-threads", type=int, metavar="N", help="threads of one inference")
    parser.add_argument(
        "--concurrency", type=int, metavar="N", help="photos worked on at once (a core each; on Ray 1 a replica)"
    )
    parser.add_argument("--max-waiting", type=int, metavar="N", help="further requests let in to wait")
    parser.add_argument("--shutdown-s", type=float, metavar="S", help="to finish what is inside after SIGTERM (25)")
    parser.add_argument("--api-keys", type=Path, metavar="FILE", help="clients and their keys: a line each, name key")
    parser.add_argument("--requests-per-minute", type=float, metavar="N", help="of each client (no limit)")
    parser.add_argument("--access-log", action="store_true", help="log JSON lines, one a request, never content")
    _add_replicas(parser)
    options = vars(parser.parse_args(argv))
    from serve import run
    from serve.key_file import read_keys

    _read_replicas(options)
    if "api_keys" in options:
        options["api_keys"] = read_keys(options["api_keys"])
    return run.main(options.pop("bundle"), **options)


def _add_replicas(parser: Words) -> None:
    parser.add_argument(
        "--ray", nargs="?", const="local", metavar="ADDRESS",
        help="compute in replicas on Ray: on this machine, or on the cluster at auto or HOST:PORT",
    )  # fmt: skip
    parser.add_argument("--replicas", type=int, metavar="N", help="replicas at any time, with --ray (1)")
    parser.add_argument("--max-replicas", type=int, metavar="N", help="as many under load (as many as at any time)")
    parser.add_argument("--target-load", type=float, metavar="X", help="requests of a replica that autoscaling aims at")
    parser.add_argument("--upscale-delay-s", type=float, metavar="S", help="of more load, till replicas are added (10)")
    parser.add_argument("--downscale-delay-s", type=float, metavar="S", help="of less, till they are taken away (300)")
    parser.add_argument("--ray-name", metavar="NAME", help="of the replicas on a cluster that others share (fitroom)")


def _read_replicas(options: dict[str, Any]) -> None:
    given = {field: options.pop(word) for word, field in _OF_REPLICAS.items() if word in options}
    if not given:
        return
    if "address" not in given:
        raise ConfigError("replicas are those of a Ray cluster", got=", ".join(given), fix="add --ray")
    from serve.replicas.options import RayOptions

    given.setdefault("max_replicas", given.get("min_replicas", 1))
    options["ray"] = RayOptions(**given)
    options.setdefault("concurrency", 1)


COMMANDS = [
    Command("serve", "answer over HTTP", "serve --bundle bundles/shop --port 8000", _serve),
]
