"""The open borders of a sewn mesh, as ordered vertex loops with names."""

from __future__ import annotations

import numpy as np

from fitroom.wardrobe.patterns.pattern import Border, Panel, Pattern

_SIDED: dict[Border, str] = {"cuff": "cuff", "armhole": "armhole", "opening": "opening"}


def loop_name(pattern: Pattern, panel: Panel, edge_name: str, border: Border) -> str:
    """What the open border along an edge is called: "neck", "left_cuff", "right_leg" ..."""
    sides = [name.split("_")[0] for name in (edge_name, panel.name) if name.startswith(("left_", "right_"))]
    if border == "hem" and pattern.design.category in ("trousers", "shorts"):
        return f"{sides[0]}_leg"
    if border in _SIDED and sides:
        return f"{sides[0]}_{_SIDED[border]}"
    return border


def trace_loops(open_edges: dict[tuple[int, int], str]) -> dict[str, np.ndarray]:
    """Chain directed border edges of equal name.

    Args:
        open_edges: name by (start, stop) vertex, directed as in their face.

    Returns:
        Ordered vertex ids by name; closed loops do not repeat the first vertex. Where one name has several chains
        the later ones are numbered: "hem", "hem_2".
    """
    loops: dict[str, np.ndarray] = {}
    for name in sorted(set(open_edges.values())):
        after = {start: stop for (start, stop), label in open_edges.items() if label == name}
        chains = _chains(after)
        for number, chain in enumerate(chains, start=1):
            loops[name if number == 1 else f"{name}_{number}"] = np.array(chain, np.int32)
    return loops


def _chains(after: dict[int, int]) -> list[list[int]]:
    heads = sorted(set(after) - set(after.values()))
    chains = []
    left = dict(after)
    while left:
        here = heads.pop(0) if heads else min(left)
        chain = [here]
        while here in left:
            here = left.pop(here)
            chain.append(here)
        chains.append(chain[:-1] if chain[0] == chain[-1] else chain)
    return sorted(chains, key=len, reverse=True)
