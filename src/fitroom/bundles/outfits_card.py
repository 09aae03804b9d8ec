"""The model card of an outfit network: what it is asked, what it learned from, what was measured, where it ends."""

from __future__ import annotations

from fitroom.bundles.card_parts import measured_table, rendered
from fitroom.bundles.spec import BundleSpec


def outfits_card(spec: BundleSpec) -> str:
    """The card, in Markdown; numbers come from ``spec.measured``."""
    vocabulary = spec.model.get("vocabulary", {})
    dim = spec.model.get("embedding_dim", 0)
    photos = f"embeddings of photos, {dim} wide" if dim else "no photos"
    sections = {
        "Intended use": "Ranking pieces that could complete an outfit, and judging how well pieces go together, for a "
        "season, a weather and an occasion. It is made to propose, for people to choose from; it is not made to judge "
        "how anybody dresses.",
        "What it reads": "\n".join(f"- **{name}**: {', '.join(words)}" for name, words in vocabulary.items())
        + f"\n- **price**, in the shop's own currency\n- {photos}\n\nAnything but the category may be missing; "
        "preprocessing "
        "is not used.",
        "Data": f"Fitted to, or chosen by, {spec.training.num_images} different outfits (data digest "
        f"`{spec.training.data_digest[:12]}`, seed {spec.training.seed}). Their hashes are in `trained_on.json`, so "
        "that an evaluation refuses outfits it has seen.",
        "Measured": measured_table(spec.measured),
        "Limits": "- It knows the taste it was taught and no other. Where that is the rule-made stylist of the "
        "simulated wardrobe, a score says that rules were found again, and not that people would like the outfits.\n"
        "- Words outside the lists above are not known to it; the pipeline refuses them.\n"
        "- What it says for and against a piece comes from leaving one thing out at a time: two things that only work "
        "together both seem to matter, and two that stand in for each other neither.\n"
        "- It knows nothing of size, fit or who wears it.",
        "Licence": f"{spec.license}. Trained from random weights.",
    }
    return rendered(spec, "An outfit network", sections)
