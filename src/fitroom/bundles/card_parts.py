"""What the model cards of all kinds are put together from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fitroom.bundles.spec import BundleSpec


def rendered(spec: BundleSpec, what: str, sections: Mapping[str, str]) -> str:
    """The card, in Markdown: a title that says what the bundle is, and its sections in their order."""
    title = f"# {spec.name}\n\n{what}, revision `{spec.revision}`, written by fitroom {spec.fitroom}.\n"
    return title + "".join(f"\n## {name}\n{body}\n" for name, body in sections.items())


def measured_table(measured: Mapping[str, Any] | None) -> str:
    """A row for each score."""
    if not measured:
        return "Nothing is recorded with this bundle."
    rows = [f"| {name} | {_number(value)} |" for name, value in measured.items()]
    return "\n".join(["| score | value |", "|---|---|", *rows])


def _number(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def start_weights(spec: BundleSpec) -> str:
    if spec.weights.source == "none":
        return "Trained from random weights."
    terms = spec.weights.license or "licence not stated"
    return f"Start weights: {spec.weights.source} ({terms})."
