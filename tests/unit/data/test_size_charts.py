"""Size charts: CSV and YAML read alike, sizes found by label, faults named."""

from __future__ import annotations

from pathlib import Path

import pytest

from fitroom.data.sizing.size_charts import garment_cm_of, read_chart
from fitroom.errors import ConfigError, DataError

TEE = {"S": {"chest": 100.0, "length": 68.0}, "M": {"chest": 104.0}}


def written(tmp_path: Path, text: str, name: str = "tee.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tee.csv", "size,chest,length\nS,100,68\nM,104,\n"),
        ("tee.csv", "\ufeffSize; chest_cm ;length\r\nS;100;68\r\nM;104;\r\n"),
        ("tee.yaml", "S: {chest: 100, length: 68}\nM: {chest: 104}\n"),
        ("tee.yml", "S: {chest: 100, length: 68.0}\nM: {chest_cm: 104, length: null}\n"),
    ],
)
def test_charts_are_read(tmp_path: Path, name: str, text: str) -> None:
    chart = read_chart(written(tmp_path, text, name))
    assert chart.sizes == TEE
    assert chart.measures_cm(" m") == {"chest": 104.0}


def test_sizes_may_share_measures_by_yamls_own_means(tmp_path: Path) -> None:
    text = "S: &s {chest: 100, length: 68}\nM: {<<: *s, chest: 104}\n"
    assert read_chart(written(tmp_path, text, "a.yaml")).measures_cm("M") == {"chest": 104.0, "length": 68.0}


def test_numbers_are_labels_too(tmp_path: Path) -> None:
    assert read_chart(written(tmp_path, "38: {waist: 76}\n", "a.yaml")).measures_cm("38") == {"waist": 76.0}


def test_a_size_off_the_chart_names_the_nearest(tmp_path: Path) -> None:
    chart = read_chart(written(tmp_path, "size,chest\nXL,120\nXXL,130\n"))
    with pytest.raises(ConfigError) as caught:
        chart.measures_cm("XXXL")
    assert "one of XL, XXL" in str(caught.value) and "did you mean 'XXL'?" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "", "columns none"),
        ("a.csv", "chest,length\n100,68\n", "columns chest, length"),
        ("a.csv", "size,chest\nM,100,5\n", "more cells"),
        ("a.csv", "size,chest\nM,100\nm,101\n", "twice"),
        ("a.csv", "size,chest\n,100\n", "without a size"),
        ("a.csv", "size,chest\nM,\n", "no measures"),
        ("a.csv", "size,cheest\nM,100\n", "did you mean 'chest'?"),
        ("a.csv", "size,chest\nM,wide\n", "a.csv, size M"),
        ("a.csv", "size,chest\nM,52\n", "counts twice"),
        ("a.csv", "size,chest,chest_cm\nM,100,104\n", "chest and chest_cm of size M"),
        ("a.yaml", "M: {chest: 100, chest_cm: 104}\n", "chest and chest_cm of size M"),
        ("a.yaml", "M: {chest: 100}\nM: {chest: 104}\n", "M twice, line 2"),
        ("a.yaml", "M: {chest: 100, chest: 104}\n", "chest twice"),
        ("a.yaml", "38: {chest: 100}\n'38': {chest: 104}\n", "size '38' twice"),
        ("a.yaml", "2020-13-45: {chest: 100}\n", "month must be in 1..12"),
        ("a.yaml", "[1]: {chest: 100}\n", "no size chart"),
        ("a.yaml", "- 1\n", "got: list"),
        ("a.yaml", "M: [1\n", "no size chart"),
        ("a.json", "{}", "format is not known"),
    ],
)
def test_faults_are_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises((DataError, ConfigError)) as caught:
        read_chart(written(tmp_path, text, name))
    assert said in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_chart(tmp_path / "none.csv")


def test_size_and_chart_need_each_other(tmp_path: Path) -> None:
    chart = read_chart(written(tmp_path, "size,chest\nM,104\n"))
    assert garment_cm_of(None, None, "x") is None
    assert garment_cm_of(chart, "M", "x") == {"chest": 104.0}
    for chart_, size, said in ((None, "M", "without a chart"), (chart, None, "needs a size")):
        with pytest.raises(ConfigError, match=said):
            garment_cm_of(chart_, size, "x")
