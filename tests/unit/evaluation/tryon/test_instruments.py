"""Instruments that are not there leave the reason, and reference features are measured once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.unit.data import try_on_trees as trees

from fitroom.errors import BundleError, WeightsError
from fitroom.evaluation.tryon.cases.opening import viton_hd_cases
from fitroom.evaluation.tryon.measuring.instruments import Instruments, open_instruments
from fitroom.evaluation.tryon.measuring.reference_features import reference_features
from fitroom.evaluation.tryon.samples import features_of, read_samples
from fitroom.metrics.external import FOLDER_VARIABLE, ExternalWeights

CPU = torch.device("cpu")


def test_what_is_not_needed_is_not_opened() -> None:
    assert open_instruments([], ExternalWeights(), None, CPU) == Instruments()


def test_what_is_missing_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)  # no bundles here
    found = open_instruments(["parser", "lpips_alex", "lpips_vgg", "inception_clean"], ExternalWeights(), None, CPU)
    assert set(found.missing) == {"parser", "lpips_alex", "lpips_vgg", "inception_clean"} and not found.hashes
    assert "--parser DIR" in found.missing["parser"] and "--weights.alexnet" in found.missing["lpips_alex"]
    assert "--weights.inception" in found.missing["inception_clean"]


def test_what_was_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        open_instruments(["parser"], ExternalWeights(), str(tmp_path), CPU)
    with pytest.raises(WeightsError, match="not there"):
        open_instruments(["lpips_alex"], ExternalWeights(alexnet=str(tmp_path / "none.pth")), None, CPU)


class _Means(Instruments):
    """Features are the mean colour; counts how often it was asked."""

    asked = 0

    def pooled(self, images_u8: list[np.ndarray], column: str) -> np.ndarray:
        self.asked += len(images_u8)
        return np.stack([image_u8.mean((0, 1)) for image_u8 in images_u8])


def test_reference_features_are_measured_once(tmp_path: Path, cache_home: Path) -> None:
    cases = viton_hd_cases(trees.viton_hd(tmp_path / "data"), paired=True)
    instruments = _Means(hashes={"inception": "1" * 64})
    columns, results = ["features_inception", "features_inception_pasted", "features_effnetlite0"], tmp_path / "results"
    first = reference_features(cases, columns, trees.SIZE, "lanczos", instruments, results)
    assert first is not None and (instruments.asked, first.num_images) == (3, 3)
    assert reference_features(cases, columns, trees.SIZE, "lanczos", instruments, results) == first
    assert instruments.asked == 3
    table = read_samples(results / "references" / first.file)
    assert list(table.columns) == ["key", "features_inception"]
    picture_u8 = cases.references().load(table["key"][0])
    np.testing.assert_allclose(features_of(table, "features_inception")[0], picture_u8.mean((0, 1)), rtol=1e-3)
    smaller = reference_features(cases, columns, (16, 12), "lanczos", instruments, results)
    assert smaller is not None and smaller.file != first.file and instruments.asked == 6
    other = _Means(hashes={"inception": "2" * 64})
    again = reference_features(cases, columns, trees.SIZE, "lanczos", other, results)
    assert again is not None and again.file != first.file


def test_without_a_network_there_are_no_references(tmp_path: Path, cache_home: Path) -> None:
    cases = viton_hd_cases(trees.viton_hd(tmp_path / "data"), paired=True)
    assert reference_features(cases, ["features_inception"], trees.SIZE, "area", Instruments(), tmp_path) is None
    assert not (tmp_path / "references").exists()
