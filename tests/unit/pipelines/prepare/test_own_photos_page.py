"""Every command of docs/own-photos.md runs, on painted photos; and the page names every code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.unit.pipelines.prepare import figures

from fitroom import cli
from fitroom.pipelines.prepare import command, outcome
from fitroom.pipelines.tryon import checks

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs/own-photos.md").read_text(encoding="utf-8")
TINY = ["--height-px", "128", "--min-px", "64"]


def commands() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return [line for line in "".join(blocks).splitlines() if line.startswith("fitroom ")]


@pytest.mark.usefixtures("cache_home")
def test_every_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Path | None] = []

    def opened(parser: Path, recognizer: Path, pose: Path | None, device: str | None) -> object:
        asked.extend([parser, pose])
        return figures.eyes()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "open_eyes", opened)
    photos = Path("shop/photos")
    figures.write_photos(photos)
    for old, new in (
        ("persons/ann", "persons/ann"),
        ("persons/ben", "persons/ben"),
        ("garments/tee two", "garments/tee"),
    ):
        (photos / f"{old}.png").rename(photos / f"{new}.jpg")
    table = re.search(r"^```\n(person,garment.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert table is not None
    Path("pairs.csv").write_text(table[1], encoding="utf-8")
    assert len(commands()) == 8
    for line in commands():
        words = shlex.split(line)[1:]
        assert cli.main(words + (TINY if words[0] == "prepare" else [])) == 0, f"{line}\n{capsys.readouterr()}"
    assert asked[-3] == Path("models/mediapipe-0.10.21-*.whl")  # a shell would name the file
    assert asked[-2:] == [Path("models/segformer-clothes"), Path("models/keypointrcnn.pth")]
    assert Path("data/tabled/train_pairs.txt").is_file() and Path("data/tabled/test_pairs_unpaired.txt").is_file()
    assert not Path("data/tops/upper_body").exists() and Path("data/tops/test/image").is_dir()


def test_every_code_is_on_the_page() -> None:
    known = {
        value
        for module in (outcome, checks)
        for name, value in vars(module).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, str) and "-" in value
    }
    assert known <= set(re.findall(r"`([\w-]+)`", PAGE)) and "mask-unsure" in known
