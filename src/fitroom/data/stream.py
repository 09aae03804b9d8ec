"""Which sample comes when: an endless sequence of seeded permutations, cut into global batches, dealt to ranks.

The batch of step s is a pure function of (seed, s). So a resumed run goes on in the middle of an epoch as if it had not
stopped, and one process and eight see the same global batches; each sample is seen once an epoch whatever the batch or
world size.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from torch.utils.data import Sampler

from fitroom.errors import ConfigError


class SampleKey(NamedTuple):
    """What a dataset is asked for: which sample, and in which epoch (its randomness depends on both)."""

    sample: int
    epoch: int


def sample_seed(seed: int, epoch: int, index: int, purpose: int = 0) -> int:
    """A 63-bit seed that depends on (seed, epoch, global sample index) alone, never on rank or worker."""
    return int(np.random.SeedSequence([seed, epoch, index, purpose]).generate_state(1, np.uint64)[0] >> 1)


def step_keys(num_samples: int, global_batch_size: int, seed: int, step: int) -> list[SampleKey]:
    """The keys of the global batch of ``step``, in order."""
    first = step * global_batch_size
    keys = []
    for position in range(first, first + global_batch_size):
        epoch, place = divmod(position, num_samples)
        keys.append(SampleKey(int(_permutation(num_samples, seed, epoch)[place]), epoch))
    return keys


@lru_cache(maxsize=2)
def _permutation(num_samples: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(num_samples)


class StepBatchSampler(Sampler[list[SampleKey]]):
    """One rank's share of every global batch, from ``start_step`` to the last.

    Args:
        num_samples: size of the data set.
        global_batch_size: samples a step over all ranks; a multiple of ``world_size``.
        num_steps: steps of the whole run.
        seed: of the run.
        rank, world_size: this process, and how many there are.
        start_step: first step to give, after a resume.

    Raises:
        ConfigError: the batch cannot be dealt evenly, or there are no samples.
    """

    def __init__(
        self,
        num_samples: int,
        global_batch_size: int,
        num_steps: int,
        seed: int,
        rank: int = 0,
        world_size: int = 1,
        start_step: int = 0,
    ) -> None:
        if num_samples < 1:
            raise ConfigError(
                "there is nothing to train on", rule="at least one sample in the fit part", got=num_samples
            )
        if global_batch_size % world_size:
            raise ConfigError(
                "the global batch cannot be dealt evenly",
                rule="batch_size is a multiple of the number of processes",
                got=f"batch_size {global_batch_size}, {world_size} processes",
            )
        self.num_samples, self.global_batch_size, self.num_steps = num_samples, global_batch_size, num_steps
        self.seed, self.rank, self.world_size, self.start_step = seed, rank, world_size, start_step

    def __len__(self) -> int:
        """Steps of the whole run, including those a resumed run skips: Lightning counts on from where it was."""
        return self.num_steps

    def __iter__(self) -> Iterator[list[SampleKey]]:
        share = self.global_batch_size // self.world_size
        for step in range(self.start_step, self.num_steps):
            keys = step_keys(self.num_samples, self.global_batch_size, self.seed, step)
            yield keys[self.rank * share : (self.rank + 1) * share]
