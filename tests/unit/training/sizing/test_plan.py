"""A body model learns from the made-up surveys in seconds, ships, and has not seen the test part."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from fitroom.bundles.format import SHORT_HASH, open_bundle
from fitroom.data.sizing.body_surveys import read_surveys
from fitroom.data.sizing.loaders import PeopleDataset, collate_people
from fitroom.data.stream import SampleKey
from fitroom.errors import ConfigError
from fitroom.models.sizing.body_model import BodyModel
from fitroom.models.sizing.config import SizingConfig
from fitroom.training import fit
from fitroom.training.sizing.config import SizingLossConfig
from fitroom.training.sizing.losses import sizing_loss
from fitroom.training.sizing.plan import scaled


def words(folder: Path, runs: Path, *more: str) -> list[str]:
    given = {
        "task": "sizing", "name": "tiny", "runs": runs, "data.folder": folder, "model.components": 1, "epochs": 6,
        "batch_size": 64, "threads": 1, "accelerator": "cpu", "logging.wandb": "off", "ema_decay": 0.8,
        "validate_epochs": 3,
    }  # fmt: skip
    return [word for key, value in given.items() for word in (f"--{key}", str(value))] + list(more)


def test_it_learns_and_ships(survey_folder: Path, tmp_path: Path) -> None:
    assert fit.main(words(survey_folder, tmp_path)) == 0
    bundle = open_bundle(tmp_path / "tiny" / "bundle")
    assert bundle.spec.kind == "sizing" and bundle.size_bytes() < 100_000
    known, people = bundle.trained_on(), read_surveys(survey_folder)
    seen = {sha[:SHORT_HASH] for sha in people.table["sha256"][people.table["split"] != "test"]}
    assert known == seen
    measured = bundle.spec.measured or {}
    assert measured["select part, nats a person for what was not told"] < nats_before(survey_folder)
    told = bundle.build_model().config.told  # type: ignore[union-attr]
    assert told["height"][0] == pytest.approx(0.6 * 2.54, abs=0.6)
    assert "Limits" in (bundle.path / "README.md").read_text()


def nats_before(folder: Path) -> float:
    people = read_surveys(folder)
    config = scaled(SizingConfig(components=1), people.of_part("train"))
    part = PeopleDataset(people.of_part("validation"), config.center, config.scale, 0)
    batch = collate_people([part[n] for n in range(len(part))])
    with torch.inference_mode():
        return float(sizing_loss(BodyModel(config), batch, SizingLossConfig())["conditional"])


def test_what_is_told_depends_on_person_and_epoch_alone(survey_folder: Path) -> None:
    people = read_surveys(survey_folder)
    config = scaled(SizingConfig(components=1), people.of_part("train"))
    first, second = (PeopleDataset(people, config.center, config.scale, 7) for _ in range(2))
    assert (first[SampleKey(3, 1)][2] == second[SampleKey(3, 1)][2]).all()
    assert any((first[SampleKey(n, 0)][2] != first[SampleKey(n, 1)][2]).any() for n in range(20))
    assert all(not (told & ~known).any() for _, known, told, _ in (first[SampleKey(n, 0)] for n in range(20)))


def test_nobody_to_learn_from(survey_folder: Path) -> None:
    people = read_surveys(survey_folder)
    civilians = people.subset((people.table["survey"] == "nhanes2020").to_numpy())
    with pytest.raises(ConfigError, match=r"nobody was measured there(.|\n)*chest"):
        scaled(SizingConfig(components=1), civilians)
