#!/bin/sh
# Makes bundles/recognizer-clothing again, and the records that say how good its recipe is:
#   1. three seeds learn from the fit part; temperature and threshold come from the select part
#   2. the report part is scored once, beside the controls
#   3. the release learns from all parts by the same recipe, in 6 epochs (639 steps; the seeds took 493), and takes the
#      median calibration of the three
# About an hour and a quarter on two cores. PHOTOS is the folder of the "clothing dataset (small)", with its labels.csv.
set -eu

photos=${1:?usage: scripts/release_recognizer.sh PHOTOS}
config=configs/train/recognizer_clothing.yaml
models=
for seed in 0 1 2; do
    fitroom train --config $config --data.source.root "$photos" --runs runs/seed$seed --seed $seed
    models="$models --model runs/seed$seed/recognizer-clothing"
done

# shellcheck disable=SC2086
fitroom evaluate --config configs/evaluate/clothing.yaml --source.root "$photos" $models
fitroom leaderboard

fitroom train --config $config --data.source.root "$photos" --runs runs/release \
    --data.fit_on '[fit, select, report]' --epochs 6 \
    --calibration.from_bundles '[runs/seed0/recognizer-clothing, runs/seed1/recognizer-clothing, runs/seed2/recognizer-clothing]'
rm -rf bundles/recognizer-clothing
fitroom export runs/release/recognizer-clothing --out bundles/recognizer-clothing
