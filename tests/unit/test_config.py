"""config.py: a config is what its YAML and words say, or an error that names the key and the nearest one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from fitroom.config import (
    SCHEMA_VERSION,
    config_to_dict,
    config_to_yaml,
    field_names,
    load_config,
    nearest,
    parse_config,
)
from fitroom.contracts import Head, Preprocessing
from fitroom.errors import ConfigError


@dataclass
class Optim:
    """How it learns."""

    lr: float = 1e-3
    kind: Literal["adamw", "sgd"] = "adamw"
    betas: tuple[float, float] = (0.9, 0.999)


@dataclass
class Recipe:
    """A config for tests."""

    name: str
    optim: Optim = field(default_factory=Optim)
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    heads: list[Head] = field(default_factory=lambda: [Head("category")])
    label_columns: dict[str, str] = field(default_factory=dict)
    table: str | None = "auto"
    num_epochs: int = 3
    """Times each photo is seen."""


def written(tmp_path: Path, text: str, name: str = "recipe.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


class TestWhatFits:
    def test_defaults(self) -> None:
        assert parse_config(Recipe, ["--name", "a"]) == Recipe("a")

    def test_yaml_then_words(self, tmp_path: Path) -> None:
        path = written(tmp_path, "name: a\noptim: {lr: 0.5, kind: sgd}\nnum_epochs: 7\n")
        recipe = load_config(Recipe, path, "--optim.lr=0.25", "--preprocessing.height_px=96")
        assert recipe.optim == Optim(0.25, "sgd")
        assert (recipe.num_epochs, recipe.preprocessing.height_px, recipe.preprocessing.width_px) == (7, 96, 224)

    def test_the_later_file_wins(self, tmp_path: Path) -> None:
        first = written(tmp_path, "name: a\nnum_epochs: 1\ntable: x.csv\n", "first.yaml")
        second = written(tmp_path, "num_epochs: 2\n", "second.yaml")
        recipe = parse_config(Recipe, ["--config", str(first), f"--config={second}"])
        assert (recipe.name, recipe.num_epochs, recipe.table) == ("a", 2, "x.csv")

    def test_lists_of_sections_null_and_free_keys(self, tmp_path: Path) -> None:
        heads = "[{name: category}, {name: drape, kind: regression}]"
        text = f"name: a\ntable: null\nheads: {heads}\nlabel_columns: {{category: label}}\n"
        recipe = load_config(Recipe, written(tmp_path, text))
        assert recipe.heads == [Head("category"), Head("drape", "regression")]
        assert recipe.table is None
        assert recipe.label_columns == {"category": "label"}

    def test_a_number_with_an_exponent_is_a_number(self, tmp_path: Path) -> None:
        # YAML 1.1 reads 1e-4 as text; the type of the field decides.
        assert load_config(Recipe, written(tmp_path, "name: a\noptim: {lr: 1e-4}\n")).optim.lr == 1e-4

    def test_the_resolved_config_reads_back(self, tmp_path: Path) -> None:
        recipe = Recipe(
            "kleid 连衣裙", Optim(1e-5, "sgd", (0.8, 0.9)), heads=[Head("category", classes=["a", "b"])], table=None
        )
        path = written(tmp_path, config_to_yaml(recipe))
        assert load_config(Recipe, path) == recipe
        assert config_to_dict(recipe)["schema_version"] == SCHEMA_VERSION

    def test_defaults_are_not_shared(self) -> None:
        first, second = parse_config(Recipe, ["--name", "a"]), parse_config(Recipe, ["--name", "b"])
        first.heads.append(Head("material"))
        first.optim.lr = 9
        assert second == Recipe("b")

    def test_what_print_config_shows_reads_back(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as stop:
            parse_config(Recipe, ["--name", "a", "--optim.lr", "0.5", "--print_config"])
        assert stop.value.code in (0, None)
        shown = capsys.readouterr().out
        assert "num_epochs: 3" in shown
        assert load_config(Recipe, written(tmp_path, shown)) == Recipe("a", Optim(lr=0.5))

    def test_help_shows_what_a_field_means(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as stop:
            parse_config(Recipe, ["--help"], prog="fitroom cook")
        assert stop.value.code in (0, None)
        shown = " ".join(capsys.readouterr().out.split())
        assert shown.startswith("usage: fitroom cook")
        assert "Times each photo is seen." in shown
        assert "ignore the aspect ratio" in shown, "as do the attributes of a class docstring"

    def test_field_names_are_dotted(self) -> None:
        names = list(field_names(Recipe))
        assert {"optim", "optim.lr", "preprocessing.mean", "heads.classes", "table"} <= set(names)


class TestWhatDoesNotFit:
    @pytest.mark.parametrize(
        ("text", "key", "near"),
        [
            ("name: a\nnum_epoch: 3\n", "num_epoch", "num_epochs"),
            ("name: a\noptim: {learning_rate: 3}\n", "optim.learning_rate", "optim.lr"),
            ("name: a\noptim: {lrr: 3}\n", "optim.lrr", "optim.lr"),
            ("name: a\nheads: [{name: category, klasses: [a]}]\n", "heads.klasses", "heads.classes"),
        ],
    )
    def test_unknown_key_in_a_file(self, tmp_path: Path, text: str, key: str, near: str) -> None:
        path = written(tmp_path, text)
        with pytest.raises(ConfigError) as caught:
            load_config(Recipe, path)
        assert repr(key) in caught.value.what
        assert caught.value.where == path
        assert near in str(caught.value.fix)

    @pytest.mark.parametrize(
        ("word", "key", "near"),
        [
            (
                "--num_epoch=3",
                "num_epoch",
                "num_epochs",
            ),  # no abbreviations: they would change meaning with a new field
            ("--optim.lrr=3", "optim.lrr", "optim.lr"),
            ("--optim={lrr: 3}", "optim.lrr", "optim.lr"),
            ("--heads=[{nam: a}]", "heads.nam", "heads.name"),
        ],
    )
    def test_unknown_word(self, word: str, key: str, near: str) -> None:
        with pytest.raises(ConfigError) as caught:
            parse_config(Recipe, ["--name", "a", word])
        assert repr(key) in caught.value.what
        assert repr(near) in str(caught.value.fix)

    @pytest.mark.parametrize(
        ("words", "named"),
        [
            (["--name", "a", "--num_epochs", "many"], "num_epochs"),
            (["--name", "a", "--optim.kind", "adma"], "kind"),
            (["--name", "a", "--optim.lr", "[1]"], "lr"),
            ([], "give --name"),
        ],
    )
    def test_wrong_type_or_missing(self, words: list[str], named: str) -> None:
        with pytest.raises(ConfigError) as caught:
            parse_config(Recipe, words)
        assert named in str(caught.value)

    def test_the_check_of_a_section_speaks_for_itself(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="input size is too small"):
            load_config(Recipe, written(tmp_path, "name: a\npreprocessing: {height_px: 2}\n"))
        with pytest.raises(ConfigError, match="mean and std do not describe RGB"):
            parse_config(Recipe, ["--name", "a", "--preprocessing.std", "[0, 1, 1]"])

    def test_files_that_are_no_config(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="cannot be read"):
            load_config(Recipe, tmp_path / "none.yaml")
        with pytest.raises(ConfigError, match="cannot be read"):
            load_config(Recipe, tmp_path)
        with pytest.raises(ConfigError, match="not YAML"):
            load_config(Recipe, written(tmp_path, "a: [1"))
        with pytest.raises(ConfigError, match="no settings"):
            load_config(Recipe, written(tmp_path, "- a\n"))
        with pytest.raises(ConfigError, match="no settings"):
            load_config(Recipe, written(tmp_path, ""))
        (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00\x80")
        with pytest.raises(ConfigError):
            load_config(Recipe, tmp_path / "binary.yaml")

    def test_config_without_a_file(self) -> None:
        with pytest.raises(ConfigError):
            parse_config(Recipe, ["--name", "a", "--config"])

    def test_written_by_a_newer_fitroom(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="newer fitroom"):
            load_config(Recipe, written(tmp_path, f"schema_version: {SCHEMA_VERSION + 1}\nname: a\n"))

    def test_nearest(self) -> None:
        assert nearest("trian", ["train", "evaluate"]) == "did you mean 'train'?"
        assert nearest("zzz", ["train", "evaluate"]) == "known: train, evaluate"
