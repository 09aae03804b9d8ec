"""What the system refuses is told to people, whatever it says of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_an_output_that_is_full_is_told_without_a_traceback() -> None:
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-m", "fitroom", "--version"]
        ended = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("fitroom: the system refuses to read or write\n  got: No space left on device\n")
    assert "Traceback" not in ended.stderr and "Exception ignored" not in ended.stderr
