"""Paint in layers: what is kept is carried on, and an edge of the layout is an edge of the picture."""

from __future__ import annotations

import dataclasses
from unittest.mock import Mock

import pytest
import torch
from tests.unit.models.tryon.test_network import FRAME, TINY, known, network, noise

from fitroom.data.tryon.conditions import NUM_CONDITIONS
from fitroom.data.tryon.terms import DIFFUSED, LAYERS, LAYOUT, PAINT, PERSON, SOURCES
from fitroom.models.tryon.answer import Surroundings, _painted_beyond, answer
from fitroom.models.tryon.layers import (
    NUM_ADDED,
    NUM_KEPT,
    NUM_LAYERS,
    based,
    carried_on,
    composed,
    fill,
    layer_logits,
)
from fitroom.models.tryon.network import TryOnNetwork

NAMES = list(LAYERS)


def layout_of(classes_HW: torch.Tensor, sources_HW: torch.Tensor, sure: float = 30.0) -> Mock:
    """What the layout branch would say of such a picture."""

    def logits(of_HW: torch.Tensor, count: int) -> torch.Tensor:
        return sure * torch.nn.functional.one_hot(of_HW, count).permute(2, 0, 1)[None].float()

    return Mock(parse_logits=logits(classes_HW, len(LAYOUT)), source_logits=logits(sources_HW, len(SOURCES)))


def test_every_class_is_seen_in_one_layer_and_the_garment_in_the_last() -> None:
    assert sorted(name for names in LAYERS.values() for name in names) == sorted(LAYOUT)
    assert NAMES[-1] == "target" and NAMES[0] == "behind"
    logits = layer_logits(noise(2, len(LAYOUT), 3, 4))
    torch.testing.assert_close(logits.exp().sum(1), torch.ones(2, 3, 4))


@pytest.mark.parametrize("size", [(32, 24), (7, 5), (1, 9)])
def test_filling_keeps_what_is_known_and_stays_between_its_neighbours(size: tuple[int, int]) -> None:
    colours = noise(2, 3, *size)
    weight = torch.zeros(2, 1, *size)
    weight[:, :, : size[0] // 2 + 1, ::2] = 1
    filled = fill(colours, weight)
    inside = (weight > 0).expand_as(colours)
    torch.testing.assert_close(filled[inside], colours[inside])
    for picture, told, mask in zip(filled, colours, inside, strict=True):
        for channel in range(3):
            there = told[channel][mask[channel]]
            assert there.min() - 1e-5 <= picture[channel].min() and picture[channel].max() <= there.max() + 1e-5


def test_where_nothing_is_known_nothing_is_filled() -> None:
    assert not fill(noise(1, 3, 8, 8), torch.zeros(1, 1, 8, 8)).any()


def test_only_what_the_answer_keeps_is_carried_on() -> None:
    classes, sources = torch.zeros(16, 16, dtype=torch.long), torch.full((16, 16), PAINT)
    classes[:, 8:] = LAYOUT.index("arms")
    sources[:8, 8:] = PERSON  # of arms the upper half is kept, of the background nothing
    person = torch.zeros(1, 3, 16, 16)
    person[:, :, :8, 8:], person[:, :, 8:, 8:] = 0.5, -0.9
    filled, share = carried_on(layout_of(classes, sources), person)
    assert filled.shape == (1, NUM_KEPT, 3, 16, 16)
    torch.testing.assert_close(filled[:, NAMES.index("skin")], torch.full((1, 3, 16, 16), 0.5))
    expected = [1.0 if name == "skin" else 0.0 for name in NAMES[:-1]]
    assert share.shape == (1, NUM_KEPT, 16, 16)
    assert share.mean((0, 2, 3)).tolist() == pytest.approx(expected)


def test_shoes_and_trousers_do_not_take_the_colour_of_the_sweater() -> None:
    bands = ("upper", "lower", "feet")
    classes, sources = torch.zeros(24, 8, dtype=torch.long), torch.full((24, 8), PAINT)
    person = torch.zeros(1, 3, 24, 8)
    for place, name in enumerate(bands):
        rows = slice(8 * place, 8 * place + 8)
        classes[rows], person[:, :, rows] = LAYOUT.index(name), 0.4 * place
    sources[:16, :4] = PERSON  # of the shoes nothing is kept
    filled, share = carried_on(layout_of(classes, sources), person)
    clothes = NAMES.index("clothes")
    for place, known_well in enumerate((1, 1, 0)):
        rows = slice(8 * place, 8 * place + 8)
        torch.testing.assert_close(share[0, clothes, rows], torch.full((8, 8), float(known_well)), atol=1e-4, rtol=0)
        if known_well:
            torch.testing.assert_close(filled[0, clothes, :, rows], person[0, :, rows], atol=1e-4, rtol=0)


def test_a_layer_of_which_little_is_kept_begins_at_the_paint() -> None:
    paint, filled = torch.full((1, 3, 4, 4), 0.2), torch.full((1, NUM_KEPT, 3, 4, 4), -0.6)
    share = torch.tensor([1.0, 0.5, 0.0, 1.0])[None, :, None, None].expand(-1, -1, 4, 4)
    layers = based(paint, filled, share)
    assert layers.shape == (1, NUM_LAYERS, 3, 4, 4)
    assert layers[0, :, 0, 0, 0].tolist() == pytest.approx([-0.6, -0.2, 0.2, -0.6, 0.2])


def test_the_denoiser_adds_to_every_layer_but_what_lies_behind() -> None:
    model = network(layers=True)
    assert model.denoiser.layers is not None
    with torch.no_grad():
        fold_out = model.denoiser.layers["fold_out"]
        fold_out.weight.zero_(), fold_out.bias.fill_(0.7)
        garment, person = known(model), noise(1, 3, 64, 32)
        cond = model.conditions(torch.zeros(1, NUM_CONDITIONS), garment.features)
        _, context = model.lay_out(person, torch.zeros(1, 1, 64, 32), garment.features, garment.small, cond)
        clean = model.denoiser(noise(1, DIFFUSED, 32, 16), torch.ones(1), context, cond)
    assert context.kept is not None
    added = clean[:, DIFFUSED:].unflatten(1, (NUM_LAYERS, 3)) - based(clean[:, DIFFUSED // 2 : DIFFUSED], *context.kept)
    assert added.mean((0, 2, 3, 4)).tolist() == pytest.approx([0.0] + NUM_ADDED * [0.7], abs=1e-5)


def test_paint_takes_the_outline_that_an_old_garment_leaves_on_the_wall_but_not_from_a_face() -> None:
    classes = torch.zeros(16, 16, dtype=torch.long)
    classes[8:] = LAYOUT.index("head")
    weights = torch.zeros(1, 3, 64, 64)
    weights[:, PAINT, :, :32], weights[:, PERSON, :, 32:] = 1, 1
    got = _painted_beyond(weights, layout_of(classes, classes * 0 + PERSON))
    torch.testing.assert_close(got.sum(1), torch.ones(1, 64, 64))
    wall, face = got[0, PERSON, 8], got[0, PERSON, 56]
    assert (wall[:35] < 0.2).all() and (wall[40:] == 1).all() and (wall.diff() >= 0).all()
    torch.testing.assert_close(face, weights[0, PERSON, 56])
    nothing_painted = torch.zeros(1, 3, 64, 64)
    nothing_painted[:, PERSON] = 1
    assert torch.equal(_painted_beyond(nothing_painted, layout_of(classes, classes * 0 + PERSON)), nothing_painted)


def test_an_edge_of_the_layout_is_sharp_in_the_picture() -> None:
    classes = torch.zeros(8, 8, dtype=torch.long)
    classes[:, 4:] = LAYOUT.index("legs")
    logits = layer_logits(layout_of(classes, classes * 0, sure=4.0).parse_logits)
    layers = torch.zeros(1, NUM_LAYERS, 3, 8, 8)
    layers[:, NAMES.index("behind")], layers[:, NAMES.index("skin")] = -1, 1
    paint = composed(layers.flatten(1, 2), logits, (64, 64))[0, 0, 32]
    assert (paint[:28] < -0.95).all() and (paint[36:] > 0.95).all()
    assert (paint.diff() >= -1e-6).all()


def test_what_lies_behind_is_taken_where_it_is_known() -> None:
    classes = torch.zeros(4, 4, dtype=torch.long)
    logits = layer_logits(layout_of(classes, classes).parse_logits)
    scene = noise(1, 3, 16, 16)
    paint = composed(noise(1, 3 * NUM_LAYERS, 4, 4), logits, (16, 16), scene)
    torch.testing.assert_close(paint, scene, atol=1e-3, rtol=0)


def test_a_network_with_layers_begins_where_one_without_them_was() -> None:
    plain = network()
    layered = TryOnNetwork(dataclasses.replace(TINY, layers=True)).eval()
    layered.load_state_dict(plain.state_dict(), strict=False)
    garment, person = known(plain), noise(1, 3, 64, 32)
    cond = plain.conditions(torch.zeros(1, NUM_CONDITIONS), garment.features)
    inputs = (person, torch.zeros(1, 1, 64, 32), garment.features, garment.small, cond)
    with torch.no_grad():
        _, context = layered.lay_out(*inputs)
        assert context.kept is not None and plain.lay_out(*inputs)[1].kept is None
        noisy, level = noise(1, DIFFUSED, 32, 16), torch.ones(1)
        before, after = (model.denoiser(noisy, level, context, cond) for model in (plain, layered))
    torch.testing.assert_close(after[:, :DIFFUSED], before)
    base = based(before[:, DIFFUSED // 2 :], *context.kept)
    torch.testing.assert_close(after[:, DIFFUSED:], base.flatten(1, 2))


@pytest.mark.parametrize("size", [FRAME, (256, 128)])
def test_it_answers_with_layers_before_any_background(size: tuple[int, int]) -> None:
    model, person = network(layers=True), noise(1, 3, *size)
    scene = Surroundings(person, noise(1, 3, *size, seed=7))
    with torch.inference_mode():
        answers = [
            answer(model, person, known(model), torch.zeros(1, NUM_CONDITIONS), frame=FRAME, surroundings=where,
                   steps=steps, noise=noise(1, DIFFUSED, 32, 16))
            for where, steps in ((None, 1), (scene, 1), (None, 4))
        ]  # fmt: skip
    assert all(got.worn.shape == (1, 3, *size) and got.worn.isfinite().all() for got in answers)
    assert not torch.equal(answers[0].worn, answers[1].worn)
    assert not torch.equal(answers[0].paint, answers[2].paint)
