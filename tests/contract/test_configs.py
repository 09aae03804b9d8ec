"""Every shipped config builds: a renamed field or a misspelt key in YAML fails here, not in somebody's run."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import timm
import yaml
from accelerate.commands.config.config_args import load_config_from_file

from fitroom.config import config_to_yaml, load_config
from fitroom.errors import ConfigError
from fitroom.evaluation.body_photo.protocol import PROTOCOLS as OF_BODY_PHOTOS
from fitroom.evaluation.body_photo.runner import EvaluateBodyPhotoConfig
from fitroom.evaluation.command import protocols_in
from fitroom.evaluation.outfits.protocol import PROTOCOLS as OF_OUTFITS
from fitroom.evaluation.outfits.runner import EvaluateOutfitsConfig
from fitroom.evaluation.recognition.protocol import PROTOCOLS as OF_RECOGNITION
from fitroom.evaluation.recognition.runner import EvaluateConfig
from fitroom.evaluation.search.protocol import PROTOCOLS as OF_SEARCH
from fitroom.evaluation.search.runner import EvaluateSearchConfig
from fitroom.evaluation.size_advice.protocol import PROTOCOLS as OF_SIZES
from fitroom.evaluation.size_advice.runner import EvaluateSizesConfig
from fitroom.evaluation.tryon.protocol import PROTOCOLS as OF_TRYON
from fitroom.evaluation.tryon.runner import EvaluateTryOnConfig
from fitroom.training.tasks import load_run
from fitroom.wardrobe.config import WardrobeConfig

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


def load_evaluation(
    path: Path,
) -> (
    EvaluateConfig
    | EvaluateTryOnConfig
    | EvaluateSizesConfig
    | EvaluateBodyPhotoConfig
    | EvaluateOutfitsConfig
    | EvaluateSearchConfig
):
    """Of the kind that its protocols belong to."""
    if set(protocols_in(["--config", str(path)])) <= set(OF_SEARCH):
        return load_config(EvaluateSearchConfig, path)
    if set(protocols_in(["--config", str(path)])) <= set(OF_BODY_PHOTOS):
        return load_config(EvaluateBodyPhotoConfig, path)
    if set(protocols_in(["--config", str(path)])) <= set(OF_OUTFITS):
        return load_config(EvaluateOutfitsConfig, path)
    if set(protocols_in(["--config", str(path)])) <= set(OF_SIZES):
        return load_config(EvaluateSizesConfig, path)
    is_tryon = set(protocols_in(["--config", str(path)])) <= set(OF_TRYON)
    return load_config(EvaluateTryOnConfig if is_tryon else EvaluateConfig, path)


LOADERS = {
    "train": load_run,
    "evaluate": load_evaluation,
    "wardrobe": partial(load_config, WardrobeConfig),
}


def shipped(kind: str) -> list[Path]:
    return sorted((CONFIGS / kind).rglob("*.yaml"))


def each(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", shipped(kind), ids=lambda path: path.stem)


def test_there_are_configs_and_none_lies_elsewhere() -> None:
    assert shipped("train") and shipped("evaluate") and shipped("launch")
    known = {path for kind in ("train", "evaluate", "launch", "wardrobe") for path in shipped(kind)}
    assert set(CONFIGS.rglob("*.y*ml")) == known


@pytest.mark.parametrize(
    ("kind", "path"),
    [(kind, path) for kind in LOADERS for path in shipped(kind)],
    ids=lambda value: Path(str(value)).stem,
)
def test_it_builds_and_the_resolved_config_reads_back(kind: str, path: Path, tmp_path: Path) -> None:
    config = LOADERS[kind](path)
    resolved = tmp_path / "config.yaml"
    resolved.write_text(config_to_yaml(config), encoding="utf-8")
    assert LOADERS[kind](resolved) == config


@pytest.mark.parametrize("path", [path for kind in LOADERS for path in shipped(kind)], ids=lambda path: path.stem)
def test_its_first_line_says_what_it_is_for(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")


@each("train")
def test_timm_knows_the_backbone(path: Path) -> None:
    config = load_run(path)
    if config.task in ("sizing", "outfits", "body_photo"):
        assert not hasattr(config.model, "backbone")  # measures, words and figures have none
    else:
        assert hasattr(config.model, "base") or timm.is_model(config.model.backbone)


def test_no_two_runs_share_a_folder() -> None:
    folders = [(config.runs, config.name) for config in map(load_run, shipped("train"))]
    assert len(set(folders)) == len(folders)


@each("evaluate")
def test_the_protocols_exist_under_their_own_id(path: Path) -> None:
    known = OF_RECOGNITION | OF_TRYON | OF_SIZES | OF_BODY_PHOTOS | OF_OUTFITS | OF_SEARCH
    names = protocols_in(["--config", str(path)])
    assert names and all(known[name]().id == name for name in names)


@each("launch")
def test_accelerate_reads_it(path: Path) -> None:
    config = load_config_from_file(str(path))
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert config.num_processes == written["num_processes"]
    assert str(getattr(config.distributed_type, "value", config.distributed_type)) == written["distributed_type"]


def test_a_misspelt_key_would_be_found(tmp_path: Path) -> None:
    path = tmp_path / "train.yaml"
    path.write_text(shipped("train")[0].read_text(encoding="utf-8") + "\nepoch: 3\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="unknown key 'epoch'"):
        load_run(path)
