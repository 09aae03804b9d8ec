"""Every shipped config builds: a renamed field or a misspelt key in YAML fails here, not in somebody's run."""

from __future__ import annotations

from pathlib import Path

import pytest
import timm
import yaml
from accelerate.commands.config.config_args import load_config_from_file

from fitroom.config import config_to_yaml, load_config
from fitroom.errors import ConfigError
from fitroom.evaluation.recognition.protocol import get_protocol
from fitroom.evaluation.recognition.runner import EvaluateConfig
from fitroom.training.config import TrainConfig
from fitroom.wardrobe.config import WardrobeConfig

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
TYPES = {"train": TrainConfig, "evaluate": EvaluateConfig, "wardrobe": WardrobeConfig}


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
    [(kind, path) for kind in TYPES for path in shipped(kind)],
    ids=lambda value: Path(str(value)).stem,
)
def test_it_builds_and_the_resolved_config_reads_back(kind: str, path: Path, tmp_path: Path) -> None:
    config = load_config(TYPES[kind], path)
    resolved = tmp_path / "config.yaml"
    resolved.write_text(config_to_yaml(config), encoding="utf-8")
    assert load_config(TYPES[kind], resolved) == config


@pytest.mark.parametrize("path", [path for kind in TYPES for path in shipped(kind)], ids=lambda path: path.stem)
def test_its_first_line_says_what_it_is_for(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")


@each("train")
def test_timm_knows_the_backbone(path: Path) -> None:
    assert timm.is_model(load_config(TrainConfig, path).model.backbone)


def test_no_two_runs_share_a_name() -> None:
    names = [load_config(TrainConfig, path).name for path in shipped("train")]
    assert len(set(names)) == len(names)


@each("evaluate")
def test_the_protocol_exists(path: Path) -> None:
    protocol = load_config(EvaluateConfig, path).protocol
    assert get_protocol(protocol).id == protocol


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
        load_config(TrainConfig, path)
