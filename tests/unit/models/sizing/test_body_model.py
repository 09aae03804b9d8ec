"""The body model against plain Gaussian algebra: marginals, conditionals, errors of answers, an untold sex."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from fitroom.errors import ConfigError
from fitroom.models.sizing.belief import believe
from fitroom.models.sizing.body_model import BodyModel
from fitroom.models.sizing.config import SizingConfig

D, K = 4, 2
NAMES = ["height", "weight", "chest", "waist"]


@pytest.fixture
def model() -> BodyModel:
    made = BodyModel(SizingConfig(NAMES, K, [5.1, 4.2, 4.5, 4.4], [0.05, 0.2, 0.1, 0.12])).double()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(0.4 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return made


def asked(model: BodyModel, known: list[bool], noise: float = 0.0, sex: tuple[float, float] = (1.0, 0.0)) -> tuple:
    z = torch.tensor([[0.3, -0.8, 1.1, 0.2]], dtype=torch.float64)
    return z, torch.tensor([known]), torch.full((1, D), noise, dtype=torch.float64), torch.tensor([sex]).double()


def parts(model: BodyModel, sex: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    weights = model.logits_SK.softmax(1)[sex].detach().numpy()
    return weights, model.means_SKD[sex].detach().numpy(), model.covariances_CDD[sex * K : sex * K + K].detach().numpy()


@pytest.mark.parametrize("known", [[True] * 4, [True, False, True, False], [False] * 4])
@pytest.mark.parametrize("sex", [0, 1])
def test_density_is_that_of_the_marginal(model: BodyModel, known: list[bool], sex: int) -> None:
    z, mask, noise, _ = asked(model, known)
    weights, means, covariances = parts(model, sex)
    at = np.flatnonzero(known)
    logs = [
        np.log(w) + (multivariate_normal.logpdf(z[0, at].numpy(), m[at], c[np.ix_(at, at)]) if len(at) else 0.0)
        for w, m, c in zip(weights, means, covariances, strict=True)
    ]
    prior = torch.eye(2, dtype=torch.float64)[[sex]]
    assert float(model(z, mask, noise, prior)) == pytest.approx(float(logsumexp(logs)), abs=1e-9)


def test_posterior_is_that_of_gaussian_conditioning(model: BodyModel) -> None:
    known = [True, True, False, False]
    posterior = model.posterior(*asked(model, known, noise=0.3))
    _, means, covariances = parts(model, 0)
    z = np.array([0.3, -0.8])
    for k in range(K):
        inner = covariances[k][:2, :2] + 0.3 * np.eye(2)
        gain = covariances[k][:, :2] @ np.linalg.inv(inner)
        wanted = means[k] + gain @ (z - means[k][:2])
        assert posterior.means_BCD[0, k].detach().numpy() == pytest.approx(wanted, abs=1e-9)
        assert posterior.covariances_BCDD[0, k].detach().numpy() == pytest.approx(
            covariances[k] - gain @ covariances[k][:2], abs=1e-9
        )


def test_an_exact_answer_comes_back_and_a_worthless_one_changes_nothing(model: BodyModel) -> None:
    nothing = model.posterior(*asked(model, [False] * 4))
    exact = model.posterior(*asked(model, [True, False, False, False]))
    worthless = model.posterior(*asked(model, [True, False, False, False], noise=1e9))
    assert exact.means_BCD[0, :K, 0].detach().numpy() == pytest.approx([0.3] * K, abs=1e-9)
    torch.testing.assert_close(worthless.means_BCD, nothing.means_BCD, atol=1e-6, rtol=0)
    torch.testing.assert_close(worthless.weights_BC, nothing.weights_BC, atol=1e-6, rtol=0)


def test_an_untold_sex_is_both(model: BodyModel) -> None:
    words = asked(model, [True, True, False, False])
    both = float(model(*words[:3], torch.tensor([[0.5, 0.5]], dtype=torch.float64)))
    each = [float(model(*words[:3], torch.eye(2, dtype=torch.float64)[[sex]])) for sex in (0, 1)]
    assert both == pytest.approx(float(logsumexp(each) - np.log(2)), abs=1e-9)


class TestBelief:
    def test_quantiles_shares_and_draws_agree(self, model: BodyModel) -> None:
        belief = believe(model, np.array([[170.0, np.nan, np.nan, np.nan]]), np.zeros((1, D)), [None])
        chest = belief.quantile("chest", 0.3)
        assert belief.share_below("chest", chest) == pytest.approx([0.3], abs=1e-6)
        drawn = belief.draw(20_000, seed=1)
        assert np.mean(drawn["chest"] < chest[0]) == pytest.approx(0.3, abs=0.02)
        assert drawn["height"] == pytest.approx(np.full(20_000, 170.0), rel=1e-6)
        assert np.array_equal(belief.draw(50, seed=1)["waist"], belief.draw(50, seed=1)["waist"])

    def test_more_answers_never_widen_what_one_gaussian_believes(self) -> None:
        one = BodyModel(SizingConfig(NAMES, 1, [5.1, 4.2, 4.5, 4.4], [0.05, 0.2, 0.1, 0.12])).double()
        with torch.no_grad():
            one.factors_SKDD.copy_(torch.tril(torch.full((D, D), 0.5, dtype=torch.float64)))
        values = np.array([[170.0, np.nan, np.nan, np.nan], [170.0, 70.0, np.nan, np.nan]])
        belief = believe(one, values, np.zeros((2, D)), ["male", "male"])
        few, many = np.log(belief.quantile("waist", 0.9) / belief.quantile("waist", 0.1))
        assert many < few


def test_a_config_that_does_not_fit_together() -> None:
    with pytest.raises(ConfigError, match="do not fit together"):
        SizingConfig(NAMES, 2, [0.0], [1.0])
    with pytest.raises(ConfigError, match="empty"):
        SizingConfig(components=0)
