#!/bin/sh
# Makes bundles/outfits again, and the records that say how good it is:
#   1. the stylist dresses train and validation parts into FOLDER; the test part is frozen in benchmarks/outfits
#   2. train on one core
#   3. score it on the frozen cases, beside the controls
# A few minutes on one core.
set -eu

folder=${1:-data/outfits}
export OMP_NUM_THREADS=1

[ -e "$folder/train.jsonl" ] || python -m fitroom.data.outfits.stylist --out "$folder"
fitroom train --config configs/train/outfits.yaml --data.folder "$folder"
rm -rf bundles/outfits
cp -r runs/outfits/bundle bundles/outfits
python -m fitroom.bundles.add bundles/outfits metrics.csv=runs/outfits/metrics.csv
fitroom evaluate --config configs/evaluate/outfits.yaml --train "$folder"
