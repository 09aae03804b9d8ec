"""How long size advice by photo takes a running server, one request after the other.

python scripts/time_photo_advice.py --address http://127.0.0.1:8000 --requests 60
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from serve.client import Client
from serve.client.answers import SizeChart

EXAMPLES = Path(__file__).resolve().parents[1] / "src/serve/page/examples"
PHOTOS = [EXAMPLES / f"person-{number}.jpg" for number in (1, 2, 3, 5, 7)]  # head to feet
SIZES = ("XS", "S", "M", "L", "XL")
CHART: SizeChart = {size: {"chest": 92.0 + 6 * i, "length": 62.0 + 2 * i} for i, size in enumerate(SIZES)}
WARM_UP = 3


def main() -> None:
    """Prints medians and 95th percentiles, with a photo and without."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    parser.add_argument("--requests", type=int, default=60)
    args = parser.parse_args()
    client = Client(args.address)
    for photos in (PHOTOS, [None]):
        taken_ms, read_ms = [], []
        for number in range(WARM_UP + args.requests):
            start = time.perf_counter()
            found = client.size_advice(CHART, person=photos[number % len(photos)], body_cm={"height": 172.0})
            taken_ms.append((time.perf_counter() - start) * 1e3)
            read_ms.append(found["timings_ms"]["read"])
        taken, read = (np.percentile(values[WARM_UP:], [50, 95]).round() for values in (taken_ms, read_ms))
        print(
            f"{'with' if photos[0] else 'without'} a photo: {taken[0]:.0f} ms (p95 {taken[1]:.0f}), "
            f"reading {read[0]:.0f} ms (p95 {read[1]:.0f}), N = {args.requests}"
        )


if __name__ == "__main__":
    main()
