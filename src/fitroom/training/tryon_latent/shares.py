"""How many bytes of weights are gathered at a time where each process holds a share of the network."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from fitroom.models.tryon_latent.shared import LatentNetwork


def gathered_bytes(model: LatentNetwork, frozen_bytes: int) -> float:
    """At most, beside what a process holds: the outermost part, and the two largest others at once.

    Args:
        model: as it is trained; may be on the meta device.
        frozen_bytes: of a number that is not trained.
    """
    of_part: dict[nn.Module, float] = {}
    seen: set[nn.Parameter] = set()
    for part in model.sharded_parts():
        of_part[part] = num_bytes((p for p in part.parameters() if p not in seen), frozen_bytes)
        seen.update(part.parameters())
    outermost = of_part.pop(model.network)
    return outermost + sum(sorted(of_part.values())[-2:])


def num_bytes(parameters: Iterable[nn.Parameter], frozen_bytes: int) -> float:
    """Of trained numbers, four bytes each, and of others."""
    return float(sum(p.numel() * (4 if p.requires_grad else frozen_bytes) for p in parameters))
