"""Keeps Lightning from talking: advertisements, what it found no GPU of, and warnings about choices made on purpose."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

LOGGERS = ("pytorch_lightning", "lightning_fabric")
# Regular expressions, matched at the start of the message.
ON_PURPOSE = (
    r".*does not have many workers",
    r".*ended before the epoch ended and your dataloader is",  # the stream is a function of the step
    r".*module\(s\) in eval mode at the start of training",  # frozen batch norm
    r".*You have overridden.*but have passed in",
    r".*isinstance\(treespec, LeafSpec\)",
    r".*`max_steps` ",
    r".*It is recommended to use `self\.log\('(select|step)",  # rank 0 holds what all ranks found
    r".*FSDP2-wrapped module .* returned a view tensor",  # nothing is changed in place
)


@contextmanager
def quiet() -> Iterator[None]:
    """Inside, Lightning's own log shows warnings only, and not those of ``ON_PURPOSE``."""
    levels = {name: logging.getLogger(name).level for name in LOGGERS}
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            for text in ON_PURPOSE:
                warnings.filterwarnings("ignore", text)
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
