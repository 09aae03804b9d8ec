"""Try-on tables: who may stand beside whom, in which order, which value is best, and what the parser's noise is."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.evaluation.tryon.small_records import make_record, make_rows, quick_protocol

from fitroom.evaluation.tryon.catalogue import METRICS
from fitroom.evaluation.tryon.columns import groups_of, main_metrics
from fitroom.evaluation.tryon.protocol import PROTOCOLS
from fitroom.evaluation.tryon.records import read_record
from fitroom.evaluation.tryon.tables import TryOnTable, make_tables


def tables_of(paths: list[Path]) -> list[TryOnTable]:
    return make_tables([read_record(path) for path in paths])


def names(table: TryOnTable) -> list[str]:
    return [row.record.model.name for row in table.rows]


def test_only_honest_complete_models_are_ranked_and_oracles_come_last(tmp_path: Path) -> None:
    protocol = quick_protocol()
    paths = [
        make_record(tmp_path, "fair", skill=0.5),
        make_record(tmp_path, "good", skill=0.9),
        make_record(tmp_path, "leaky", skill=0.95, num_seen=4),
        make_record(tmp_path, "half", make_rows(protocol, missing=3)),
        make_record(tmp_path, "control-copy", skill=0.7),
        make_record(tmp_path, "control-truth", make_rows(protocol, skill=1), oracle=True),
    ]
    (table,) = tables_of(paths)
    assert names(table) == ["good", "control-copy", "fair", "leaky", "half", "control-truth"]
    assert [row.rank for row in table.rows] == [1, None, 2, None, None, None]
    assert [row.coverage for row in table.rows] == [1, 1, 1, 1, 0.75, 1]
    assert table.main is METRICS["region_pd_effnetlite0"]


def test_equal_values_share_a_rank(tmp_path: Path) -> None:
    rows = make_rows(quick_protocol(), skill=0.6)
    (table,) = tables_of([make_record(tmp_path, "a", rows), make_record(tmp_path, "b", rows),
                          make_record(tmp_path, "c", skill=0.2)])  # fmt: skip
    assert [row.rank for row in table.rows] == [1, 1, 3]


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        ({"digest": "e" * 64}, "cases"),
        ({"instruments": {"parser": "1" * 64}}, "instruments"),
        ({"protocol": quick_protocol(seed=3)}, "settings"),
        ({"versions": {"torch": "3.0.0"}}, "package versions"),
    ],
)
def test_what_is_not_comparable_gets_a_table_of_its_own_that_says_so(
    tmp_path: Path, changed: dict[str, Any], differs: str
) -> None:
    paths = [make_record(tmp_path, "a"), make_record(tmp_path, "b"), make_record(tmp_path, "other", **changed)]
    tables = tables_of(paths)
    assert [sorted(names(table)) for table in tables] == [["a", "b"], ["other"]]
    assert [table.differs for table in tables] == [[differs], [differs]]


def test_mixed_minor_versions_are_a_caution(tmp_path: Path) -> None:
    paths = [make_record(tmp_path, "a"), make_record(tmp_path, "b", versions={"timm": "1.1.0"})]
    (table,) = tables_of(paths)
    assert table.mixed == {"timm": ["1.0.31", "1.1.0"]} and table.differs == []
    (same,) = tables_of([paths[0], make_record(tmp_path, "c", versions={"timm": "1.0.99"})])
    assert same.mixed == {}


def test_the_best_value_is_a_ranked_models(tmp_path: Path) -> None:
    paths = [make_record(tmp_path, "fair"), make_record(tmp_path, "control-copy", skill=0.9),
             make_record(tmp_path, "leaky", skill=0.95, num_seen=1)]  # fmt: skip
    (table,) = tables_of(paths)
    fair = read_record(paths[0])
    for name, column in table.columns.items():
        assert column.best == fair.scores[name].value
    assert table.columns["lpips_alex"].best is None


def test_scales_hold_all_intervals_but_those_of_oracles(tmp_path: Path) -> None:
    truth = make_rows(quick_protocol(), skill=1)
    (table,) = tables_of([make_record(tmp_path), make_record(tmp_path, "control-truth", truth, oracle=True)])
    column, model = table.columns["psnr"], table.rows[0].record.scores["psnr"]
    assert column.low < model.low < model.high < column.high < 60
    assert (column.digits, table.columns["ssim_color"].digits) == (1, 3)


class TestNoise:
    def test_it_is_the_truth_and_the_worst_of_its_copies(self, tmp_path: Path) -> None:
        protocol = quick_protocol()
        copies = {"control-truth": 0.9, "control-truth-blurred": 0.6, "control-truth-warped": 0.8}
        paths = [make_record(tmp_path, name, make_rows(protocol, skill), oracle=True) for name, skill in copies.items()]
        (table,) = tables_of([*paths, make_record(tmp_path, "control-copy", skill=0.1)])
        noise, values = table.noise["hem_error_cm"], [read_record(path).scores["hem_error_cm"].value for path in paths]
        assert (noise.value, noise.worst, noise.worst_name) == (values[0], values[1], "control-truth-blurred")
        assert {METRICS[name].group for name in table.noise} == {"fit"}

    def test_there_is_none_without_the_truth(self, tmp_path: Path) -> None:
        (table,) = tables_of([make_record(tmp_path)])
        assert table.noise == {}


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
def test_every_protocol_has_an_order_and_groups_that_fit_a_page(name: str) -> None:
    protocol = PROTOCOLS[name]()
    assert main_metrics(protocol)
    groups = groups_of(protocol)
    assert sorted(m.name for group in groups for m in group.metrics) == sorted(protocol.metrics)
    assert all(len(group.metrics) <= 10 for group in groups)


def test_without_its_instrument_the_order_falls_back(tmp_path: Path) -> None:
    path = make_record(tmp_path, missing={"effnetlite0": "gone", "lpips_alex": "gone"})
    (table,) = tables_of([path])
    assert table.main is METRICS["region_ssim_color"] and table.rows[0].rank == 1
