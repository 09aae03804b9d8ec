"""Every command of docs/large-bases.md runs, on a tiny base and tiny folders of the same layouts."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from tests.unit.data import try_on_trees as trees
from tests.unit.data.tryon_rows import tryon_row, write_wardrobe
from tests.unit.models.tryon_latent.test_low_rank_file import by_diffusers
from tests.unit.models.tryon_latent.tiny_bases import flux_base, inpainting_base

from fitroom import cli

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs/large-bases.md").read_text(encoding="utf-8")
TINY = (
    "--model.steps 2 --preprocessing.height_px 64 --preprocessing.width_px 64 --epochs 1 "
    "--data.num_workers 0 --data.select 1 --batch_size 2 --accelerator cpu --precision 32-true --threads 1 "
    "--logging.wandb off --logging.error_grid 0 --accumulate 1 --memory.base_dtype float32 --model.base "
)


def commands() -> list[str]:
    blocks = re.findall(r"^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).splitlines()
    return [line for line in lines if line.startswith("fitroom ") and " bench " not in line]  # those: tests/unit/bench


@pytest.mark.parametrize("of_flux", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_every_command_runs(
    of_flux: bool, tmp_path: Path, cache_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "configs/train", "configs/train")
    inpainting_base(Path("latent"))
    for form in ("flux-fill", "flux-kontext"):
        flux_base(Path(form), form)
    trees.viton_hd_whole(Path("data/viton-hd"))
    write_wardrobe(Path("data/wardrobe"), [*(tryon_row(i) for i in range(2)), tryon_row(9, "validation")])
    for person in Path("data/viton-hd/train/image").iterdir():
        worn = Path("data/viton-hd-worn", person.name)
        worn.parent.mkdir(exist_ok=True)
        shutil.copyfile(person, worn)
    by_diffusers(Path("flux-fill"), Path("catvton-flux-lora"))
    lines = [line for line in commands() if of_flux == bool(re.search("flux|kontext", line))]
    assert len(lines) == (7 if of_flux else 5)
    for line in lines:
        base = "flux-kontext" if "kontext" in line else "flux-fill" if of_flux else "latent"
        tiny = TINY.replace("batch_size 2", "batch_size 8") if "--processes 8" in line else TINY
        words = shlex.split(line)[1:] + (shlex.split(tiny + base) if " train " in line else [])
        assert cli.main(words) == 0, f"{line}\n{capsys.readouterr()}"
    exported, second = ("latent-flux", "latent-kontext-texture") if of_flux else ("latent-vitonhd", "latent-texture")
    assert Path(f"exported/{exported}/bundle.json").is_file() and Path(f"runs/{second}/bundle").is_dir()
