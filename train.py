"""Trains a model: `python train.py --config configs/train/recognizer_clothing.yaml [--any.field value]`.

The same as `fitroom train`; this file is what `accelerate launch` and torchrun start.
"""

import sys

from fitroom.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
