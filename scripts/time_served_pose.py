"""What a pose model costs a server: try-ons over HTTP with it and without, in turn, and the memory of each process.

python scripts/time_served_pose.py --pose mediapipe-0.10.21-....whl --requests 60 --photos person.jpg garment.jpg
"""

from __future__ import annotations

import argparse
import os
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import psutil

from fitroom.bench.serving.served import Server, served
from fitroom.data.wardrobe import stream
from fitroom.images import encode_jpeg
from serve.client import Client

ROOT = Path(__file__).resolve().parents[1]
BUNDLES = ("tryon-compact", "recognizer-clothing", "parser-wardrobe")
WARM_UP = 3


def main() -> None:
    """Prints medians and 95th percentiles of each photo and server, then memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pose", type=Path, required=True, metavar="FILE")
    parser.add_argument("--requests", type=int, default=60, metavar="N", help="of each photo and server (60)")
    parser.add_argument("--photos", type=Path, nargs=2, metavar=("PERSON", "GARMENT"), help="beside a benchmark's")
    args = parser.parse_args()
    pairs = {"benchmark": _of_benchmark()} | ({"photos": tuple(args.photos)} if args.photos else {})
    words = ["-m", "fitroom", "serve", "--port", "{port}"]
    words += [word for name in BUNDLES for word in ("--bundle", str(ROOT / "bundles" / name))]
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(served(name, words + more, "/health/ready"))
            for name, more in (("without", []), ("with", ["--pose", str(args.pose)]))
        }
        while any(_works(server) for server in servers.values()):  # their spares load
            time.sleep(1)
        for pair, (person, garment) in pairs.items():
            taken = {name: _Taken() for name in servers}
            for number in range(WARM_UP + args.requests):
                for name, server in servers.items():
                    taken[name].ask(server, person, garment, number)
            for name, found in taken.items():
                print(f"{pair}, {name}: {found.said()}; load {os.getloadavg()[0]:.1f}", flush=True)
        for name, server in servers.items():
            print(f"{name}, MiB: {', '.join(f'{mb:.0f}' for mb in server.resident_mb().values() if mb > 50)}")


class _Taken:
    """What requests took, milliseconds: to the answer, by stage, and of a core in all processes."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, ...]] = []

    def ask(self, server: Server, person: bytes | Path, garment: bytes | Path, seed: int) -> None:
        before, start = _core_s(server), time.perf_counter()
        found = Client(f"http://127.0.0.1:{server.port}").try_on(person, garment, seed=seed)
        took_ms = (time.perf_counter() - start) * 1e3
        stages = found["timings_ms"]
        self.rows.append((took_ms, stages["check"], stages["worn"], (_core_s(server) - before) * 1e3))

    def said(self) -> str:
        middle, high = np.percentile(self.rows[WARM_UP:], [50, 95], axis=0).round()
        named = zip(("answer", "check", "worn", "of a core"), middle, high, strict=True)
        return ", ".join(f"{name} {p50:.0f} ms (p95 {p95:.0f})" for name, p50, p95 in named)


def _works(server: Server) -> bool:
    before = _core_s(server)
    time.sleep(3)
    return _core_s(server) - before > 0.1


def _of_benchmark() -> tuple[bytes, bytes]:
    row = next(iter(stream(ROOT / "benchmarks" / "wardrobe", "test", ["person", "garment"])))
    return encode_jpeg(row["person"], 92), encode_jpeg(row["garment"], 92)


def _core_s(server: Server) -> float:
    processes = [psutil.Process(pid) for pid in server.resident_mb()]
    return sum(times.user + times.system for times in (process.cpu_times() for process in processes))


if __name__ == "__main__":
    main()
