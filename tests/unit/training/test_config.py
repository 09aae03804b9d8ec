"""Precision follows the machine, and a run keeps what it came to."""

from __future__ import annotations

import math

import pytest
import torch

from fitroom.config import config_to_dict
from fitroom.errors import ConfigError
from fitroom.training.config import LoggingConfig, RunConfig, native_precision


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"avx2": True, "avx512_bf16": False}, "32-true"),
        ({"avx512_bf16": True}, "bf16-mixed"),
        ({"amx_bf16": True}, "bf16-mixed"),
        ({}, "32-true"),
    ],
)
def test_auto_is_bfloat16_only_where_the_processor_computes_in_it(monkeypatch, capabilities, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert native_precision("auto") == native_precision("cpu") == expected
    assert config_to_dict(RunConfig(name="run"))["precision"] == expected


def test_a_gpu_is_asked_where_it_would_be_used(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: not including_emulation)
    assert (native_precision("gpu"), native_precision("cpu")) == ("bf16-mixed", "32-true")


@pytest.mark.parametrize(
    "wrong", [{"epochs": math.inf}, {"threads": -1}, {"logging": LoggingConfig(error_grid=-1)}, {"batch_size": 0}]
)
def test_numbers_that_no_run_can_have_are_refused(wrong):
    with pytest.raises(ConfigError):
        RunConfig(name="run", **wrong)


def test_what_was_asked_for_stays():
    assert RunConfig(name="run", precision="bf16-mixed").precision == "bf16-mixed"
