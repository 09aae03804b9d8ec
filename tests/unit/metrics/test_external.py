"""Weights of one's own: given, found, refused, or missing for a stated reason; never downloaded."""

from pathlib import Path

import pytest
import torch

from fitroom.errors import WeightsError
from fitroom.metrics.external import NETWORKS, ExternalWeights, read_tensors
from fitroom.metrics.inception import FidInception
from fitroom.metrics.lpips import Lpips
from fitroom.models.weights import file_sha256


@pytest.fixture(autouse=True)
def no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FITROOM_WEIGHTS", raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "own.pth"
    torch.save({"features.0.weight": torch.zeros(2)}, path)
    return path


@pytest.mark.parametrize("name", NETWORKS)
def test_missing_weights_say_which_what_for_and_how(name: str) -> None:
    reason = ExternalWeights().missing_because(name)
    assert reason is not None and "\n" not in reason
    for part in (NETWORKS[name].purpose, NETWORKS[name].files[0], f"--weights.{name} PATH fills the column"):
        assert part in reason


def test_a_given_path_is_used_with_its_hash(file: Path) -> None:
    weights = ExternalWeights(inception=str(file))
    assert weights.find("inception") == (file, file_sha256(file))
    assert weights.missing_because("inception") is None
    assert ExternalWeights(inception=str(file), inception_sha256=file_sha256(file).upper()).find("inception")


def test_another_hash_is_refused(file: Path) -> None:
    weights = ExternalWeights(vgg16=str(file), vgg16_sha256="0" * 64)
    with pytest.raises(WeightsError, match="not the one asked for"):
        weights.find("vgg16")
    assert file_sha256(file) in (weights.missing_because("vgg16") or "")
    for build in (lambda: Lpips("vgg", file, "0" * 64), lambda: FidInception(file, "0" * 64)):
        with pytest.raises(WeightsError, match="not the one asked for"):
            build()


def test_a_given_path_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is not there"):
        ExternalWeights(alexnet=str(tmp_path / "none.pth")).find("alexnet")


@pytest.mark.parametrize("name", NETWORKS)
def test_the_folder_is_searched_for_usual_names(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FITROOM_WEIGHTS", str(tmp_path))
    assert str(tmp_path) in (ExternalWeights().missing_because(name) or "")
    for usual in NETWORKS[name].files:
        (tmp_path / usual).write_bytes(b"x")
        assert ExternalWeights().find(name).path == tmp_path / usual
        (tmp_path / usual).unlink()


def test_files_of_something_else_are_refused(file: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="do not fit the AlexNet"):
        Lpips("alex", file)
    with pytest.raises(WeightsError, match="do not fit FID's Inception"):
        FidInception(file)
    (tmp_path / "page.pth").write_text("<html>404</html>")
    with pytest.raises(WeightsError, match="cannot be read"):
        read_tensors(tmp_path / "page.pth")
    torch.save([torch.zeros(1)], tmp_path / "list.pth")
    with pytest.raises(WeightsError, match="cannot be read"):
        FidInception(tmp_path / "list.pth")
