"""The model card of a search network: what it compares, what it learned from, what was measured, where it ends."""

from __future__ import annotations

from fitroom.bundles.card_parts import measured_table, rendered, start_weights
from fitroom.bundles.spec import BundleSpec


def search_card(spec: BundleSpec) -> str:
    """The card, in Markdown; numbers come from ``spec.measured``."""
    seen, model = spec.preprocessing, spec.model
    size = f"{seen.width_px} x {seen.height_px} px"
    sections = {
        "Intended use": "Finding the product of a catalogue that somebody wears in a photo, and products that look "
        "like another. It compares cloth; it is not made to recognise who wears it, or to say anything about them.",
        "What it reads": f"One garment, cut out and laid on grey, {size}, and its mask: of a photo of a person by a "
        "parser, of a shop photo on a plain ground by the ground's colour. It gives "
        f"{model.get('dim')} numbers; the inner product of two garments' is their similarity." + _second_stage(spec),
        "Data": f"Fitted to, or chosen by, {spec.training.num_images} different pictures of a simulated wardrobe "
        f"(data digest `{spec.training.data_digest[:12]}`, seed {spec.training.seed}). Their hashes are in "
        "`trained_on.json`, so that an evaluation refuses pictures it has seen.",
        "Measured": measured_table(spec.measured),
        "Limits": "- It learned from simulated garments alone; real photos have other light, cameras and cloth, and "
        "nothing was measured on them.\n"
        "- Its similarity knows what cloth is like in bands from top to bottom, and not where in a band something is.\n"
        "- What a pose, hair or another garment hides cannot tell two products of one cloth apart.\n"
        "- A garment that is mostly hidden, or that a parser cuts out wrongly, is not found.",
        "Licence": f"{spec.license}. {start_weights(spec)}",
    }
    return rendered(spec, "A search network of garments", sections)


def _second_stage(spec: BundleSpec) -> str:
    width = spec.model.get("code_dim", 0)
    if not width:
        return ""
    return f" A second stage compares place by place, over a coarse grid: {width} numbers a place, a byte each."
