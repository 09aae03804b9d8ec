"""The folder of a wardrobe: made once for one config, gone on with by the same, never by another.

out/
    README.md                             data card
    config.yaml                           resolved config
    registry.json                         split of every catalogue index
    data/<split>/shard-00012.parquet      the cases
    records/shard-00012.json              hash, counts, rejections, failures and time of a shard
    manifest.json, failures.jsonl         derived from the records
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from fitroom.config import config_to_yaml, load_config
from fitroom.errors import RunError
from fitroom.wardrobe.config import WardrobeConfig, differences
from fitroom.wardrobe.manifest import RECORDS
from fitroom.wardrobe.registry import SPLITS, Registry
from fitroom.writing import write_text_atomically

CONFIG = "config.yaml"


def open_folder(out: Path, config: WardrobeConfig, registry: Registry) -> None:
    """Makes the folder, or checks that it is of this config and registry.

    Raises:
        RunError: it is of another config, no wardrobe at all, or cannot be written to.
        DataError: its registry is another one.
    """
    with writing(out):
        if _is_new(out):
            out.mkdir(parents=True, exist_ok=True)
            registry.write(out)
            write_text_atomically(out / CONFIG, config_to_yaml(config))
        else:
            _check(out, config)
            registry.verify(out)
        for name in (RECORDS, *(f"data/{split}" for split in SPLITS)):
            (out / name).mkdir(parents=True, exist_ok=True)


def read_config(folder: Path) -> WardrobeConfig:
    """The config a wardrobe was made with.

    Raises:
        ConfigError: it cannot be read, or does not fit this version.
    """
    return load_config(WardrobeConfig, folder / CONFIG)


@contextmanager
def writing(where: Path) -> Iterator[None]:
    """Inside, what the disk refuses becomes a RunError that says so."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise RunError(
            "the disk is full" if full else "the folder of the wardrobe cannot be written to",
            where=where,
            got=error.strerror or str(error),
            fix="make room and give the same words again: finished shards are kept" if full else "another --out",
        ) from error


def _is_new(out: Path) -> bool:
    if not out.exists():
        return True
    if not out.is_dir():
        raise RunError("--out is a file", where=out, rule="a folder, new or of this wardrobe", fix="another --out")
    visible = [path for path in out.iterdir() if not path.name.startswith(".")]
    if visible and not (out / CONFIG).is_file() and [path.name for path in visible] != ["registry.json"]:
        raise RunError(
            "the folder is not empty, and no wardrobe",
            where=out,
            rule=f"a new or empty folder, or one with {CONFIG}",
            got=", ".join(sorted(path.name for path in visible)[:5]),
            fix="another --out",
        )
    return not (out / CONFIG).is_file()


def _check(out: Path, config: WardrobeConfig) -> None:
    written = yaml.safe_load((out / CONFIG).read_text(encoding="utf-8"))
    changed = differences(config, written if isinstance(written, dict) else {})
    if changed:
        raise RunError(
            "the folder was made with another config",
            where=out / CONFIG,
            rule=f"schema and values of {CONFIG}, to go on with it",
            got="; ".join(changed[:8]),
            fix=f"another --out, or --config {out / CONFIG}",
        )
