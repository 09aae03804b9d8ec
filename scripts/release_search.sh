#!/bin/sh
# Makes bundles/search again, and the records that say how good it is:
#   1. simulate people, or go on with the wardrobes that are there (of these two configs alone: all below WARDROBES is learned from)
#   2. take the features of all pictures, and train both stages on one core
#   3. score it on the frozen cases, beside the controls
# A few minutes on one core, without the simulation. WARDROBES gets the cases.
set -eu

wardrobes=${1:?usage: scripts/release_search.sh WARDROBES}
export OMP_NUM_THREADS=1

fitroom wardrobe --config configs/wardrobe/people.yaml --shards 0-13 --out "$wardrobes/people"
fitroom wardrobe --config configs/wardrobe/looks.yaml --shards 0-29 --out "$wardrobes/looks"
fitroom train --config configs/train/search.yaml --data.folder "$wardrobes"
rm -rf bundles/search
cp -r runs/search/bundle bundles/search
python -m fitroom.bundles.add bundles/search metrics.csv=runs/search/metrics.csv
fitroom evaluate --config configs/evaluate/search.yaml
