"""The one word of ``fitroom evaluate`` that is not a field of a config."""

from __future__ import annotations

import re
from collections.abc import Sequence


def spelled_out(argv: Sequence[str]) -> list[str]:
    """``--model PATH`` becomes one more of ``models``."""
    return [re.sub(r"^--model(?==|$)", "--models+", word) for word in argv]
