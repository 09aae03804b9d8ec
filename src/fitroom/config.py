"""Typed configs: a dataclass, filled from YAML and the command line, by jsonargparse.

``--config file.yaml`` first, then any field as ``--section.field value``; ``--print_config`` shows the result. An
unknown key is an error that names the nearest one that exists.
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml
from jsonargparse import ArgumentParser, Namespace, set_parsing_settings

from fitroom.errors import ConfigError, FitroomError

SCHEMA_VERSION = 1

set_parsing_settings(docstring_parse_attribute_docstrings=True)  # --help shows the docstring under a field

T = TypeVar("T")


def parse_config(cls: type[T], argv: Sequence[str], *, prog: str = "fitroom") -> T:
    """Builds a ``cls`` from command-line words such as ``["--config", "a.yaml", "--optim.lr", "1e-4"]``.

    Raises:
        ConfigError: unknown key (with the nearest match), wrong type, missing value, or an unreadable file.
    """
    parser = _parser(cls, prog)
    for path in _config_paths(argv):
        _check_file(cls, path)
    try:
        namespace = parser.parse_args(list(argv))
        return _instantiate(cls, parser, namespace)
    except ConfigError:
        raise
    except Exception as error:
        # jsonargparse wraps what a dataclass's own check raised; the fitroom error inside says more.
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ConfigError):
                raise cause from None
            cause = cause.__cause__ or cause.__context__
        raise _explain(cls, str(error)) from error


def load_config(cls: type[T], path: str | Path, *overrides: str) -> T:
    """Builds a ``cls`` from a YAML file, with ``"--key=value"`` overrides."""
    return parse_config(cls, ["--config", str(path), *overrides])


def config_to_dict(config: Any) -> dict[str, Any]:
    """The resolved config as plain values, with the schema version it was written under."""
    return {"schema_version": SCHEMA_VERSION, **dataclasses.asdict(config)}


def config_to_yaml(config: Any) -> str:
    """The resolved config as YAML text that :func:`load_config` reads back."""
    return yaml.safe_dump(config_to_dict(config), sort_keys=False, allow_unicode=True)


def hash_settings(settings: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of plain values as sorted, compact JSON."""
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_typed(cls: type[T], values: object, at: str, error: type[FitroomError]) -> T:
    """Plain values, as JSON gives them, to a dataclass: every field checked by name and type, nothing guessed.

    Args:
        cls: a dataclass of str, int, float, bool, None, lists, dicts with str keys, Literal and other such dataclasses.
        values: a mapping with exactly its fields; those with a default may be left out.
        at: dotted place of ``values``, for messages; "" = the whole.
        error: raised for a missing or unknown field, a value of another type, or a number that is not finite.
    """
    whole = at or "the content"
    if not isinstance(values, dict):
        raise error(f"{whole} is not an object", rule="an object of named fields", got=repr(values))
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    needed = {n for n, f in fields.items() if f.default is f.default_factory is dataclasses.MISSING}
    missing, unknown = sorted(needed - set(values)), sorted(set(values) - set(fields))
    if missing or unknown:
        raise error(f"{whole} has other fields than it should", got=f"missing {missing}, unknown {unknown}")
    hints, prefix = get_type_hints(cls), f"{at}." if at else ""
    return cls(**{name: _read_value(hints[name], value, f"{prefix}{name}", error) for name, value in values.items()})


def field_names(cls: type, prefix: str = "") -> Iterator[str]:
    """Every settable key of a config class, dotted: ``optim``, ``optim.lr``, ..."""
    hints = get_type_hints(cls)
    for field in dataclasses.fields(cls):
        name = f"{prefix}{field.name}"
        yield name
        for inner in (hints[field.name], *get_args(hints[field.name])):
            if dataclasses.is_dataclass(inner) and isinstance(inner, type):
                yield from field_names(inner, f"{name}.")


def nearest(name: str, known: Sequence[str]) -> str:
    """A "did you mean" clause for a message: the nearest known name, or the list of them."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"


def _parser(cls: type, prog: str) -> ArgumentParser:
    parser = ArgumentParser(
        prog=prog, exit_on_error=False, allow_abbrev=False, description=(cls.__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--config", action="config", help="YAML file; given again, the later one wins")
    parser.add_argument("--schema_version", type=int, default=SCHEMA_VERSION, help="config format version")
    parser.add_class_arguments(cls, None)
    parser.set_defaults(dict(_lists_of_sections(cls)))
    return parser


def _lists_of_sections(section: Any, prefix: str = "") -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Defaults that are lists of dataclasses, as plain values: jsonargparse can print no others."""
    for field in dataclasses.fields(section):
        if not isinstance(section, type):
            value = getattr(section, field.name)
        else:
            value = field.default_factory() if callable(field.default_factory) else field.default
        if dataclasses.is_dataclass(value):
            yield from _lists_of_sections(value, f"{prefix}{field.name}.")
        elif isinstance(value, list) and value and dataclasses.is_dataclass(value[0]):
            yield f"{prefix}{field.name}", [dataclasses.asdict(item) for item in value]


def _instantiate(cls: type[T], parser: ArgumentParser, namespace: Namespace) -> T:
    built = parser.instantiate_classes(namespace)
    if built.schema_version > SCHEMA_VERSION:
        raise ConfigError(
            "the config was written by a newer fitroom",
            rule=f"schema_version at most {SCHEMA_VERSION}",
            got=built.schema_version,
            fix="install the newer fitroom",
        )
    return cls(**{field.name: getattr(built, field.name) for field in dataclasses.fields(cls)})  # type: ignore[arg-type]


def _config_paths(argv: Sequence[str]) -> Iterator[Path]:
    for i, word in enumerate(argv):
        if word == "--config" and i + 1 < len(argv):
            yield Path(argv[i + 1])
        elif word.startswith("--config="):
            yield Path(word.removeprefix("--config="))


def _check_file(cls: type, path: Path) -> None:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError("the config file cannot be read", where=path, got=error.strerror) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError("the config file is not YAML", where=path, got=str(error)) from error
    if not isinstance(values, dict):
        raise ConfigError(
            "the config file holds no settings", where=path, rule="a mapping of keys to values", got=values
        )
    known = list(field_names(cls))
    for key in _dotted(cls, values):
        if key not in known and key != "schema_version":
            raise ConfigError(
                f"unknown key {key!r} in the config",
                where=path,
                rule="only keys the config has",
                fix=nearest(key, known),
            )


def _dotted(cls: type, values: dict[str, Any], prefix: str = "") -> Iterator[str]:
    hints = get_type_hints(cls)
    for key, value in values.items():
        yield f"{prefix}{key}"
        for inner in (hints.get(key), *get_args(hints.get(key))):
            if not (dataclasses.is_dataclass(inner) and isinstance(inner, type)):
                continue
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict):
                    yield from _dotted(inner, item, f"{prefix}{key}.")


# How jsonargparse words an unknown key; the groups, joined by dots, are the key.
_UNKNOWN_KEY = (
    re.compile(r"[Uu]nrecognized arguments: --([\w.]+)"),
    re.compile(r"Group '([\w.]+)' does not accept option '([\w.]+)'"),
    re.compile(r"key \"([\w.]+)\".*Option '([\w.]+)' is not accepted", re.DOTALL),
)


def _explain(cls: type, message: str) -> ConfigError:
    for pattern in _UNKNOWN_KEY:
        if found := pattern.search(message):
            key = ".".join(found.groups())
            return ConfigError(
                f"unknown key {key!r}", rule="only keys the config has", fix=nearest(key, list(field_names(cls)))
            )
    if required := re.search(r"arguments are required: (.+)", message):
        keys = required[1].split(", ")
        return ConfigError(
            f"the config lacks {', '.join(keys)}",
            fix=f"give {', '.join(f'--{key}' for key in keys)}, or set it in a file",
        )
    return ConfigError("the config does not fit", got=message.strip())


def _read_value(hint: Any, value: Any, at: str, error: type[FitroomError]) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if hint is Any:
        return value
    if origin in (Union, UnionType):
        inner = next(arg for arg in args if arg is not NoneType)
        return None if value is None and NoneType in args else _read_value(inner, value, at, error)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return read_typed(hint, value, at, error)
    if origin is dict and isinstance(value, dict):
        return {key: _read_value(args[1], item, f"{at}.{key}", error) for key, item in value.items()}
    if origin is list and isinstance(value, list):
        return [_read_value(args[0], item, f"{at}[{i}]", error) for i, item in enumerate(value)]
    if origin is Literal:
        if value in args:
            return value
        raise error(f"{at} has an unknown value", rule=f"one of {list(args)}", got=repr(value))
    wanted = (int, float) if hint is float else origin or hint
    if not isinstance(value, wanted) or (isinstance(value, bool) and hint is not bool):
        raise error(f"{at} is of the wrong type", rule=getattr(hint, "__name__", str(hint)), got=repr(value))
    if isinstance(value, float) and not math.isfinite(value):
        raise error(f"{at} is not a finite number", rule="null with a reason where there is none", got=value)
    return value
