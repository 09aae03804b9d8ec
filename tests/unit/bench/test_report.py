"""Figures keep their range, ratios are taken round by round, and a report says what it depends on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fitroom.bench.blocks import ratio, take_turns
from fitroom.bench.report import Report, Spread, Table, check_out, publish, short, surroundings, to_json, to_markdown
from fitroom.errors import ConfigError


def report() -> Report:
    rows = [("frozen", 1, Spread((3.0, 1.0, 2.0))), ("a|b", 12, Spread((150.4,)))]
    table = Table("Speed", ("norm", "threads", "photos/s"), rows, ["N = 3."])
    return Report("Bench", {"recipe": "tiny"}, [table], surroundings(["bench", "data"]))


@pytest.mark.parametrize(("value", "text"), [(1234.2, "1234"), (93.14, "93.1"), (1.425, "1.43"), (0.084, "0.08")])
def test_three_digits_count(value: float, text: str) -> None:
    assert short(value + 1e-9) == text


def test_a_spread_is_its_median_and_range() -> None:
    assert str(Spread((3.0, 1.0, 2.0))) == "2.00 (1.00 to 3.00)"
    assert str(Spread((3.0,))) == "3.00"


def test_sides_take_turns_and_the_warm_up_does_not_count() -> None:
    order: list[str] = []

    def side(name: str, rates: list[float]) -> float:
        order.append(name)
        return rates.pop(0)

    ours, peer = [1.0, 30.0, 20.0], [1.0, 10.0, 40.0]
    rates = take_turns({"ours": lambda: side("ours", ours), "peer": lambda: side("peer", peer)}, 2)
    assert order == ["ours", "peer", "peer", "ours", "ours", "peer"]  # none always follows the other
    assert rates == {"ours": Spread((30.0, 20.0)), "peer": Spread((10.0, 40.0))}
    assert ratio(rates["ours"], rates["peer"]) == Spread((3.0, 0.5))


def test_markdown() -> None:
    page = to_markdown(report())
    assert page.startswith("# Bench\n\n- machine: ")
    assert "| frozen | 1 | 2.00 (1.00 to 3.00) |\n| a\\|b | 12 | 150 |\n\n- N = 3.\n" in page
    for word in ("torch ", "load before", "threads: ", "recipe: tiny"):
        assert word in page


def test_json_keeps_every_measurement() -> None:
    page = json.loads(to_json(report()))
    assert page["tables"][0]["rows"][0] == {
        "norm": "frozen",
        "threads": 1,
        "photos/s": {"median": 2.0, "min": 1.0, "max": 3.0, "values": [3.0, 1.0, 2.0]},
    }
    assert page["about"]["command"][1:] == ["bench", "data"]
    assert page["about"]["machine"]["cores"] >= 1


@pytest.mark.parametrize("name", ["report.md", "report.json"])
def test_it_is_shown_and_written(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(report(), str(tmp_path / name))
    assert "2.00 (1.00 to 3.00)" in capsys.readouterr().out
    assert (tmp_path / name).read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_report_that_could_not_be_written_is_refused_first(tmp_path: Path) -> None:
    check_out(None)
    check_out(str(tmp_path / "a.md"))
    with pytest.raises(ConfigError, match="format"):
        check_out(str(tmp_path / "a.pdf"))
    with pytest.raises(ConfigError, match="folder is not there"):
        check_out(str(tmp_path / "none" / "a.md"))
