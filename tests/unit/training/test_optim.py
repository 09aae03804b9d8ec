from __future__ import annotations

from torch import nn

from fitroom.models.parser import Encoder
from fitroom.models.recognizer import create_backbone
from fitroom.training.optim import encoder_groups
from fitroom.training.parser.config import ParserOptimConfig


def test_an_encoder_learns_at_its_own_rate_the_rest_at_the_full_one_and_what_is_fixed_not_at_all() -> None:
    encoder = Encoder(create_backbone("test_efficientnet"), 0)
    encoder.freeze(2)
    head = nn.Linear(4, 2)
    model = nn.ModuleList([encoder, head])
    config = ParserOptimConfig(lr=0.1, weight_decay=0.05)
    found = {
        parameter: (round(group["lr"], 6), group["weight_decay"])
        for group in encoder_groups(model, [encoder], config, 0.25)
        for parameter in group["params"]
    }
    fixed = [encoder.conv_stem, encoder.bn1, *encoder.blocks[:2]]
    assert found.keys() == {p for p in model.parameters() if p.requires_grad}
    assert not any(p in found for part in fixed for p in part.parameters())
    assert {found[p] for p in encoder.blocks[2:].parameters()} == {(0.025, 0.05), (0.025, 0.0)}
    assert [found[head.weight], found[head.bias]] == [(0.1, 0.05), (0.1, 0.0)]


def test_an_encoder_without_fixed_stages_learns_from_its_stem_on() -> None:
    encoder = Encoder(create_backbone("test_efficientnet"), 0)
    encoder.freeze(0)
    assert all(p.requires_grad for p in encoder.parameters())
