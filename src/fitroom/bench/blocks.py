"""Taking turns: what is compared runs in short blocks, A B, B A, A B ..., so that a slow minute hits all sides alike.

None always follows the same other one: whoever comes second may be slower, whoever it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fitroom.bench.report import Spread
from fitroom.progress import log


def take_turns(sides: Mapping[str, Callable[[], float]], num_rounds: int) -> dict[str, Spread]:
    """Runs every side once a round, in their order and back again.

    Args:
        sides: by name, what runs one block and gives its rate, in photos/s.
        num_rounds: rounds that count; one more runs before them, to warm up.

    Returns:
        The rates of each side, one a round.
    """
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for round_number in range(num_rounds + 1):
        for name in list(sides)[:: -1 if round_number % 2 else 1]:
            rates[name].append(sides[name]())
        shown = "; ".join(f"{name} {values[-1]:.1f}/s" for name, values in rates.items())
        log.info("%s: %s", f"round {round_number} of {num_rounds}" if round_number else "warm-up round", shown)
    return {name: Spread(tuple(values[1:])) for name, values in rates.items()}


def ratio(ours: Spread, peer: Spread) -> Spread:
    """Ours over the peer's, round by round; above 1 = ours is the faster."""
    return Spread(tuple(a / b for a, b in zip(ours.values, peer.values, strict=True)))
