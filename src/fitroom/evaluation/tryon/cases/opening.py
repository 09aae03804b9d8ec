"""The sets of cases that can be scored: a wardrobe, VITON-HD, DressCode and VITON, all of one form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fitroom.config import nearest
from fitroom.data.pairs.dresscode import CATEGORIES, DressCode
from fitroom.data.pairs.viton import Viton
from fitroom.data.pairs.viton_hd import VitonHd
from fitroom.errors import EvaluationError
from fitroom.evaluation.tryon.cases.case_set import Case, CaseSet, References
from fitroom.evaluation.tryon.cases.pairs import pair_cases
from fitroom.evaluation.tryon.cases.wardrobe import KINDS, wardrobe_cases

__all__ = [
    "DATA", "KINDS", "PAIRS", "Case", "CaseSet", "References", "dresscode_cases", "open_cases", "viton_cases",
    "viton_hd_cases", "wardrobe_cases",
]  # fmt: skip

DATA = ("wardrobe", "viton-hd", "dresscode", "viton")
PAIRS = ("paired", "unpaired")


def open_cases(
    data: str,
    root: str | Path,
    split: str = "test",
    kinds: Sequence[str] = (),
    pairs: str | None = None,
    clean: bool = False,
    categories: Sequence[str] = (),
) -> CaseSet:
    """The set of cases of that name.

    Args:
        data: one of :data:`DATA`.
        root: its folder.
        split: of the data set.
        kinds: of the wardrobe's cases, of :data:`KINDS`; none = all.
        pairs: "paired" or "unpaired"; not for the wardrobe, whose cases say it themselves.
        clean: VITON without the pairs that share a photo with its train split.
        categories: of DressCode; none = all.

    Raises:
        EvaluationError: an unknown name, or a setting that this set does not have.
        DataError: what the reader of the set finds.
    """
    _check_settings(data, kinds, pairs, clean, categories)
    paired = pairs == "paired"
    if data == "wardrobe":
        return wardrobe_cases(root, split, kinds)
    if data == "viton-hd":
        return viton_hd_cases(root, paired, split)
    if data == "dresscode":
        return dresscode_cases(root, paired, categories or CATEGORIES, split)
    return viton_cases(root, paired, clean, split)


def viton_hd_cases(root: str | Path, paired: bool, split: str = "test") -> CaseSet:
    """The pairs of VITON-HD; errors as :func:`open_cases`."""
    return pair_cases(VitonHd(root, split, paired))


def dresscode_cases(
    root: str | Path, paired: bool, categories: Sequence[str] = CATEGORIES, split: str = "test"
) -> CaseSet:
    """The pairs of some categories of DressCode; case ids begin with the category. Errors as :func:`open_cases`."""
    return pair_cases(DressCode(root, split, paired, categories))


def viton_cases(root: str | Path, paired: bool, clean: bool = False, split: str = "test") -> CaseSet:
    """The pairs of VITON, ``clean`` without what shares a photo with the train split; errors as :func:`open_cases`."""
    return pair_cases(Viton(root, split, paired, clean))


def _check_settings(data: str, kinds: Sequence[str], pairs: str | None, clean: bool, categories: Sequence[str]) -> None:
    if data not in DATA:
        raise EvaluationError(
            "there is no such data set to score on", rule=", ".join(DATA), got=data, fix=nearest(data, DATA)
        )
    if data != "wardrobe" and pairs not in PAIRS:
        raise EvaluationError(f"{data} needs to know which pairs", rule=" or ".join(PAIRS), got=pairs)
    belongs = {
        "kinds": (kinds, data == "wardrobe"),
        "pairs": (pairs, data != "wardrobe"),
        "clean": (clean, data == "viton"),
        "categories": (categories, data == "dresscode"),
    }
    foreign = [name for name, (value, fits) in belongs.items() if value and not fits]
    if foreign:
        raise EvaluationError(f"{data} has no {' and no '.join(foreign)} to choose", fix="leave the setting out")
