"""What every export begins with, and the card that both kinds of try-on model ship with."""

from __future__ import annotations

import os
from pathlib import Path

from fitroom.bundles import Bundle, open_bundle, resolve_bundle
from fitroom.bundles.card import FAILURES, NUMBERS, PARITY, numbers_section, with_section
from fitroom.bundles.card_parts import measured_table
from fitroom.bundles.format import CARD
from fitroom.errors import BundleError
from fitroom.evaluation.tryon.records import read_record


def source_for(run: Path, out: Path) -> Bundle:
    """The bundle of a run, or at ``run``, verified, that is to ship as ``out``.

    Raises:
        BundleError: no bundle there, a broken one, or ``out`` exists.
    """
    source = open_bundle(resolve_bundle(run))
    if os.path.lexists(out):
        raise BundleError("the folder exists already", where=out, rule="a new folder", fix="remove it or name another")
    return source


def tryon_card(source: Bundle, proof: str, results: Path | None, known_failures: str) -> bytes:
    """The card of a try-on bundle with what was proved, scored and seen to fail.

    Args:
        source: the bundle, whose card is carried on.
        proof: Markdown: how the shipped pipeline was checked.
        results: folder of result records; those of this revision go into the card. None, or none there = the card
            keeps what it says.
        known_failures: Markdown; empty = the card keeps what it says.

    Raises:
        EvaluationError: a record in ``results`` cannot be read.
    """
    spec = source.spec
    card = with_section((source.path / CARD).read_text(encoding="utf-8"), PARITY, proof)
    files = sorted((results / spec.name / spec.revision).glob("*.json")) if results is not None else []
    if files:
        own = [measured_table(spec.measured)] if spec.measured else []
        scores = numbers_section([read_record(file).card_numbers() for file in files], spec.revision)
        card = with_section(card, NUMBERS, "\n\n".join([*own, scores]))
    if known_failures:
        card = with_section(card, FAILURES, known_failures.strip())
    return card.encode()
