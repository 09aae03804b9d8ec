"""The exception family. Every message says what was wrong, where, the rule, what was got, and how to fix it.

User faults raise one of these; the command line turns them into a message and an exit code, the server into
problem JSON. ``assert`` is kept for what cannot happen.
"""

from __future__ import annotations


class FitroomError(Exception):
    """Base of every error a user can cause.

    Args:
        what: what is wrong, one sentence without a full stop.
        where: file, field or place it was found at.
        rule: what would have been right.
        got: what was found instead.
        fix: what to do about it.
        code: stable, for programs; None = the class's own.
    """

    exit_code = 1
    code = "error"

    def __init__(
        self,
        what: str,
        *,
        where: object = None,
        rule: str | None = None,
        got: object = None,
        fix: str | None = None,
        code: str | None = None,
    ) -> None:
        self.what, self.where, self.rule, self.got, self.fix = what, where, rule, got, fix
        if code is not None:
            self.code = code
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = (("where", self.where), ("rule", self.rule), ("got", self.got), ("fix", self.fix))
        return "\n".join([self.what, *(f"  {name}: {value}" for name, value in parts if value is not None)])

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders (data workers, launchers); keyword-only arguments need this.
        return (_rebuild, (type(self), self.what, self.__dict__))


def _rebuild(cls: type[FitroomError], what: str, state: dict[str, object]) -> FitroomError:
    error = cls(what)
    error.__dict__.update(state)
    error.args = (str(error),)
    return error


class ConfigError(FitroomError):
    """A config file or command line that does not fit the typed config."""

    exit_code = 2
    code = "config"


class DataError(FitroomError):
    """A data set that cannot be used as it is: missing, corrupt, duplicated or mislabelled files."""

    exit_code = 3
    code = "data"


class ImageError(DataError):
    """One image that cannot be used. ``code`` is stable and becomes the server's problem type."""

    code = "image"


class RunError(FitroomError):
    """A run folder that exists, cannot be resumed, or does not match its config."""

    exit_code = 4
    code = "run"


class WeightsError(FitroomError):
    """Pretrained weights that are missing, of the wrong hash, or do not fit the network."""

    exit_code = 5
    code = "weights"


class BundleError(FitroomError):
    """A bundle that is incomplete, altered, or of a version this code cannot read."""

    exit_code = 6
    code = "bundle"


class EvaluationError(FitroomError):
    """An evaluation that could not be trusted: seen cases, wrong protocol, broken records."""

    exit_code = 7
    code = "evaluation"


class ExportError(FitroomError):
    """An export whose result does not equal the model it came from."""

    exit_code = 8
    code = "export"


class LaunchError(FitroomError):
    """A launch that did not give the processes or devices that were asked for."""

    exit_code = 9
    code = "launch"
