"""Plain values, as JSON gives them, to dataclasses: every field checked by name and type, nothing guessed."""

from __future__ import annotations

import dataclasses
import math
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from fitroom.errors import EvaluationError

T = TypeVar("T")


def build(cls: type[T], values: object, at: str) -> T:
    """An instance of the dataclass ``cls``.

    Args:
        cls: a dataclass of str, int, float, bool, None, lists, dicts with str keys, Literal and other such dataclasses.
        values: a mapping with exactly its fields; those with a default may be left out.
        at: dotted place of ``values``, for messages.

    Raises:
        EvaluationError: a missing or unknown field, a value of another type, or a number that is not finite.
    """
    if not isinstance(values, dict):
        raise EvaluationError(f"{at} is not an object", rule="an object of named fields", got=repr(values))
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    needed = {n for n, f in fields.items() if f.default is f.default_factory is dataclasses.MISSING}
    missing, unknown = sorted(needed - set(values)), sorted(set(values) - set(fields))
    if missing or unknown:
        raise EvaluationError(f"{at} has other fields than it should", got=f"missing {missing}, unknown {unknown}")
    hints = get_type_hints(cls)
    return cls(**{name: _value(hints[name], value, f"{at}.{name}") for name, value in values.items()})


def _value(hint: Any, value: Any, at: str) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if hint is Any:
        return value
    if origin in (Union, UnionType):
        inner = next(arg for arg in args if arg is not NoneType)
        return None if value is None and NoneType in args else _value(inner, value, at)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return build(hint, value, at)
    if origin is dict and isinstance(value, dict):
        return {key: _value(args[1], item, f"{at}.{key}") for key, item in value.items()}
    if origin is list and isinstance(value, list):
        return [_value(args[0], item, f"{at}[{i}]") for i, item in enumerate(value)]
    if origin is Literal:
        if value in args:
            return value
        raise EvaluationError(f"{at} has an unknown value", rule=f"one of {list(args)}", got=repr(value))
    wanted = (int, float) if hint is float else origin or hint
    if not isinstance(value, wanted) or (isinstance(value, bool) and hint is not bool):
        raise EvaluationError(f"{at} is of the wrong type", rule=getattr(hint, "__name__", str(hint)), got=repr(value))
    if isinstance(value, float) and not math.isfinite(value):
        raise EvaluationError(f"{at} is not a finite number", rule="null with a reason where there is none", got=value)
    return value
