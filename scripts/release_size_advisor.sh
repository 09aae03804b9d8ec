#!/bin/sh
# Makes bundles/size-advisor again, and the records that say how good it is:
#   1. learn from the train part of both surveys and a hundred simulated bodies
#   2. score it on the held-out people, beside linear regression and the population mean
#   3. draw what each further answer buys, from those records
# About a quarter of an hour on two cores. SURVEYS is a folder with ANSUR II and NHANES as published, see docs/data-sets.md.
set -eu

surveys=${1:?usage: scripts/release_size_advisor.sh SURVEYS}
fitroom train --config configs/train/size_advisor.yaml --data.folder "$surveys"
rm -rf bundles/size-advisor
cp -r runs/size-advisor/bundle bundles/size-advisor
python -m fitroom.bundles.add bundles/size-advisor metrics.csv=runs/size-advisor/metrics.csv
fitroom evaluate --config configs/evaluate/size_advice.yaml --folder "$surveys"
python -m fitroom.evaluation.size_advice.figures --results results --out docs/size-advice-effort.svg
