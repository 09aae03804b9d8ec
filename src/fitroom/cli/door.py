"""From words to a command, its exit code, and errors for people; ``fitroom --help``."""

from __future__ import annotations

import difflib
import os
import sys
import traceback
from collections.abc import Iterator, Sequence

from fitroom import __doc__ as about
from fitroom import __version__
from fitroom.cli import advising, benches, bundles, data, proving, recognizing, searching, serving, trying_on
from fitroom.cli.command import Command
from fitroom.errors import ConfigError, FitroomError
from fitroom.progress import setup_logging

EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141
# Import name of an optional package -> the extra of fitroom that brings it.
EXTRAS = {
    "fastapi": "serve",
    "uvicorn": "serve",
    "prometheus_client": "serve",
    "python_multipart": "serve",
    "ray": "ray",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "onnxscript": "onnx",
    "lpips": "metrics",
    "torch_fidelity": "metrics",
    "transformers": "parsers",
    "peft": "bases",
    "usearch": "search",
    "qdrant_client": "search",
}
GROUPS: dict[str, list[Command]] = {
    "Data": data.COMMANDS,
    "Train and compare": proving.COMMANDS,
    "Ship": bundles.COMMANDS,
    "Use": [
        *recognizing.COMMANDS,
        *trying_on.COMMANDS,
        *advising.COMMANDS,
        *searching.COMMANDS,
        *serving.COMMANDS,
    ],
    "Measure speed": benches.COMMANDS,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Returns:
        0 on success; the ``exit_code`` of a :class:`FitroomError`, whose message goes to stderr; 130 after Ctrl-C; 141
        where the reader of stdout went away. ``--verbose`` or ``FITROOM_DEBUG=1`` adds the traceback.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    verbose = "--verbose" in words or os.environ.get("FITROOM_DEBUG", "0") not in ("", "0")
    setup_logging(verbose)
    try:
        code = _dispatch([word for word in words if word != "--verbose"])
        sys.stdout.flush()
        return code
    except FitroomError as error:
        return _report(error, verbose)
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        fix = f"pip install 'fitroom[{EXTRAS[error.name]}]'"
        return _report(FitroomError(f"this command needs the package {error.name!r}", fix=fix), verbose)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _let_go_of_stdout()
        return EXIT_BROKEN_PIPE
    except OSError as error:
        see = "there is room left to write" if error.filename is None else "the path can be what is asked of it"
        refused = FitroomError(
            "the system refuses to read or write", where=error.filename,
            got=error.strerror or str(error) or type(error).__name__, fix=f"see that {see}; --verbose shows where",
        )  # fmt: skip
        code = _report(refused, verbose)
        try:
            sys.stdout.flush()
        except OSError:
            _let_go_of_stdout()
        return code


def _let_go_of_stdout() -> None:
    """Python flushes it once more on its way out; what is left goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report(error: FitroomError, verbose: bool) -> int:
    if verbose:
        traceback.print_exc(file=sys.stderr)
    print(f"fitroom: {error}", file=sys.stderr)
    return error.exit_code


def _dispatch(words: list[str]) -> int:
    if not words:
        print(_help(), file=sys.stderr)
        return 2
    if words[0] in ("-h", "--help", "help"):
        print(_help())
        return 0
    if words[0] == "--version":
        print(f"fitroom {__version__}")
        return 0
    if words[0] in _prefixes() - _names() and words[1:2] in (["-h"], ["--help"]):
        print(_help(words[0]))
        return 0
    command, rest = find(words)
    try:
        return command.run(rest)
    except SystemExit as stop:  # argument parsers leave this way after their --help
        return stop.code if isinstance(stop.code, int) else 0


def find(words: list[str]) -> tuple[Command, list[str]]:
    """The command that the first one or two words name, and the words after it."""
    commands = {command.name: command for command in _commands()}
    inner = [name for name in commands if name.startswith(f"{words[0]} ")]
    is_one_word = not inner or words[1:2] == [] or words[1].startswith("-")
    for length in (2, 1) if is_one_word else (2,):
        if found := commands.get(" ".join(words[:length])):
            return found, words[length:]
    asked = " ".join(words[:2] if inner else words[:1])
    close = difflib.get_close_matches(asked, inner or [*commands, *_prefixes()], n=1, cutoff=0.5)
    raise ConfigError(
        f"unknown command {asked!r}" if asked != words[0] or not inner else f"{asked!r} needs one more word",
        rule=f"one of {', '.join(inner or commands)}",
        fix=f"did you mean 'fitroom {close[0]}'?" if close else "fitroom --help shows an example of each",
    )


def _commands() -> Iterator[Command]:
    for commands in GROUPS.values():
        yield from commands


def _names() -> set[str]:
    return {command.name for command in _commands()}


def _prefixes() -> set[str]:
    return {command.name.split()[0] for command in _commands() if " " in command.name}


def _help(first_word: str | None = None) -> str:
    lines = [f"{(about or '').strip()} Version {__version__}.", "", "usage: fitroom COMMAND ... [--verbose]"]
    for group, commands in GROUPS.items():
        shown = [command for command in commands if first_word in (None, command.name.split()[0])]
        lines += ["", group] if shown else []
        for command in shown:
            lines += [f"  {command.name:<20}{command.summary}", f"  {'':<20}  fitroom {command.example}"]
    lines += ["", "fitroom COMMAND --help shows all its words; --verbose adds the traceback to an error."]
    return "\n".join(lines)
