"""Generating: the same bytes whoever works, and nothing is lost but what was at work when something died."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import wardrobe_fakes as fakes
from datasets import load_dataset

from fitroom.config import config_to_yaml
from fitroom.errors import ConfigError, DataError, RunError
from fitroom.wardrobe import pool, run
from fitroom.wardrobe.config import WardrobeConfig
from fitroom.wardrobe.manifest import read_manifest, read_records, verify
from fitroom.wardrobe.outline import outlines, shards
from fitroom.wardrobe.run import generate
from fitroom.wardrobe.table import read_cells


def make(
    config: WardrobeConfig, out: Path, simulate: Callable[..., Any] = fakes.simulate, **options: Any
) -> dict[str, Any]:
    return generate(config, out, simulate=simulate, catalogues=fakes.catalogues, **options)


def hashes(folder: Path) -> dict[str, str]:
    return {shard["file"]: shard["sha256"] for shard in read_manifest(folder)["shards"]}


class TestWhatIsMade:
    def test_the_same_whatever_the_number_of_workers(self, made: Path, tiny: WardrobeConfig, tmp_path: Path) -> None:
        make(tiny, tmp_path / "two", workers=2)
        assert hashes(tmp_path / "two") == hashes(made)

    def test_every_case_is_a_row_or_a_rejection(self, made: Path, tiny: WardrobeConfig) -> None:
        manifest, records = read_manifest(made), read_records(made)
        planned = sum(group.num_cases for group in outlines(tiny))
        assert manifest["cases"] + sum(manifest["rejected"].values()) == planned
        assert set(manifest["rejected"]) == {"overstretched"}
        assert sum(manifest["counts"]["kind"].values()) == manifest["cases"]
        assert manifest["shards_done"] == manifest["shards_planned"] == len(shards(tiny)) == len(records)
        seeds = [seed for record in records for seed in record.seeds.values()]
        assert len(set(seeds)) == len(outlines(tiny))

    def test_rows_lie_in_the_order_of_the_plan(self, made: Path, tiny: WardrobeConfig) -> None:
        for plan in shards(tiny):
            rows = read_cells(made / plan.file, ["case_id", "group_id", "split", "person", "depth"])
            groups = [int(row["group_id"].split("-")[1]) for row in rows]
            assert groups == sorted(groups) and set(groups) <= set(plan.groups)
            assert {row["split"] for row in rows} == {plan.split}
            assert all(row["person"]["bytes"] and row["depth"] is None for row in rows)

    def test_datasets_reads_it_by_the_card(self, made: Path, tmp_path: Path) -> None:
        loaded = load_dataset(str(made), cache_dir=str(tmp_path))
        assert {split: len(rows) for split, rows in loaded.items()} == read_manifest(made)["counts"]["split"]
        row = loaded["train"][0]
        assert row["person"].size == (16, 16)
        assert json.loads(row["plan"])["case_id"] == row["case_id"]

    def test_pandas_reads_it_too(self, made: Path, tiny: WardrobeConfig) -> None:
        table = pd.read_parquet(made / shards(tiny)[0].file, columns=["case_id", "kind"])
        assert table["case_id"].is_unique


class TestGoingOn:
    def test_nothing_is_made_twice(
        self, made: Path, tiny: WardrobeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(fakes.MARKS, str(tmp_path / "marks"))
        (tmp_path / "marks").mkdir()
        make(tiny, tmp_path / "w", shards_wanted="1-2")
        first = fakes.marked(tmp_path / "marks")
        assert read_manifest(tmp_path / "w")["shards_done"] == 2
        for mark in (tmp_path / "marks").iterdir():
            mark.unlink()
        make(tiny, tmp_path / "w")
        assert not first & fakes.marked(tmp_path / "marks")
        assert hashes(tmp_path / "w") == hashes(made)

    def test_an_altered_or_missing_shard_is_made_again(self, made: Path, tiny: WardrobeConfig, tmp_path: Path) -> None:
        out = tmp_path / "w"
        make(tiny, out)
        first, second = (out / shard.file for shard in shards(tiny)[:2])
        first.write_bytes(first.read_bytes()[:-1])
        second.unlink()
        with pytest.raises(DataError, match="2 shards are not as they were written") as fault:
            verify(out)
        assert f"{first.name} is altered" in str(fault.value) and f"{second.name} is missing" in str(fault.value)
        make(tiny, out)
        verify(out)
        assert hashes(out) == hashes(made)

    def test_a_foreign_shard_is_found(self, tiny: WardrobeConfig, tmp_path: Path) -> None:
        make(tiny, tmp_path / "w", shards_wanted="0")
        (tmp_path / "w" / "data" / "train" / "more.parquet").touch()
        with pytest.raises(DataError, match="not listed"):
            verify(tmp_path / "w")

    @pytest.mark.parametrize(
        ("how", "code"),
        [
            pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow),
            pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow),
            (signal.SIGKILL, -signal.SIGKILL),
        ],
    )
    def test_after_an_interruption(self, how: int, code: int, made: Path, tiny: WardrobeConfig, tmp_path: Path) -> None:
        out, config = tmp_path / "w", tmp_path / "config.yaml"
        config.write_text(config_to_yaml(tiny))
        program = (
            "import sys; from pathlib import Path; import wardrobe_fakes as fakes\n"
            "from fitroom import cli\nfrom fitroom.config import load_config\n"
            "from fitroom.wardrobe.config import WardrobeConfig\nfrom fitroom.wardrobe.run import generate\n"
            "def go(argv):\n"
            f"    config = load_config(WardrobeConfig, {str(config)!r})\n"
            f"    generate(config, Path({str(out)!r}), 2, simulate=fakes.slow, catalogues=fakes.catalogues)\n"
            "    return 0\n"
            "cli.GROUPS['Planted'] = [cli.Command('go', 'go', 'go', go)]\n"
            "if __name__ == '__main__':\n    sys.exit(cli.main(['go']))\n"
        )
        (tmp_path / "program.py").write_text(program)
        process = subprocess.Popen(
            [sys.executable, str(tmp_path / "program.py")],
            env={**os.environ, "PYTHONPATH": str(Path(fakes.__file__).parent)},
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        wait_for(lambda: list((out / "records").glob("*.json")), process)
        workers = children(process.pid)
        process.send_signal(how)
        process.communicate(timeout=30)
        assert process.returncode == code
        done = len(read_records(out))
        assert 1 <= done < len(shards(tiny))
        assert not [path for path in (out / "data").rglob(".*") if how != signal.SIGKILL]
        assert len(workers) >= 2
        wait_for(lambda: not any(map(runs, workers)), None)
        make(tiny, out, workers=2)
        verify(out)
        assert hashes(out) == hashes(made)

    def test_another_config_is_refused(self, made: Path, tiny: WardrobeConfig) -> None:
        other = replace(tiny, seed=4, simulation=replace(tiny.simulation, samples=9))
        with pytest.raises(RunError, match="another config") as fault:
            make(other, made)
        assert "seed: 4, was 3" in str(fault.value) and "simulation.samples: 9, was 4" in str(fault.value)

    def test_a_wardrobe_of_before_categories_goes_on(self, tiny: WardrobeConfig, tmp_path: Path) -> None:
        make(tiny, tmp_path / "w", shards_wanted="0")
        written = tmp_path / "w" / "config.yaml"
        written.write_text(written.read_text().replace("categories: []\n", ""))
        assert "categories" not in written.read_text()
        make(tiny, tmp_path / "w")
        verify(tmp_path / "w")
        with pytest.raises(RunError, match="another config"):
            make(replace(tiny, categories=["coat"]), tmp_path / "w")

    def test_another_registry_is_refused(self, tiny: WardrobeConfig, tmp_path: Path) -> None:
        make(tiny, tmp_path / "w", shards_wanted="0")
        (tmp_path / "w" / "registry.json").write_text("{}")
        with pytest.raises(DataError, match="registry"):
            make(tiny, tmp_path / "w")


class TestWorkersThatFail:
    @pytest.mark.parametrize(
        ("simulate", "reason"),
        [
            (fakes.dies, "the worker was killed by SIGSEGV"),
            (fakes.hangs, "no answer within 2 s"),
            (fakes.fails, "ValueError: a sleeve has no end"),
        ],
    )
    def test_it_costs_one_group(
        self,
        simulate: Callable[..., Any],
        reason: str,
        made: Path,
        tiny: WardrobeConfig,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(pool, "LOOK_EVERY_S", 0.1)
        manifest = make(tiny, tmp_path / "w", simulate, workers=2, timeout_s=2)
        (failure,) = [json.loads(line) for line in (tmp_path / "w" / "failures.jsonl").read_text().splitlines()]
        assert failure["group_id"].endswith("000002") and failure["reason"] == reason
        assert manifest["failed_groups"] == {reason: 1}
        assert manifest["shards_done"] == len(shards(tiny))
        lost = outlines(tiny)[2].num_cases
        whole = read_manifest(made)
        kept = manifest["cases"] + sum(manifest["rejected"].values())
        assert kept == whole["cases"] + sum(whole["rejected"].values()) - lost
        different = [name for name in hashes(made) if hashes(made)[name] != hashes(tmp_path / "w")[name]]
        assert len(different) == 1, "only the shard of that group differs"

    def test_group_after_group(self, tiny: WardrobeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(run, "FAILURES_IN_A_ROW", 3)
        with pytest.raises(RunError, match="group after group fails") as fault:
            make(tiny, tmp_path / "w", fakes.always_fails)
        assert "no cloth" in str(fault.value)

    def test_lost_groups_are_made_again_when_asked(self, tiny: WardrobeConfig, made: Path, tmp_path: Path) -> None:
        make(tiny, tmp_path / "w", fakes.fails)
        assert make(tiny, tmp_path / "w")["failed_groups"]  # what lost a group is finished, unless
        manifest = make(tiny, tmp_path / "w", retry_lost=True)
        assert not manifest["failed_groups"] and hashes(tmp_path / "w") == hashes(made)

    def test_workers_that_cannot_start(
        self, tiny: WardrobeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FITROOM_TEST_PARENT", str(os.getpid()))
        with pytest.raises(RunError, match="workers cannot start") as fault:
            generate(tiny, tmp_path / "w", simulate=fakes.simulate, catalogues=fakes.broken_catalogues)
        assert "no module named anny" in str(fault.value)


def test_planning_and_waiting_need_no_heavy_library() -> None:
    """A worker with an injected simulation starts at once, and so does the parent."""
    heavy = "{'torch', 'anny', 'numba', 'embreex'}"
    words = f"import sys, fitroom.wardrobe.run, fitroom.wardrobe.command; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


class TestFaultsOfUse:
    def test_nobody_to_work(self, tiny: WardrobeConfig, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="nobody to work"):
            make(tiny, tmp_path / "w", workers=0)
        assert not (tmp_path / "w").exists()

    def test_a_folder_of_something_else(self, tiny: WardrobeConfig, tmp_path: Path) -> None:
        (tmp_path / "holiday.jpg").touch()
        with pytest.raises(RunError, match="not empty, and no wardrobe") as fault:
            make(tiny, tmp_path)
        assert "holiday.jpg" in str(fault.value)
        assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]

    def test_a_file(self, tiny: WardrobeConfig, tmp_path: Path) -> None:
        (tmp_path / "w").touch()
        with pytest.raises(RunError, match="is a file"):
            make(tiny, tmp_path / "w")

    def test_a_place_that_cannot_be_written(self, tiny: WardrobeConfig, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(RunError, match="cannot be written to"):
            make(tiny, tmp_path / "file" / "w")

    def test_a_full_disk(self, tiny: WardrobeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(run, "write_table", full)
        with pytest.raises(RunError, match="the disk is full"):
            make(tiny, tmp_path / "w")
        assert not read_records(tmp_path / "w")

    def test_no_wardrobe_to_verify(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="no wardrobe"):
            verify(tmp_path)


def children(pid: int) -> list[int]:
    words = ["ps", "-o", "pid=", "--ppid", str(pid)]
    return [int(word) for word in subprocess.run(words, capture_output=True, text=True).stdout.split()]


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie: workers must not outlive a parent that was killed."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def wait_for(what: Callable[[], object], process: subprocess.Popen[bytes] | None, limit_s: float = 60) -> None:
    end = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < end
        assert process is None or process.poll() is None, process.stderr.read()  # type: ignore[union-attr]
        time.sleep(0.02)
