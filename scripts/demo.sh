#!/bin/sh
# From garments to an answer over HTTP: photos, check, train, score beside the controls, leaderboard, export, serve.
# Without a folder of photos it makes them: people and garments of the simulated wardrobe, in RUNS/demo-wardrobe, which
# the next demo uses again; and it trains a small try-on model on the people and scores its pictures too. Everything else
# lies in one run folder, demo-<time> under RUNS (runs).
#   scripts/demo.sh [PHOTOS [RUNS]]
# CASES (32), GARMENTS (210) and WORKERS (one a core) in the environment make another wardrobe.
set -eu

photos=${1:-}
runs=${2:-runs}
if [ -n "$photos" ] && [ ! -d "$photos" ]; then
    cat >&2 <<'END'
make demo takes a folder of photos that says what is on each:

    make demo DATA=photos

in one of these forms, with 200 photos or more, and 10 or more of each class:

    photos/<class>/*.jpg
    photos/<split>/<class>/*.jpg     split: train, validation or test
    photos/labels.csv                columns path and category, best with a column contributor

Without DATA it simulates a wardrobe and photographs that.
END
    echo "got: '$photos', which is no folder" >&2
    exit 2
fi
[ -z "$photos" ] || photos=$(cd "$photos" && pwd)
cd "$(dirname "$0")/.."
"${MAKE:-make}" --no-print-directory .venv/.installed
PATH="$PWD/.venv/bin:$PATH"

name=demo-$(date +%Y%m%d-%H%M%S)
run=$runs/$name
wardrobe=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() { printf '\n== %s\n' "$1"; }

if [ -z "$photos" ]; then
    wardrobe=$runs/demo-wardrobe
    photos=$wardrobe/garments
    workers=${WORKERS:-$(getconf _NPROCESSORS_ONLN)}
    step "simulate people in garments"
    fitroom wardrobe --config configs/wardrobe/mini.yaml --cases "${CASES:-32}" --out "$wardrobe/cases" \
        --workers "$workers"
    fitroom wardrobe show "$wardrobe/cases" --out "$wardrobe/sheet.png"
    step "photograph garments alone, for the recogniser"
    fitroom wardrobe garments --out "$photos" --count "${GARMENTS:-210}" --height-px 224 --width-px 168 \
        --workers "$workers"
fi

step "look at the photos"
fitroom data check "$photos" --skip-bad --out "$work/manifest.parquet"
# A wardrobe brings its split. Photos of one contributor look alike: where they are known, whole ones are held out.
by=$(python - "$work/manifest.parquet" "$wardrobe" <<'END'
import sys

import pandas as pd

groups = pd.read_parquet(sys.argv[1])["group"]
print("split" if sys.argv[2] else "group" if groups.notna().all() and groups.nunique() >= 5 else "sample")
END
)
case $by in
    split) protocol=split-recognition@1 ;;
    group) protocol=clothing-recognition@1 ;;
    *) protocol=photo-recognition@1 ;;
esac

step "train"
epochs=3
[ -z "$wardrobe" ] || epochs=10  # so few photos are soon gone through
fitroom train --config configs/train/recognizer_quick.yaml --name "$name" --runs "$runs" \
    --data.source.root "$photos" --data.source.skip_bad true --data.parts.by "$by" --epochs "$epochs"

step "score it beside the controls, on photos it has not seen"
fitroom evaluate --protocol "$protocol" --model "$run" --results "$run/results" \
    --source.root "$photos" --source.skip_bad true

if [ -n "$wardrobe" ]; then
    step "train a try-on model on the people"
    fitroom train --config configs/train/tryon_quick.yaml --name "$name-tryon" --runs "$runs" \
        --data.folder "$wardrobe/cases"
    step "score its pictures beside the controls, on people and garments it has not seen"
    released=
    [ ! -f bundles/tryon-compact/bundle.json ] || released="--model bundles/tryon-compact"
    fitroom evaluate --config configs/evaluate/tryon_demo.yaml --model "$runs/$name-tryon" $released \
        --root "$wardrobe/cases" --results "$run/results"
fi

step "leaderboard"
fitroom leaderboard --results "$run/results" --out "$run/site"

step "export"
fitroom export "$run" --out "$run/export"

step "serve one photo"
python - "$run/export" "$work/manifest.parquet" "$photos" <<'END'
"""Starts a server and asks it about one photo, as `curl -F image=@photo URL/v1/recognize` would."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pandas as pd

WAIT_S = 300  # a busy machine is no failure

bundle, manifest, root = sys.argv[1:]
photo = Path(root) / pd.read_parquet(manifest)["sample_id"].iloc[0]
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
url, end_s = f"http://127.0.0.1:{port}", time.monotonic() + WAIT_S


def is_ready() -> bool:
    try:
        return httpx.get(f"{url}/health/ready").is_success
    except httpx.TransportError:
        return False


server = subprocess.Popen(["fitroom", "serve", "--bundle", bundle, "--port", str(port)])
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
try:
    while not is_ready():
        if server.poll() is not None:
            sys.exit(f"the server ended with status {server.returncode}")
        if time.monotonic() > end_s:
            sys.exit(f"the server did not become ready within {WAIT_S} s")
        time.sleep(0.5)
    print(f"POST {url}/v1/recognize  image=@{photo}")
    answer = httpx.post(f"{url}/v1/recognize", files={"image": (photo.name, photo.read_bytes())}, timeout=60)
    print(json.dumps(answer.json(), indent=2))
    answer.raise_for_status()
finally:
    server.terminate()
    server.wait()
END

printf '\nDone. Where to look:\n'
[ -z "$wardrobe" ] || cat <<END
  $wardrobe/sheet.png     people, garments, and the true picture of one in the other
  $wardrobe/cases         the wardrobe: shards that fitroom.data.wardrobe and datasets.load_dataset read
  $wardrobe/garments      garments alone, with labels.csv
  $runs/$name-tryon/figures    what the try-on model drew while it learned
END
cat <<END
  $run/site/index.html    the leaderboard
  $run/export             the bundle: weights, config, preprocessing, card
  $run/results            the records the leaderboard is made of
Try it:
  .venv/bin/fitroom recognize PHOTO... --bundle $run/export
  .venv/bin/fitroom serve --bundle $run/export
END
