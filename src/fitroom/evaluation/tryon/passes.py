"""One pass: the protocols that look at the same pictures, their cases together, and every entrant measured on each.

A case is decoded once, its truth is measured once, and all entrants are shown in turn; each thread has a case of its
own. Memory does not grow with the number of cases beyond the rows themselves.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fitroom import __version__
from fitroom.evaluation.shards import Shards
from fitroom.evaluation.tryon.cases.opening import Case, CaseSet, open_cases
from fitroom.evaluation.tryon.catalogue import METRICS
from fitroom.evaluation.tryon.entrants import Entrant
from fitroom.evaluation.tryon.measuring.across import add_leaks, add_size_steps
from fitroom.evaluation.tryon.measuring.instruments import Instruments
from fitroom.evaluation.tryon.measuring.journal import Journal
from fitroom.evaluation.tryon.measuring.look import OF_LOOK, Truth, prepare
from fitroom.evaluation.tryon.measuring.measure import measure
from fitroom.evaluation.tryon.measuring.side_by_side import side_by_side
from fitroom.evaluation.tryon.protocol import TryOnProtocol
from fitroom.evaluation.tryon.samples import feature_columns, label_columns, mean_columns
from fitroom.images import pixel_sha256, resize_filtered_u8
from fitroom.progress import track

DRAWN_S = "drawn_s"  # seconds that the entrant took for a picture; not part of any score


@dataclass(frozen=True)
class Pass:
    """Protocols with one way of looking at one set of cases.

    Attributes:
        protocols: at least one; all alike in ``look.OF_LOOK``.
        cases: of all of them together.
        wanted: per-sample columns of all of them.
    """

    protocols: tuple[TryOnProtocol, ...]
    cases: CaseSet
    wanted: tuple[str, ...]

    @property
    def recipe(self) -> TryOnProtocol:
        """Any of the protocols, for what they have in common."""
        return self.protocols[0]

    def rows_of(self, protocol: TryOnProtocol, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows that belong to one of the protocols."""
        return [row for row in rows if not protocol.kinds or row["kind"] in protocol.kinds]


def make_passes(protocols: Sequence[TryOnProtocol], root: Path) -> list[Pass]:
    """The protocols grouped by how they look, each group with its cases."""
    groups: dict[tuple[Any, ...], list[TryOnProtocol]] = {}
    for protocol in protocols:
        groups.setdefault(tuple(getattr(protocol, name) for name in OF_LOOK), []).append(protocol)
    return [_make_pass(group, root) for group in groups.values()]


def cases_of(protocol: TryOnProtocol, root: Path, kinds: Sequence[str] | None = None) -> CaseSet:
    """The cases of a protocol; ``kinds`` instead of its own where given."""
    pairs = None if protocol.pairs == "as planned" else protocol.pairs
    kinds = protocol.kinds if kinds is None else kinds
    return open_cases(protocol.data, root, protocol.split, kinds, pairs, protocol.clean)


def run_pass(
    one: Pass, entrants: Sequence[Entrant], instruments: Instruments, results: Path, shards: Shards
) -> dict[str, list[dict[str, Any]]]:
    """Measures every entrant on every case.

    Args:
        one: what to look at.
        entrants: who.
        instruments: what measures.
        results: folder of the records, where the journal lies meanwhile.
        shards: this process among those that share the cases.

    Returns:
        By "name revision" of the entrant, its rows in the order of the cases, complete on every rank.
    """
    journals = {_key(e): Journal(results, _journal_key(one, e, instruments), shards.rank) for e in entrants}
    # Read once: a journal that another process has already begun to write would be shared out otherwise.
    done = shards.from_first(lambda: {name: journal.read() for name, journal in journals.items()})
    todo = [i for i, case in enumerate(one.cases.cases) if any(case.case_id not in rows for rows in done.values())]
    mine = shards.mine(todo)

    def measured(index_and_row: tuple[int, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        case, row = one.cases.cases[index_and_row[0]], index_and_row[1]
        missing = {_key(e): e for e in entrants if case.case_id not in done[_key(e)]}
        truth, found = _truth(one, row, instruments), {}
        for name, entrant in missing.items():
            found[name] = _measured(one, case, row, truth, entrant, instruments)
            journals[name].add(found[name])
        return found

    rows = ((index, one.cases.row(index)) for index in mine)  # read by one thread, measured by many
    cases = side_by_side(measured, rows)
    if shards.rank == 0:
        cases = track(cases, f"measuring {len(entrants)} on {one.cases.name}", len(mine))
    for _, found in cases:
        for name, row in found.items():
            done[name][row["case_id"]] = row
    gathered = shards.gather({name: {i: rows[i] for i in rows} for name, rows in done.items()})
    merged = {name: {k: v for part in gathered for k, v in part[name].items()} for name in done}
    return {name: _finished(one, rows) for name, rows in merged.items()}


def forget(one: Pass, entrants: Sequence[Entrant], instruments: Instruments, results: Path) -> None:
    """Removes the journals of a pass whose records are written."""
    for entrant in entrants:
        Journal(results, _journal_key(one, entrant, instruments)).forget()


def compared(picture_u8: np.ndarray, one: Pass) -> np.ndarray:
    """A prediction at the size at which it is compared."""
    height, width = compared_size(one, picture_u8)
    if picture_u8.shape[:2] == (height, width):
        return picture_u8
    return resize_filtered_u8(picture_u8, height, width, one.recipe.prediction_filter)


def compared_size(one: Pass, picture_u8: np.ndarray | None) -> tuple[int, int]:
    """(height, width) of comparison under the pass's protocols."""
    recipe = one.recipe
    if recipe.score_at == "fixed":
        return recipe.height_px, recipe.width_px
    if recipe.score_at == "prediction" and picture_u8 is not None:
        return picture_u8.shape[0], picture_u8.shape[1]
    return one.cases.height_px, one.cases.width_px


def _make_pass(protocols: list[TryOnProtocol], root: Path) -> Pass:
    kinds = sorted({kind for protocol in protocols for kind in protocol.kinds})
    if any(not protocol.kinds for protocol in protocols):
        kinds = []
    wanted = {column for p in protocols for column in (*mean_columns(p), *label_columns(p), *feature_columns(p))}
    return Pass(tuple(protocols), cases_of(protocols[0], root, kinds), tuple(sorted(wanted)))


def _truth(one: Pass, row: dict[str, Any], instruments: Instruments) -> Truth:
    return prepare(row, one.recipe, instruments, compared_size(one, None))


def _measured(
    one: Pass, case: Case, row: dict[str, Any], truth: Truth, entrant: Entrant, instruments: Instruments
) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: getattr(case, name)
        for name in ("case_id", "kind", "person_id", "garment_id", "group_id", "category", "region", "size")
    }
    start = time.perf_counter()
    picture_u8 = entrant.draw(case, row)
    found[DRAWN_S] = round(time.perf_counter() - start, 4)
    if picture_u8 is None:
        return found | {"pixels_sha256": None}
    found["pixels_sha256"] = pixel_sha256(picture_u8)
    size = compared_size(one, picture_u8)
    if truth.worn_u8 is not None and truth.worn_u8.shape[:2] != size:
        truth = prepare(row, one.recipe, instruments, size)
    in_sets_u8 = picture_u8 if one.recipe.sets_at == "own" else None
    return found | measure(truth, compared(picture_u8, one), one.wanted, in_sets_u8)


def _finished(one: Pass, rows: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """In the order of the cases, with what compares cases."""
    ordered = [rows[case.case_id] for case in one.cases.cases]
    if "size_monotone" in one.wanted:
        add_size_steps(ordered)
    if "leak_cm" in one.wanted:
        add_leaks(ordered)
    return ordered


def _key(entrant: Entrant) -> str:
    return f"{entrant.entry.name} {entrant.entry.revision}"


def _journal_key(one: Pass, entrant: Entrant, instruments: Instruments) -> dict[str, Any]:
    look = {name: getattr(one.recipe, name) for name in OF_LOOK}
    needs = sorted({METRICS[name].needs for protocol in one.protocols for name in protocol.metrics} - {""})
    return {
        "look": look, "cases": one.cases.digest, "wanted": list(one.wanted), "entrant": _key(entrant),
        "bundle": entrant.entry.bundle_hash, "missing": sorted(entrant.missing), "needs": needs,
        "instruments": instruments.hashes, "fitroom": __version__,
    }  # fmt: skip
