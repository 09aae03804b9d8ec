"""The experiments at their smallest: coarse cloth, one tee, two sizes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fitroom.cli import main
from fitroom.errors import ConfigError
from fitroom.wardrobe.bodies.population import wanted_measures
from fitroom.wardrobe.experiments import BENDING_LENGTHS_CM, EXPERIMENTS, Extent, prove
from fitroom.wardrobe.fabrics.fabric import MATERIALS
from fitroom.wardrobe.findings import Finding, table, write
from fitroom.wardrobe.patterns.catalogue import design
from fitroom.wardrobe.trials import Trial, designs_of, typical, usual_material, wearers

TINY = Extent(bodies=1, spacing_cm=3.0, disc_cm=3.0, categories=("t-shirt",), sizes=("M", "XXL"))


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    return dict(prove(TINY))


def test_all_experiments_run_in_order(findings: dict[str, Finding]) -> None:
    assert list(findings) == list(EXPERIMENTS)
    for finding in findings.values():
        assert finding.rows and finding.summary


def test_every_row_of_a_finding_has_the_same_keys(findings: dict[str, Finding]) -> None:
    for finding in findings.values():
        assert len({tuple(row) for row in finding.rows}) == 1


def test_garments_that_fit_have_room_and_are_hardly_stretched(findings: dict[str, Finding]) -> None:
    for row in findings["stretch"].rows:
        assert row["least_ease_cm"] > 0
    assert findings["stretch"].summary["mean"] < 0.04  # at this spacing


def test_what_is_inside_is_counted_over_all_vertices(findings: dict[str, Finding]) -> None:
    summary = findings["inside"].summary
    assert summary["vertices"] == sum(row["vertices"] for row in findings["inside"].rows)
    assert 0 <= summary["over_5_mm"] <= summary["over_2_mm"] <= summary["worst_over_2_mm"] <= 1


def test_a_longer_tee_hangs_lower(findings: dict[str, Finding]) -> None:
    summary = findings["hem"].summary
    assert summary["slope"] == pytest.approx(1.0, abs=0.2)
    assert summary["worst_residual_cm"] < 2.0


def test_all_materials_and_bending_lengths_are_draped(findings: dict[str, Finding]) -> None:
    rows = findings["cusick"].rows
    assert {row["cloth"] for row in rows} == {*MATERIALS, "any"}
    assert [row["bending_length_cm"] for row in rows if row["cloth"] == "any"] == list(BENDING_LENGTHS_CM)
    drape = {row["cloth"]: row["drape_coefficient"] for row in rows}
    assert drape["jersey"] < drape["denim"]
    stiffest, limpest = rows[-1]["drape_coefficient"], rows[len(MATERIALS)]["drape_coefficient"]
    assert stiffest > limpest + 0.3


def test_what_is_too_small_reads_tight_and_is_stretched_there(findings: dict[str, Finding]) -> None:
    for row in findings["tightness"].rows:
        assert row["ease_cm"] < 0
        assert row["label"] == "tight"
        assert row["strain"] > row["own_strain"]


def test_the_larger_size_is_wider(findings: dict[str, Finding]) -> None:
    small, large = findings["sizes"].rows
    assert (small["size"], large["size"]) == ("M", "XXL")
    assert large["chest_cm"] > small["chest_cm"] + 3
    assert findings["sizes"].summary["chest_cm_steps"] == 1
    assert findings["sizes"].summary["hip_cm_steps"] == 0  # a tee's hem is not a girth of the hip


def test_only_some_can_be_asked_for(findings: dict[str, Finding]) -> None:
    assert dict(prove(TINY, ["hem"])) == {"hem": findings["hem"]}


def test_an_unknown_experiment_is_named() -> None:
    with pytest.raises(ConfigError, match="no such experiment"):
        list(prove(TINY, ["gravity"]))


def test_the_command_says_what_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wardrobe", "prove", "--only", "gravity"]) == ConfigError.exit_code
    assert "stretch" in capsys.readouterr().err


def test_findings_become_a_table() -> None:
    text = table(Finding("about", [{"name": "a", "x": 1.23456}, {"name": "bcd", "x": None}], {"n": 2}))
    assert text.splitlines() == ["name      x", "   a  1.235", " bcd       ", "n = 2"]


def test_findings_become_json_without_nan(tmp_path: Path) -> None:
    finding = Finding("about", [{"x": float("nan"), "y": 1}], {"n": 1.5})
    write(tmp_path / "proof.json", {"one": finding})
    read = json.loads((tmp_path / "proof.json").read_text())
    assert read == {"one": {"about": "about", "rows": [{"x": None, "y": 1}], "summary": {"n": 1.5}}}


def test_a_longer_trial_is_the_same_design_with_a_longer_pattern() -> None:
    tee = designs_of("t-shirt", 1)[0]
    plain, longer = Trial(tee, "M", 0), Trial(tee, "M", 0, longer_cm=4.0)
    assert longer.garment_cm()["length"] - plain.garment_cm()["length"] == pytest.approx(4.0, abs=0.05)
    assert longer.garment_cm()["chest"] == plain.garment_cm()["chest"]
    assert plain.style == design(tee)


def test_wearers_are_of_the_designs_sex_and_size() -> None:
    dress = designs_of("dress", 1)[0]
    body, size = next(wearers(dress, ("L", "XL")))
    assert wanted_measures(body)[0] == "female"
    assert size in ("L", "XL")


def test_typical_cloth_has_the_materials_numbers() -> None:
    cloth = typical("denim")
    assert cloth.material == "denim" and cloth.weave == "twill" and cloth.density_g_m2 == 400
    assert np.isfinite(cloth.drape_coefficient)
    assert usual_material("t-shirt") == "jersey"
