#!/bin/sh
# From a folder of photos to an answer over HTTP: check, train, score beside the controls, leaderboard, export, serve.
# Everything it makes lies in one run folder, demo-<time> under runs/ or the second argument.
set -eu

photos=${1:-}
runs=${2:-runs}
if [ ! -d "$photos" ]; then
    cat >&2 <<'END'
make demo needs a folder of photos that says what is on each:

    make demo DATA=photos

in one of these forms, with 200 photos or more, and 10 or more of each class:

    photos/<class>/*.jpg
    photos/<split>/<class>/*.jpg     split: train, validation or test
    photos/labels.csv                columns path and category, best with a column contributor
END
    [ -z "$photos" ] || echo "got: '$photos', which is no folder" >&2
    exit 2
fi
photos=$(cd "$photos" && pwd)
cd "$(dirname "$0")/.."
"${MAKE:-make}" --no-print-directory .venv/.installed
PATH="$PWD/.venv/bin:$PATH"

name=demo-$(date +%Y%m%d-%H%M%S)
run=$runs/$name
server=
work=$(mktemp -d)
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() { printf '\n== %s\n' "$1"; }

step "1/6 look at the photos"
fitroom data check "$photos" --skip-bad --out "$work/manifest.parquet"
# Photos of one contributor look alike: where contributors are known, whole contributors are held out.
by=$(python - "$work/manifest.parquet" <<'END'
import sys

import pandas as pd

groups = pd.read_parquet(sys.argv[1])["group"]
print("group" if groups.notna().all() and groups.nunique() >= 5 else "sample")
END
)
protocol=photo-recognition@1
[ "$by" = sample ] || protocol=clothing-recognition@1

step "2/6 train"
fitroom train --config configs/train/recognizer_quick.yaml --name "$name" --runs "$runs" \
    --data.source.root "$photos" --data.source.skip_bad true --data.parts.by "$by"

step "3/6 score it beside the controls, on photos it has not seen"
fitroom evaluate --protocol "$protocol" --model "$run" --results "$run/results" \
    --source.root "$photos" --source.skip_bad true

step "4/6 leaderboard"
fitroom leaderboard --results "$run/results" --out "$run/site"

step "5/6 export"
fitroom export "$run" --out "$run/export"

step "6/6 serve one photo"
port=$(python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
fitroom serve --bundle "$run/export" --port "$port" &
server=$!
python - "http://127.0.0.1:$port" "$work/manifest.parquet" "$photos" <<'END'
"""Asks the server about one photo, as `curl -F image=@photo URL/v1/recognize` would."""

import json
import sys
import time
from pathlib import Path

import httpx
import pandas as pd

url, manifest, root = sys.argv[1:]
photo = Path(root) / pd.read_parquet(manifest)["sample_id"].iloc[0]
for _ in range(120):
    try:
        if httpx.get(f"{url}/health/ready").is_success:
            break
    except httpx.TransportError:
        pass
    time.sleep(0.5)
else:
    sys.exit("the server did not become ready within a minute")
print(f"POST {url}/v1/recognize  image=@{photo}")
answer = httpx.post(f"{url}/v1/recognize", files={"image": (photo.name, photo.read_bytes())})
print(json.dumps(answer.json(), indent=2))
answer.raise_for_status()
END
kill "$server"
wait "$server" || true
server=

cat <<END

Done. Where to look:
  $run/site/index.html    the leaderboard
  $run/export             the bundle: weights, config, preprocessing, card
  $run/results            the records the leaderboard is made of
Try it:
  .venv/bin/fitroom recognize PHOTO... --bundle $run/export
  .venv/bin/fitroom serve --bundle $run/export
END
