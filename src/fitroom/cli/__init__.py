"""The one door: ``fitroom COMMAND ...``.

The only room that imports every other, each where it is needed, so that ``fitroom --help`` is instant. A room with a
config of its own parses its own words (``main(argv)``); the words of the others are parsed here, a file a kind of
command, each with its list at the end.
"""

from fitroom.cli.command import Command
from fitroom.cli.door import EXIT_BROKEN_PIPE, EXIT_INTERRUPTED, GROUPS, find, main

__all__ = ["EXIT_BROKEN_PIPE", "EXIT_INTERRUPTED", "GROUPS", "Command", "find", "main"]
