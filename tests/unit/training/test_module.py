"""A select part that does not divide by the processes is looked at with repeats, which do not count."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest
from torch import nn
from torch.utils.data import DataLoader, DistributedSampler

from fitroom.training.config import RunConfig
from fitroom.training.module import RunModule


@pytest.mark.parametrize("num_samples", [1, 2, 5, 8, 13])
@pytest.mark.parametrize("world_size", [1, 2, 3, 8])
@pytest.mark.parametrize("batch_size", [1, 4])
def test_each_sample_of_the_select_part_counts_once(num_samples: int, world_size: int, batch_size: int) -> None:
    counted: Counter[int] = Counter()
    for rank in range(world_size):
        dataset = range(num_samples)
        sampler = DistributedSampler(dataset, world_size, rank, shuffle=False)  # type: ignore[arg-type]
        loader = DataLoader(dataset, batch_size=batch_size, sampler=sampler)  # type: ignore[arg-type]
        module = RunModule(nn.Identity(), RunConfig(name="run", precision="32-true"), num_steps=1)
        trainer = SimpleNamespace(val_dataloaders=[loader], global_rank=rank, world_size=world_size)
        module._trainer = trainer  # type: ignore[assignment]
        module._fabric = None
        for batch_idx, batch in enumerate(loader):
            counted.update(batch.tolist()[: module.not_repeated(batch_idx, len(batch))])
    assert counted == dict.fromkeys(range(num_samples), 1)
