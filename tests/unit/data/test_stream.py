from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitroom.data.stream import SampleKey, StepBatchSampler, sample_seed, step_keys
from fitroom.errors import ConfigError


def keys_of(sampler: StepBatchSampler) -> list[SampleKey]:
    return [key for batch in sampler for key in batch]


@pytest.mark.parametrize(("num_samples", "batch_size"), [(10, 5), (10, 4), (7, 3), (5, 12), (1, 4)])
@pytest.mark.parametrize("world_size", [1, 2])
def test_each_sample_comes_once_an_epoch(num_samples, batch_size, world_size):
    if batch_size % world_size:
        pytest.skip("not dealt evenly")
    num_steps = -(-6 * num_samples // batch_size)
    seen = Counter(
        key
        for rank in range(world_size)
        for key in keys_of(StepBatchSampler(num_samples, batch_size, num_steps, 3, rank, world_size))
    )
    assert max(seen.values()) == 1
    for epoch in range(num_steps * batch_size // num_samples):
        assert {key.sample for key in seen if key.epoch == epoch} == set(range(num_samples))


@pytest.mark.parametrize("world_size", [2, 3, 6])
def test_the_ranks_shares_put_together_are_the_batch_of_one_process(world_size):
    whole = list(StepBatchSampler(10, 6, 9, seed=1))
    shares = [list(StepBatchSampler(10, 6, 9, 1, rank, world_size)) for rank in range(world_size)]
    for step, batch in enumerate(whole):
        assert [key for share in shares for key in share[step]] == batch


@pytest.mark.parametrize("start_step", [0, 1, 4, 9])
def test_a_later_start_goes_on_in_the_same_sequence(start_step):
    whole = list(StepBatchSampler(7, 4, 9, seed=2))
    rest = StepBatchSampler(7, 4, 9, seed=2, start_step=start_step)
    assert list(rest) == whole[start_step:]
    assert len(rest) == 9, "Lightning counts on from the step it stopped at"


def test_a_batch_reaches_over_the_end_of_an_epoch():
    first, second = step_keys(5, 4, seed=0, step=0), step_keys(5, 4, seed=0, step=1)
    assert [key.epoch for key in first + second] == [0, 0, 0, 0, 0, 1, 1, 1]


def test_micro_batches_are_the_pieces_of_the_batch():
    whole = keys_of(StepBatchSampler(11, 8, 5, seed=4))
    assert keys_of(StepBatchSampler(11, 4, 10, seed=4)) == whole


def test_order_depends_on_seed_and_epoch():
    def order(seed: int, epoch: int) -> list[int]:
        return [key.sample for key in step_keys(50, 50, seed, epoch)]

    assert order(0, 0) == order(0, 0)
    assert len({tuple(order(seed, epoch)) for seed in (0, 1) for epoch in (0, 1)}) == 4


def test_the_seed_of_a_sample_depends_on_each_of_its_parts():
    seeds = {sample_seed(*parts) for parts in np.ndindex(3, 4, 50, 3)}
    assert len(seeds) == 3 * 4 * 50 * 3
    assert all(0 <= seed < 2**63 for seed in seeds)


@pytest.mark.parametrize(("num_samples", "batch_size", "world_size"), [(0, 4, 1), (10, 5, 2), (10, 4, 3)])
def test_what_cannot_be_dealt_is_refused(num_samples, batch_size, world_size):
    with pytest.raises(ConfigError):
        StepBatchSampler(num_samples, batch_size, 1, 0, 0, world_size)


@given(
    num_samples=st.integers(1, 60),
    share=st.integers(1, 4),
    world_size=st.integers(1, 16),
    accumulate=st.integers(1, 3),
    stopped=st.integers(0, 4),
    later_world_size=st.sampled_from([1, 2]),
)
def test_each_sample_once_an_epoch_on_any_number_of_processes_also_after_a_stop(
    num_samples, share, world_size, accumulate, stopped, later_world_size
):
    micro_batch = share * world_size * later_world_size
    num_steps = accumulate * -(-3 * num_samples // (micro_batch * accumulate))
    stopped = min(stopped * accumulate, num_steps)
    seen: Counter[SampleKey] = Counter()
    for rank in range(world_size):
        before = list(StepBatchSampler(num_samples, micro_batch, num_steps, 5, rank, world_size))[:stopped]
        seen.update(key for batch in before for key in batch)
    for rank in range(later_world_size):
        after = StepBatchSampler(num_samples, micro_batch, num_steps, 5, rank, later_world_size, stopped)
        seen.update(keys_of(after))
    assert set(seen.values()) == {1}
    for epoch in range(num_steps * micro_batch // num_samples):
        assert {key.sample for key in seen if key.epoch == epoch} == set(range(num_samples))
