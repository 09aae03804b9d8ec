"""Parsers by path: tiny networks, made on the spot, in the form in which users have them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from fitroom.contracts import PART_FROM_ATR, Part
from fitroom.errors import WeightsError
from fitroom.pipelines.prepare.parsers import open_parser

# As published parsers of ATR name them.
ATR_NAMES = [
    "Background", "Hat", "Hair", "Sunglasses", "Upper-clothes", "Skirt", "Pants", "Dress", "Belt", "Left-shoe",
    "Right-shoe", "Face", "Left-leg", "Right-leg", "Left-arm", "Right-arm", "Bag", "Scarf",
]  # fmt: skip


@pytest.fixture
def segformer(tmp_path: Path) -> Path:
    """A SegFormer with random weights, as save_pretrained writes it."""
    transformers = pytest.importorskip("transformers", reason="the package transformers is not there")
    torch.manual_seed(0)
    config = transformers.SegformerConfig(
        depths=[1, 1, 1, 1], hidden_sizes=[8, 8, 16, 16], num_attention_heads=[1, 1, 1, 1], decoder_hidden_size=16,
        id2label=dict(enumerate(ATR_NAMES)),
    )  # fmt: skip
    folder = tmp_path / "segformer"
    model = transformers.SegformerForSemanticSegmentation(config)
    with torch.no_grad():
        model.decode_head.classifier.weight *= 20
    model.save_pretrained(folder)
    transformers.SegformerImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder)
    return folder


def test_a_folder_of_transformers_answers_in_parts(segformer: Path) -> None:
    parser = open_parser(segformer)
    photo_u8 = np.random.default_rng(0).integers(0, 256, (90, 70, 3)).astype(np.uint8)
    answer = parser(photo_u8)
    assert answer.parse.shape == (90, 70) and answer.parse.dtype == np.uint8 and 0 < answer.certainty <= 1
    assert set(np.unique(answer.parse)) <= {int(part) for part in PART_FROM_ATR}
    assert parser.hash == open_parser(segformer).hash and np.array_equal(answer.parse, parser(photo_u8).parse)


def test_other_labels_and_another_processor_are_another_parser(segformer: Path) -> None:
    was = open_parser(segformer).hash
    for name in ("config.json", "preprocessor_config.json"):
        path = segformer / name
        text = path.read_text()
        path.write_text(text + "\n")
        assert open_parser(segformer).hash != was
        path.write_text(text)
    assert open_parser(segformer).hash == was


def test_its_labels_mean_what_they_are_called(segformer: Path) -> None:
    state = safetensors.torch.load_file(segformer / "model.safetensors")
    state["decode_head.classifier.weight"] *= 0
    state["decode_head.classifier.bias"] = torch.eye(len(ATR_NAMES))[ATR_NAMES.index("Right-arm")] * 9
    safetensors.torch.save_file(state, segformer / "model.safetensors", metadata={"format": "pt"})
    answer = open_parser(segformer)(np.full((40, 30, 3), 99, np.uint8))
    assert (answer.parse == Part.RIGHT_ARM).all() and answer.certainty > 0.99


def test_unknown_labels_and_missing_files_are_named(segformer: Path, tmp_path: Path) -> None:
    config = json.loads((segformer / "config.json").read_text())
    config["id2label"]["4"] = "LABEL_4"
    (segformer / "config.json").write_text(json.dumps(config))
    with pytest.raises(WeightsError, match="LABEL_4"):
        open_parser(segformer)
    (segformer / "model.safetensors").rename(segformer / "pytorch_model.bin")
    with pytest.raises(WeightsError, match=r"no model\.safetensors"):
        open_parser(segformer)
    (tmp_path / "parser.pth").write_bytes(b"x")
    with pytest.raises(WeightsError, match="a folder, not a file"):
        open_parser(tmp_path / "parser.pth")
