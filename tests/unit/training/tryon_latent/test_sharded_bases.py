"""A large base whose weights are shared out learns what it learns whole, and a process keeps what the estimate says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from tests.unit.models.tryon_latent.tiny_bases import flux_base, inpainting_base
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor
from torch.testing._internal.distributed.fake_pg import FakeStore

from fitroom.contracts import Preprocessing
from fitroom.data.tryon.conditions import NUM_CONDITIONS
from fitroom.errors import ConfigError
from fitroom.models.tryon_latent.config import LatentTryOnConfig
from fitroom.models.tryon_latent.network import on_base, outline
from fitroom.models.tryon_latent.shared import LatentNetwork
from fitroom.training.sharding import own_share, shard, share_like
from fitroom.training.tryon_latent.config import (
    LatentDataConfig,
    LatentOptimConfig,
    LatentTryOnRunConfig,
    MemoryConfig,
)
from fitroom.training.tryon_latent.memory import estimate

FORMS = ("inpainting", "flux-fill", "flux-kontext")


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bases")
    return {
        form: inpainting_base(folder / form) if form == "inpainting" else flux_base(folder / form, form)
        for form in FORMS
    }


@pytest.fixture(autouse=True)
def own_cache(cache_home: Path) -> None:
    """Hashes are remembered there."""


@pytest.fixture
def alone() -> Iterator[Any]:
    """A mesh of this process, which talks to itself."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield init_device_mesh("cpu", (1,))
    dist.destroy_process_group()


@pytest.fixture
def last_of_three() -> Iterator[Any]:
    """A mesh of three processes, as the last of them sees it; there is nobody to talk to."""
    dist.init_process_group("fake", store=FakeStore(), rank=2, world_size=3)
    yield init_device_mesh("cpu", (3,))
    dist.destroy_process_group()


def model_config(bases: dict[str, Path], form: Any) -> LatentTryOnConfig:
    """The inpainting form trains the attention's own weights beside a low rank, the others low ranks alone."""
    return LatentTryOnConfig(str(bases[form]), form, tryon_rank=0 if form == "inpainting" else 2, fit_rank=2)


def learned(model: LatentNetwork, dtype: torch.dtype) -> tuple[float, dict[str, torch.Tensor]]:
    """Loss and gradients of one batch that is always the same."""
    generator = torch.Generator().manual_seed(0)
    channels = model.vae.config.latent_channels
    person, garment, worn = (torch.randn(2, channels, 8, 8, generator=generator) for _ in range(3))
    conditions = torch.randn(2, NUM_CONDITIONS, generator=generator)
    scene = model.see(person, torch.ones(2, 1, 64, 64), garment, conditions)
    clean = model.clean(worn, scene)
    noise = torch.randn(clean.shape, generator=generator)
    noised = model.noised(clean, noise, torch.tensor([0.3, 0.7]), 5.0)
    with nullcontext() if dtype == torch.float32 else torch.autocast("cpu", dtype):
        answer = model.predict(noised.noisy, noised.level_B, scene)
    loss = (answer.float() - noised.target).square().mean()
    loss.backward()
    trained = {name: p.grad for name, p in model.named_parameters() if p.requires_grad}
    assert all(grad is not None for grad in trained.values()), "each trained weight has its part in the answer"
    return loss.item(), {name: own_share(grad).clone() for name, grad in trained.items() if grad is not None}


@pytest.mark.parametrize(
    ("form", "dtype", "relative"),
    [
        ("inpainting", torch.float32, 1e-4),
        pytest.param("flux-kontext", torch.float32, 1e-4, marks=pytest.mark.slow),
        ("flux-fill", torch.bfloat16, 2e-2),  # sums of bfloat16, in another order
    ],
)
def test_what_is_shared_out_learns_as_if_it_were_whole(
    bases: dict[str, Path], form: Any, dtype: torch.dtype, relative: float, alone: Any
) -> None:
    """With frozen weights of half precision beside trained ones of full, and activations computed again."""
    made = []
    for is_sharded in (False, True):
        torch.manual_seed(0)
        model = on_base(model_config(bases, form), dtype=dtype).train()
        model.train_adapters(["tryon", "fit"])
        if is_sharded:
            model.network.enable_gradient_checkpointing()
            shard(model.sharded_parts(), alone)
            whole = [name for name, p in model.named_parameters() if not isinstance(p, DTensor)]
            assert whole and all(name.startswith("vae.") for name in whole)
        made.append(learned(model, dtype))
    (loss, gradients), (sharded_loss, sharded) = made
    assert sharded_loss == pytest.approx(loss, rel=relative / 10)
    assert sharded.keys() == gradients.keys()
    for name, gradient in gradients.items():
        assert (sharded[name] - gradient).norm() <= relative * gradient.norm(), name


@pytest.mark.parametrize("form", [pytest.param("inpainting", marks=pytest.mark.slow), "flux-fill"])
def test_a_process_keeps_what_the_estimate_says(bases: dict[str, Path], form: Any, last_of_three: Any) -> None:
    model = on_base(model_config(bases, form), dtype=torch.bfloat16)
    kept, gathered = [], []
    for strategy in ("ddp", "fsdp"):
        config = LatentTryOnRunConfig(
            name="run", data=LatentDataConfig("w"), model=model.config, preprocessing=Preprocessing(64, 64, "pad"),
            precision="bf16-mixed", memory=MemoryConfig(base_dtype="bfloat16"), batch_size=3, strategy=strategy,
        )  # fmt: skip
        with torch.device("meta"):
            told = estimate(outline(model.config), config, processes=3)
        kept.append(told.weights)
        gathered.append(told.gathered)
    whole = sum(p.numel() * p.itemsize for p in model.parameters())
    shard(model.sharded_parts(), last_of_three)
    assert whole == pytest.approx(kept[0], rel=0.1), "vectors are float32"
    # Tiny tensors do not divide by three: the last process has less of them.
    held = sum(own_share(p).numel() * p.itemsize for p in model.parameters())
    assert held == pytest.approx(kept[1], rel=0.15) and held < 0.75 * whole
    assert gathered[0] == 0 and 0 < gathered[1] < kept[0]


def test_a_share_is_cut_from_the_whole_without_a_word_to_others(last_of_three: Any) -> None:
    for rows, own in ((7, [6]), (2, []), (3, [2])):
        part = torch.nn.Linear(4, rows, bias=False)
        whole = part.weight.detach().clone()
        shard([part], last_of_three)
        share = share_like(whole, part.weight)
        assert torch.equal(share, whole[own]) and torch.equal(share, own_share(part.weight))
    plain = torch.ones(2)
    assert share_like(plain, plain) is plain and own_share(plain) is plain


def test_moments_in_a_byte_are_not_shared_out() -> None:
    with pytest.raises(ConfigError, match="cannot be shared out"):
        LatentTryOnRunConfig(
            name="run", data=LatentDataConfig("w"), model=LatentTryOnConfig("b"), strategy="fsdp",
            optim=LatentOptimConfig(kind="adamw8bit"),
        )  # fmt: skip
