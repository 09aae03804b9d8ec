"""What a command of the door is, and how the words after its name are read."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from fitroom.errors import ConfigError


@dataclass(frozen=True)
class Command:
    """One command of the door.

    Attributes:
        name: what is typed after ``fitroom``, one or two words.
        summary: what it does, one line.
        example: words after ``fitroom`` that work.
        run: gets the words after the name, gives the exit code.
    """

    name: str
    summary: str
    example: str
    run: Callable[[list[str]], int]


class Words(argparse.ArgumentParser):
    """Argument parser of one command; what does not fit is a :class:`ConfigError`, as everywhere else.

    Args:
        name: of the command.
        commands: where it is listed, with its summary and example.
        options: of ArgumentParser.
    """

    def __init__(self, name: str, commands: Sequence[Command], **options: Any) -> None:
        command = next(command for command in commands if command.name == name)
        super().__init__(
            prog=f"fitroom {name}",
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            epilog=f"example: fitroom {command.example}",
            allow_abbrev=False,
            **options,
        )

    def error(self, message: str) -> NoReturn:
        unknown = message.split(": ", 1)[1].split()[0] if message.startswith("unrecognized arguments: ") else ""
        close = difflib.get_close_matches(unknown, list(self._option_string_actions), n=1)
        fix = f"did you mean {close[0]!r}?" if close else f"{self.prog} --help shows all its words"
        raise ConfigError(message, where=self.prog, fix=fix)
