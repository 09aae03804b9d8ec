"""Products and worn garments to vectors through a bundle, by a tiny random network: colours are enough to be found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from fitroom.bundles import Bundle, write_bundle
from fitroom.contracts import Part, Preprocessing
from fitroom.errors import BundleError, ImageError
from fitroom.models.search.config import SearchConfig
from fitroom.models.search.network import GarmentEmbedder
from fitroom.models.weights import WeightsRecord
from fitroom.pipelines.search.embed import EmbedPipeline

RED, BLUE = (190, 30, 40), (30, 50, 180)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    torch.manual_seed(0)
    config = SearchConfig(taps=[0], bands=2, dim=16)
    return write_bundle(
        tmp_path_factory.mktemp("search") / "bundle", kind="search", name="tiny", model=GarmentEmbedder(config),
        model_config=config, preprocessing=Preprocessing(48, 40, "pad"), calibration={}, config_yaml="seed: 0\n",
        trained_on=["ab" * 32], data_digest="cd" * 32, seed=0, weights=WeightsRecord("none", None, None),
        license="Apache-2.0",
    )  # fmt: skip


def shop_photo(color: tuple[int, int, int]) -> np.ndarray:
    photo_u8 = np.full((90, 80, 3), 250, np.uint8)
    photo_u8[20:70, 30:60] = color
    return photo_u8


def test_what_is_worn_is_nearest_to_its_product(bundle: Bundle) -> None:
    pipeline = EmbedPipeline(bundle)
    parse = np.zeros((90, 80), np.uint8)
    parse[10:40, 20:60], parse[40:80, 20:60] = Part.TOP, Part.TROUSERS
    worn_u8 = np.full((90, 80, 3), 90, np.uint8)
    worn_u8[parse == Part.TOP], worn_u8[parse == Part.TROUSERS] = RED, BLUE
    worn = pipeline.worn(worn_u8, parse)
    assert sorted(worn) == ["bottom", "top"]
    products_2D = np.stack([pipeline.product(shop_photo(color)) for color in (RED, BLUE)])
    np.testing.assert_allclose(np.linalg.norm(products_2D, axis=1), 1, atol=1e-5)
    assert [int((products_2D @ worn[region]).argmax()) for region in ("top", "bottom")] == [0, 1]


def test_nobody_in_a_photo_is_told(bundle: Bundle) -> None:
    with pytest.raises(ImageError, match="no garment is seen"):
        EmbedPipeline(bundle).worn(shop_photo(RED), np.zeros((90, 80), np.uint8))


def test_a_bundle_of_another_kind_is_refused(tiny_bundle: Bundle) -> None:
    with pytest.raises(BundleError, match="no embedding network"):
        EmbedPipeline(tiny_bundle)


def test_its_card_says_what_it_compares(bundle: Bundle) -> None:
    card = (Path(bundle.path) / "README.md").read_text(encoding="utf-8")
    assert "40 x 48 px" in card and "16 numbers" in card
