"""What can be trained, by the name that a config's ``task:`` field gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fitroom.config import nearest, parse_config
from fitroom.errors import ConfigError
from fitroom.training.config import RunConfig
from fitroom.training.plan import Plan

DEFAULT = "recognizer"


@dataclass(frozen=True)
class Task:
    """One kind of training.

    Attributes:
        config: its run config.
        make_plan: config and whether the run is resumed -> the plan; see ``fit.make_plan``.
    """

    config: type[RunConfig]
    make_plan: Callable[[Any, bool], Plan]


def _recognizer() -> Task:
    from fitroom.training.recognizer.config import RecognizerRunConfig
    from fitroom.training.recognizer.plan import make_plan

    return Task(RecognizerRunConfig, make_plan)


def _parser() -> Task:
    from fitroom.training.parser.config import ParserRunConfig
    from fitroom.training.parser.plan import make_plan

    return Task(ParserRunConfig, make_plan)


def _tryon() -> Task:
    from fitroom.training.tryon.config import TryOnRunConfig
    from fitroom.training.tryon.plan import make_plan

    return Task(TryOnRunConfig, make_plan)


def _tryon_latent() -> Task:
    from fitroom.training.tryon_latent.config import LatentTryOnRunConfig
    from fitroom.training.tryon_latent.plan import make_plan

    return Task(LatentTryOnRunConfig, make_plan)


def _sizing() -> Task:
    from fitroom.training.sizing.config import SizingRunConfig
    from fitroom.training.sizing.plan import make_plan

    return Task(SizingRunConfig, make_plan)


def _body_photo() -> Task:
    from fitroom.training.body_photo.config import BodyPhotoRunConfig
    from fitroom.training.body_photo.plan import make_plan

    return Task(BodyPhotoRunConfig, make_plan)


def _outfits() -> Task:
    from fitroom.training.outfits.config import OutfitRunConfig
    from fitroom.training.outfits.plan import make_plan

    return Task(OutfitRunConfig, make_plan)


def _search() -> Task:
    from fitroom.training.search.config import SearchRunConfig
    from fitroom.training.search.plan import make_plan

    return Task(SearchRunConfig, make_plan)


TASKS: dict[str, Callable[[], Task]] = {
    "recognizer": _recognizer,
    "parser": _parser,
    "tryon": _tryon,
    "tryon_latent": _tryon_latent,
    "sizing": _sizing,
    "body_photo": _body_photo,
    "outfits": _outfits,
    "search": _search,
}


def get_task(name: str) -> Task:
    """The task of a name.

    Raises:
        ConfigError: there is none; it names the nearest.
    """
    if name not in TASKS:
        raise ConfigError(
            f"there is no task {name!r}", where="task", rule=f"one of {', '.join(TASKS)}", fix=nearest(name, [*TASKS])
        )
    return TASKS[name]()


def parse_run(words: Sequence[str], *, prog: str = "fitroom train") -> RunConfig:
    """Command-line words to the config of a run, of the kind that its ``task`` says.

    Raises:
        ConfigError: no such task, or as :func:`fitroom.config.parse_config`.
    """
    return parse_config(get_task(task_name(words)).config, words, prog=prog)


def load_run(path: str | Path, *overrides: str) -> RunConfig:
    """A run's config from a YAML file, with ``"--key=value"`` overrides."""
    return parse_run(["--config", str(path), *overrides])


def task_name(words: Sequence[str]) -> str:
    """What ``--task`` or the ``task:`` of a ``--config`` file says, the last one; the recogniser where nothing does."""
    found = DEFAULT
    for i, word in enumerate(words):
        name, equals, value = word.partition("=")
        value = value if equals else "".join(words[i + 1 : i + 2])
        if name == "--task":
            found = value
        elif name == "--config":
            found = _task_in(Path(value)) or found
    return found


def _task_in(path: Path) -> str | None:
    """The ``task:`` of a file; a file that cannot be read is reported where it is parsed."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError):
        return None
    task = values.get("task") if isinstance(values, dict) else None
    return None if task is None else str(task)
