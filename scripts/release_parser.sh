#!/bin/sh
# Makes bundles/parser-wardrobe again:
#   1. simulate people, or go on with a wardrobe that is there
#   2. train in three legs, each from the weights of the one before: from ImageNet weights with strong changes, nearer to
#      the photos as they are, with rare garments shown more often
#   3. measure it on the validation split and on the frozen cases, and keep the numbers in its card
# About an hour on two cores beside the simulation. WARDROBE gets the cases; PHOTOS, if given, is a folder of photos to
# cut backgrounds from: the release took the train folder of the "clothing dataset (small)".
set -eu

wardrobe=${1:?usage: scripts/release_parser.sh WARDROBE [PHOTOS]}
photos=${2:-}
export OMP_NUM_THREADS=1

fitroom wardrobe --config configs/wardrobe/people.yaml --shards 0-11 --out "$wardrobe"
for leg in start middle wardrobe; do
    accelerate launch --config_file configs/launch/cpu2.yaml train.py --config "configs/train/parser_$leg.yaml" \
        --threads 1 --data.folder "$wardrobe" --data.backgrounds "$photos"
done
rm -rf bundles/parser-wardrobe
cp -r runs/parser-wardrobe/bundle bundles/parser-wardrobe
python -m fitroom.evaluation.parsing --bundle bundles/parser-wardrobe --folder "$wardrobe" --split validation \
    --name "Validation split: other bodies, faces and designs" --into-bundle
python -m fitroom.evaluation.parsing --bundle bundles/parser-wardrobe --folder benchmarks/wardrobe --split test \
    --name "Frozen cases (benchmarks/wardrobe)" --into-bundle
