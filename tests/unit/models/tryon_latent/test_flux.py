"""The forms of FLUX: what they are given, what is trained, and that adapters begin as nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.unit.models.tryon_latent.tiny_bases import flux_base, inpainting_base

from fitroom.data.tryon.conditions import NUM_CONDITIONS, NUM_SIZES
from fitroom.errors import WeightsError
from fitroom.models.tryon_latent.adapters import FIT, TRYON
from fitroom.models.tryon_latent.config import LatentTryOnConfig
from fitroom.models.tryon_latent.network import on_base, outline
from fitroom.models.tryon_latent.shared import Scene

FORMS = ("flux-fill", "flux-kontext")
PICTURE = 2 * torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) - 1
each_form = pytest.mark.parametrize("form", FORMS)


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {form: flux_base(tmp_path_factory.mktemp("bases") / form, form) for form in FORMS}


@pytest.fixture(autouse=True)
def own_cache(cache_home: Path) -> None:
    """Hashes are remembered there."""


def made(bases: dict[str, Path], form: Any, **changes: Any) -> Any:
    torch.manual_seed(0)
    return on_base(LatentTryOnConfig(str(bases[form]), form, **({"tryon_rank": 2} | changes)))


def scene_of(model: Any, mask: torch.Tensor | None = None) -> Scene:
    latents = model.encode(PICTURE)
    mask = torch.ones(2, 1, 64, 64) if mask is None else mask
    return model.see(latents, mask, latents.flip(0), torch.randn(2, NUM_CONDITIONS))


def test_fill_knows_all_but_what_it_may_paint(bases: dict[str, Path]) -> None:
    mask = torch.zeros(2, 1, 64, 64)
    mask[..., :32, :] = 1
    for how, size in (("below", (16, 8)), ("left", (8, 16))):
        model = made(bases, "flux-fill", join=how)
        scene, latents = scene_of(model, mask), model.encode(PICTURE)
        assert scene.known.shape == (2, 16 + 64, *size)
        assert torch.equal(model.worn(scene.known[:, :16]), latents)
        assert torch.equal(model.worn(scene.known[:, 16:])[:, :, :4], torch.ones(2, 64, 4, 8))
        assert scene.known[:, 16:].sum() == mask.sum(), "nothing of the garment may be painted"
        assert torch.equal(model.worn(model.clean(latents, scene)), latents)
        noisy = torch.randn(2, 16, *size)
        tokens, places = model.tokens(noisy, scene)
        assert tokens.shape == (2, 32, 384) and places.shape == (32, 3) and not places[:, 0].any()


def test_kontext_shows_person_and_garment_behind_what_it_makes(bases: dict[str, Path]) -> None:
    model = made(bases, "flux-kontext")
    scene, noisy = scene_of(model), torch.randn(2, 16, 8, 8)
    assert torch.equal(model.clean(noisy, scene), noisy)
    tokens, places = model.tokens(noisy, scene)
    assert tokens.shape == (2, 48, 64) and places[::16, 0].tolist() == [0, 1, 2]
    assert torch.equal(tokens[0, 16:32], tokens[1, 32:]), "one's person is the other's garment"


@each_form
def test_the_blind_see_no_garment_and_no_sizes(bases: dict[str, Path], form: str) -> None:
    model = made(bases, form)
    scene = scene_of(model)
    blind = model.blind(scene, torch.tensor([True, False]))
    changed = (blind.known != scene.known).flatten(1).sum(1)
    assert changed[0] == scene.garment[0].count_nonzero() and not changed[1]
    assert not blind.conditions[0, : 2 * NUM_SIZES].any() and torch.equal(blind.conditions[1], scene.conditions[1])


@each_form
@pytest.mark.parametrize("rank", [0, 2])
def test_only_adapters_are_trained_and_kept(bases: dict[str, Path], form: str, rank: int) -> None:
    model = made(bases, form, tryon_rank=rank, fit_rank=2)
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert trained == set(model.state_dict()) == {*model.adapters[FIT], *model.adapters[TRYON]}
    assert not set(model.adapters[FIT]) & set(model.adapters[TRYON])
    assert {"prompt.tokens", "prompt.pooled"} < set(model.adapters[TRYON])
    # Eight projections of a double block and three of a single one, each twice by low rank; else with biases and norms.
    assert len(model.adapters[TRYON]) == 2 + (22 if rank else 2 * 11 + 6)
    assert len(model.adapters[FIT]) == 22 + 5
    scene = scene_of(model)
    clean = model.clean(model.encode(PICTURE), scene)
    noised = model.noised(clean, torch.randn_like(clean), torch.tensor([0.2, 0.7]), 5.0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".sizes.second." in name or ".lora_B." in name:
                parameter.normal_(std=0.1)
    model.predict(noised.noisy, noised.level_B, scene).square().mean().backward()
    assert all(p.grad is not None and p.grad.any() for name, p in model.named_parameters() if name in trained)


@each_form
def test_adapters_begin_as_nothing_and_sizes_are_heard(bases: dict[str, Path], form: str) -> None:
    whole, low = (made(bases, form, tryon_rank=rank, fit_rank=rank).eval() for rank in (0, 4))
    low.prompt.load_state_dict(whole.prompt.state_dict())
    scene = scene_of(whole)
    noisy, level_B = torch.randn_like(whole.clean(scene.garment, scene)), torch.tensor([0.1, 0.9])
    with torch.no_grad():
        answer = whole.predict(noisy, level_B, scene)
        torch.testing.assert_close(low.predict(noisy, level_B, scene), answer)
        other = Scene(scene.known, scene.garment, scene.conditions + 1)
        torch.testing.assert_close(whole.predict(noisy, level_B, other), answer)
        whole.network.time_text_embed.sizes.second.weight.normal_(std=0.1)
        assert not torch.allclose(whole.predict(noisy, level_B, other), whole.predict(noisy, level_B, scene), atol=1e-4)


def test_a_base_without_distilled_guidance_is_told_none(tmp_path: Path) -> None:
    flux_base(tmp_path, "flux-kontext", told=False)
    model = made({"flux-kontext": tmp_path}, "flux-kontext", told_guidance=30.0)
    scene = scene_of(model)
    assert model.predict(torch.randn(2, 16, 8, 8), torch.tensor([0.1, 0.9]), scene).isfinite().all()


@each_form
def test_the_target_is_the_velocity_and_leads_to_the_truth(
    bases: dict[str, Path], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = made(bases, form)
    scene = scene_of(model)
    truth = model.clean(torch.randn(2, 16, 8, 8), scene)
    noise = torch.randn_like(truth)
    noised = model.noised(truth, noise, torch.tensor([0.0, 0.9]), 5.0)
    level = noised.level_B[:, None, None, None]
    torch.testing.assert_close(noised.noisy - level * noised.target, truth)
    torch.testing.assert_close(noised.noisy + (1 - level) * noised.target, noise)
    assert torch.equal(noised.weight_B, torch.ones(2))

    def knows(noisy: torch.Tensor, level_B: torch.Tensor, scene: Scene) -> torch.Tensor:
        return (noisy - truth) / level_B[:, None, None, None]

    monkeypatch.setattr(model, "predict", knows)
    torch.testing.assert_close(model.sampled(scene, noise, 5, 1.0), truth, rtol=0, atol=1e-5)


@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_a_scheduler_that_does_not_look_at_the_size_shifts_all_alike(tmp_path: Path, shift: float) -> None:
    flux_base(tmp_path, "flux-kontext", use_dynamic_shifting=False, shift=shift)
    flow = made({"flux-kontext": tmp_path}, "flux-kontext").flow
    assert flow.levels(torch.tensor([0.5]), 256).item() == pytest.approx(shift / (shift + 1))
    assert flow.levels(torch.tensor([0.5]), 4096).item() == pytest.approx(shift / (shift + 1))


def test_a_base_of_another_form_is_refused(bases: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="not of the flux-fill form"):
        outline(LatentTryOnConfig(str(bases["flux-kontext"]), "flux-fill"))
    with pytest.raises(WeightsError, match=r"model\.form flux-fill or flux-kontext"):
        outline(LatentTryOnConfig(str(bases["flux-fill"])))
    with pytest.raises(WeightsError, match=r"model\.form inpainting"):
        outline(LatentTryOnConfig(str(inpainting_base(tmp_path)), "flux-fill"))
