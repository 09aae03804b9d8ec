from __future__ import annotations

from pathlib import Path

import pytest

from fitroom.config import parse_config
from fitroom.data.source import SourceConfig, image_files, list_source
from fitroom.errors import ConfigError, DataError


def listed(root: Path, **config: object) -> list[tuple[object, ...]]:
    return list(list_source(SourceConfig(str(root), **config)).rows.itertuples(index=False, name=None))


def problems(root: Path, **config: object) -> list[tuple[str, str]]:
    return [(problem.kind, problem.sample_id) for problem in list_source(SourceConfig(str(root), **config)).problems]


def write_table(root: Path, text: str, name: str = "labels.csv") -> Path:
    root.mkdir(exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")
    return root


def test_class_folders(image_folder):
    listing = list_source(SourceConfig(str(image_folder(("hat", "dress"), 2))))
    assert list(listing.rows["sample_id"]) == ["dress/0000.jpg", "dress/0001.jpg", "hat/0000.jpg", "hat/0001.jpg"]
    assert list(listing.rows["category"]) == ["dress", "dress", "hat", "hat"]
    assert listing.rows["split"].isna().all() and listing.rows["group"].isna().all()
    assert listing.labels == ["category"] and not listing.faulty.any()


def test_split_folders_get_canonical_names(image_folder):
    rows = list_source(SourceConfig(str(image_folder(("hat",), 1, splits=("Training", "val", "test"))))).rows
    assert dict(zip(rows["sample_id"], rows["split"], strict=True)) == {
        "Training/hat/0000.jpg": "train",
        "val/hat/0000.jpg": "validation",
        "test/hat/0000.jpg": "test",
    }
    assert set(rows["category"]) == {"hat"}


def test_photos_may_lie_deeper_than_their_class(image_folder):
    root = image_folder(("hat",), 1)
    (root / "hat/summer").mkdir()
    (root / "hat/0000.jpg").rename(root / "hat/summer/0000.jpg")
    assert [row[0::3] for row in listed(root)] == [("hat/summer/0000.jpg", "hat")]


def test_a_class_may_be_called_test(image_folder):
    rows = list_source(SourceConfig(str(image_folder(("test", "hat"), 1)))).rows
    assert list(rows["category"]) == ["hat", "test"] and rows["split"].isna().all()


def test_splits_beside_classes_are_refused(image_folder):
    root = image_folder(("hat",), 1, splits=("train",))
    image_folder(("dress",), 1)
    with pytest.raises(DataError, match="mixes split folders and class folders") as error:
        list_source(SourceConfig(str(root)))
    assert "train" in str(error.value) and "dress" in str(error.value)


def test_hidden_files_and_other_files_are_ignored(image_folder):
    root = image_folder(("hat",), 1)
    (root / ".thumbnails").mkdir()
    for name in (
        ".DS_Store",
        "hat/._0000.jpg",
        ".thumbnails/a.jpg",
        "README.md",
        "LICENSE",
        "hat/Thumbs.db",
        "hat/a.txt",
    ):
        (root / name).write_bytes(b"something")
    assert list(image_files(root)) == ["hat/0000.jpg"]
    assert problems(root) == []


def test_photos_of_formats_that_are_not_read_are_not_lost_in_silence(image_folder):
    root = image_folder(("hat",), 1)
    (root / "hat/IMG_1.HEIC").write_bytes(b"something")
    assert list(image_files(root)) == ["hat/0000.jpg", "hat/IMG_1.HEIC"]


def test_a_circle_of_links_ends(image_folder):
    root = image_folder(("hat",), 1)
    (root / "hat/again").symlink_to(root, target_is_directory=True)
    assert list(image_files(root)) == ["hat/0000.jpg"]


def test_photos_in_no_class_folder_have_no_label(image_folder):
    root = image_folder(("hat",), 1, splits=("train",))
    photo = (root / "train/hat/0000.jpg").read_bytes()
    (root / "stray.jpg").write_bytes(photo)
    (root / "train/stray.jpg").write_bytes(photo)
    assert problems(root) == [("missing-label", "stray.jpg"), ("missing-label", "train/stray.jpg")]


def test_the_table_is_found_with_its_columns(tmp_path):
    root = write_table(tmp_path / "p", "file,split,label,sender_id\nb.jpg,val,hat,7\na.jpg,train,dress,3\n")
    assert listed(root) == [("a.jpg", "3", "train", "dress"), ("b.jpg", "7", "validation", "hat")]


def test_columns_can_be_named(tmp_path):
    root = write_table(tmp_path / "p", "where,who,kind,stuff,fold\na.jpg,ann,hat,wool|silk,x\n", "t.csv")
    columns = {"path_column": "where", "group_column": "who", "split_column": "fold"}
    listing = list_source(
        SourceConfig(str(root), table="t.csv", label_columns={"category": "kind", "material": "stuff"}, **columns)
    )
    assert listing.labels == ["category", "material"]
    assert listing.rows.to_dict("records") == [
        {"sample_id": "a.jpg", "group": "ann", "split": "x", "category": "hat", "material": "wool|silk"}
    ]


def test_table_none_takes_folder_names(image_folder):
    root = image_folder(("hat",), 1, num_groups=1)
    assert listed(root)[0][1] == "c0"
    assert list_source(SourceConfig(str(root), table=None)).rows["group"].isna().all()


def test_only_an_empty_cell_is_missing_and_blanks_are_trimmed(tmp_path):
    root = write_table(tmp_path / "p", "path , label\na.jpg,NA\nb.jpg, None \nc.jpg,  \nd.jpg,007\n")
    assert [row[-1] for row in listed(root)][:2] == ["NA", "None"]
    assert listed(root)[3][-1] == "007"
    assert problems(root) == [("missing-label", "c.jpg")]


def test_only_the_category_is_required(tmp_path):
    root = write_table(tmp_path / "p", "path,kind,fabric\na.jpg,hat,\nb.jpg,,wool\n")
    config = SourceConfig(str(root), label_columns={"fabric": "fabric", "category": "kind"})
    listing = list_source(config)
    assert [(problem.kind, problem.sample_id) for problem in listing.problems] == [("missing-label", "b.jpg")]
    assert listing.faulty.tolist() == [False, True]
    only = list_source(SourceConfig(str(root), label_columns={"fabric": "fabric"}))
    assert [problem.sample_id for problem in only.problems] == ["a.jpg"]


def test_a_table_from_a_windows_program_is_read(tmp_path):
    root = tmp_path / "p"
    root.mkdir()
    (root / "labels.csv").write_bytes(b"\xef\xbb\xbfpath,label\r\ntrain\\hat\\a.jpg,hat\r\n./b.jpg,hat\r\n")
    assert [row[0] for row in listed(root)] == ["b.jpg", "train/hat/a.jpg"]


def test_absolute_paths_are_made_relative_and_none_leaves_the_folder(tmp_path):
    root = write_table(tmp_path / "p", f"path,label\n{tmp_path}/p/a.jpg,hat\n../secret.jpg,hat\n/etc/b.jpg,hat\n")
    assert problems(root) == [("outside-root", "../secret.jpg"), ("outside-root", "/etc/b.jpg")]
    assert list_source(SourceConfig(str(root))).rows["sample_id"].tolist() == ["../secret.jpg", "/etc/b.jpg", "a.jpg"]


def test_photos_the_table_does_not_list_are_named(image_folder):
    root = image_folder(("hat",), 2)
    write_table(root, "path,label\nhat/0000.jpg,hat\n")
    assert problems(root) == [("unlisted", "hat/0001.jpg")]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"path_column": "fil"}, ["no column 'fil'", "path_column", "did you mean 'file'"]),
        ({"group_column": "sendr"}, ["no column 'sendr'", "did you mean 'sender'"]),
        ({"split_column": "fold"}, ["no column 'fold'", "file, sender, label"]),
        ({"label_columns": {"fabric": "labl"}}, ["no column 'labl'", "label_columns.fabric", "did you mean 'label'"]),
        ({"table": "lables.csv"}, ["the table is not there", "did you mean 'labels.csv'"]),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(tmp_path, config, words):
    root = write_table(tmp_path / "p", "file,sender,label\na.jpg,1,hat\n")
    with pytest.raises(DataError) as error:
        list_source(SourceConfig(str(root), **config))
    assert all(word in str(error.value) for word in words), error.value


def test_a_table_without_the_usual_columns_says_which(tmp_path):
    root = write_table(tmp_path / "p", "photo,label\na.jpg,hat\n")
    with pytest.raises(DataError, match=r"path, file, filename, image(.|\n)*photo, label(.|\n)*source.path_column"):
        list_source(SourceConfig(str(root)))


def test_rows_without_a_path_are_given_by_line(tmp_path):
    root = write_table(tmp_path / "p", "path,label\na.jpg,hat\n,hat\nb.jpg,hat\n ,hat\n")
    with pytest.raises(DataError, match=r"2 rows of the table name no file(.|\n)*line 3, 5"):
        list_source(SourceConfig(str(root)))
    write_table(root, "\npath,label\n\n\na.jpg,hat\n\n,hat\n")
    with pytest.raises(DataError, match=r"1 rows of the table name no file(.|\n)*line 7\n"):
        list_source(SourceConfig(str(root)))


@pytest.mark.parametrize(
    "text",
    [
        "path,label\na.jpg,hat,\nb.jpg,dress,\n",
        "path,label\na.jpg,hat,,\nb.jpg,dress\n",
        "path,label,,\na.jpg,hat,,\nb.jpg,dress,,\n",
        "path;label\na.jpg;hat\nb.jpg;dress\n;\n",
    ],
)
def test_what_a_spreadsheet_adds_moves_no_column(tmp_path, text):
    root = write_table(tmp_path / "p", text)
    assert [row[0::3] for row in listed(root)] == [("a.jpg", "hat"), ("b.jpg", "dress")]


def test_columns_are_named_as_the_table_writes_them(tmp_path):
    root = write_table(tmp_path / "p", "Photo,Kind\na.jpg,hat\n")
    assert listed(root, path_column="Photo", label_columns={"category": "Kind"})[0][0::3] == ("a.jpg", "hat")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" path,path,category\na.jpg,b.jpg,hat\n", "columns path, path, category"),
        ("path,category\na.jpg,hat\nb,c.jpg,hat\n", "line 3"),
        (",,\n", "no names"),
    ],
)
def test_a_table_whose_columns_are_not_clear_is_refused(tmp_path, text, said):
    root = write_table(tmp_path / "p", text)
    with pytest.raises(DataError, match=said):
        list_source(SourceConfig(str(root)))


@pytest.mark.parametrize(
    "data", [b"", b'path,label\n"a.jpg,hat\n', b"path,label\n\xff\xfe.jpg,hat\n", b"path\na,b,c\nd\n"]
)
def test_a_table_that_is_no_csv_is_a_data_error(tmp_path, data):
    (tmp_path / "labels.csv").write_bytes(data)
    with pytest.raises(DataError):
        list_source(SourceConfig(str(tmp_path)))


def test_no_folder_no_photos(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    for name, message in [("gone", "is not there"), ("file", "is not a folder"), ("empty", "holds no photos")]:
        with pytest.raises(DataError, match=message):
            list_source(SourceConfig(str(tmp_path / name)))
    write_table(tmp_path / "headers", "path,label\n")
    with pytest.raises(DataError, match="holds no photos"):
        list_source(SourceConfig(str(tmp_path / "headers")))


def test_columns_without_a_table_are_refused(image_folder):
    with pytest.raises(ConfigError, match="group_column names a column, but there is no table"):
        list_source(SourceConfig(str(image_folder()), group_column="who"))


def test_a_head_cannot_take_the_name_of_another_column():
    with pytest.raises(ConfigError, match="cannot be called 'split'"):
        SourceConfig("x", label_columns={"split": "a"})


def test_the_config_is_read_from_words():
    words = ["--root", "r", "--table", "null", "--label_columns", "{category: kind}", "--skip_bad", "true"]
    config = parse_config(SourceConfig, words)
    assert config == SourceConfig("r", table=None, label_columns={"category": "kind"}, skip_bad=True)
    assert parse_config(SourceConfig, ["--root", "r"]).table == "auto"
