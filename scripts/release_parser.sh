#!/bin/sh
# Makes bundles/parser-wardrobe again:
#   1. simulate people, or go on with the wardrobes that are there
#   2. train in five legs, each from the weights of the one before: from ImageNet weights with strong changes, nearer to
#      the photos as they are, with rare garments shown more often, on more photos, and at their full size
#   3. measure it on the validation split and on the frozen cases, and keep the numbers in its card
# About two and a half hours on two cores beside the simulation. WARDROBES gets the cases; PHOTOS, if given, is a folder
# of photos to cut backgrounds from: the release took the train folder of the "clothing dataset (small)".
set -eu

wardrobes=${1:?usage: scripts/release_parser.sh WARDROBES [PHOTOS]}
photos=${2:-}
export OMP_NUM_THREADS=1

fitroom wardrobe --config configs/wardrobe/people.yaml --shards 0-11 --out "$wardrobes/people"
fitroom wardrobe --config configs/wardrobe/looks.yaml --shards 0-15 --out "$wardrobes/looks"
for leg in start middle rare large wardrobe; do
    folder=$wardrobes
    case $leg in start | middle | rare) folder=$wardrobes/people ;; esac
    accelerate launch --config_file configs/launch/cpu2.yaml train.py --config "configs/train/parser_$leg.yaml" \
        --threads 1 --data.folder "$folder" --data.backgrounds "$photos"
done
rm -rf bundles/parser-wardrobe
cp -r runs/parser-wardrobe/bundle bundles/parser-wardrobe
python -m fitroom.evaluation.parsing --bundle bundles/parser-wardrobe --folder "$wardrobes" --split validation \
    --name "Validation split: other bodies, faces and designs" --into-bundle
python -m fitroom.evaluation.parsing --bundle bundles/parser-wardrobe --folder benchmarks/wardrobe --split test \
    --name "Frozen cases (benchmarks/wardrobe)" --into-bundle
