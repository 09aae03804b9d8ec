#!/bin/sh
# Makes bundles/tryon-compact again, and the records and pictures that say how good it is:
#   1. simulate people, or go on with the wardrobes that are there; WARDROBES is empty at first, since all below it is learned from
#   2. train the first leg, on a GPU: minutes there, on processors about five hours; stopped, it goes on with --resume
#   3. simulate more, train the second leg, on a GPU, from the weights of the first
#   4. simulate people whom neither has seen, train two legs on them, on processors: denoiser and blend from the weights
#      of the second, with paint in layers; then all parts, with more people; take weights between these two
#   5. simulate hems alone, and train the head that tells where a garment ends, on processors; simulate more of them, and let
#      denoiser and blend learn what a network sees beside the colours, then the light as it is
#   6. compare denoising steps on validation cases
#   7. score it once on the frozen cases, beside the controls; keep the numbers in its card; draw the pages
# WARDROBES gets the cases of the first two legs, WARDROBES-later those of the next two, WARDROBES-hems those of the last three.
set -eu

wardrobes=${1:?usage: scripts/release_tryon.sh WARDROBES}
later="$wardrobes-later" # beside, since the first legs read all of WARDROBES
hems="$wardrobes-hems"
export OMP_NUM_THREADS=1
two="accelerate launch --config_file configs/launch/cpu2.yaml"

fitroom wardrobe --config configs/wardrobe/people.yaml --shards 0-13 --out "$wardrobes/people"
fitroom wardrobe --config configs/wardrobe/looks.yaml --shards 0-25 --out "$wardrobes/looks"
python train.py --config configs/train/tryon_start.yaml --data.folder "$wardrobes"
fitroom wardrobe --config configs/wardrobe/people.yaml --shards 0-17 --out "$wardrobes/people"
fitroom wardrobe --config configs/wardrobe/looks.yaml --shards 0-47 --out "$wardrobes/looks"
python train.py --config configs/train/tryon_middle.yaml --data.folder "$wardrobes"
fitroom wardrobe --config configs/wardrobe/others.yaml --shards 0-7 --out "$later/others"
$two train.py --config configs/train/tryon_layers.yaml --data.folder "$later/others"
fitroom wardrobe --config configs/wardrobe/others.yaml --shards 0-15 --out "$later/others"
$two train.py --config configs/train/tryon_compact.yaml --data.folder "$later/others"
fitroom bundle mix runs/tryon-layers runs/tryon-compact --share 0.7 --out runs/tryon-mixed
fitroom wardrobe --config configs/wardrobe/hems.yaml --shards 0-10 --out "$hems/hems"
for name in looks others; do # to look at while it learns
    fitroom wardrobe --config "configs/wardrobe/$name.yaml" --shards 7 --out "$hems/$name"
done
$two train.py --config configs/train/tryon_hems.yaml --data.folder "$hems"
fitroom wardrobe --config configs/wardrobe/hems.yaml --shards 0-18 --out "$hems/hems"
$two train.py --config configs/train/tryon_folds.yaml --data.folder "$hems"
$two train.py --config configs/train/tryon_light.yaml --data.folder "$hems"
python -m fitroom.evaluation.tryon.choosing --bundle runs/light/tryon-compact --folder "$hems/looks" --steps 1 2 4 8
$two evaluate.py --config configs/evaluate/tryon_wardrobe.yaml --model runs/light/tryon-compact
rm -rf bundles/tryon-compact
fitroom export runs/light/tryon-compact --out bundles/tryon-compact --known_failures configs/train/tryon_compact.failures.md
python -m fitroom.bundles.add bundles/tryon-compact metrics_start.csv=runs/tryon-start/metrics.csv \
    metrics_middle.csv=runs/tryon-middle/metrics.csv metrics_layers.csv=runs/tryon-layers/metrics.csv \
    metrics_compact.csv=runs/tryon-compact/metrics.csv config_compact.yaml=runs/tryon-mixed/config.yaml \
    metrics_hems.csv=runs/hems/tryon-compact/metrics.csv config_hems.yaml=runs/hems/tryon-compact/config.yaml \
    metrics_folds.csv=runs/tryon-folds/metrics.csv \
    config_folds.yaml=runs/tryon-folds/config.yaml metrics.csv=runs/light/tryon-compact/metrics.csv
python -m fitroom.evaluation.tryon.gallery --bundle bundles/tryon-compact --out docs/tryon --suffix jpg
