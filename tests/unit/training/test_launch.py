"""What a launch may not say: another strategy, precision or engine than the config; and what a lost process is told."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from fitroom.errors import ConfigError, LaunchError
from fitroom.training import launch
from fitroom.training.config import RunConfig


def config(**fields: object) -> RunConfig:
    return RunConfig(name="run", **{"precision": "32-true", "accelerator": "cpu", **fields})  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCELERATE_USE_FSDP", "ACCELERATE_MIXED_PRECISION", "ACCELERATE_DYNAMO_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")


@pytest.mark.parametrize(
    ("environment", "fields", "said"),
    [
        ({"ACCELERATE_USE_FSDP": "true"}, {}, "FSDP"),
        ({"ACCELERATE_USE_FSDP": "true"}, {"strategy": "ddp"}, "FSDP"),
        ({"ACCELERATE_USE_FSDP": "true", "FSDP_OFFLOAD_PARAMS": "true"}, {"strategy": "fsdp"}, "fsdp_offload_params"),
        ({"ACCELERATE_USE_DEEPSPEED": "true"}, {}, "DeepSpeed"),
        ({"ACCELERATE_USE_MEGATRON_LM": "true"}, {"strategy": "fsdp"}, "Megatron"),
        ({"ACCELERATE_MIXED_PRECISION": "bf16"}, {}, "mixed_precision: bf16"),
        ({"ACCELERATE_MIXED_PRECISION": "fp8"}, {"precision": "bf16-mixed"}, "mixed_precision: fp8"),
        ({"ACCELERATE_DYNAMO_BACKEND": "INDUCTOR"}, {}, "dynamo_backend: INDUCTOR"),
        ({"WORLD_SIZE": "1"}, {"strategy": "fsdp"}, "1 process"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else value,
)
def test_a_launch_that_contradicts_the_config_is_refused(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], fields: dict[str, str], said: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(LaunchError, match=said):
        launch.check_environment(config(**fields))


@pytest.mark.parametrize(
    ("environment", "fields"),
    [
        ({}, {}),
        ({"WORLD_SIZE": "1"}, {"strategy": "ddp"}),
        ({"ACCELERATE_USE_FSDP": "false", "ACCELERATE_DYNAMO_BACKEND": "NO"}, {"strategy": "ddp"}),
        ({"ACCELERATE_USE_FSDP": "true", "FSDP_OFFLOAD_PARAMS": "false"}, {"strategy": "fsdp"}),
        ({"ACCELERATE_MIXED_PRECISION": "no"}, {"precision": "bf16-mixed"}),
        ({"ACCELERATE_MIXED_PRECISION": "bf16"}, {"precision": "bf16-mixed"}),
    ],
)
def test_a_launch_that_agrees_goes_on(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], fields: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    launch.check_environment(config(**fields))


def test_weights_that_are_shared_out_need_a_precision_without_scaling() -> None:
    with pytest.raises(ConfigError, match="precision"):
        config(strategy="fsdp", precision="16-mixed")


GLOO = (
    "[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:561] Connection closed by peer [127.0.0.1]:22153. This is "
    "typically caused by a remote worker crashing."
)


def test_who_loses_another_process_says_how_to_go_on(tmp_path: Path) -> None:
    checkpoint = tmp_path / "last.ckpt"
    for error in (RuntimeError(GLOO), torch.distributed.DistNetworkError("reset")):
        assert "start the run anew" in str(launch.lost_process(error, checkpoint))
    checkpoint.touch()
    found = launch.lost_process(RuntimeError(GLOO), checkpoint)
    assert "--resume" in str(found) and "process 1 of 2" in str(found)


def test_other_errors_and_a_single_process_are_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert launch.lost_process(RuntimeError("mat1 and mat2 shapes cannot be multiplied"), tmp_path) is None
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert launch.lost_process(RuntimeError(GLOO), tmp_path) is None
