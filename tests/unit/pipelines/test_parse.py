"""The parse pipeline: sizes, probabilities, parts it does not know, and answers that do not depend on the batch."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from fitroom.bundles import Bundle, write_bundle
from fitroom.contracts import Part, Preprocessing
from fitroom.errors import BundleError, ImageError
from fitroom.models.parser import Parser, ParserConfig
from fitroom.models.weights import WeightsRecord
from fitroom.pipelines.parse import Parsed, ParsePipeline

LABELS = ["BACKGROUND", "FACE", "TOP", "TROUSERS"]


class Thirds(torch.nn.Module):
    """Says face, top or trousers by the third of the height, as sure as the picture is bright."""

    def forward(self, x_BCHW: torch.Tensor) -> dict[str, torch.Tensor]:
        num, _, height, width = x_BCHW.shape
        rows = (torch.arange(height) * 3 // height).view(1, 1, height, 1).expand(num, 1, height, width)
        logits = torch.zeros(num, 4, height, width).scatter(1, rows + 1, 1.0)
        return {"logits": logits * (x_BCHW.mean(1, keepdim=True) + 3)}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    torch.manual_seed(0)
    config = ParserConfig("test_efficientnet", 0, [8, 12], 4, LABELS)
    model = Parser(config).eval()
    with torch.no_grad():
        model.classify.weight *= 40
    return write_bundle(
        tmp_path_factory.mktemp("bundles") / "parser",
        kind="parser",
        name="tiny-parser",
        model=model,
        model_config=config,
        preprocessing=Preprocessing(96, 64, "pad"),
        calibration={},
        config_yaml="seed: 0\n",
        trained_on=["ab" * 32],
        data_digest="cd" * 32,
        seed=0,
        weights=WeightsRecord("none", None, None),
        license="Apache-2.0",
        measured={"select part, mean IoU": 0.5},
    )


@pytest.fixture(scope="module")
def pipeline(bundle: Bundle) -> ParsePipeline:
    return ParsePipeline.from_bundle(bundle.path)


def photo(height_px: int, width_px: int, seed: int = 0) -> np.ndarray:
    coarse = torch.from_numpy(np.random.default_rng(seed).uniform(0, 255, (1, 3, 6, 5)))
    fine = torch.nn.functional.interpolate(coarse, (height_px, width_px), mode="bilinear")
    return fine[0].permute(1, 2, 0).numpy().astype(np.uint8)


@pytest.mark.parametrize("size", [(96, 64), (200, 100), (40, 90), (33, 17)])
def test_answers_have_the_photos_own_size(pipeline: ParsePipeline, size: tuple[int, int]) -> None:
    (parsed,) = pipeline([photo(*size)])
    assert parsed.parse.shape == size and parsed.parse.dtype == np.uint8
    assert set(np.unique(parsed.parse)) <= {Part[label] for label in LABELS}
    likely = parsed.probability(Part.TOP)
    assert likely.shape == size and likely.dtype == np.float32 and likely.min() >= 0 and likely.max() <= 1
    assert likely.std() > 0


def test_all_parts_together_are_certain_and_the_parse_is_the_likeliest(pipeline: ParsePipeline) -> None:
    (parsed,) = pipeline([photo(150, 90)])
    np.testing.assert_allclose(parsed.probability(list(Part)), 1, atol=1e-5)
    each = np.stack([parsed.probability(part) for part in Part])
    assert np.array_equal(each.argmax(0), parsed.parse)
    np.testing.assert_allclose(parsed.probability([Part.FACE, Part.TOP]), each[Part.FACE] + each[Part.TOP], atol=1e-5)
    assert not parsed.probability(Part.HAT).any(), "it does not know hats"


def test_an_answer_does_not_depend_on_what_else_is_asked(pipeline: ParsePipeline) -> None:
    photos = [photo(96, 64, 1), photo(96, 64, 2), photo(50, 80, 3)]
    together, alone = pipeline(photos), [pipeline([one])[0] for one in photos]
    for a, b in zip(together, alone, strict=True):
        assert np.array_equal(a.parse, b.parse)
        assert np.array_equal(a.probability(Part.TOP), b.probability(Part.TOP))
    assert pipeline([]) == []


@pytest.mark.parametrize("size", [(96, 64), (192, 128), (300, 200), (48, 64)])
def test_edges_stay_where_they_are_whatever_the_size(
    pipeline: ParsePipeline, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_model", Thirds())
    (parsed,) = pipeline([np.full((*size, 3), 255, np.uint8)])
    column = parsed.parse[:, size[1] // 2]
    if size[0] / size[1] == 1.5:  # the whole height of the network's input
        edges = np.flatnonzero(np.diff(column.astype(int))) + 1
        np.testing.assert_allclose(edges, [size[0] / 3, 2 * size[0] / 3], atol=0.5)
    else:
        assert set(column) == {Part.FACE, Part.TOP, Part.TROUSERS} or set(column) == {Part.TOP}


def test_what_is_no_photo_is_refused(pipeline: ParsePipeline) -> None:
    with pytest.raises(ImageError, match="no photo"):
        pipeline([np.zeros((4, 4), np.uint8)])


def test_a_bundle_of_another_kind_is_refused(bundle: Bundle, tiny_bundle: Bundle) -> None:
    with pytest.raises(BundleError, match="not one of a person parser"):
        ParsePipeline.from_bundle(tiny_bundle.path)
    squashed = dataclasses.replace(bundle.spec, preprocessing=Preprocessing(96, 64, "squash"))
    with pytest.raises(BundleError, match="not one of a person parser"):
        ParsePipeline(dataclasses.replace(bundle, spec=squashed), torch.device("cpu"))


def test_the_card_says_what_it_labels_and_what_was_measured(bundle: Bundle) -> None:
    card = (Path(bundle.path) / "README.md").read_text(encoding="utf-8")
    assert "background, face, top, trousers" in card and "Never answered: hair" in card
    assert "| select part, mean IoU | 0.5000 |" in card
    assert bundle.spec.heads == [] and bundle.spec.measured == {"select part, mean IoU": 0.5}


def test_parsed_can_be_made_by_hand() -> None:
    p_LHW = torch.tensor([[[0.25, 1.0]], [[0.75, 0.0]]])
    parsed = Parsed(np.array([[2, 0]], np.uint8), p_LHW, (Part.BACKGROUND, Part.FACE))
    np.testing.assert_allclose(parsed.probability(int(Part.FACE)), [[0.75, 0.0]])
