"""The form of Stable Diffusion inpainting: what it is given, what is trained, and that adapters begin as nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.unit.models.tryon_latent.tiny_bases import inpainting_base

from fitroom.data.tryon.conditions import NUM_CONDITIONS, NUM_SIZES
from fitroom.errors import WeightsError
from fitroom.models.tryon_latent.adapters import FIT, TRYON
from fitroom.models.tryon_latent.base import find_base
from fitroom.models.tryon_latent.config import LatentTryOnConfig
from fitroom.models.tryon_latent.network import on_base, outline
from fitroom.models.tryon_latent.shared import LatentNetwork, Scene

PICTURE = 2 * torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) - 1


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return inpainting_base(tmp_path_factory.mktemp("bases") / "sd")


@pytest.fixture(autouse=True)
def own_cache(cache_home: Path) -> None:
    """Hashes are remembered there."""


def scene_of(model: LatentNetwork, mask: torch.Tensor | None = None) -> Scene:
    latents = model.encode(PICTURE)
    mask = torch.ones(2, 1, 64, 64) if mask is None else mask
    return model.see(latents, mask, latents.flip(0), torch.randn(2, NUM_CONDITIONS))


def test_person_and_garment_lie_in_one_picture(base: Path) -> None:
    mask = torch.zeros(2, 1, 64, 64)
    mask[..., :32, :] = 1
    for join, size in (("below", (16, 8)), ("beside", (8, 16))):
        model = on_base(LatentTryOnConfig(str(base), join=join))
        scene = scene_of(model, mask)
        assert scene.known.shape == (2, 5, *size)
        assert torch.equal(scene.known[:, :1, :4, :8], torch.ones(2, 1, 4, 8))  # the person's upper half
        assert scene.known[:, :1].sum() == 2 * 32  # and nothing of the garment may be painted
        latents = model.encode(PICTURE)
        assert torch.equal(model.worn(model.clean(latents, scene)), latents)
        assert torch.equal(model.worn(scene.known[:, 1:]), latents)
        blind = model.blind(scene, torch.tensor([True, False]))
        person, garment = blind.known[:, 1:].chunk(2, -2 if join == "below" else -1)
        assert not garment[0].any() and torch.equal(garment[1], latents[0]) and torch.equal(person, latents)
        assert not blind.conditions[0, : 2 * NUM_SIZES].any() and torch.equal(blind.conditions[1], scene.conditions[1])


def test_only_self_attention_and_the_size_adapter_are_trained_and_kept(base: Path) -> None:
    model = on_base(LatentTryOnConfig(str(base)))
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert trained == set(model.state_dict()) == {*model.adapters[FIT], *model.adapters[TRYON]}
    assert all(".attn1." in name for name in model.adapters[TRYON]) and len(model.adapters[TRYON]) == 4 * 5
    assert not any("attn2" in name for name, _ in model.named_parameters())
    scene = scene_of(model)
    clean = model.clean(model.encode(PICTURE), scene)
    noised = model.noised(clean, torch.randn_like(clean), torch.tensor([0.2, 0.7]), 5.0)
    with torch.no_grad():
        model.network.class_embedding.second.weight.normal_(std=0.1)
    model.predict(noised.noisy, noised.level_B, scene).square().mean().backward()
    assert all(p.grad is not None and p.grad.any() for name, p in model.named_parameters() if name in trained)


def test_adapters_begin_as_nothing_and_the_text_is_passed_or_removed(base: Path) -> None:
    from diffusers import UNet2DConditionModel

    plain, with_fit = (on_base(LatentTryOnConfig(str(base), fit_rank=rank)).eval() for rank in (0, 4))
    scene, noisy = scene_of(plain), torch.randn(2, 4, 16, 8)
    level_B = torch.tensor([10, 500])
    with torch.no_grad():
        answer = plain.predict(noisy, level_B, scene)
        torch.testing.assert_close(with_fit.predict(noisy, level_B, scene), answer)
        other = Scene(scene.known, scene.garment, scene.conditions + 1)
        torch.testing.assert_close(plain.predict(noisy, level_B, other), answer)
        # Attention to a text whose answer is always zero adds nothing: what is left of the base is what it was.
        unet = UNet2DConditionModel.from_pretrained(base / "unet").eval()
        for name, module in unet.named_modules():
            if name.endswith("attn2"):
                module.to_out[0].weight.zero_()
                module.to_out[0].bias.zero_()
        text = torch.randn(2, 3, 24)
        silent = unet(torch.cat([noisy, scene.known], 1), level_B, text, return_dict=False)[0]
        removed = on_base(LatentTryOnConfig(str(base), text="removed")).eval()
        torch.testing.assert_close(removed.predict(noisy, level_B, scene), silent)
        assert not torch.allclose(answer, silent, atol=1e-3)


def test_by_low_rank_the_attention_itself_stays(base: Path) -> None:
    whole, low = (on_base(LatentTryOnConfig(str(base), join="left", tryon_rank=rank)).eval() for rank in (0, 2))
    assert len(low.adapters[TRYON]) == 2 * 4 * 4 and all(".tryon." in name for name in low.adapters[TRYON])
    scene, noisy = scene_of(whole), torch.randn(2, 4, 8, 16)
    assert torch.equal(whole.worn(scene.known[:, 1:]), scene.garment.flip(0)), "the garment lies to the left"
    with torch.no_grad():
        answer = whole.predict(noisy, torch.tensor([10, 500]), scene)
        torch.testing.assert_close(low.predict(noisy, torch.tensor([10, 500]), scene), answer)


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
def test_the_target_follows_the_base_and_min_snr_its_paper(tmp_path: Path, kind: str) -> None:
    model = on_base(LatentTryOnConfig(str(inpainting_base(tmp_path / "sd", prediction_type=kind))))
    clean, noise = torch.randn(2, 4, 16, 8), torch.randn(2, 4, 16, 8)
    noised = model.noised(clean, noise, torch.tensor([0.0, 0.999]), 5.0)
    alpha = model.schedule.alphas_cumprod[noised.level_B]
    a, b = alpha.sqrt()[:, None, None, None], (1 - alpha).sqrt()[:, None, None, None]
    torch.testing.assert_close(noised.noisy, a * clean + b * noise)
    target = {"epsilon": noise, "v_prediction": a * noise - b * clean, "sample": clean}[kind]
    torch.testing.assert_close(noised.target, target)
    # Of the clean picture's error the weight is min(snr, 5) whatever is predicted (Hang et al. 2023, eq. 6 to 8).
    snr = alpha / (1 - alpha)
    of_clean = {"epsilon": 1 / snr, "v_prediction": 1 / (snr + 1), "sample": torch.ones(2)}[kind]
    torch.testing.assert_close(noised.weight_B, snr.clamp_max(5.0) * of_clean)
    assert torch.equal(model.noised(clean, noise, torch.tensor([0.0, 0.9]), 0.0).weight_B, torch.ones(2))


def test_a_network_that_knows_the_answer_is_sampled_to_it(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = on_base(LatentTryOnConfig(str(base)))
    scene = scene_of(model)
    truth = torch.randn(2, 4, 16, 8)

    def knows(noisy: torch.Tensor, level_B: torch.Tensor, scene: Scene) -> torch.Tensor:
        alpha = model.schedule.alphas_cumprod[level_B.long()][:, None, None, None]
        return (noisy - alpha.sqrt() * truth) / (1 - alpha).sqrt()

    monkeypatch.setattr(model, "predict", knows)
    got = model.sampled(scene, torch.randn_like(truth), 10, 1.0)
    # The base's schedule ends a little above no noise at all.
    left = (1 - model.schedule.alphas_cumprod[0]).sqrt()
    assert (got - truth).abs().mean() < left


def test_a_base_of_another_form_is_refused(base: Path, tmp_path: Path) -> None:
    from diffusers import UNet2DConditionModel

    with pytest.raises(WeightsError, match="no unet that can be read"):
        on_base(LatentTryOnConfig(str(tmp_path)))
    settings = find_base(str(base), "inpainting").settings("unet") | {"in_channels": 4}
    inpainting_base(tmp_path / "four")
    UNet2DConditionModel.from_config(settings).save_pretrained(tmp_path / "four/unet")
    with pytest.raises(WeightsError, match="not of the inpainting form"):
        outline(LatentTryOnConfig(str(tmp_path / "four")))
    (tmp_path / "four/unet/diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(WeightsError, match="no weights of its unet"):
        on_base(LatentTryOnConfig(str(tmp_path / "four")))


def test_a_base_is_known_by_its_bytes_wherever_it_lies(base: Path, tmp_path: Path) -> None:
    digest = find_base(str(base), "inpainting").sha256()
    assert digest == find_base(str(inpainting_base(tmp_path / "same")), "inpainting").sha256()
    assert digest != find_base(str(inpainting_base(tmp_path / "other", seed=1)), "inpainting").sha256()
    v = inpainting_base(tmp_path / "v", prediction_type="v_prediction")
    assert digest != find_base(str(v), "inpainting").sha256()
