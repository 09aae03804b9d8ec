"""The file of API keys: a line ``name key`` each, ``#`` begins a comment."""

from __future__ import annotations

from pathlib import Path

from fitroom.errors import ConfigError

MIN_KEY_LENGTH = 16


def read_keys(path: Path) -> dict[str, str]:
    """Client names by key; a name may have several keys, so that one can be replaced.

    Raises:
        ConfigError: the file cannot be read, a line is no such pair, a key is short, given twice or not printable
            ASCII; keys are not shown.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("the file of API keys cannot be read", where=path, got=type(error).__name__) from None
    keys: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 2 or not _is_key(words[1]) or words[1] in keys:
            raise ConfigError(
                "a line of the file of API keys cannot be used", where=f"{path}:{number}",
                rule=f"name and key with a space between, the key {MIN_KEY_LENGTH} printable ASCII characters or more, "
                "each key once",
            )  # fmt: skip
        keys[words[1]] = words[0]
    if not keys:
        raise ConfigError("the file of API keys holds none", where=path, rule="one a line: name key")
    return keys


def _is_key(word: str) -> bool:
    # Others cannot be told in a header: each client would write them in another encoding.
    return len(word) >= MIN_KEY_LENGTH and word.isascii() and word.isprintable()
