#!/bin/sh
# Makes bundles/parser-wardrobe again, which measures try-on models, and, where PHOTOS are given, bundles/parser-photos,
# which looks at photographs:
#   1. simulate people, or go on with the wardrobes that are there; WARDROBES is empty at first, since all below it is learned from
#   2. train in five legs, each from the weights of the one before: from ImageNet weights with strong changes, nearer to
#      the photos as they are, with rare garments shown more often, on more photos, and at their full size
#   3. measure it on the validation split and on the frozen cases, and keep the numbers in its card
#   4. cut garments out of PHOTOS, and go on from there: with other people, pieces of photos for cloth and surroundings, and
#      garments that nobody wears; what ships lies between the two, 0.75 of the way; measured on the frozen cases and on the
#      garments of other contributors
# About two and a half hours on two cores beside the simulation, and an hour for step 4. WARDROBES gets the
# cases, WARDROBES-later those of step 4, WARDROBES-garments the cut-out garments; PHOTOS is a folder as the recogniser learns from, with contributors: the release took
# the "clothing dataset (small)". POSE, a wheel of mediapipe 0.10.21, tells which of them somebody wears.
set -eu

wardrobes=${1:?usage: scripts/release_parser.sh WARDROBES [PHOTOS [POSE]]}
photos=${2:-}
pose=${3:-}
backgrounds=$photos
[ ! -d "$photos/train" ] || backgrounds=$photos/train
export OMP_NUM_THREADS=1

fitroom wardrobe --config configs/wardrobe/people.yaml --shards 0-11 --out "$wardrobes/people"
fitroom wardrobe --config configs/wardrobe/looks.yaml --shards 0-15 --out "$wardrobes/looks"
for leg in start middle rare large wardrobe; do
    folder=$wardrobes
    case $leg in start | middle | rare) folder=$wardrobes/people ;; esac
    accelerate launch --config_file configs/launch/cpu2.yaml train.py --config "configs/train/parser_$leg.yaml" \
        --threads 1 --data.folder "$folder" --data.backgrounds "$backgrounds"
done
rm -rf bundles/parser-wardrobe
cp -r runs/parser-wardrobe/bundle bundles/parser-wardrobe
python -m fitroom.evaluation.parsing --bundle bundles/parser-wardrobe --folder "$wardrobes" --split validation \
    --name "Validation split: other bodies, faces and designs" --into-bundle
python -m fitroom.evaluation.parsing --bundle bundles/parser-wardrobe --folder benchmarks/wardrobe --split test \
    --name "Frozen cases (benchmarks/wardrobe)" --into-bundle
[ -n "$photos" ] || exit 0

cases=$wardrobes-later/others # where scripts/release_tryon.sh has them too
garments=$wardrobes-garments
fitroom wardrobe --config configs/wardrobe/others.yaml --shards 0-15 --out "$cases"
for part in fit report; do
    [ -d "$garments/$part" ] || python -m fitroom.pipelines.prepare.garment_parses "$photos" --part $part \
        --out "$garments/$part" --workers 2 ${pose:+--pose "$pose"}
done
accelerate launch --config_file configs/launch/cpu2.yaml train.py --config configs/train/parser_photos.yaml \
    --threads 1 --data.folder "$cases" --data.labelled "$garments/fit" \
    --data.backgrounds "$garments/fit/photos"
rm -rf runs/parser-photos-mixed bundles/parser-photos
fitroom bundle mix bundles/parser-wardrobe runs/parser-photos --share 0.75 --out runs/parser-photos-mixed
cp -r runs/parser-photos-mixed bundles/parser-photos
python -m fitroom.bundles.add bundles/parser-photos metrics.csv=runs/parser-photos/metrics.csv
python -m fitroom.evaluation.parsing --bundle bundles/parser-photos --folder benchmarks/wardrobe --split test \
    --name "Frozen cases (benchmarks/wardrobe)" --into-bundle
python -m fitroom.evaluation.parsing --bundle bundles/parser-photos --garments "$garments/report" \
    --name "Phone photos of clothes, of contributors it has not met" --into-bundle
