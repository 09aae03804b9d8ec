"""Which task a run is of: its config says so, and the command line may say otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from fitroom.errors import ConfigError
from fitroom.training.parser.config import ParserRunConfig
from fitroom.training.recognizer.config import RecognizerRunConfig
from fitroom.training.tasks import TASKS, get_task, load_run, parse_run, task_name


@pytest.fixture
def parser_file(tmp_path: Path) -> Path:
    path = tmp_path / "parser.yaml"
    path.write_text("task: parser\nname: mine\ndata: {folder: somewhere}\nepochs: 3\n", encoding="utf-8")
    return path


def test_the_config_file_says_what_is_trained(parser_file):
    config = load_run(parser_file, "--epochs=5")
    assert isinstance(config, ParserRunConfig) and config.task == "parser"
    assert (config.data.folder, config.epochs) == ("somewhere", 5)


def test_where_nothing_says_it_it_is_the_recogniser():
    config = parse_run(["--name", "mine", "--data.source.root", "photos"])
    assert isinstance(config, RecognizerRunConfig) and config.task == "recognizer"


@pytest.mark.parametrize("words", [["--task", "parser"], ["--task=parser"]])
def test_the_command_line_says_it_too(words):
    assert isinstance(parse_run([*words, "--name", "a", "--data.folder", "b"]), ParserRunConfig)


def test_the_last_word_counts(parser_file, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text("name: other\n", encoding="utf-8")
    assert task_name(["--config", str(parser_file), "--config", str(other)]) == "parser"
    assert task_name([f"--config={parser_file}", "--task=recognizer"]) == "recognizer"


@pytest.mark.parametrize("place", ["file", "words"])
def test_an_unknown_task_names_the_nearest(place, tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("task: parsr\nname: a\n" if place == "file" else "name: a\n", encoding="utf-8")
    more = [] if place == "file" else ["--task", "parsr"]
    with pytest.raises(ConfigError, match="no task 'parsr'") as caught:
        parse_run(["--config", str(path), *more])
    assert "'parser'" in str(caught.value.fix)


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_run(tmp_path / "nothing.yaml")


@pytest.mark.parametrize("name", TASKS)
def test_each_task_has_a_config_that_names_it(name):
    assert get_task(name).config.task == name  # type: ignore[attr-defined]
