"""runinfo.py: run.json tells what is needed to repeat a run, and nothing about whose machine it was."""

from __future__ import annotations

import getpass
import json
import os
import random
import socket
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from fitroom import __version__, runinfo
from fitroom.runinfo import commit, machine, run_info, seed_everything, versions, write_run_info


def draws() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), float(torch.rand(()))


def test_a_seed_repeats_all_three_generators() -> None:
    seed_everything(7)
    first = draws()
    seed_everything(7)
    assert draws() == first
    seed_everything(8)
    assert all(a != b for a, b in zip(draws(), first, strict=True))


def test_a_seed_wider_than_numpy_takes() -> None:
    seed_everything(2**40 + 1)
    first = draws()
    seed_everything(2**40 + 1)
    assert draws() == first


def test_run_json_reads_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    info = run_info(11, ["fitroom", "train"])
    write_run_info(tmp_path, info)
    read = json.loads((tmp_path / "run.json").read_text())
    assert read == info
    assert (read["seed"], read["command"], read["fitroom"]) == (11, ["fitroom", "train"], __version__)
    assert read["world_size"] == 4
    assert read["started_utc"].endswith("Z")
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_versions_are_those_that_run() -> None:
    found = versions()
    assert found["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert found["numpy"] == np.__version__


def test_the_machine_has_no_name_and_no_path() -> None:
    told = json.dumps(machine())
    assert socket.gethostname() not in told
    assert str(Path.home()) not in told and str(Path.cwd()) not in told
    if len(getpass.getuser()) > 3:
        assert getpass.getuser() not in told
    assert machine()["cores"] == os.cpu_count()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small git checkout that runinfo takes for its own."""
    module = tmp_path / "src" / "runinfo.py"
    module.parent.mkdir()
    module.write_text("a = 1\n")

    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)

    git("init", "-q")
    git("add", "src")
    git("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "-m", "one")
    monkeypatch.setattr(runinfo, "__file__", str(module))
    return tmp_path


def test_commit_and_whether_the_code_changed_since(checkout: Path) -> None:
    clean = commit()
    assert clean is not None and len(clean["hash"]) == 40 and clean["changed"] is False
    (checkout / "notes.txt").write_text("not code")
    assert commit() == clean
    (checkout / "src" / "runinfo.py").write_text("a = 2\n")
    assert commit() == {"hash": clean["hash"], "changed": True}


def test_outside_a_checkout_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runinfo, "__file__", str(tmp_path / "runinfo.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit() is None


def test_the_checkout_of_somebody_elses_project_is_not_ours(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / ".gitignore").write_text("site-packages\n")
    (checkout / "site-packages").mkdir()
    (checkout / "site-packages" / "runinfo.py").write_text("a = 1\n")
    monkeypatch.setattr(runinfo, "__file__", str(checkout / "site-packages" / "runinfo.py"))
    assert commit() is None


def test_without_git_there_is_no_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert commit() is None
