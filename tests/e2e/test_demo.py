"""The demo as its reader runs it: from a simulated wardrobe, or a folder of photos, to a served answer."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("num_groups", [0, 6])
def test_from_photos_to_a_served_answer(image_folder: Callable[..., Path], tmp_path: Path, num_groups: int) -> None:
    photos = image_folder(("dress", "hat", "shoes"), 20, num_groups=num_groups, name="my photos")
    (photos / "hat" / "broken.jpg").write_bytes(b"not a photo")
    if num_groups:
        (photos / "hat" / "broken.jpg").unlink()

    done = demo(str(photos), tmp_path / "runs")

    (run,) = (tmp_path / "runs").iterdir()
    check(done, run, "clothing-recognition@1" if num_groups else "photo-recognition@1")


@pytest.mark.slow
def test_from_a_simulated_wardrobe_to_a_served_answer(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    done = demo("", runs, CASES="20", GARMENTS="150", WORKERS="2")
    run = next(path for path in runs.glob("demo-2*") if not path.name.endswith("-tryon"))
    check(done, run, "split-recognition@1")
    page = (run / "site" / "index.html").read_text()
    for protocol in ("wardrobe-counterfactual@3", "wardrobe-sizes@3"):
        names = {path.parents[1].name for path in run.glob(f"results/*/*/{protocol}.json")}
        assert f"{run.name}-tryon" in names and "control-copy" in names and protocol in page
    assert (runs / "demo-wardrobe" / "sheet.png").exists() and "demo-wardrobe/sheet.png" in done.stdout


def demo(photos: str, runs: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    if not (ROOT / ".venv" / ".installed").exists():
        pytest.skip("the demo uses .venv, which `make test-full` makes")
    done = subprocess.run(
        ["sh", "scripts/demo.sh", photos, str(runs)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done


def check(done: subprocess.CompletedProcess[str], run: Path, protocol: str) -> None:
    assert len(list(run.glob(f"results/*/*/{protocol}.json"))) == 4, "the model and three controls"
    assert protocol in (run / "site" / "index.html").read_text()
    assert (run / "export" / "model.onnx").exists()
    assert '"category": ' in done.stdout and '"confidence": ' in done.stdout
    assert f"{run}/site/index.html" in done.stdout
