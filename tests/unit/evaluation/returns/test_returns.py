"""Return impact: sums that can be done by hand, ranges that hold, a test's size against simulation, its read-out."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fitroom.errors import ConfigError, DataError, EvaluationError
from fitroom.evaluation.returns import command
from fitroom.evaluation.returns.assumptions import Assumption, assumptions, share_right
from fitroom.evaluation.returns.estimate import estimate, spared
from fitroom.evaluation.returns.figures import MerchantFigures
from fitroom.evaluation.returns.trial import orders_per_arm, read_out

CERTAIN = {"size_is_right": 0.8, "asks_for_advice": 0.5, "follows_advice": 0.5, "misled": 0.01, "sees_try_on": 0.2,
           "look_is_mended": 0.1, "kept": 0.5}  # fmt: skip


class TestEstimate:
    def test_by_hand(self) -> None:
        figures = MerchantFigures(orders=10_000, return_rate=0.3, cost_per_return=26, margin=60)
        avoided, saving = spared(figures, {name: np.array([value]) for name, value in CERTAIN.items()})
        by_hand = 3000 * 0.4 * 0.25 * 0.8 + 3000 * 0.15 * 0.02 - 7000 * 0.25 * 0.01
        assert avoided[0] == pytest.approx(by_hand) and saving[0] == pytest.approx(by_hand * (26 + 30))

    def test_certainty_has_no_width_and_doubt_has(self) -> None:
        certain = {name: Assumption(value, value, value, "", "") for name, value in CERTAIN.items()}
        found = estimate(MerchantFigures(), certain)
        assert found.saving.low95 == pytest.approx(found.saving.high95)
        assert all(swing.width == pytest.approx(0) for swing in found.tornado)
        doubted = estimate(MerchantFigures(), assumptions(3.4))
        assert doubted.saving.low95 < doubted.saving.low80 < doubted.saving.median < doubted.saving.high80
        widths = [swing.width for swing in doubted.tornado]
        assert widths == sorted(widths, reverse=True) and widths[0] > 0
        assert doubted.avoided.high95 < doubted.returns - doubted.out_of_reach

    def test_nothing_is_spared_where_all_reasons_lie_outside(self) -> None:
        figures = MerchantFigures(reasons={"change of mind": 0.7, "worn and returned": 0.3})
        found = estimate(figures, assumptions(3.4))
        assert found.out_of_reach == found.returns and found.avoided.high95 <= 0

    def test_a_better_model_spares_more(self) -> None:
        good, bad = (estimate(MerchantFigures(), assumptions(cm)).avoided.median for cm in (1.0, 8.0))
        assert good > bad

    def test_share_right_is_that_of_a_simulation(self) -> None:
        rng = np.random.default_rng(0)
        body = rng.uniform(0, 50, 200_000)
        guess = body + rng.normal(0, 2.0 * math.sqrt(math.pi / 2), len(body))
        same = np.floor(body / 5) == np.floor(guess / 5)
        assert share_right(2.0, 5.0) == pytest.approx(same.mean(), abs=0.005)

    def test_pert_has_its_mean(self) -> None:
        drawn = Assumption(0.1, 0.2, 0.7, "", "").at(np.random.default_rng(0).random(50_000))
        assert drawn.mean() == pytest.approx((0.1 + 4 * 0.2 + 0.7) / 6, abs=0.003)
        assert drawn.min() >= 0.1 and drawn.max() <= 0.7

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"return_rate": 30}, "30 % is 0.3"),
            ({"reasons": {"too small": 0.5}}, "do not add up"),
            ({"reasons": {"too tall": 1.0}}, "a reason is not known"),
        ],
    )
    def test_impossible_figures(self, given: dict, said: str) -> None:
        with pytest.raises(ConfigError, match=said):
            MerchantFigures(**given)


class TestTrial:
    def test_known_sizes(self) -> None:
        assert orders_per_arm(0.10, 0.15) == 686  # Fleiss, Levin and Paik's formula without correction
        assert orders_per_arm(0.15, 0.10) == 686
        clustered = orders_per_arm(0.10, 0.15, orders_per_shopper=4, spread=0.5, icc=0.1)
        assert clustered == pytest.approx(686 * (1 + (1.25 * 4 - 1) * 0.1), abs=2)

    def test_the_size_has_the_power_it_says(self) -> None:
        num, rng = orders_per_arm(0.30, 0.25, power=0.8), np.random.default_rng(0)
        a, b = (rng.binomial(num, rate, 4000) / num for rate in (0.30, 0.25))
        pooled = (a + b) / 2
        z = np.abs(a - b) / np.sqrt(2 * pooled * (1 - pooled) / num)
        assert np.mean(z > 1.959964) == pytest.approx(0.8, abs=0.03)

    def test_no_difference(self) -> None:
        with pytest.raises(ConfigError, match="no difference"):
            orders_per_arm(0.3, 0.3)
        with pytest.raises(ConfigError, match="cannot be planned"):
            orders_per_arm(0.3, 0.2, icc=2)


def shop(seed: int, effect: float, alike: float, shoppers: int = 300) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Orders of shoppers whose own rate differs by ``alike``, four each."""
    rng = np.random.default_rng(seed)
    arm = np.where(np.arange(shoppers) % 2, "treatment", "control")
    rate = np.clip(0.4 - effect * (arm == "treatment") + rng.normal(0, alike, shoppers), 0, 1)
    orders = pd.DataFrame({"shopper": np.repeat(np.arange(shoppers), 4), "arm": np.repeat(arm, 4)})
    orders.insert(0, "order", np.arange(len(orders)))
    back = rng.random(len(orders)) < np.repeat(rate, 4)
    return orders, orders.loc[back, ["order"]].assign(reason="too small")


class TestReadOut:
    def test_an_effect_is_found(self) -> None:
        found = read_out(*shop(0, 0.15, 0.1))
        assert found.high < 0 and found.p_value < 0.01 and found.warnings == []
        assert found.difference == pytest.approx(found.rates[1] - found.rates[0])
        assert found.by_reason["too small"] == pytest.approx(found.rates)

    def test_alike_orders_do_not_fool_it(self) -> None:
        wrong = sum(read_out(*shop(seed, 0.0, 0.4, 120)).p_value < 0.05 for seed in range(200))
        assert wrong <= 20  # 5 % are expected; a test over orders would find about twenty per cent

    def test_arms_that_were_not_dealt_evenly(self) -> None:
        orders, returns = shop(0, 0.0, 0.1)
        few = orders[(orders["arm"] == "control") | (orders["shopper"] % 5 == 1)]
        found = read_out(few, returns[returns["order"].isin(few["order"])])
        assert len(found.warnings) == 1 and "even deal" in found.warnings[0]

    def test_faulty_tables(self) -> None:
        orders, returns = shop(0, 0.1, 0.1)
        for bad, said in [
            ((orders.rename(columns={"arm": "group"}), returns), "no column 'arm'"),
            ((orders.assign(arm="B"), returns), "an arm is not known"),
            ((pd.concat([orders, orders.head(1)]), returns), "there twice"),
            ((orders.head(40), returns), "returns are of no order"),
            ((orders.assign(shopper=orders["shopper"].where(orders["shopper"] > 9)), returns), "orders say no shopper"),
            ((orders.assign(shopper=orders["shopper"] // 2), returns), "in both arms"),
            ((orders[orders["shopper"] < 2], returns.head(0)), "too few shoppers"),
        ]:
            with pytest.raises(DataError, match=said):
                read_out(*bad)


class TestCommand:
    def test_estimate(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        record = tmp_path / "size-advice@1.json"
        record.write_text(json.dumps({"scores": {"girths_cm": {"value": 3.4}}}))
        words = ["--record", str(record), "--merchant.return_rate", "0.65", "--tornado", str(tmp_path / "t.svg")]
        assert command.main(words) == 0
        said = capsys.readouterr().out
        assert "65,000 returns (65%)" in said and "assumption: no open measurement" in said and "3.40 cm" in said
        assert (tmp_path / "t.svg").read_text().startswith("<?xml")
        with pytest.raises(EvaluationError, match="no record"):
            command.main(["--record", str(tmp_path / "none")])

    def test_trial_and_read_out(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert command.main_trial(["--rate", "0.1", "--rate_after", "0.15"]) == 0
        assert "686 orders in each arm" in capsys.readouterr().out
        for name, table in zip(("orders", "returns"), shop(0, 0.15, 0.1), strict=True):
            table.to_csv(tmp_path / f"{name}.csv", index=False)
        words = ["--orders", str(tmp_path / "orders.csv"), "--returns", str(tmp_path / "returns.csv")]
        assert command.main_read_out(words) == 0
        assert "shoppers as clusters" in capsys.readouterr().out
