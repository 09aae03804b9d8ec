#!/bin/sh
# Makes bundles/body-photo again, and the records that say how good it is:
#   1. simulate people, or go on with the wardrobes that are there (those of scripts/release_parser.sh, and more looks)
#   2. parse their pictures, and train the readers on one core
#   3. score them on the frozen cases, beside the controls
# Minutes on one core that is free, without the simulation. WARDROBES gets the cases. What the controls learn from
# (benchmarks/body-photo) is frozen and stays as it is.
set -eu

wardrobes=${1:?usage: scripts/release_body_photo.sh WARDROBES}
export OMP_NUM_THREADS=1

fitroom wardrobe --config configs/wardrobe/people.yaml --shards 0-13 --out "$wardrobes/people"
fitroom wardrobe --config configs/wardrobe/looks.yaml --shards 0-29 --out "$wardrobes/looks"
fitroom train --config configs/train/body_photo.yaml --data.folder "$wardrobes"
rm -rf bundles/body-photo
cp -r runs/body-photo/bundle bundles/body-photo
python -m fitroom.bundles.add bundles/body-photo metrics.csv=runs/body-photo/metrics.csv
fitroom evaluate --config configs/evaluate/body_photo.yaml
