"""``fitroom evaluate``: the protocol says what kind of model is judged, and so who judges it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import yaml

from fitroom.config import nearest
from fitroom.errors import EvaluationError

Run = Callable[[Sequence[str]], int]
Judge = Callable[[], Run]  # imports its room only when it is asked


def main(argv: Sequence[str] | None = None) -> int:
    """Hands the words to the evaluation of the task that their protocols belong to."""
    from fitroom.evaluation.body_photo.protocol import PROTOCOLS as OF_BODY_PHOTOS
    from fitroom.evaluation.fit_feedback.protocol import PROTOCOLS as OF_FEEDBACK
    from fitroom.evaluation.outfits.protocol import PROTOCOLS as OF_OUTFITS
    from fitroom.evaluation.recognition.protocol import PROTOCOLS as OF_RECOGNITION
    from fitroom.evaluation.search.protocol import PROTOCOLS as OF_SEARCH
    from fitroom.evaluation.size_advice.protocol import PROTOCOLS as OF_SIZES
    from fitroom.evaluation.tryon.protocol import PROTOCOLS as OF_TRYON

    words = list(argv or [])
    asked = protocols_in(words)
    judges: dict[str, tuple[Collection[str], Judge]] = {
        "recognisers": (OF_RECOGNITION, _recognition),
        "try-on models": (OF_TRYON, _tryon),
        "body models": (OF_SIZES, _sizes),
        "readers of bodies": (OF_BODY_PHOTOS, _body_photos),
        "fit feedback": (OF_FEEDBACK, _feedback),
        "outfits": (OF_OUTFITS, _outfits),
        "search": (OF_SEARCH, _search),
    }
    known = [name for protocols, _ in judges.values() for name in protocols]
    if unknown := [name for name in asked if name not in known]:
        raise EvaluationError(f"unknown protocol {unknown[0]!r}", rule="name@version", fix=nearest(unknown[0], known))
    kinds = [judge for protocols, judge in judges.values() if any(name in protocols for name in asked)]
    if len(kinds) > 1:
        raise EvaluationError(
            "protocols of two kinds of models in one call", got=asked, rule=f"all of one kind: {', '.join(judges)}",
            fix="evaluate in two calls",
        )  # fmt: skip
    return (kinds[0] if kinds else _recognition)()(words)


def _recognition() -> Run:
    from fitroom.evaluation.recognition.runner import main

    return main


def _tryon() -> Run:
    from fitroom.evaluation.tryon.runner import main

    return main


def _sizes() -> Run:
    from fitroom.evaluation.size_advice.runner import main

    return main


def _body_photos() -> Run:
    from fitroom.evaluation.body_photo.runner import main

    return main


def _feedback() -> Run:
    from fitroom.evaluation.fit_feedback.runner import main

    return main


def _outfits() -> Run:
    from fitroom.evaluation.outfits.runner import main

    return main


def _search() -> Run:
    from fitroom.evaluation.search.runner import main

    return main


def protocols_in(words: Sequence[str]) -> list[str]:
    """The protocols that words and the config files among them name."""
    found: list[str] = []
    for place, word in enumerate(words):
        name, has_value, value = word.partition("=")
        following = value if has_value else next(iter(words[place + 1 : place + 2]), "")
        if re.fullmatch(r"--protocols?\+?", name):
            found += re.findall(r"[\w./-]+@\d+", following) or [following]
        elif name == "--config" and Path(following).is_file():
            found += _in_file(Path(following))
    return found


def _in_file(path: Path) -> list[str]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return []  # the config's own reader says what is wrong with it
    if not isinstance(values, dict):
        return []
    several = values.get("protocols") or []
    one = [values["protocol"]] if values.get("protocol") else []
    return [str(name) for name in (*one, *(several if isinstance(several, list) else []))]
