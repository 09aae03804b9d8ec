"""Conditioning a belief on a reading is Bayes' rule: against an integral by hand, and against the body model itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from fitroom.models.sizing.belief import BodyBelief
from fitroom.models.sizing.readings import Law, after_reading, surprise

MEASURES = ("height", "chest", "waist")
CENTER, SCALE = np.log([170.0, 95.0, 85.0]), np.array([0.05, 0.1, 0.13])


def belief(seed: int = 0, parts: int = 2) -> BodyBelief:
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(1, parts, 3, 3)) * 0.6
    weights = rng.dirichlet(np.ones(parts), 1)
    return BodyBelief(
        MEASURES, CENTER, SCALE, weights, rng.normal(size=(1, parts, 3)), roots @ np.swapaxes(roots, -1, -2)
    )


LAW = Law(
    ("chest", "waist"), np.array([[8.0, 1.0], [0.5, 6.0]]), np.array([4.0, 5.0]), np.array([[0.3, 0.1], [0.1, 0.4]])
)


def test_it_is_bayes_rule() -> None:
    before, read = belief(), np.array([[0.4, -0.8]])
    after = after_reading(before, LAW, read)
    rng = np.random.default_rng(1)
    parts = rng.choice(2, size=400_000, p=before.weights_BC[0])
    z_ND = np.empty((len(parts), 3))
    for part in range(2):
        mine = parts == part
        z_ND[mine] = rng.multivariate_normal(before.means_BCD[0, part], before.covariances_BCDD[0, part], mine.sum())
    logs_ND = z_ND * SCALE + CENTER
    middle_NK = (logs_ND[:, 1:] - logs_ND[:, :1]) @ LAW.gain_KK.T + LAW.offset_K
    likely_N = multivariate_normal(np.zeros(2), LAW.covariance_KK).pdf(read - middle_NK)
    mean_D = np.average(z_ND, axis=0, weights=likely_N)
    np.testing.assert_allclose(np.einsum("c,cd->d", after.weights_BC[0], after.means_BCD[0]), mean_D, atol=0.03)
    share = np.average(parts == 0, weights=likely_N)
    assert after.weights_BC[0, 0] == pytest.approx(share, abs=0.02)


def test_what_the_photo_says_twice_as_surely_counts_twice() -> None:
    before, read = belief(), np.array([[0.4, -0.8]])
    sure = replace(LAW, covariance_KK=LAW.covariance_KK / 2)
    twice = after_reading(after_reading(before, LAW, read), LAW, read)
    once = after_reading(before, sure, read)
    np.testing.assert_allclose(twice.means_BCD, once.means_BCD, atol=1e-9)
    np.testing.assert_allclose(twice.covariances_BCDD, once.covariances_BCDD, atol=1e-9)


def test_a_reading_that_says_nothing_changes_nothing() -> None:
    before = belief()
    after = after_reading(before, replace(LAW, gain_KK=np.zeros((2, 2))), np.array([[9.0, 9.0]]))
    np.testing.assert_allclose(after.means_BCD, before.means_BCD)
    np.testing.assert_allclose(after.weights_BC, before.weights_BC)


def test_bodies_do_not_touch_each_other() -> None:
    one, other = belief(0), belief(3)
    both = BodyBelief(
        MEASURES, CENTER, SCALE, *(np.concatenate([getattr(each, name) for each in (one, other)])
                                   for name in ("weights_BC", "means_BCD", "covariances_BCDD"))
    )  # fmt: skip
    reads = np.array([[0.4, -0.8], [1.0, 0.0]])
    together = after_reading(both, LAW, reads)
    np.testing.assert_allclose(together.rows(np.array([1])).means_BCD, after_reading(other, LAW, reads[1:]).means_BCD)
    mixed = both.with_rows(np.array([0]), after_reading(one, LAW, reads[:1]))
    np.testing.assert_allclose(mixed.means_BCD[0], together.means_BCD[0])
    np.testing.assert_allclose(mixed.means_BCD[1], other.means_BCD[0])
    assert both.means_BCD[0, 0, 0] == one.means_BCD[0, 0, 0], "what was believed before must stay"


def test_surprise_is_uniform_where_the_law_holds() -> None:
    before, rng = belief(parts=1), np.random.default_rng(5)
    z_ND = rng.multivariate_normal(before.means_BCD[0, 0], before.covariances_BCDD[0, 0], 4000)
    logs_ND = z_ND * SCALE + CENTER
    noise_NK = rng.multivariate_normal(np.zeros(2), LAW.covariance_KK, 4000)
    read_NK = (logs_ND[:, 1:] - logs_ND[:, :1]) @ LAW.gain_KK.T + LAW.offset_K + noise_NK
    rare_N = np.array([surprise(before, LAW, read[None])[0] for read in read_NK[:500]])
    assert np.mean(rare_N < 0.1) == pytest.approx(0.1, abs=0.04)
    assert surprise(before, LAW, read_NK[:1] + 40)[0] < 1e-9


def test_a_law_is_found_again() -> None:
    rng = np.random.default_rng(2)
    people_N = np.arange(3000)
    logs_NK = rng.normal(size=(3000, 2)) * 0.1 - 0.5
    noise_NK = rng.multivariate_normal(np.zeros(2), LAW.covariance_KK, 3000)
    found = Law.fitted(LAW.measures, logs_NK, logs_NK @ LAW.gain_KK.T + LAW.offset_K + noise_NK, people_N)
    np.testing.assert_allclose(found.gain_KK, LAW.gain_KK, atol=0.5)
    np.testing.assert_allclose(found.covariance_KK, LAW.covariance_KK, atol=0.03)


def test_a_person_of_many_photos_weighs_as_one() -> None:
    rng = np.random.default_rng(4)
    logs_NK, noise_NK = rng.normal(size=(200, 2)), rng.normal(size=(200, 2))
    often = np.concatenate([np.arange(200), np.repeat(0, 50)])
    plain = Law.fitted(LAW.measures, logs_NK, logs_NK + noise_NK, np.arange(200))
    repeated = Law.fitted(LAW.measures, logs_NK[often], (logs_NK + noise_NK)[often], often)
    np.testing.assert_allclose(repeated.gain_KK, plain.gain_KK, atol=1e-9)
    np.testing.assert_allclose(repeated.covariance_KK, plain.covariance_KK, atol=1e-9)
