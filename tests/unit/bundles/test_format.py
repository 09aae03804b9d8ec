"""Bundles: what is written reads back, and whatever is not what was written does not open."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from fitroom.bundles import Bundle, add, add_files, copy_bundle, open_bundle, resolve_bundle
from fitroom.contracts import Calibration, Head, Preprocessing
from fitroom.errors import BundleError
from fitroom.models.recognizer import Recognizer, RecognizerConfig

FILES = ["README.md", "config.yaml", "model.safetensors", "trained_on.json"]


@pytest.fixture
def bundle(tiny_bundle: Bundle, tmp_path: Path) -> Bundle:
    """A copy of the tiny bundle that may be broken."""
    shutil.copytree(tiny_bundle.path, tmp_path / "tiny")
    return open_bundle(tmp_path / "tiny")


def rewrite_spec(bundle: Bundle, change: Callable[[dict[str, Any]], object]) -> None:
    file = bundle.path / "bundle.json"
    values = json.loads(file.read_text())
    change(values)
    file.write_text(json.dumps(values))


def list_file(bundle: Bundle, name: str) -> None:
    digest = hashlib.sha256((bundle.path / name).read_bytes()).hexdigest()
    rewrite_spec(bundle, lambda values: values["files"].update({name: digest}))


def recognizer() -> tuple[RecognizerConfig, Recognizer]:
    config = RecognizerConfig(backbone="test_efficientnet", heads=[Head("category", classes=["dress", "hat"])])
    return config, Recognizer(config)


def test_what_is_written_reads_back(make_bundle: Callable[..., Bundle], tmp_path: Path) -> None:
    config, model = recognizer()
    written = make_bundle(
        tmp_path / "b",
        model=model,
        model_config=config,
        heads=config.heads,
        calibration={"category": Calibration(1.5, 0.25, "here")},
        preprocessing=Preprocessing(48, 64, "pad"),
    )
    read = open_bundle(tmp_path / "b")
    assert read == written
    assert read.spec.heads == config.heads
    assert read.spec.calibration == {"category": Calibration(1.5, 0.25, "here")}
    assert read.spec.preprocessing == Preprocessing(48, 64, "pad")
    assert read.spec.training.num_images == 2
    assert read.trained_on() == {"ab" * 8, "01" * 8}
    assert (read.path / "config.yaml").read_text() == "seed: 0\n"
    assert read.hash == hashlib.sha256((read.path / "bundle.json").read_bytes()).hexdigest()
    weights = (read.path / "model.safetensors").read_bytes()
    assert read.spec.revision == hashlib.sha256(weights).hexdigest()[:12]
    assert sorted(read.spec.files) == FILES
    assert [entry.name for entry in tmp_path.iterdir()] == ["b"]


def test_weights_come_back_as_float32_and_in_eval_mode(make_bundle: Callable[..., Bundle], tmp_path: Path) -> None:
    config, model = recognizer()
    for dtype in ("float16", "float32"):
        options = {"model": model, "model_config": config, "heads": config.heads, "dtype": dtype}
        loaded = make_bundle(tmp_path / dtype, **options).build_model()
        assert not loaded.training
        for key, value in model.state_dict().items():
            got = loaded.state_dict()[key]
            assert got.dtype == value.dtype
            rounded = value.half().float() if dtype == "float16" and value.ndim >= 2 else value
            assert torch.equal(got, rounded), key
    assert (tmp_path / "float16/model.safetensors").stat().st_size < 0.6 * (
        tmp_path / "float32/model.safetensors"
    ).stat().st_size


def test_building_the_model_leaves_the_spec_as_it_was(bundle: Bundle) -> None:
    before = bundle.spec.to_json()
    bundle.build_model()
    assert bundle.spec.to_json() == before


def test_an_existing_folder_is_refused_and_kept(make_bundle: Callable[..., Bundle], tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b/precious.txt").write_text("x")
    with pytest.raises(BundleError, match="exists already"):
        make_bundle(tmp_path / "b")
    assert [entry.name for entry in (tmp_path / "b").iterdir()] == ["precious.txt"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["b"]


@pytest.mark.parametrize(("value", "fix"), [(float("nan"), ""), (float("inf"), ""), (1e6, 'dtype="float32"')])
def test_weights_that_cannot_be_stored_leave_nothing_behind(
    make_bundle: Callable[..., Bundle], tmp_path: Path, value: float, fix: str
) -> None:
    config, model = recognizer()
    with torch.no_grad():
        model.heads["category"].weight[0, 0] = value
    with pytest.raises(BundleError, match=r"heads\.category\.weight") as caught:
        make_bundle(tmp_path / "b", model=model, model_config=config, heads=config.heads)
    assert fix in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "../up"}, "name"),
        ({"name": ""}, "name"),
        ({"dtype": "int8"}, "dtype"),
        ({"trained_on": ["not a hash"]}, "hash of a photo"),
        ({"calibration": {"category": Calibration(float("nan"))}}, "calibration"),
        ({"calibration": {"category": Calibration(0.0)}}, "calibration"),
        ({"calibration": {"colour": Calibration()}}, "colour"),
    ],
)
def test_what_makes_no_sense_is_not_written(
    make_bundle: Callable[..., Bundle], tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(BundleError, match=said):
        make_bundle(tmp_path / "b", **changes)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", FILES)
def test_an_altered_file_is_named(bundle: Bundle, name: str) -> None:
    content = bytearray((bundle.path / name).read_bytes())
    content[-1] ^= 1
    (bundle.path / name).write_bytes(content)
    with pytest.raises(BundleError, match="altered") as caught:
        open_bundle(bundle.path)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(bundle: Bundle, name: str) -> None:
    (bundle.path / name).unlink()
    with pytest.raises(BundleError, match="missing") as caught:
        open_bundle(bundle.path)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", FILES)
def test_no_needed_file_can_be_left_off_the_list(bundle: Bundle, name: str) -> None:
    rewrite_spec(bundle, lambda values: values["files"].pop(name))
    with pytest.raises(BundleError, match="does not list") as caught:
        open_bundle(bundle.path)
    assert name in str(caught.value)


def test_a_file_too_many_is_named(bundle: Bundle) -> None:
    (bundle.path / "notes.md").write_text("x")
    with pytest.raises(BundleError, match=r"(?s)does not list.*notes\.md"):
        open_bundle(bundle.path)


@pytest.mark.parametrize("name", ["weights.pkl", "model.pt", "more.json"])
def test_a_pickle_is_refused_even_if_listed(bundle: Bundle, name: str) -> None:
    (bundle.path / name).write_bytes(pickle.dumps({"a": 1}))
    list_file(bundle, name)
    with pytest.raises(BundleError, match="pickle") as caught:
        open_bundle(bundle.path)
    assert name in str(caught.value)


def test_a_pickle_in_place_of_the_weights_is_refused(bundle: Bundle) -> None:
    torch.save({"a": torch.ones(2)}, bundle.path / "model.safetensors")
    list_file(bundle, "model.safetensors")
    digest = open_bundle(bundle.path, verify=False).spec.files["model.safetensors"]
    rewrite_spec(bundle, lambda values: values.update(revision=digest[:12]))
    with pytest.raises(BundleError, match=r"(?s)cannot be read.*model\.safetensors"):
        open_bundle(bundle.path)


def test_folders_and_links_are_refused(bundle: Bundle) -> None:
    rewrite_spec(bundle, lambda values: values["files"].update({"more.md": "0" * 64}))
    (bundle.path / "more.md").mkdir()
    with pytest.raises(BundleError, match=r"(?s)plain files.*more\.md"):
        open_bundle(bundle.path)
    (bundle.path / "more.md").rmdir()
    (bundle.path / "more.md").symlink_to(bundle.path / "README.md")
    list_file(bundle, "more.md")
    with pytest.raises(BundleError, match="plain files"):
        open_bundle(bundle.path)


def test_nan_weights_are_found_where_all_hashes_fit(bundle: Bundle) -> None:
    file = bundle.path / "model.safetensors"
    tensors = safetensors.torch.load_file(file)
    tensors["heads.category.bias"][1] = float("nan")
    safetensors.torch.save_file(tensors, file)
    list_file(bundle, file.name)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    rewrite_spec(bundle, lambda values: values.update(revision=digest[:12]))
    with pytest.raises(BundleError, match=r"(?s)NaN.*model\.safetensors.*heads\.category\.bias"):
        open_bundle(bundle.path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: v.update(format_version=2), "newer fitroom"),
        (lambda v: v.pop("format_version"), "format_version"),
        (lambda v: v.update(revision="0" * 12), "revision"),
        (lambda v: v.update(surprise=1), "surprise"),
        (lambda v: v.pop("preprocessing"), "preprocessing"),
        (lambda v: v["preprocessing"].update(height_px="64"), r"preprocessing\.height_px"),
        (lambda v: v["preprocessing"].update(height_px=2), "input size is too small"),
        (lambda v: v["preprocessing"].update(resize="melt"), r"preprocessing\.resize"),
        (lambda v: v["calibration"]["category"].update(temperature=-1), "calibration"),
        (lambda v: v["calibration"]["category"].update(threshold=float("nan")), "threshold"),
        (lambda v: v["model"]["heads"][0].pop("name"), r"model\.heads\[0\]"),
        (lambda v: v["training"].update(num_images=7), "num_images"),
    ],
)
def test_a_spec_that_does_not_fit_is_explained(
    bundle: Bundle, change: Callable[[dict[str, Any]], Any], said: str
) -> None:
    rewrite_spec(bundle, change)
    with pytest.raises(BundleError, match=said):
        open_bundle(bundle.path)


@pytest.mark.parametrize("text", ["", "{", "[]", "\xff"])
def test_a_spec_that_is_no_object_is_refused(bundle: Bundle, text: str) -> None:
    (bundle.path / "bundle.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(BundleError, match=r"bundle\.json"):
        open_bundle(bundle.path)


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v["model"].update(backbone="no_such_net"),
        lambda v: v["model"].update(depth=3),
        lambda v: v["model"]["heads"][0]["classes"].append("sock"),
    ],
)
def test_a_model_that_does_not_fit_its_weights_is_a_bundle_error(bundle: Bundle, change: Callable[[Any], Any]) -> None:
    rewrite_spec(bundle, change)
    with pytest.raises(BundleError):
        open_bundle(bundle.path).build_model()


def test_runs_and_bundles_are_told_from_other_folders(bundle: Bundle, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    with pytest.raises(BundleError, match="a run is a folder with such a bundle/ inside"):
        resolve_bundle(run)
    with pytest.raises(BundleError, match="no such folder"):
        resolve_bundle(tmp_path / "nowhere")
    with pytest.raises(BundleError, match="not a bundle"):
        open_bundle(run)
    shutil.move(bundle.path, run / "bundle")
    assert resolve_bundle(run) == resolve_bundle(run / "bundle") == run / "bundle"


def test_files_are_added_and_replaced(bundle: Bundle) -> None:
    changed = add_files(bundle, {"README.md": b"# other\n", "model.onnx": b"graph"}, parity={"tolerance": 0.001})
    assert changed.hash != bundle.hash
    assert changed.spec.revision == bundle.spec.revision
    assert open_bundle(bundle.path) == changed
    assert (bundle.path / "README.md").read_text() == "# other\n"
    assert changed.spec.parity == {"tolerance": 0.001}
    # What was measured belongs to the graph it was measured of.
    assert add_files(changed, {"README.md": b"# third\n"}).spec.parity == {"tolerance": 0.001}
    assert add_files(open_bundle(bundle.path), {"model.onnx": b"other graph"}).spec.parity is None
    assert [entry.name for entry in bundle.path.parent.iterdir()] == ["tiny"]


def test_files_are_added_to_what_a_link_names(bundle: Bundle, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(bundle.path)
    changed = add_files(open_bundle(link), {"README.md": b"# other\n"})
    assert link.is_symlink() and open_bundle(bundle.path) == open_bundle(changed.path)
    assert (bundle.path / "README.md").read_text() == "# other\n"
    assert not [entry for entry in tmp_path.rglob(".*") if entry.is_symlink() or entry.is_dir()]


def test_files_are_added_from_words(bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log.csv"
    log.write_bytes(b"step,loss\n1,2\n")
    assert add.main([str(bundle.path), f"metrics.csv={log}", f"metrics_start.csv={log}"]) == 0
    changed = open_bundle(bundle.path, verify=True)
    assert (changed.path / "metrics.csv").read_bytes() == (changed.path / "metrics_start.csv").read_bytes()
    assert (changed.spec.revision, changed.spec.parity) == (bundle.spec.revision, bundle.spec.parity)
    with pytest.raises(SystemExit):
        add.main([str(bundle.path), "metrics.csv"])
    assert "NAME=FILE" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["model.safetensors", "bundle.json", "../up.md", "deep/er.md", "evil.pkl"])
def test_some_files_are_never_added(bundle: Bundle, name: str) -> None:
    with pytest.raises(BundleError):
        add_files(bundle, {name: b"x"})
    assert open_bundle(bundle.path) == bundle
    assert [entry.name for entry in bundle.path.parent.iterdir()] == ["tiny"]


def test_a_failed_swap_leaves_the_old_bundle(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if target == bundle.path and not self.name.endswith(".old"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(BundleError, match="No space left"):
        add_files(bundle, {"README.md": b"# other\n"})
    assert open_bundle(bundle.path) == bundle
    assert [entry.name for entry in bundle.path.parent.iterdir()] == ["tiny"]


def test_copying_does_not_cover_up_an_alteration(bundle: Bundle, tmp_path: Path) -> None:
    (bundle.path / "README.md").write_text("altered since it was opened")
    with pytest.raises(BundleError, match=r"(?s)altered.*README\.md"):
        copy_bundle(bundle, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_copy_can_leave_files_out_but_not_the_needed_ones(bundle: Bundle, tmp_path: Path) -> None:
    more = copy_bundle(bundle, tmp_path / "more", {"model.onnx": b"graph"}, parity={"opset": 18})
    less = copy_bundle(more, tmp_path / "less", without=("model.onnx",))
    assert sorted(less.spec.files) == FILES
    assert less.spec.parity is None
    with pytest.raises(BundleError, match=r"trained_on\.json"):
        copy_bundle(bundle, tmp_path / "broken", without=("trained_on.json",))
    assert not (tmp_path / "broken").exists()
