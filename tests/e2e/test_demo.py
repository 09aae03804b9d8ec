"""The demo as its reader runs it: from a folder of photos to a served answer, with everything in one run folder."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("num_groups", [0, 6])
def test_from_photos_to_a_served_answer(image_folder: Callable[..., Path], tmp_path: Path, num_groups: int) -> None:
    if not (ROOT / ".venv" / ".installed").exists():
        pytest.skip("the demo uses .venv, which `make test-full` makes")
    photos = image_folder(("dress", "hat", "shoes"), 20, num_groups=num_groups, name="my photos")
    (photos / "hat" / "broken.jpg").write_bytes(b"not a photo")
    if num_groups:
        (photos / "hat" / "broken.jpg").unlink()

    done = subprocess.run(
        ["sh", "scripts/demo.sh", str(photos), str(tmp_path / "runs")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (run,) = (tmp_path / "runs").iterdir()
    protocol = "clothing-recognition@1" if num_groups else "photo-recognition@1"
    assert len(list(run.glob(f"results/*/*/{protocol}.json"))) == 4, "the model and three controls"
    assert protocol in (run / "site" / "index.html").read_text()
    assert (run / "export" / "model.onnx").exists()
    assert '"category": ' in done.stdout and '"confidence": ' in done.stdout
    assert f"{run}/site/index.html" in done.stdout
