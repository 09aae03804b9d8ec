"""Export of a try-on model: the bundle paints what the bare network does, or there is no export."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.unit.evaluation.tryon import tiny_wardrobe
from tests.unit.pipelines.tryon.tiny import TINY, write_tiny

from fitroom.bundles import Bundle, open_bundle
from fitroom.errors import BundleError, ConfigError, ExportError
from fitroom.evaluation.tryon.runner import EvaluateTryOnConfig, evaluate
from fitroom.export import tryon
from fitroom.export.command import main
from fitroom.export.tryon import bare_pipeline, check_tryon_parity, export_tryon
from fitroom.pipelines.tryon import TryOnPipeline


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return write_tiny(tmp_path_factory.mktemp("b") / "tiny", replace(TINY, steps=1))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tryon, "PHOTO_SIZES_PX", ((128, 128), (170, 130), (60, 90)))
    monkeypatch.setattr(tryon, "STEPS", (1, 2))


def test_the_export_is_the_same_model_with_its_parity_recorded(
    bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--run", str(bundle.path), "--out", str(tmp_path / "out")]) == 0
    assert f"tiny revision {bundle.spec.revision}" in capsys.readouterr().out
    exported = open_bundle(tmp_path / "out")
    assert exported.spec.revision == bundle.spec.revision and "model.onnx" not in exported.spec.files
    found = exported.spec.parity
    assert found is not None
    assert found["num_pictures"] == 12 and found["repeats_equal"]
    assert found["max_level_difference"] <= 1 and found["share_different"] < 1e-3
    assert "painted 12 pictures" in (exported.path / "README.md").read_text(encoding="utf-8")
    again = export_tryon(exported.path, tmp_path / "again")
    assert again.spec.parity == found


def test_the_card_tells_scores_of_these_weights_and_what_fails(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_wardrobe.install(monkeypatch)
    wardrobe, results = tiny_wardrobe.make(tmp_path / "w"), tmp_path / "results"
    evaluate(EvaluateTryOnConfig(["tiny@1"], str(wardrobe), [str(bundle.path)], controls=False, results=str(results)))
    notes = tmp_path / "failures.md"
    notes.write_text("- Hats vanish.\n", encoding="utf-8")
    words = ["--run", str(bundle.path), "--results", str(results), "--known_failures", str(notes)]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    card = (tmp_path / "out/README.md").read_text(encoding="utf-8")
    assert "| these | tiny@1 | 6 | garment region: PSNR, dB | " in card and "| fit: Hem height, cm | " in card
    assert "## Known failures\n- Hats vanish.\n" in card and "Nothing is recorded" not in card
    with pytest.raises(ConfigError, match="cannot be read"):
        main([*words, "--out", str(tmp_path / "third"), "--known_failures", str(tmp_path / "none.md")])


def test_two_pipelines_paint_the_same_bits(bundle: Bundle) -> None:
    first, second = (TryOnPipeline(bundle, torch.device("cpu")) for _ in range(2))
    found = check_tryon_parity(first, second, tolerance_levels=0)
    assert found.max_level_difference == 0 and found.share_different == 0


def test_a_pipeline_that_paints_otherwise_is_refused(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = TryOnPipeline(bundle, torch.device("cpu"))
    with torch.no_grad():
        wrong.network.denoiser.fold_out.weight.mul_(1.2)
    with pytest.raises(ExportError, match="does not answer as the model does"):
        check_tryon_parity(bare_pipeline(bundle), wrong)


def test_a_pipeline_that_paints_something_new_each_time_is_refused(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TryOnPipeline, "_noise", lambda self, seed: torch.randn(1, 6, 32, 32))
    with pytest.raises(ExportError, match="several pictures of one seed"):
        export_tryon(bundle.path, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_an_existing_folder_is_kept(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="exists already"):
        export_tryon(bundle.path, tmp_path)
