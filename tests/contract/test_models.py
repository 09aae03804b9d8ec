"""Every registered kind of model: shapes, a round trip through safetensors, and gradients in all that is trained."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from fitroom.contracts import Head
from fitroom.models.parser import ParserConfig
from fitroom.models.recognizer import RecognizerConfig
from fitroom.models.registry import build_model, model_kinds

HEADS = [
    Head("category", classes=["dress", "hat", "shirt"]),
    Head("season", "multi", ["summer", "winter"]),
    Head("drape", "regression"),
]
# The smallest model of each kind, as (kind, config, input of one sample, output shape of one sample by name).
CASES: list[tuple[str, Any, tuple[int, ...], dict[str, tuple[int, ...]]]] = [
    (
        "recognizer",
        RecognizerConfig("test_efficientnet", HEADS, embedding_dim=embedding_dim),
        (3, 64, 64),
        {"category": (3,), "season": (2,), "drape": (1,), "embedding": (width,)},
    )
    for embedding_dim, width in ((0, 256), (24, 24))
] + [
    (
        "parser",
        ParserConfig("test_efficientnet", stages, [8, 12], 4, ["BACKGROUND", "FACE", "TOP"]),
        (3, 64, 96),
        {"logits": (3, 64, 96)},
    )
    for stages in (0, 2)
]
each_case = pytest.mark.parametrize(
    ("kind", "config", "one", "outputs"),
    CASES,
    ids=["recognizer", "recognizer-projected", "parser", "parser-two-stages"],
)


def built(kind: str, config: Any, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return build_model(kind, dataclasses.asdict(config))


def photos(batch_size: int, one: tuple[int, ...]) -> torch.Tensor:
    return torch.rand(batch_size, *one, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_every_registered_kind_has_a_case() -> None:
    # Try-on networks take several inputs, and parts of them begin at zero: tests/unit/models/tryon, tryon_latent. Body
    # model and outfits take no picture, search takes a mask as well, body photos are figures: tests/unit/models/sizing,
    # outfits, search, body_photo.
    assert {case[0] for case in CASES} | {"tryon", "tryon_latent", "sizing", "outfits", "search", "body_photo"} == set(
        model_kinds()
    )


@each_case
@pytest.mark.parametrize("batch_size", [1, 3])
def test_shapes(
    kind: str, config: Any, one: tuple[int, ...], outputs: dict[str, tuple[int, ...]], batch_size: int
) -> None:
    with torch.inference_mode():
        answers = built(kind, config).eval()(photos(batch_size, one))
    assert {name: tuple(answer.shape) for name, answer in answers.items()} == {
        name: (batch_size, *shape) for name, shape in outputs.items()
    }
    assert all(answer.dtype == torch.float32 and answer.isfinite().all() for answer in answers.values())
    if "embedding" in answers:
        torch.testing.assert_close(answers["embedding"].norm(dim=1), torch.ones(batch_size))


@each_case
def test_an_answer_does_not_depend_on_its_batch(kind: str, config: Any, one: Any, outputs: Any) -> None:
    model, batch = built(kind, config).eval(), photos(3, one)
    with torch.inference_mode():
        together = model(batch)
        for i in range(3):
            for name, answer in model(batch[i : i + 1]).items():
                torch.testing.assert_close(answer[0], together[name][i], atol=1e-5, rtol=1e-4)


@each_case
def test_safetensors_round_trip_is_exact(kind: str, config: Any, one: Any, outputs: Any, tmp_path: Path) -> None:
    model, other = built(kind, config, seed=0).eval(), built(kind, config, seed=1).eval()
    batch = photos(2, one)
    with torch.inference_mode():
        before = model(batch)
        assert any(not torch.equal(before[name], other(batch)[name]) for name in outputs), "the seeds must differ"
        save_file(model.state_dict(), tmp_path / "model.safetensors")
        other.load_state_dict(load_file(tmp_path / "model.safetensors"))
        after = other(batch)
    assert all(torch.equal(before[name], after[name]) for name in outputs)


@each_case
def test_gradients_reach_every_trainable_parameter(kind: str, config: Any, one: Any, outputs: Any) -> None:
    model = built(kind, config).train()
    generator = torch.Generator().manual_seed(2)
    answers = model(photos(4, one))
    sum((answer * torch.randn(answer.shape, generator=generator)).sum() for answer in answers.values()).backward()
    without = [
        name
        for name, p in model.named_parameters()
        if p.requires_grad and (p.grad is None or not p.grad.abs().sum() > 0)
    ]
    assert not without


@each_case
def test_a_config_survives_json(kind: str, config: Any, one: Any, outputs: Any) -> None:
    assert built(kind, config).config == config  # type: ignore[comparison-overlap]
