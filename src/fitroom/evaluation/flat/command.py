"""What the commands of all tasks of flat rows do alike: words to a config, a line for each record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from fitroom.config import parse_config
from fitroom.errors import EvaluationError
from fitroom.evaluation.flat.records import told
from fitroom.evaluation.flat.task import FlatTask
from fitroom.evaluation.spelling import spelled_out

C = TypeVar("C")
E = TypeVar("E")


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


def recorded(entered: Sequence[E], record: Callable[[E], Path]) -> list[Path]:
    """A record of each contestant, in their order.

    Raises:
        EvaluationError: there is none.
    """
    if not entered:
        raise EvaluationError("there is nothing to evaluate", rule="a model or the controls", fix="add --model PATH")
    return [record(one) for one in entered]
