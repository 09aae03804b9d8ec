"""The repository as a reader finds it: no path of a machine, no dead link, no drawer for odds and ends, all pinned."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from fitroom import cli, errors
from fitroom.wardrobe.truth.columns import COLUMNS

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
MAX_BUNDLES_MB = 60
DRAWERS = {"utils", "util", "helpers", "helper", "misc", "common"}

# Written in pieces, so that this file does not hold what it looks for.
MACHINE_PATH = re.compile(r"(?<![\w.~])/(" + "|".join(("work", "home", "root", "Users", "opt", "mnt")) + r")/\w")
TEMPORARY = re.compile(r"(?<![\w.~])/tmp/\w")
REGISTRY = re.compile(
    "|".join(
        (
            r"(files\.)?python" + r"hosted\.org",
            r"\bpypi" + r"\.(org|python\.org)",
            r"download\.py" + r"torch\.org",
            r"registry\.npm" + r"js\.org",
            r"\bdeb\.deb" + r"ian\.org",
            r"-index-" + r"url\b",
            r"https?://\S+\.(whl|tgz|deb)\b",
        )
    )
)
NAMED_PATH = re.compile(r"(?<![\w./-])((?:configs|docs|src|tests|scripts|notebooks|bundles|benchmarks)/[\w./-]*\w)")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def tracked() -> list[Path]:
    """Files that are in the repository, or would be with the next commit."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    words = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, capture_output=True, check=True).stdout.decode().split("\0")
    return sorted(path for name in listed if name and (path := ROOT / name).is_file())


def text_of(path: Path) -> str:
    """The text of a file; empty for a binary one."""
    data = path.read_bytes()
    return "" if b"\0" in data[:8192] else data.decode("utf-8", "replace")


def pages() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md" and "templates" not in path.parts]


def planted_lines(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {found[0]}"
        for path in tracked()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if (found := pattern.search(line))
    ]


def test_no_file_holds_the_path_of_a_machine() -> None:
    assert not planted_lines(MACHINE_PATH)


def test_nothing_that_ships_was_made_in_a_folder_that_is_gone() -> None:
    shipped = tuple(f"{room}/" for room in ("bundles", "configs", "results"))
    assert not [line for line in planted_lines(TEMPORARY) if line.startswith(shipped)]


def test_no_file_holds_a_registry_host() -> None:
    assert not planted_lines(REGISTRY)


def test_the_patterns_find_what_they_look_for() -> None:
    for path in ("/work", "/home", "/root"):
        assert MACHINE_PATH.search(f"see {path}/someone")
    assert not MACHINE_PATH.search("src/fitroom/work/x and a/home/b and https://example.org/home/x")
    assert TEMPORARY.search("folder: /tmp/wardrobe")
    assert REGISTRY.search("https://py" + "pi.org/simple")
    assert REGISTRY.search("--extra-index-" + "url x")
    assert not REGISTRY.search("https://arxiv.org/abs/1706.04599")
    assert NAMED_PATH.findall("see `configs/train/a.yaml`, ../docs/b.md or docs/architecture.md.") == [
        "configs/train/a.yaml",
        "docs/architecture.md",
    ]


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path.relative_to(ROOT)
        for path in sorted(SRC.rglob("*.py"))
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        or not path.read_text(encoding="utf-8").startswith(('"""', 'r"""'))
    ]
    assert not silent


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    drawers = [path.relative_to(ROOT) for path in SRC.rglob("*") if path.stem.lstrip("_") in DRAWERS]
    assert not drawers


def test_every_link_leads_somewhere() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages()
        for target in LINK.findall(text_of(page))
        if not target.startswith(("http://", "https://", "mailto:")) and not (page.parent / target).exists()
    ]
    assert not dead


def test_every_path_the_pages_name_exists() -> None:
    named = {
        name for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")] for name in NAMED_PATH.findall(text_of(page))
    }
    assert not sorted(name for name in named if not (ROOT / name).exists())


def test_the_architecture_lists_the_exit_codes() -> None:
    page = text_of(ROOT / "docs" / "architecture.md")
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    codes = {error.exit_code for error in vars(errors).values() if isinstance(error, type)}
    assert listed == {0, *codes, cli.EXIT_INTERRUPTED, cli.EXIT_BROKEN_PIPE}


def test_the_bundles_stay_small() -> None:
    size_mb = sum(path.stat().st_size for path in tracked() if path.is_relative_to(ROOT / "bundles")) / 2**20
    assert size_mb < MAX_BUNDLES_MB


def test_only_bundles_are_large() -> None:
    large = [
        path.relative_to(ROOT)
        for path in tracked()
        if path.stat().st_size > (8 if path.is_relative_to(ROOT / "benchmarks") else 4) * 2**20
        and not path.is_relative_to(ROOT / "bundles")
    ]
    assert not large


def test_every_dependency_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {canonicalize_name(line.split("==")[0]) for line in lines if not line.startswith("#")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    asked = {canonicalize_name(Requirement(words).name) for group in groups for words in group} - {"fitroom"}
    assert sorted(asked - pins) == []
    assert [line for line in lines if not re.fullmatch(r"#.*|[\w.-]+==[\w.]+", line)] == []
    assert [pin for pin in pins if pin.startswith(("nvidia-", "cuda-")) or pin == "triton"] == []


@pytest.mark.parametrize("name", ["fitroom", "serve"])
def test_the_packages_say_that_they_are_typed(name: str) -> None:
    assert (SRC / name / "py.typed").is_file()


def test_the_wardrobe_page_lists_the_columns() -> None:
    page = text_of(ROOT / "docs" / "wardrobe" / "README.md")
    assert re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \|", page, re.MULTILINE) == [
        (column.name, column.kind, column.about) for column in COLUMNS
    ]
