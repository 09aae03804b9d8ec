"""``python -m fitroom``: the same door as the ``fitroom`` command."""

import sys

from fitroom.cli import main

if __name__ == "__main__":
    sys.exit(main())
