"""What each effort lets a model hear of a person: answers, with the errors that people and tapes make."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from fitroom.data.sizing.people import MEASURES, People
from fitroom.evaluation.size_advice.protocol import Effort, SizeAdviceProtocol

_TAPED = ("chest", "waist", "hip", "thigh", "neck", "upper_arm")


@dataclass(frozen=True, eq=False)
class Heard:
    """What N people answered under one effort.

    Attributes:
        values_ND: cm, kg, years by ``MEASURES``; NaN = not told.
        is_noisy_D: bool, answers that are not what was measured.
        sex_N: "female", "male", or None where it was not asked.
        rows: of the people who can answer so at all.
    """

    values_ND: np.ndarray
    is_noisy_D: np.ndarray
    sex_N: list[str | None]
    rows: np.ndarray


def hear(people: People, effort: Effort, protocol: SizeAdviceProtocol) -> Heard:
    """The answers of everybody who has them: told height and weight were asked by some surveys only."""
    table, values = people.table, people.values_ND
    asked_D = np.array([name in effort.asks for name in MEASURES])
    heard = np.where(asked_D, values, np.nan)
    is_noisy_D = np.zeros(len(MEASURES), bool)
    rows = np.ones(len(table), bool)
    for axis, name in enumerate(MEASURES):
        if asked_D[axis] and effort.told and f"told_{name}" in table:
            heard[:, axis], is_noisy_D[axis] = table[f"told_{name}"], True
            rows &= np.isfinite(heard[:, axis])
        elif asked_D[axis] and name in _TAPED:
            heard[:, axis] += protocol.tape_error_cm * _errors(people, name, protocol.seed)
            is_noisy_D[axis] = True
    sexes: list[str | None] = table["sex"].tolist() if effort.sex else [None] * len(table)
    return Heard(heard[rows], is_noisy_D, [sexes[row] for row in np.flatnonzero(rows)], np.flatnonzero(rows))


def _errors(people: People, measure: str, seed: int) -> np.ndarray:
    """(N,) standard normal errors of a tape: a function of the person, the measure and the seed alone."""
    found = []
    for person in people.table["person_id"]:
        digest = hashlib.sha256(f"{seed} {measure} {person}".encode()).digest()
        found.append(np.random.default_rng(int.from_bytes(digest[:8], "big")).standard_normal())
    return np.array(found)
