"""The model card, in Markdown: what the bundle is for, what it was fitted to, what was measured, where it ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fitroom.bundles.body_photo_card import body_photo_card
from fitroom.bundles.card_parts import rendered, start_weights
from fitroom.bundles.outfits_card import outfits_card
from fitroom.bundles.parser_card import parser_card
from fitroom.bundles.search_card import search_card
from fitroom.bundles.sizing_card import sizing_card
from fitroom.bundles.spec import BundleSpec
from fitroom.bundles.tryon_card import tryon_card
from fitroom.bundles.tryon_latent_card import tryon_latent_card
from fitroom.contracts import Head

_OWN_CARDS: dict[str, Callable[[BundleSpec], str]] = {
    "parser": parser_card,
    "tryon": tryon_card,
    "tryon_latent": tryon_latent_card,
    "sizing": sizing_card,
    "body_photo": body_photo_card,
    "outfits": outfits_card,
    "search": search_card,
}
NUMBERS, PARITY, FAILURES = "Measured", "Agreement of the runtimes", "Known failures"
NOT_MEASURED = (
    "Nothing is recorded with this bundle. `fitroom evaluate` measures it; `fitroom export` writes the result here."
)
RESIZE = {
    "squash": "stretched to the input size, whatever its aspect ratio",
    "crop": "scaled to cover the input size, its centre cut out",
    "pad": "scaled to fit inside the input size, on its mean colour",
}


def render_card(spec: BundleSpec, records: Sequence[Mapping[str, Any]] = ()) -> str:
    """The card of a bundle.

    Args:
        spec: what its ``bundle.json`` says.
        records: see :func:`numbers_section`; without any the card says that nothing was measured.
    """
    if spec.kind in _OWN_CARDS:
        return _OWN_CARDS[spec.kind](spec)
    sections = {
        "Intended use": _intended_use(spec),
        "Answers": "\n".join(_head_line(head) for head in spec.heads) or "See the config.",
        "Data": _data(spec),
        NUMBERS: numbers_section(records, spec.revision),
        "Calibration": _calibration(spec),
        PARITY: parity_section(spec.parity),
        "Limits": _limits(spec),
        "Licence": f"{spec.license}. {start_weights(spec)}",
    }
    return rendered(spec, "A garment recogniser", sections)


def with_section(card: str, title: str, body: str) -> str:
    """The card with the section ``title`` replaced, or added at its end; all other text stays as it is."""
    section = f"## {title}\n{body}\n"
    pattern = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if pattern.search(card):
        return pattern.sub(lambda match: section + ("\n" if match.end() < len(card) else ""), card, count=1)
    return f"{card.rstrip()}\n\n{section}"


def numbers_section(records: Sequence[Mapping[str, Any]], revision: str | None = None) -> str:
    """A table of measured scores.

    Args:
        records: one mapping for each evaluation: ``protocol`` (name@version), ``num_images``, and ``scores``: name to a
            number, or to a mapping with ``value`` and optionally ``low`` and ``high`` (95 % interval); a value of None
            is shown as not measured. Optionally ``revision`` and ``seed`` of the weights that were scored, and
            ``num_seen``, how many of the photos they had learned from.
        revision: of the bundle; rows of another revision are marked, and told from its own in words.
    """
    if not records:
        return NOT_MEASURED
    lines = ["| weights | protocol | photos | score | value | 95 % interval |", "|---|---|---|---|---|---|"]
    for record in records:
        weights = _weights(record, revision)
        photos = str(record["num_images"])
        if record.get("num_seen"):
            photos += f", {record['num_seen']} of them learned from"
        for name, score in record["scores"].items():
            value, interval = _score(score)
            lines.append(f"| {weights} | {record['protocol']} | {photos} | {name} | {value} | {interval} |")
    if not any(_is_own(record, revision) for record in records):
        lines[:0] = ["These weights were not scored themselves. The rows are of other trainings under this name.", ""]
    return "\n".join(lines)


def _is_own(record: Mapping[str, Any], revision: str | None) -> bool:
    return revision is None or record.get("revision", revision) == revision


def _weights(record: Mapping[str, Any], revision: str | None) -> str:
    if _is_own(record, revision):
        return "these"
    seed = "" if record.get("seed") is None else f", seed {record['seed']}"
    return f"`{record['revision']}`{seed}"


def parity_section(parity: Mapping[str, Any] | None) -> str:
    """What the parity check at export found."""
    if parity is None:
        return "No ONNX graph in this bundle."
    return (
        f"`model.onnx` (opset {parity['opset']}) answered {len(parity['photo_sizes_px'])} photos of different shapes, "
        f"in batches of {', '.join(map(str, parity['batch_sizes']))}, as PyTorch does: "
        f"calibrated probabilities differ by {parity['max_probability_difference']:.1e} at most "
        f"(allowed: {parity['tolerance']:.0e}), embeddings by {parity['max_embedding_difference']:.1e}; "
        f"{parity['num_different_answers']} answers differ."
    )


def _score(score: Any) -> tuple[str, str]:
    if isinstance(score, Mapping):
        interval = "-" if score.get("low") is None else f"{score['low']:.4f} to {score['high']:.4f}"
        return _score(score.get("value"))[0], interval
    return ("not measured" if score is None else f"{score:.4f}"), "-"


def _intended_use(spec: BundleSpec) -> str:
    size = f"{spec.preprocessing.width_px} x {spec.preprocessing.height_px} px"
    return (
        "Naming what is on a photo of one piece of clothing, and comparing garments by their embedding. "
        'An answer below the calibrated threshold is "unknown" and should go to a person. '
        "It is not made to describe people, and says nothing about who wears a garment.\n\n"
        f"A photo is turned upright, laid on white where transparent, and {RESIZE[spec.preprocessing.resize]} "
        f"({size})."
    )


def _head_line(head: Head) -> str:
    if head.kind == "regression":
        return f"- **{head.name}**: a number from {head.low:g} to {head.high:g}"
    what = "one of" if head.kind == "single" else "any of"
    return f"- **{head.name}**: {what} {', '.join(head.classes)}"


def _data(spec: BundleSpec) -> str:
    return (
        f"Fitted to, or chosen by, {spec.training.num_images} different photos (data digest "
        f"`{spec.training.data_digest[:12]}`, seed {spec.training.seed}). Their content hashes are in "
        "`trained_on.json`, so that an evaluation can refuse photos the model has seen."
    )


def _calibration(spec: BundleSpec) -> str:
    lines = [
        f'- **{name}**: temperature {c.temperature:.3f}, "unknown" below {c.threshold:.3f}; {c.source}'
        for name, c in spec.calibration.items()
    ]
    return "\n".join(lines) or "None: confidences are those of the bare network."


def _limits(spec: BundleSpec) -> str:
    return (
        "- It knows the labels above and no others; a garment of another kind gets the nearest of them, or "
        '"unknown".\n'
        "- One garment a photo. With several in view the answer is about one of them, and it does not say which.\n"
        "- Confidences are calibrated for photos like those it was fitted to; other cameras, markets or styles need "
        "a new calibration.\n"
        f"- It sees {spec.preprocessing.width_px} x {spec.preprocessing.height_px} px: details smaller than that "
        "cannot decide."
    )
