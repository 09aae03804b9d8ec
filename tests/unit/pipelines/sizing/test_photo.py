"""A photo beside the answers: it moves the belief as its law allows, and says what is wrong with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from fitroom import cli
from fitroom.bundles.format import Bundle, open_bundle, write_bundle
from fitroom.contracts import Preprocessing
from fitroom.errors import BundleError, ConfigError, ImageError
from fitroom.models.body_photo.config import BodyPhotoConfig, LawConfig
from fitroom.models.body_photo.network import BodyPhotoNetwork
from fitroom.models.sizing.readings import Law
from fitroom.models.weights import WeightsRecord
from fitroom.pipelines.parse import Parsed
from fitroom.pipelines.sizing.answers import Answers
from fitroom.pipelines.sizing.body import BodyPipeline
from fitroom.pipelines.sizing.figure import checked_figure
from fitroom.pipelines.sizing.photo import CAVEAT, PhotoReader, Reading, estimate_with_photo

Draw = Callable[..., Parsed]


def figure_of_parse(parsed: Parsed) -> np.ndarray:
    return checked_figure(parsed, SMALL, "photo")


TALL = {"height": 165.0}
GIRTHS = ("chest", "waist", "hip")
LAW = Law(GIRTHS, np.eye(3), np.zeros(3), np.eye(3) * 0.05**2)
SMALL = BodyPhotoConfig(
    members=2, rows=32, columns=24, center=[-0.6, -0.7, -0.5], scale=[0.1] * 3,
    law=LawConfig(np.eye(3).tolist(), [0.0] * 3, (np.eye(3) * 0.01).tolist()),
)  # fmt: skip


def reading(chest: float, waist: float, hip: float, height: float = 165.0) -> Reading:
    return Reading(np.log(np.array([chest, waist, hip]) / height), LAW)


class FakeParser:
    """Answers any photo with one parse."""

    def __init__(self, parsed: Parsed) -> None:
        self.parsed, self.preprocessing = parsed, Preprocessing(360, 240, "pad")

    def __call__(self, images_u8: list[np.ndarray]) -> list[Parsed]:
        return [self.parsed for _ in images_u8]


def bundle(folder: Path, config: BodyPhotoConfig = SMALL) -> Bundle:
    torch.manual_seed(0)
    network = BodyPhotoNetwork(config)
    for p in network.parameters():
        torch.nn.init.normal_(p, std=0.05)
    write_bundle(
        folder, kind="body_photo", name="tiny", model=network, model_config=config,
        preprocessing=Preprocessing(), calibration={}, config_yaml="schema_version: 1\n", trained_on=["0" * 64],
        data_digest="0" * 64, seed=0, weights=WeightsRecord("none", None, None), license="Apache-2.0",
    )  # fmt: skip
    return open_bundle(folder)


def test_it_moves_the_belief_and_narrows_it(pipeline: BodyPipeline) -> None:
    alone = pipeline(Answers(TALL, "female"))
    slim, round_ = (estimate_with_photo(pipeline, Answers(TALL, "female"), reading(*girths))
                    for girths in ((84, 72, 92), (108, 102, 114)))  # fmt: skip
    for name in GIRTHS:
        assert slim.median(name) < alone.median(name) < round_.median(name)
        for one in (slim, round_):
            assert np.ptp(one.interval(name)) < 0.6 * np.ptp(alone.interval(name))
    assert slim.median("weight") < round_.median("weight"), "what hangs together with girths moves along"
    assert CAVEAT in slim.remarks and CAVEAT not in alone.remarks


def test_a_tape_weighs_more_than_a_photo(pipeline: BodyPipeline) -> None:
    taped = Answers(TALL | {"waist": 80.0}, "female")
    found = estimate_with_photo(pipeline, taped, reading(100, 92, 106))
    assert abs(found.median("waist") - 80) < 4
    assert found.median("chest") > pipeline(taped).median("chest")


def test_the_height_scales_it(pipeline: BodyPipeline) -> None:
    ratio = reading(95, 85, 101)
    small, tall = (estimate_with_photo(pipeline, Answers({"height": cm}), ratio) for cm in (155.0, 175.0))
    assert small.median("waist") < tall.median("waist")


def test_no_height(pipeline: BodyPipeline) -> None:
    with pytest.raises(ConfigError, match="without the person's height") as error:
        estimate_with_photo(pipeline, Answers({"weight": 60.0}), reading(95, 85, 101))
    assert error.value.code == "height-needed"


def test_a_height_in_inches(pipeline: BodyPipeline) -> None:
    with pytest.raises(ConfigError, match="68 looks like inches"):
        estimate_with_photo(pipeline, Answers({"height": 68.0}), reading(95, 85, 101))


def test_a_photo_of_another_body(pipeline: BodyPipeline) -> None:
    answers = Answers(TALL | {"weight": 50.0}, "female")
    with pytest.raises(ConfigError, match="not of one body"):
        estimate_with_photo(pipeline, answers, reading(150, 150, 150))
    remarks = estimate_with_photo(pipeline, answers, reading(108, 101, 112)).remarks
    assert any("fits badly" in remark for remark in remarks)


def test_a_reader_reads_what_its_network_says(draw: Draw, tmp_path: Path) -> None:
    parser: Any = FakeParser(draw())
    reader = PhotoReader(bundle(tmp_path / "bundle"), parser)
    read = reader(np.zeros((360, 240, 3), np.uint8))
    assert read.values_K.shape == (3,) and np.isfinite(read.values_K).all()
    np.testing.assert_allclose(read.values_K, reader.of_figure(figure_of_parse(draw())).values_K, atol=1e-6)


def test_a_mirrored_photo_is_read_alike_whatever_the_parser_makes_of_it(draw: Draw, tmp_path: Path) -> None:
    class OneSided(FakeParser):
        def __call__(self, images_u8: list[np.ndarray]) -> list[Parsed]:
            return [draw(waist_px=44 if image_u8[0, 0, 0] else 52) for image_u8 in images_u8]

    parser: Any = OneSided(draw())
    reader = PhotoReader(bundle(tmp_path / "bundle"), parser)
    photo_u8 = np.zeros((360, 240, 3), np.uint8)
    photo_u8[0, 0] = 255
    one, other = (reader(view).values_K for view in (photo_u8, photo_u8[:, ::-1]))
    np.testing.assert_allclose(one, other, atol=1e-6)
    assert np.abs(one - reader.of_figure(figure_of_parse(draw(waist_px=44))).values_K).max() > 1e-3


def test_a_reader_without_a_law_does_not_open(draw: Draw, tmp_path: Path) -> None:
    parser: Any = FakeParser(draw())
    with pytest.raises(BundleError, match="how far its readings are to be believed"):
        PhotoReader(bundle(tmp_path / "bundle", dataclasses.replace(SMALL, law=LawConfig())), parser)


def test_a_small_person_is_looked_at_again(draw: Draw, tmp_path: Path) -> None:
    parser: Any = FakeParser(draw(size=(500, 400), middle_px=200))
    looks: list[tuple[int, ...]] = []
    answer = parser.__class__.__call__

    class Counting(FakeParser):
        def __call__(self, images_u8: list[np.ndarray]) -> list[Parsed]:
            looks.append(images_u8[0].shape)
            return answer(self, images_u8) if len(looks) % 2 else [draw()]

    counting: Any = Counting(parser.parsed)
    PhotoReader(bundle(tmp_path / "bundle"), counting)(np.zeros((500, 400, 3), np.uint8))
    assert len(looks) == 4 and looks[1][0] == looks[3][0] == 360


def test_the_command_refuses_before_it_opens_models(tmp_path: Path, tee: Path, capsys: Any) -> None:
    photo = tmp_path / "me.png"
    words = ["size-advice", "--chart", str(tee), "--photo", str(photo), "--photo-bundle", str(tmp_path / "none")]
    assert cli.main([*words, "--weight", "60"]) == ConfigError.exit_code
    assert "add --height" in capsys.readouterr().err
    photo.write_bytes(b"no photo")
    assert cli.main([*words, "--height", "170"]) == ImageError.exit_code
    assert "not an image" in capsys.readouterr().err
    Image.new("RGB", (64, 64)).save(photo)
    assert cli.main([*words, "--height", "170", "--parser", str(tmp_path / "none")]) == BundleError.exit_code
