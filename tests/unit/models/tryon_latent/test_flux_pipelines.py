"""FLUX bases are shown what diffusers' own pipelines show them, and are sampled as these do: compared on tiny ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import FluxFillPipeline, FluxKontextPipeline
from diffusers.pipelines.flux import pipeline_flux_fill
from diffusers.pipelines.flux.pipeline_flux import calculate_shift
from diffusers.pipelines.flux.pipeline_flux_fill import retrieve_latents
from tests.unit.models.tryon_latent.tiny_bases import flux_base

from fitroom.data.tryon.conditions import NUM_CONDITIONS
from fitroom.models.tryon_latent.config import LatentTryOnConfig
from fitroom.models.tryon_latent.flux import FluxTryOn
from fitroom.models.tryon_latent.joined import Join
from fitroom.models.tryon_latent.network import on_base
from fitroom.models.tryon_latent.packing import mask_planes, pack, places, unpack

HEIGHT, WIDTH, STEPS = 64, 96, 3


@pytest.fixture(autouse=True)
def own_cache(cache_home: Path) -> None:
    """Hashes are remembered there."""


def on(folder: Path, form: Any, **changes: Any) -> Any:
    """The network on a new tiny base."""
    flux_base(folder, form)
    model = on_base(LatentTryOnConfig(str(folder), form, tryon_rank=2, told_guidance=4.0, **changes))
    assert isinstance(model, FluxTryOn)
    with torch.no_grad():
        model.prompt.pooled.normal_()
    return model.eval()


def pipeline_of(model: Any, kind: Any) -> tuple[Any, dict[str, Any]]:
    """diffusers' pipeline on the same transformer and VAE, and what it is told beside pictures."""
    parts = {name: None for name in ("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2")}
    pipe = kind(scheduler=model.flow.scheduler, vae=model.vae, transformer=model.network, **parts)
    pipe.set_progress_bar_config(disable=True)
    prompt, pooled = model.prompt(torch.zeros(1, NUM_CONDITIONS))
    told = {"prompt_embeds": prompt, "pooled_prompt_embeds": pooled, "guidance_scale": 4.0, "output_type": "latent"}
    return pipe, told | {"num_inference_steps": STEPS}


def pictures(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Person and garment, signed, and a repaint mask."""
    generator = torch.Generator().manual_seed(seed)
    person, garment = (2 * torch.rand(1, 3, HEIGHT, WIDTH, generator=generator) - 1 for _ in range(2))
    return person, garment, (torch.rand(1, 1, HEIGHT, WIDTH, generator=generator) > 0.5).float()


def test_tokens_places_and_masks_are_packed_in_their_order() -> None:
    latents = torch.randn(2, 16, 8, 12)
    tokens = FluxFillPipeline._pack_latents(latents, 2, 16, 8, 12)
    assert torch.equal(pack(latents), tokens)
    assert torch.equal(unpack(tokens, 8, 12), FluxFillPipeline._unpack_latents(tokens, HEIGHT, WIDTH, 8))
    ids = FluxKontextPipeline._prepare_latent_image_ids(1, 4, 6, torch.device("cpu"), torch.float32)
    assert torch.equal(places(latents, 0), ids)
    ids[..., 0] = 1  # of a reference, as its prepare_latents has it
    assert torch.equal(places(latents, 1), ids)
    *_, mask = pictures()
    pipe = FluxFillPipeline.__new__(FluxFillPipeline)
    pipe.vae_scale_factor = 8
    pipe.vae = type("Vae", (), {"config": type("Config", (), {"shift_factor": 0.0, "scaling_factor": 1.0})})()
    theirs, _ = pipe.prepare_mask_latents(
        mask, torch.zeros(1, 16, 8, 12), 1, 16, 1, HEIGHT, WIDTH, torch.float32, "cpu", None
    )
    assert torch.equal(pack(mask_planes(mask, 8)), theirs)


@pytest.mark.parametrize("how", ["left", "below"])
def test_fill_answers_as_its_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: Join) -> None:
    model = on(tmp_path, "flux-fill", join=how)
    pipe, told = pipeline_of(model, FluxFillPipeline)
    # The pipeline draws from the VAE's answer; latents that are kept on disk are its middle.
    monkeypatch.setattr(
        pipeline_flux_fill, "retrieve_latents", lambda output, generator: retrieve_latents(output, None, "argmax")
    )
    person, garment, mask = pictures()
    both = [garment, person] if how == "left" else [person, garment]
    masks = [torch.zeros_like(mask), mask] if how == "left" else [mask, torch.zeros_like(mask)]
    side = -1 if how == "left" else -2
    whole, over = torch.cat(both, side), torch.cat(masks, side)
    noise = torch.randn(1, 16, over.shape[-2] // 8, over.shape[-1] // 8)
    theirs = pipe(
        image=whole / 2 + 0.5, mask_image=over, latents=pack(noise), height=over.shape[-2], width=over.shape[-1], **told
    ).images
    with torch.no_grad():
        # Encoded in one piece, as the pipeline does it.
        parts = model.encode(whole * (1 - over)).chunk(2, side)
        own, shown = (parts[1], parts[0]) if how == "left" else parts
        scene = model.see(own, mask, shown, torch.zeros(1, NUM_CONDITIONS))
        ours = model.sampled(scene, noise, STEPS, 1.0)
    torch.testing.assert_close(pack(ours), theirs, rtol=1e-5, atol=1e-5)
    assert (ours - noise).abs().mean() > 0.1


def test_kontext_answers_as_its_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = on(tmp_path, "flux-kontext")
    pipe, told = pipeline_of(model, FluxKontextPipeline)
    person, garment, mask = pictures()
    with torch.no_grad():
        own, shown = model.encode(person * (1 - mask)), model.encode(garment)
    prepare = pipe.prepare_latents

    def with_garment(image: torch.Tensor, *args: Any) -> Any:
        """The pipeline prepares one reference; the second comes from its own code as well, under the next number."""
        latents, first, at, first_at = prepare(image, *args)
        _, second, _, second_at = prepare(shown, *args)
        second_at[..., 0] = 2
        return latents, torch.cat([first, second], 1), at, torch.cat([first_at, second_at])

    monkeypatch.setattr(pipe, "prepare_latents", with_garment)
    noise = torch.randn(1, 16, HEIGHT // 8, WIDTH // 8)
    theirs = pipe(image=own, latents=pack(noise), height=HEIGHT, width=WIDTH, max_area=HEIGHT * WIDTH, **told).images
    with torch.no_grad():
        scene = model.see(own, mask, shown, torch.zeros(1, NUM_CONDITIONS))
        ours = model.sampled(scene, noise, STEPS, 1.0)
    torch.testing.assert_close(pack(ours), theirs, rtol=1e-5, atol=1e-5)
    assert (ours - noise).abs().mean() > 0.1


def test_levels_are_shifted_as_the_scheduler_shifts_steps(tmp_path: Path) -> None:
    flow = on(tmp_path, "flux-kontext").flow
    for num_tokens in (256, 1728, 4096):
        told = flow.scheduler.config
        shift = calculate_shift(
            num_tokens, told.base_image_seq_len, told.max_image_seq_len, told.base_shift, told.max_shift
        )
        assert flow.shift(num_tokens) == pytest.approx(shift)
        even = (torch.arange(100_000) + 0.5) / 100_000
        logits = flow.levels(even, num_tokens).logit()
        assert logits.mean() == pytest.approx(shift, abs=1e-3) and logits.std() == pytest.approx(1, abs=1e-2)
