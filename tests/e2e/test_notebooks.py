"""The notebooks run from top to bottom, learn something, draw their figures, and are committed without outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FIGURES = {"leaderboard": 6, "recognizer": 7, "returns": 3, "sizing": 3}
CHANCE = 1 / 7  # classes that the notebook draws


def recognizer_learns(said: str) -> None:
    found = re.search(r"top-1 ([\d.]+) of (\d+) photos", said)
    assert found, said
    assert float(found[1]) > 3 * CHANCE


def leaderboard_reads_all_records(said: str) -> None:
    found = re.search(r"(\d+) records of (\d+) models and (\d+) controls under (\d+) protocols", said)
    assert found, said
    num_records, num_models, num_controls, num_protocols = map(int, found.groups())
    assert num_records == (len(try_on_records()) or num_controls)
    assert num_controls >= 3  # without learning, and the truth
    assert num_records >= max(num_models + num_controls, num_protocols)
    assert re.search(r"@\d+: \d+ cases, \d+ persons, \d+ garments", said), said
    assert re.search(r" less \S.* = [+-][\d.e-]+ \(", said), said
    assert re.search(r"disagree most: tau [+-]\d\.\d\d", said), said


def sizing_is_surer_with_every_answer(said: str) -> None:
    widths = list(map(float, re.findall(r"([\d.]+) cm", said.split("on average:")[1].splitlines()[0])))
    assert len(widths) == 3 and widths == sorted(widths, reverse=True)
    found = re.search(r"recommended (\w+), probability ([\d.]+)", said)
    assert found and found[1] in ("S", "M", "L", "XL") and float(found[2]) > 1 / 4


def returns_are_spared_and_a_test_is_read(said: str) -> None:
    found = re.search(r"(\d+) returns a year, (\d+) of them out of reach", said)
    spared = re.search(r"spared: (\d+) \((\d+) to (\d+)", said)
    assert found and spared, said
    returns, outside, median, low, high = map(int, (*found.groups(), *spared.groups()))
    assert low < median < high < returns - outside
    read = re.search(r"difference ([+-][\d.]+) points \(([+-][\d.]+) to ([+-][\d.]+)\)", said)
    assert read and float(read[2]) < -3 < float(read[3])  # what was put in lies inside


def try_on_records() -> list[Path]:
    """Those of the repository; without any the notebook scores the controls itself."""
    records = (ROOT / "results").glob("*/*/*.json")
    return [path for path in records if json.loads(path.read_text(encoding="utf-8")).get("task") == "try-on"]


SAID: dict[str, Callable[[str], None]] = {
    "leaderboard": leaderboard_reads_all_records,
    "recognizer": recognizer_learns,
    "returns": returns_are_spared_and_a_test_is_read,
    "sizing": sizing_is_surer_with_every_answer,
}


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_every_notebook_is_known() -> None:
    assert {path.stem for path in NOTEBOOKS} == set(FIGURES) == set(SAID)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_committed_without_outputs(path: Path) -> None:
    assert code_cells(path)
    assert not [cell.id for cell in code_cells(path) if cell.outputs or cell.execution_count is not None]


@pytest.mark.slow  # what they call is tested without them
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path, tmp_path: Path, cache_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FITROOM_CLOTHING", raising=False)  # its own photos are few, and drawn alike each time
    monkeypatch.delenv("FITROOM_RESULTS", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=3600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == FIGURES[path.stem]
    said = "".join(output.get("text", "") for output in outputs)
    SAID[path.stem](said)
