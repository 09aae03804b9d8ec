"""Evaluates models and controls: ``python evaluate.py --config configs/evaluate/clothing.yaml --model bundles/NAME``.

The same as ``fitroom evaluate``; a file of its own because ``accelerate launch`` starts files:

    accelerate launch evaluate.py --config configs/evaluate/clothing.yaml --model bundles/NAME

Photos are then shared among the processes; rank 0 alone fits the controls, writes and prints.
"""

import sys

from fitroom.cli import main

if __name__ == "__main__":
    sys.exit(main(["evaluate", *sys.argv[1:]]))
