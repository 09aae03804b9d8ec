"""make and the demo: every target is there, and who lacks something is told what."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ("demo", "test", "test-full", "lint", "bench", "clean")

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def run(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=30)


@needs_make
@pytest.mark.parametrize("target", TARGETS)
def test_target(target: str) -> None:
    assert run("make", "-n", target).returncode == 0
    assert re.search(rf"^make {target}\b", run("make").stdout, re.MULTILINE), "make alone lists it"


def test_the_demo_says_what_photos_it_takes() -> None:
    done = run("sh", "scripts/demo.sh", "no such folder")
    assert done.returncode == 2
    assert "make demo DATA=photos" in done.stderr and "photos/<class>/*.jpg" in done.stderr
    assert done.stdout == ""


@needs_make
def test_an_old_python_is_named(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    old = tmp_path / "old-python"
    old.write_text('#!/bin/sh\n[ "$1" != -V ] || { echo "Python 3.9.2"; exit 0; }\nexit 1\n')
    old.chmod(0o755)
    done = run("make", "-f", str(ROOT / "Makefile"), "test", f"PYTHON={old}", cwd=tmp_path)
    assert done.returncode == 2
    assert "fitroom needs Python 3.11 or newer" in done.stderr and "Python 3.9.2" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_the_scripts_are_well_formed() -> None:
    assert run("sh", "-n", "scripts/demo.sh").returncode == 0
    assert run("bash", "-n", ".ci/run").returncode == 0
