"""Which try-on protocols a folder can serve: each is tried, as an evaluation would open its cases."""

from __future__ import annotations

from pathlib import Path

from fitroom.errors import DataError, EvaluationError
from fitroom.evaluation.tryon.cases.opening import open_cases
from fitroom.evaluation.tryon.protocol import PROTOCOLS, TryOnProtocol


def servable(data: str, root: Path) -> list[str]:
    """One line a protocol: its number of cases in the folder, or what is missing.

    Args:
        data: what the folder is, as a protocol's ``data`` names it.
        root: the folder.
    """
    tried: dict[tuple[object, ...], str] = {}
    lines = ["try-on protocols it can serve:"]
    for make in PROTOCOLS.values():
        protocol = make()
        key = (protocol.data, protocol.split, *protocol.kinds, protocol.pairs, protocol.clean)
        if key not in tried:
            tried[key] = _cases(protocol, root) if protocol.data == data else f"no: it scores {protocol.data}"
        lines.append(f"  {protocol.id}: {tried[key]}")
    return lines


def _cases(protocol: TryOnProtocol, root: Path) -> str:
    pairs = None if protocol.data == "wardrobe" else protocol.pairs
    try:
        cases = open_cases(protocol.data, root, protocol.split, protocol.kinds, pairs, protocol.clean)
    except (DataError, EvaluationError) as error:
        return f"no: {error.what}" + (f" ({error.where})" if error.where not in (None, root) else "")
    return f"yes, cases: {len(cases)}"
