"""The try-on network: shapes, what hears what, and pictures that are put together as they should be."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from fitroom.data.tryon.conditions import NUM_CONDITIONS, NUM_SIZES
from fitroom.data.tryon.terms import DIFFUSED, GAIN_OFFSET, LAYOUT, PERSON, SOURCES
from fitroom.errors import ConfigError
from fitroom.models.registry import build_model
from fitroom.models.tryon import answer as answers
from fitroom.models.tryon.answer import KnownGarment, answer
from fitroom.models.tryon.blend import lit_cloth, mixed
from fitroom.models.tryon.blocks import ToldLinear, look_up, positions
from fitroom.models.tryon.config import TryOnConfig
from fitroom.models.tryon.network import TryOnNetwork
from fitroom.wardrobe.patterns.pattern import CATEGORIES

FRAME = (128, 64)
TINY = TryOnConfig("test_efficientnet", 4, [8, 16, 16, 32], depth=1, denoiser_width=16, detail=8)


def network(seed: int = 0, **changes: object) -> TryOnNetwork:
    """Random, also where training starts from zero."""
    torch.manual_seed(seed)
    model = TryOnNetwork(dataclasses.replace(TINY, **changes)).eval()  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1 and not parameter.any():
                parameter.normal_(std=0.1)
    return model


def noise(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def known(model: TryOnNetwork, seed: int = 2) -> KnownGarment:
    photo = noise(1, 3, FRAME[0] // 2, FRAME[1] // 2, seed=seed)
    return KnownGarment(model.encode_garment(photo), noise(1, 3, *FRAME, seed=seed), noise(1, 3, 32, 16, seed=seed))


def answered(model: TryOnNetwork, **changes: object) -> torch.Tensor:
    options: dict[str, object] = {"frame": FRAME, "noise": noise(1, DIFFUSED, 32, 16, seed=5), "snap": False}
    person, conditions = noise(1, 3, *FRAME), torch.zeros(1, NUM_CONDITIONS)
    person, conditions = (options.pop(k, v) for k, v in (("person", person), ("conditions", conditions)))
    options |= changes
    person = options.pop("person", person)
    conditions = options.pop("conditions", conditions)
    garment = options.pop("garment", None) or known(model)
    with torch.inference_mode():
        return answer(model, person, garment, conditions, **options).worn  # type: ignore[arg-type]


def test_a_layout_has_the_promised_shapes() -> None:
    model = network()
    garment = known(model)
    cond = model.conditions(torch.zeros(1, NUM_CONDITIONS), garment.features)
    half = noise(1, 3, 64, 32)
    layout, context = model.lay_out(half, torch.zeros(1, 1, 64, 32), garment.features, garment.small, cond)
    assert [tuple(flow.shape[-2:]) for flow in layout.flows] == [(4, 2), (8, 4), (16, 8), (32, 16)]
    often = dataclasses.replace(model.config, rounds=3)
    again, _ = TryOnNetwork(often).lay_out(
        noise(1, 3, 64, 32), noise(1, 1, 64, 32), garment.features, garment.small, cond
    )
    sizes = [(4, 2), *[(8, 4)] * 3, *[(16, 8)] * 3, (32, 16)]
    assert [tuple(flow.shape[-2:]) for flow in again.flows] == sizes
    assert layout.parse_logits.shape == (1, len(LAYOUT), 32, 16) and layout.source_logits.shape == (
        1,
        len(SOURCES),
        32,
        16,
    )
    clean = model.denoiser(noise(1, DIFFUSED, 32, 16), torch.ones(1), context, cond)
    assert clean.shape == (1, DIFFUSED, 32, 16) and clean.isfinite().all()
    assert garment.features.mask_logits_B1HW.shape == (1, 1, 32, 16)


@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_all_numbers_of_steps_run_and_differ_in_light_and_paint_alone(steps: int) -> None:
    worn = answered(network(), steps=steps)
    assert worn.shape == (1, 3, *FRAME) and worn.abs().max() <= 1
    assert steps == 1 or not torch.equal(worn, answered(network(), steps=1))


def test_the_answer_hears_sizes_garment_person_and_noise() -> None:
    model, sized = network(), torch.zeros(1, NUM_CONDITIONS)
    sized[0, 0], sized[0, NUM_SIZES] = 2.0, 1.0
    plain = answered(model)
    for change in (
        {"conditions": sized},
        {"garment": known(model, seed=9)},
        {"person": noise(1, 3, *FRAME, seed=8)},
        {"noise": noise(1, DIFFUSED, 32, 16, seed=6)},
        {"guidance": 3.0, "conditions": sized},
    ):
        assert not torch.equal(plain, answered(model, **change)), change
    assert torch.equal(plain, answered(model))


def test_without_sizes_no_size_is_heard() -> None:
    model, sized = network(use_size=False), torch.zeros(1, NUM_CONDITIONS)
    sized[0, : 2 * NUM_SIZES] = 1.0
    assert torch.equal(answered(model), answered(model, conditions=sized))


def test_without_flow_no_texture_is_taken() -> None:
    model = network(use_flow=False)
    garment = known(model)
    with torch.inference_mode():
        got = answer(model, noise(1, 3, *FRAME), garment, torch.zeros(1, NUM_CONDITIONS), frame=FRAME, snap=False)
    assert got.weights[:, 0].max() < 1e-6


def test_outside_the_repaint_mask_nothing_changes() -> None:
    mask = torch.zeros(1, 1, *FRAME)
    mask[:, :, 40:90, 10:50] = 1
    person = noise(1, 3, *FRAME)
    worn = answered(network(), person=person, mask=mask)
    assert torch.equal(worn[(1 - mask).bool().expand_as(worn)], person[(1 - mask).bool().expand_as(person)])
    assert not torch.equal(worn, person)


def test_inside_the_mask_the_old_garment_is_not_seen() -> None:
    mask = torch.zeros(1, 1, *FRAME)
    mask[:, :, 40:90, 10:50] = 1
    other = noise(1, 3, *FRAME)
    other[:, :, 40:90, 10:50] = 0.7
    model = network()
    with torch.no_grad():
        model.blend.correct.weight.zero_()
        model.blend.correct.bias.copy_(torch.tensor([1.0, 1.0, -99.0]).repeat_interleave(4))
    assert torch.equal(answered(model, mask=mask), answered(model, mask=mask, person=other))


@pytest.mark.parametrize("size", [(256, 128), (96, 48)])
def test_the_answer_has_the_photos_own_size_and_pixels(size: tuple[int, int]) -> None:
    model = network()
    with torch.no_grad():
        model.blend.correct.weight.zero_()
        bias = torch.full((len(SOURCES), 4), -50.0)
        bias[PERSON] = 50.0
        model.blend.correct.bias.copy_(bias.flatten())
    person = noise(1, 3, *size)
    torch.testing.assert_close(answered(model, person=person), person)


def test_the_blend_computes_in_use_what_it_learned_in_training() -> None:
    blend = network().blend
    pictures, logits, at_2 = [noise(2, 3, 64, 32, seed=i) for i in range(3)], noise(2, 3, 16, 8), noise(2, 8, 16, 8)
    with torch.no_grad():
        in_use = blend(*pictures, logits, at_2)
        in_training = blend.train()(*pictures, logits, at_2)
    torch.testing.assert_close(in_use, in_training, atol=1e-5, rtol=1e-5)
    assert in_use.std() > 0.1


def test_without_a_mask_the_person_is_as_under_an_empty_one() -> None:
    full = noise(1, 3, *FRAME)
    for quick, spelled in zip(
        answers._greyed(full, None), answers._greyed(full, torch.zeros(1, 1, 90, 40)), strict=True
    ):
        assert torch.equal(quick, spelled)


def test_enlarging_needs_no_antialiasing_and_shrinking_has_it() -> None:
    x = noise(1, 3, 24, 18)
    for size, atol in (((53, 40), 1e-5), ((24, 18), 0.0), ((12, 30), 1e-5), ((7, 5), 1e-5)):
        spelled = torch.nn.functional.interpolate(x, size=size, mode="bilinear", antialias=True)
        torch.testing.assert_close(answers._resized(x, size), spelled, atol=atol, rtol=0)


def test_light_multiplies_texture() -> None:
    texture = torch.tensor([0.0]).view(1, 1, 1, 1).expand(1, 3, 1, 1)  # unit 0.5
    half = lit_cloth(texture, torch.full((1, 3, 1, 1), 0.5).log())
    expected = 2 * ((0.5 + GAIN_OFFSET) * 0.5 - GAIN_OFFSET) - 1
    torch.testing.assert_close(half, torch.full_like(half, expected))
    torch.testing.assert_close(lit_cloth(texture, torch.zeros(1, 3, 1, 1)), texture)


def test_weights_choose_the_source() -> None:
    pictures = [torch.full((1, 3, 2, 2), value) for value in (0.1, 0.2, 0.3)]
    for index, picture in enumerate(pictures):
        weights = torch.zeros(1, 3, 2, 2)
        weights[:, index] = 1
        assert torch.equal(mixed(weights, *pictures), picture)


def test_looking_up_by_the_pixels_own_places_is_the_identity() -> None:
    picture = noise(1, 3, 6, 8)
    flow = positions(6, 8, picture.device).view(1, 6, 8, 2).permute(0, 3, 1, 2)
    torch.testing.assert_close(look_up(picture, flow), picture, atol=1e-5, rtol=1e-5)


def test_it_is_built_from_its_stored_config_and_sizes_that_do_not_fit_are_refused() -> None:
    assert build_model("tryon", dataclasses.asdict(TINY)).config == TINY
    with pytest.raises(ConfigError, match="stride 16"):
        TryOnNetwork(dataclasses.replace(TINY, stages=3))
    with pytest.raises(ConfigError, match="widths"):
        TryOnConfig(widths=[32, 64])


def test_weights_from_before_the_category_was_told_load_and_do_not_hear_it() -> None:
    model = network(hem=True)
    tee, nameless = torch.zeros(2, NUM_CONDITIONS)
    tee[-len(CATEGORIES)] = 1
    layers = [layer for layer in model.modules() if isinstance(layer, ToldLinear)]
    assert len(layers) == 5 and all(layer.called.any() for layer in layers), "random, also where training starts from 0"
    assert (model.embed(tee) != model.embed(nameless)).any()
    kept = {name: weight.clone() for name, weight in model.state_dict().items()}
    model.load_state_dict({name: weight for name, weight in kept.items() if not name.endswith(".called")})
    assert not any(layer.called.any() for layer in layers)
    assert torch.equal(model.embed(tee), model.embed(nameless)), "heard nothing of it"
    with torch.device("meta"):
        empty = TryOnNetwork(model.config)
    empty.load_state_dict({name: w for name, w in kept.items() if not name.endswith(".called")}, assign=True)
    assert torch.equal(empty.embed(tee), model.embed(tee)), "none of it is left on no device"
    model.load_state_dict(kept)
    assert (model.embed(tee) != model.embed(nameless)).any()
