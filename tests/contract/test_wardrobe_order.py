"""The wardrobe keeps an order of its own: what makes a garment does not know what it is made for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from source_imports import imports

WARDROBE = Path(__file__).resolve().parents[2] / "src" / "fitroom" / "wardrobe"
PACKAGE = "fitroom.wardrobe"

# From the foundation up: the file plan.py holds what all of them speak of, and the other files stand on all of them.
ORDER = ["plan", "bodies", "patterns", "fabrics", "studio", "people", "drape", "truth"]


def violations(wardrobe: Path) -> list[str]:
    """Every import inside ``wardrobe`` that breaks the order, as ``file:line: what is wrong``."""
    found = []
    for path in sorted(wardrobe.rglob("*.py")):
        inner = path.relative_to(wardrobe)
        room = inner.parts[0].removesuffix(".py")
        if room not in ORDER and len(inner.parts) > 1:
            found.append(f"{inner}:1: {room} has no place in ORDER")
        elif room in ORDER:
            package = ".".join([PACKAGE, *inner.parts[:-1]])
            found += [
                f"{inner}:{line}: {wrong}"
                for line, target in _imports(path, package)
                if (wrong := _wrong(room, target))
            ]
    return found


def _wrong(room: str, target: str) -> str | None:
    """Why a file in ``room`` may not import from ``target``; None where it may."""
    if target not in ORDER:
        return f"{room} may not import {target}, which stands on the rooms"
    return f"{room} stands below {target}" if ORDER.index(target) > ORDER.index(room) else None


def _imports(path: Path, package: str) -> Iterator[tuple[int, str]]:
    """(line, room or file of the wardrobe) of every import from the wardrobe."""
    for line, _, name in imports(path, package):
        if name.startswith(f"{PACKAGE}."):
            yield line, name.split(".")[2]


def test_the_wardrobe_keeps_its_order() -> None:
    assert not violations(WARDROBE)


def test_every_room_of_the_order_is_there() -> None:
    assert all((WARDROBE / room / "__init__.py").is_file() for room in ORDER[1:])
    assert (WARDROBE / "plan.py").is_file()


def planted(tmp_path: Path, files: dict[str, str]) -> list[str]:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return violations(tmp_path)


GOOD = {
    "bodies/tape.py": "from fitroom.errors import FitroomError\nimport numpy",
    "patterns/draft.py": "from fitroom.wardrobe.bodies import tape\nfrom .curves import line",
    "truth/maps.py": "from fitroom.wardrobe.drape.dress import Fitting\nfrom ..bodies.tape import measure",
    "plan.py": "",
    "run.py": "from fitroom.wardrobe.truth import maps",
    "studio/camera.py": "from fitroom.wardrobe.plan import Framing",
}


def test_a_good_wardrobe_stands(tmp_path: Path) -> None:
    assert planted(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("bodies/tape.py", "from fitroom.wardrobe.patterns.draft import x", "tape.py:1: bodies stands below patterns"),
        ("bodies/tape.py", "from fitroom.wardrobe import truth", "bodies stands below truth"),
        (
            "studio/film.py",
            "def late():\n    import fitroom.wardrobe.people.hair",
            "film.py:2: studio stands below people",
        ),
        ("drape/solver.py", "from ..truth import maps", "drape stands below truth"),
        ("truth/maps.py", "from fitroom.wardrobe.run import generate", "truth may not import run"),
        ("plan.py", "from fitroom.wardrobe.bodies.tape import measure", "plan stands below bodies"),
        ("odds/ends.py", "", "odds has no place in ORDER"),
    ],
)
def test_a_planted_fault_is_found(tmp_path: Path, name: str, text: str, said: str) -> None:
    found = planted(tmp_path, {**GOOD, name: text})
    assert any(said in line for line in found), found
