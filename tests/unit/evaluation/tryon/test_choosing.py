"""Settings of a model compared on validation cases, and pages of its answers beside the truth."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from tests.unit.evaluation.tryon import tiny_wardrobe
from tests.unit.pipelines.tryon.tiny import write_tiny

from fitroom.errors import ConfigError, DataError, EvaluationError
from fitroom.evaluation.tryon import choosing, gallery
from fitroom.evaluation.tryon.cases.wardrobe import wardrobe_cases
from fitroom.evaluation.tryon.catalogue import METRICS
from fitroom.evaluation.tryon.entrants import enter_bundle, enter_controls
from fitroom.evaluation.tryon.protocol import PROTOCOLS


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made")
    write_tiny(root / "bundle")
    tiny_wardrobe.make(root / "validation", "validation")
    tiny_wardrobe.make(root / "test", pattern="stripe")
    return root


def test_settings_are_scored_on_validation_cases_alone(made: Path) -> None:
    instruments = tiny_wardrobe.tiny_instruments({METRICS[name].needs for name in choosing.SCORES})
    settings = [(made / "bundle", steps, guidance) for steps in (1, 3) for guidance in (1.0, 2.0)]
    found = choosing.table(settings, made / "validation", instruments)
    assert found["steps"].tolist() == [1, 1, 3, 3] and found["guidance"].tolist() == [1, 2, 1, 2]
    assert (found["cases"] == 2).all() and (found["seconds"] > 0).all()
    assert found["region_psnr"].nunique() == 4  # steps and guidance reach the pictures
    text = choosing.markdown(found)
    assert "3 steps, guidance 2 |" in text and text.count("\n") == len(choosing.SCORES) + 2
    with pytest.raises(DataError, match="validation"):
        choosing.table(settings, made / "test", instruments)


def test_pages_show_answers_beside_the_truth(made: Path, tmp_path: Path) -> None:
    words = ["--bundle", str(made / "bundle"), "--folder", str(made / "test"), "--out", str(tmp_path)]
    assert gallery.main(words) == 0
    for name in ("cases", "sizes", "prints"):
        assert Image.open(tmp_path / f"{name}.png").height > 300
    with pytest.raises(ConfigError, match="folder is not there"):
        gallery.main([*words[:-1], str(tmp_path / "nowhere")])


def test_a_page_of_sizes_holds_each_size_once_with_its_truth_below(made: Path) -> None:
    cases = wardrobe_cases(made / "test", kinds=["counterfactual-size"])
    truth = next(e for e in enter_controls(cases)[0] if e.entry.name == "control-truth")
    page = gallery.sizes_page(gallery.Drawn(truth, made / "test", "test", ["counterfactual-size"]))
    answers, truths = page.rows
    assert [tile.lines[0] for tile in answers[1:]] == [tile.lines[0] for tile in truths[1:]] == ["S", "M", "L"]
    for answer, true in zip(answers[1:], truths[1:], strict=True):
        assert (answer.pictures[0] == true.pictures[0]).all()


def test_a_page_of_prints_needs_prints(made: Path) -> None:
    entrant = enter_bundle(made / "bundle", PROTOCOLS["wardrobe-leak@3"](), torch.device("cpu"))
    drawn = gallery.Drawn(entrant, made / "test", "test", ["leak"])
    (tile,) = gallery.prints_page(drawn).rows[0]  # one garment, though two cases
    assert all(picture.shape[0] == picture.shape[1] for picture in tile.pictures)
    drawn.cases = wardrobe_cases(tiny_wardrobe.make(made / "plain", pattern="solid"), kinds=["leak"])
    with pytest.raises(DataError, match="no garment here has a print"):
        gallery.prints_page(drawn)
    with pytest.raises((EvaluationError, DataError)):
        gallery.Drawn(entrant, made / "plain", "train", ["leak"])
