#!/bin/sh
# What a recogniser learns from simulated garments, on held-out simulated garments and on phone photos:
#   1. photograph the garments
#   2. train on them: category and ten further questions
#   3. score it on garments of the test split, and on phone photos of the eight classes that both sets have
#   4. train on phone photos with and without the garments beside them, for the same number of steps
#   5. score both on phone photos of contributors they have not seen
# PHOTOS is the folder of the "clothing dataset (small)", with its labels.csv. FOLDER (data) gets the garments, runs,
# results and site. COUNT (2400) and EPOCHS (6) make a quick try of it.
set -eu

photos=${1:?usage: scripts/recognizer_on_wardrobe.sh PHOTOS [FOLDER [COUNT [EPOCHS]]]}
folder=${2:-data}
count=${3:-2400}
epochs=${4:-6}
garments=$folder/garments
runs=$folder/runs
results=$folder/results
workers=${WORKERS:-$(getconf _NPROCESSORS_ONLN)}

fitroom wardrobe garments --out "$garments" --count "$count" --workers "$workers"
fitroom train --config configs/train/recognizer_wardrobe.yaml --data.source.root "$garments" \
    --runs "$runs" --epochs "$epochs"
fitroom evaluate --config configs/evaluate/wardrobe.yaml --source.root "$garments" --results "$results" \
    --model "$runs/recognizer-wardrobe"

rm -rf "$folder/phone" "$folder/both"
set -- --photos.root "$photos" --photos.table labels.csv --photos.path_column file \
    --photos.group_column sender_id --photos.label_columns '{category: label}'
fitroom data merge --out "$folder/phone" "$@"
fitroom data merge --out "$folder/both" "$@" --garments.root "$garments" \
    --garments.label_columns '{category: clothing_class}'

# Photos of the train split: as many steps for the one as for the other.
train_photos() { grep -c ',train,' "$folder/$1/labels.csv"; }
phone_epochs=$(awk "BEGIN { print $epochs * $(train_photos both) / $(train_photos phone) }")
fitroom train --config configs/train/recognizer_both.yaml --data.source.root "$folder/both" \
    --runs "$runs" --epochs "$epochs"
fitroom train --config configs/train/recognizer_both.yaml --data.source.root "$folder/phone" \
    --name recognizer-phone --runs "$runs" --epochs "$phone_epochs"

fitroom evaluate --config configs/evaluate/clothing.yaml --source.root "$photos" --results "$results" \
    --model "$runs/recognizer-both" --model "$runs/recognizer-phone"
fitroom evaluate --config configs/evaluate/transfer.yaml --source.root "$photos" --results "$results" \
    --model "$runs/recognizer-wardrobe" --model "$runs/recognizer-both" --model "$runs/recognizer-phone"
fitroom leaderboard --results "$results" --out "$folder/site"
