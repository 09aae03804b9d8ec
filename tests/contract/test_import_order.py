"""The house keeps its order: a file imports only from rooms above its own, and no circle closes.

Imports are read from the source, so those inside functions and under TYPE_CHECKING count as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from source_imports import imports

SRC = Path(__file__).resolve().parents[2] / "src"

# From the foundation to the roof. The server stands beside the house, on the floor of the pipelines.
ORDER = [
    "errors", "contracts", "images", "writing", "config", "runinfo", "progress", "wardrobe", "data", "models",
    "bundles", "pipelines", "metrics", "training", "evaluation", "export", "bench", "cli",
]  # fmt: skip
SERVE_STANDS_ON = "pipelines"
PLACES = {*ORDER, "serve", "fitroom"}  # fitroom/__init__.py holds the version and imports nothing
NEVER = {("evaluation", "training"), ("export", "training")}  # they need weights, not a training loop


def violations(src: Path) -> list[str]:
    """Every import in ``src`` that breaks the order, as ``file:line: what is wrong``."""
    files = {_module(path, src): path for path in sorted(src.rglob("*.py"))}
    known = {*files, *(module.rpartition(".")[0] for module in files)}
    graph: dict[str, set[str]] = {}
    found = []
    for module, path in files.items():
        if _room(module) not in PLACES:
            found.append(f"{path.relative_to(src)}:1: {_room(module)} has no place in ORDER")
        for line, target in _imports(path, module, known):
            graph.setdefault(module, set()).add(target)
            if wrong := _wrong(_room(module), _room(target)):
                found.append(f"{path.relative_to(src)}:{line}: imports {target}: {wrong}")
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.append(f"circle: {' <- '.join(error.args[1])}")
    return found


def _wrong(room: str, target: str) -> str | None:
    """Why a file in ``room`` may not import from ``target``; None where it may."""
    if room == target or target == "fitroom" or not {room, target} <= PLACES:
        return None
    if "serve" in (room, target):
        allowed = ORDER[: ORDER.index(SERVE_STANDS_ON) + 1] if room == "serve" else []
        return None if target in allowed or room == "cli" else f"{room} may not import {target}"
    if room == "fitroom" or ORDER.index(target) > ORDER.index(room):
        return f"{room} stands above {target}"
    return f"{room} never imports {target}" if (room, target) in NEVER else None


def _module(path: Path, src: Path) -> str:
    parts = path.relative_to(src).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _room(module: str) -> str:
    parts = module.split(".")
    if parts[0] != "fitroom" or len(parts) == 1:
        return parts[0]
    return "cli" if parts[1] == "__main__" else parts[1]


def _imports(path: Path, module: str, known: set[str]) -> Iterator[tuple[int, str]]:
    """(line, module) of every import of fitroom or serve."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for line, origin, name in imports(path, package):
        target = name if name in known else origin
        if target.split(".")[0] in ("fitroom", "serve"):
            yield line, target


def test_the_house_keeps_its_order() -> None:
    assert not violations(SRC)


def test_every_room_of_the_order_is_read() -> None:
    rooms = {_room(_module(path, SRC)) for path in SRC.rglob("*.py")}
    assert {"errors", "data", "models", "training", "evaluation", "serve", "cli"} <= rooms


def test_the_architecture_page_lists_the_rooms_in_this_order() -> None:
    page = (SRC.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)(?:\.py|/)` \|", page, re.MULTILINE)
    rooms = {_room(_module(path, SRC)) for path in SRC.rglob("*.py")}
    assert listed == [room for room in ORDER if room in rooms]


def planted(tmp_path: Path, files: dict[str, str]) -> list[str]:
    for name, text in {"fitroom/__init__.py": "", **files}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return violations(tmp_path)


GOOD = {
    "fitroom/errors.py": "import os",
    "fitroom/data/manifest.py": "from fitroom.errors import DataError\nfrom fitroom import __version__",
    "fitroom/data/check.py": "from fitroom.data import manifest\nfrom .manifest import Manifest",
    "fitroom/training/fit.py": "from fitroom.data.manifest import Manifest",
    "fitroom/pipelines/recognize.py": "import fitroom.data.manifest",
    "serve/app.py": "from fitroom.pipelines import recognize\nfrom serve import uploads",
    "serve/uploads.py": "",
    "fitroom/cli/door.py": "def go():\n    from serve import app\n    from fitroom.training import fit",
    "fitroom/__main__.py": "from fitroom.cli import main",
}


def test_a_good_house_stands(tmp_path: Path) -> None:
    assert planted(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("fitroom/data/manifest.py", "from fitroom.training.fit import main", "data stands above training"),
        ("fitroom/data/manifest.py", "from fitroom import cli", "data stands above cli"),
        ("fitroom/data/manifest.py", "from ..training import fit", "data stands above training"),
        ("fitroom/errors.py", "def late():\n    import fitroom.data.manifest", "errors.py:2: imports fitroom.data"),
        ("fitroom/errors.py", "if TYPE_CHECKING:\n    from fitroom.config import T", "errors stands above config"),
        ("fitroom/errors.py", "importlib.import_module('fitroom.cli')", "errors stands above cli"),
        ("fitroom/__init__.py", "from fitroom.errors import FitroomError", "fitroom stands above errors"),
        ("fitroom/evaluation/runner.py", "from fitroom.training import fit", "evaluation never imports training"),
        ("fitroom/export/onnx.py", "def late():\n    from fitroom import training", "export never imports training"),
        ("serve/app.py", "import fitroom.training.fit", "serve may not import training"),
        ("serve/app.py", "from fitroom.metrics import classification", "serve may not import metrics"),
        ("fitroom/bench/server.py", "import serve.app", "bench may not import serve"),
        ("fitroom/utils.py", "", "utils has no place in ORDER"),
        ("house/errors.py", "", "house has no place in ORDER"),
        ("fitroom/data/manifest.py", "from fitroom.data.check import main", "circle: "),
        ("serve/uploads.py", "def late():\n    from serve.app import create_app", "circle: "),
    ],
)
def test_a_planted_fault_is_found(tmp_path: Path, name: str, text: str, said: str) -> None:
    found = planted(tmp_path, {**GOOD, name: text})
    assert any(said in line for line in found), found
