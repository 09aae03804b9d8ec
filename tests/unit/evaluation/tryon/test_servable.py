"""What is said of a folder's protocols is what opening their cases does."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.data import try_on_trees as trees

from fitroom import cli
from fitroom.evaluation.tryon.cases.servable import servable
from fitroom.evaluation.tryon.protocol import PROTOCOLS

pytestmark = pytest.mark.usefixtures("cache_home")


def said(data: str, root: Path) -> dict[str, str]:
    return dict(line.strip().split(": ", 1) for line in servable(data, root)[1:])


def test_every_protocol_is_answered(tmp_path: Path) -> None:
    answers = said("viton-hd", trees.viton_hd(tmp_path))
    assert list(answers) == list(PROTOCOLS)
    assert answers["vitonhd-paired@1"] == answers["compat/catvton@1"] == "yes, cases: 3"
    assert answers["dresscode-paired@1"] == "no: it scores dresscode"


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    root = trees.dresscode(tmp_path)
    for category in ("upper_body", "lower_body", "dresses"):
        (root / category / "test_pairs_unpaired.txt").unlink()
    answers = said("dresscode", root)
    assert answers["dresscode-paired@1"] == "yes, cases: 6"
    assert "no list of the unpaired pairs" in answers["dresscode-unpaired@1"]


def test_the_command_says_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["data", "check", str(trees.viton(tmp_path, repeated=(0,)))]) == 3
    assert "  viton-clean@1: yes, cases: 3\n" in capsys.readouterr().out
