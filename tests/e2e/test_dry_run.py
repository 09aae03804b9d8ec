"""``--dry-run`` shows the plan and writes nothing, not even where wandb is on."""

from __future__ import annotations

from pathlib import Path


def files(folder: Path) -> dict[str, int]:
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in sorted(folder.rglob("*"))
        if "cache_home" not in path.parts and path.suffix != ".txt"
    }


def test_a_dry_run_writes_nothing(start, tiny_run, tmp_path):
    words = tiny_run("--dry-run", "--logging.wandb", "offline", "--runs", "runs")
    before = files(tmp_path)
    printed = start(words, cwd=tmp_path).finish()
    assert files(tmp_path) == before
    shown = dict(line.split(maxsplit=1) for line in printed.splitlines() if line.split()[0] != "head")
    assert shown["run"] == "runs/tiny"
    assert shown["photos"].startswith("36: fit ")
    assert shown["backbone"] == "test_efficientnet, weights none"
    assert shown["input"] == "64 x 64 px, squash, 32-true"
    assert shown["steps"].endswith("(2 epochs), from 0")
