from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fitroom.config import load_config, parse_config
from fitroom.data.manifest import Manifest, read_source
from fitroom.data.source import SourceConfig
from fitroom.errors import ConfigError, LaunchError, RunError
from fitroom.training.checkpoint import AtomicCheckpointIO
from fitroom.training.config import RunConfig
from fitroom.training.launch import check_batch, check_processes
from fitroom.training.recognizer.config import RecognizerRunConfig
from fitroom.training.run_folder import RunFolder, check_photos, check_run, create_run


@pytest.fixture
def config(tiny_run) -> RecognizerRunConfig:
    return parse_config(RecognizerRunConfig, tiny_run())


@pytest.fixture
def manifest(config) -> Manifest:
    return read_source(config.data.source)[0]


@pytest.fixture
def folder(config, manifest) -> RunFolder:
    """A run that was stopped and left a checkpoint of step 7."""
    folder, step = check_run(config, resume=False)
    assert step == 0 and not folder.path.exists(), "checking writes nothing"
    create_run(folder, config, manifest, {"seed": 0, "started_at_step": 0})
    AtomicCheckpointIO().save_checkpoint({"global_step": 7}, folder.checkpoint)
    return folder


def test_an_existing_run_is_never_overwritten(config, folder):
    with pytest.raises(RunError, match="exists already") as caught:
        check_run(config, resume=False)
    assert "--resume" in str(caught.value.fix)


def test_a_slower_rank_does_not_mind_the_folder_of_the_first(config, folder, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    assert check_run(config, resume=False) == (folder, 0)


def test_a_stopped_run_goes_on_from_its_checkpoint(config, folder):
    assert check_run(config, resume=True) == (folder, 7)


def test_a_run_without_checkpoint_cannot_go_on(config, folder):
    folder.checkpoint.unlink()
    with pytest.raises(RunError, match="no checkpoint to resume from"):
        check_run(config, resume=True)


def test_a_run_that_never_was_cannot_go_on(config):
    with pytest.raises(RunError, match="no checkpoint to resume from"):
        check_run(config, resume=True)


def test_a_finished_run_does_not_go_on(config, folder):
    folder.bundle.mkdir()
    with pytest.raises(RunError, match="is finished"):
        check_run(config, resume=True)


def changed(config: RecognizerRunConfig, **fields: object) -> RecognizerRunConfig:
    """With fields named as on the command line, ``__`` for a dot."""
    for key, value in fields.items():
        *sections, name = key.split("__")
        owners = [config]
        for section in sections:
            owners.append(getattr(owners[-1], section))
        for owner, attribute in zip(reversed(owners), [name, *reversed(sections)], strict=True):
            value = replace(owner, **{attribute: value})
        config = value  # type: ignore[assignment]
    return config


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"batch_size": 16}, "batch_size"),
        ({"seed": 1}, "seed"),
        ({"optim__lr": 1.0}, "optim"),
        ({"augment__flip": 0.0}, "augment"),
        ({"data__parts__seed": 1}, "data"),
        ({"data__source__skip_bad": True}, "data"),
        ({"epochs": 3.0}, "epochs"),
    ],
)
def test_a_config_that_would_change_the_weights_is_refused(config, folder, change, named):
    with pytest.raises(RunError, match="not the one the run was started with") as caught:
        check_run(changed(config, **change), resume=True)
    assert caught.value.got == f"differs in {named}"


@pytest.mark.parametrize(
    "change",
    [
        {"logging__every_steps": 3},
        {"checkpoint_steps": 5},
        {"threads": 2},
        {"accelerator": "gpu"},
        {"data__num_workers": 3},
        {"data__cache": False},
        {"data__source__root": "elsewhere"},
        {"calibration__target_accuracy": 0.9},
    ],
    ids=str,
)
def test_what_does_not_touch_the_weights_may_change(config, folder, change):
    assert check_run(changed(config, **change), resume=True) == (folder, 7)


def test_a_run_whose_config_is_damaged_says_so(config, folder):
    folder.config.write_text("name: [", encoding="utf-8")
    with pytest.raises(RunError, match="own config cannot be read"):
        check_run(config, resume=True)


def test_the_photos_must_be_those_of_the_run(config, folder, manifest, tmp_path):
    check_photos(folder, manifest)
    moved = tmp_path / "moved"
    manifest.root.rename(moved)
    check_photos(folder, read_source(SourceConfig(str(moved)))[0])


def test_photos_that_came_went_or_changed_are_counted(folder, manifest, photo_bytes):
    root = manifest.root
    names = list(manifest.table["sample_id"])
    (root / names[0]).write_bytes(photo_bytes(1000))
    table = (root / "labels.csv").read_text(encoding="utf-8")
    (root / "hat/new.jpg").write_bytes(photo_bytes(1001))
    lines = [line for line in table.splitlines() if not line.startswith(f"{names[1]},")]
    (root / "labels.csv").write_text("\n".join([*lines, "hat/new.jpg,hat,c0"]) + "\n", encoding="utf-8")
    with pytest.raises(RunError, match="photos are not those") as caught:
        check_photos(folder, read_source(SourceConfig(str(root)))[0])
    assert str(caught.value.got).startswith("1 new, 1 gone, 1 of other content")


def test_a_changed_label_is_noticed(folder, manifest):
    table = manifest.table.assign(category=["hat", *manifest.table["category"][1:]])
    with pytest.raises(RunError, match="photos are not those"):
        check_photos(folder, replace(manifest, table=table))


def test_the_run_is_written_down(config, folder, manifest):
    assert load_config(RecognizerRunConfig, folder.config) == config
    assert Manifest.read(folder.manifest).table.equals(manifest.table)
    create_run(folder, config, manifest, {"started_at_step": 7}, resumed=True)
    create_run(folder, config, manifest, {"started_at_step": 9}, resumed=True)
    starts = json.loads((folder.path / "run.json").read_text(encoding="utf-8"))
    assert starts["started_at_step"] == 9
    assert [start["started_at_step"] for start in starts["earlier_starts"]] == [0, 7]
    assert "earlier_starts" not in starts["earlier_starts"][1]


def test_of_two_new_runs_of_one_name_the_second_writes_nothing(config, folder, manifest):
    before = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
    with pytest.raises(RunError, match="exists already"):
        create_run(folder, config, manifest, {"started_at_step": 0})
    assert {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()} == before


# ---------------------------------------------------------------------------------------------------- launch


@pytest.mark.parametrize(("asked", "got"), [(1, None), (1, "1"), (4, "4"), (None, "3")])
def test_the_processes_asked_for_are_there(asked, got, monkeypatch):
    if got is not None:
        monkeypatch.setenv("WORLD_SIZE", got)
    check_processes(asked)


@pytest.mark.parametrize(("asked", "got", "said"), [(2, None, "1 process\n"), (8, "4", "4 processes")])
def test_other_processes_than_asked_for_are_an_error(asked, got, said, monkeypatch):
    if got is not None:
        monkeypatch.setenv("WORLD_SIZE", got)
    with pytest.raises(LaunchError) as caught:
        check_processes(asked)
    assert said in str(caught.value) and "configs/launch/cpu2.yaml" in str(caught.value)
    assert (Path(__file__).parents[3] / "configs/launch/cpu2.yaml").is_file()


@pytest.mark.parametrize(
    ("batch_size", "accumulate", "in_pairs", "processes", "fits"),
    [
        (8, 1, False, 1, True),
        (7, 1, False, 1, True),
        (7, 1, True, 1, False),
        (8, 2, True, 2, True),
        (12, 2, True, 2, False),
        (12, 2, False, 2, True),
        (8, 1, False, 3, False),
    ],
)
def test_a_batch_that_cannot_be_dealt_is_found_early(batch_size, accumulate, in_pairs, processes, fits, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", str(processes))
    config = RunConfig(name="run", batch_size=batch_size, accumulate=accumulate)
    if fits:
        check_batch(config, in_pairs=in_pairs)
    else:
        with pytest.raises(ConfigError, match="cannot be dealt evenly"):
            check_batch(config, in_pairs=in_pairs)


# ---------------------------------------------------------------------------------------------------- config


@pytest.mark.parametrize(
    "words",
    [
        ["--name", "a/b"],
        ["--name", ".hidden"],
        ["--name", "with blank"],
        ["--epochs", "0"],
        ["--batch_size", "0"],
        ["--accumulate", "3"],
        ["--ema_decay", "1"],
        ["--checkpoint_steps", "0"],
        ["--validate_epochs", "0"],
        ["--optim.lr", "0"],
        ["--optim.layer_decay", "1.5"],
        ["--optim.warmup", "2"],
        ["--optim.freeze_stages", "-1"],
        ["--mix.probability", "1.5"],
        ["--mix.mixup", "-1"],
        ["--calibration.target_accuracy", "98"],
        ["--augment.erase", "2"],
    ],
    ids=" ".join,
)
def test_settings_that_make_no_sense_are_refused_at_once(tiny_run, words):
    with pytest.raises(ConfigError) as caught:
        parse_config(RecognizerRunConfig, tiny_run(*words))
    assert caught.value.rule, "the message must say what would be right"
