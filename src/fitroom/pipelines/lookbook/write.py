"""A lookbook as a folder: the page, its values, its pictures; complete or not there.

DIR/
    lookbook.html    one file with all its pictures in it; asks nothing of any server
    lookbook.json    everything as values
    pictures/        1-1.jpg: of outfit 1, after its first piece; marked as AI-generated in their metadata
"""

from __future__ import annotations

import json
from pathlib import Path

from fitroom import __version__
from fitroom.errors import ConfigError, DataError
from fitroom.images import encode_jpeg
from fitroom.pipelines.ai_label import xmp_of
from fitroom.pipelines.lookbook.make import Lookbook
from fitroom.pipelines.lookbook.page import render
from fitroom.pipelines.lookbook.tongues import Tongue
from fitroom.pipelines.lookbook.values import picture_name, values_of
from fitroom.writing import folder_beside, put

PAGE, VALUES = "lookbook.html", "lookbook.json"
_QUALITY = 90


def check_out(out: Path) -> None:
    """Says early that the folder cannot be made.

    Raises:
        ConfigError: there is something of that name.
    """
    if out.exists():
        raise ConfigError("there is something of that name already", where=out, fix="remove it, or another --out")


def write_lookbook(book: Lookbook, out: Path, tongue: Tongue) -> None:
    """Writes beside, then renames.

    Raises:
        ConfigError: there is something of that name already.
        DataError: the disk does not take it.
    """
    check_out(out)
    values, pictures = values_of(book), pictures_of(book)
    files = {
        PAGE: render(book, values, pictures, tongue).encode(),
        VALUES: (json.dumps(values, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode(),
        **pictures,
    }
    try:
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        with folder_beside(out) as stage:
            for name, content in files.items():
                put(stage / name, content)
            stage.rename(out)
    except OSError as error:
        raise DataError("the lookbook cannot be written", where=out, got=error.strerror) from error


def pictures_of(book: Lookbook) -> dict[str, bytes]:
    """JPEGs by file name."""
    label = xmp_of(f"fitroom {__version__}")
    return {
        picture_name(rank, place): encode_jpeg(step.worn_u8, _QUALITY, label)
        for rank, look in enumerate(book.looks, 1)
        for place, step in enumerate(look.steps, 1)
    }
