"""What the commands of all tasks of flat rows do alike: words to a config, a line for each record.

Each has a config of its own beside the fields of :class:`FlatConfig`, and a runner that reads cases, enters models and
controls, and says how one of them is judged.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import pandas as pd

from fitroom.bundles import resolve_bundle
from fitroom.config import parse_config
from fitroom.errors import EvaluationError
from fitroom.evaluation.entries import ModelEntry
from fitroom.evaluation.flat.records import FlatData, free_place, record_scores, told
from fitroom.evaluation.flat.task import FlatTask
from fitroom.evaluation.protocols import EvaluationProtocol
from fitroom.evaluation.spelling import spelled_out


@dataclass(kw_only=True)
class FlatConfig:
    """Which models are scored by which recipe, and where their records go."""

    protocol: str
    """A recipe by name@version, e.g. search@1."""
    models: list[str] = field(default_factory=list)
    """Folders of bundles or runs; --model PATH adds one."""
    controls: bool = True
    """Also score what can be had without a trained model."""
    results: str = "results"
    """Folder the records go to."""

    def model_paths(self) -> list[Path]:
        """Folders of the models, each seen to hold one: what is misspelt is said before anything is read.

        Raises:
            BundleError: neither a bundle nor a run with one.
        """
        for path in self.models:
            resolve_bundle(path)
        return [Path(path) for path in self.models]


C = TypeVar("C", bound=FlatConfig)


class Entered(Protocol):
    """One that is judged."""

    def entry(self) -> ModelEntry:
        """Who it is."""
        ...


E = TypeVar("E", bound=Entered)


def run(argv: Sequence[str] | None, kind: type[C], evaluate: Callable[[C], list[Path]], task: FlatTask) -> int:
    """``--config FILE --model PATH [any field of the config]``; prints a line for each record.

    Args:
        argv: the words.
        kind: of config.
        evaluate: writes the records.
        task: whose records they are.
    """
    paths = evaluate(parse_config(kind, spelled_out(argv or []), prog="fitroom evaluate"))
    print("\n".join(told(path, task) for path in paths))
    return 0


def recorded(
    entered: Sequence[E],
    judged: Callable[[E], pd.DataFrame],
    data: FlatData,
    results: str,
    task: FlatTask,
    protocol: EvaluationProtocol,
) -> list[Path]:
    """A record of each contestant, in their order; that all of them have a place is seen before the first is judged.

    Args:
        entered: contestants.
        judged: rows of one, by the task's schema.
        data: what they are judged on.
        results: folder of all records.
        task, protocol: whose records they are, by which recipe.

    Raises:
        EvaluationError: there is none, or a record of other cases is in the way.
    """
    if not entered:
        raise EvaluationError("there is nothing to evaluate", rule="a model or the controls", fix="add --model PATH")
    for one in entered:
        free_place(Path(results), one.entry(), protocol.id, data.digest, task)
    paths = []
    for one in entered:
        start = time.time()
        rows = judged(one)
        wall_s = time.time() - start
        paths.append(record_scores(Path(results), task, one.entry(), protocol, data, rows, start, wall_s))
    return paths
