"""What of a batch is done already: one line a picture, with all that the picture follows from.

    DIR/done.jsonl      {"name": ..., "key": ..., "sha256": ..., "seconds": ..., ...}

A line that was cut short is not done. A picture counts as done where its key is that of today's inputs and settings and
the file is still the one that was written.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from fitroom.errors import DataError

FILE = "done.jsonl"


@dataclass(frozen=True)
class Done:
    """One picture that was made.

    Attributes:
        name: of the job.
        key: hash of all it follows from, see ``config.hash_settings``.
        sha256: of the picture's file.
        seconds: from the reading of its photos to the bytes of its file.
        category: told or recognised; None = not known.
        warnings: codes and messages.
    """

    name: str
    key: str
    sha256: str
    seconds: float
    category: str | None = None
    warnings: list[dict[str, str]] = field(default_factory=list)


class DoneList:
    """The lines of one output folder; the last one of a name holds."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        lines = _read(self.path)
        self._known = {done.name: done for done in lines}
        self._written = {(done.name, done.sha256) for done in lines}

    def __len__(self) -> int:
        """Pictures that were ever made in the folder, each name once."""
        return len(self._known)

    def get(self, name: str) -> Done | None:
        """What was done under a name."""
        return self._known.get(name)

    def wrote(self, name: str, sha256: str) -> bool:
        """Whether a file of that content was ever written, or about to be, under a name."""
        return (name, sha256) in self._written

    def add(self, done: Done) -> None:
        """Appends a line; it is with the system when this returns.

        Raises:
            DataError: the disk does not take it.
        """
        try:
            # The line before may have been cut short by a kill: an empty line does no harm, a glued one would.
            with self.path.open("a", encoding="utf-8") as file:
                file.write(("" if _ends_clean(self.path) else "\n") + json.dumps(asdict(done)) + "\n")
        except OSError as error:
            raise DataError("the list of done pictures cannot be written", where=self.path, got=error) from error
        self._known[done.name] = done
        self._written.add((done.name, done.sha256))


def _ends_clean(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, 2) == 0:
            return True
        file.seek(-1, 2)
        return file.read(1) == b"\n"


def _read(path: Path) -> list[Done]:
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []:
        try:
            found.append(Done(**json.loads(line)))
        except (ValueError, TypeError):  # cut short, or not ours
            continue
    return found
