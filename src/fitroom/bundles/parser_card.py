"""The model card of a person parser: what it labels, what was measured, where it ends."""

from __future__ import annotations

from fitroom.bundles.card_parts import measured_table, rendered, start_weights
from fitroom.bundles.spec import BundleSpec
from fitroom.contracts import Part


def parser_card(spec: BundleSpec) -> str:
    """The card, in Markdown; numbers come from ``spec.measured``."""
    labels = [str(label).lower() for label in spec.model.get("labels", [])]
    size = f"{spec.preprocessing.width_px} x {spec.preprocessing.height_px} px"
    missing = [part.name.lower() for part in Part if part.name.lower() not in labels]
    sections = {
        "Intended use": "Labelling every pixel of a photo of one person, so that garments and skin can be measured, "
        "masked and compared. It is not made to tell who someone is.\n\n"
        f"A photo is scaled to fit inside {size} on a grey border; probabilities are scaled back to the photo's size.",
        "Labels": f"{', '.join(labels)}.\n\nNever answered: {', '.join(missing) or 'none'}. "
        "Left and right are the person's own.",
        "Data": f"Fitted to, or chosen by, {spec.training.num_images} different photos (data digest "
        f"`{spec.training.data_digest[:12]}`, seed {spec.training.seed}), with random backgrounds, colours, light and "
        "camera faults: simulated people, and the photographs that `data.labelled` in `config.yaml` names, if any. "
        "Hashes of their pixels, and of those that its start bundle had met, are in `trained_on.json`.",
        "Measured": measured_table(spec.measured),
        "Limits": "- The people of a wardrobe are simulated. On real photos it errs where they differ: busy "
        "backgrounds, crossed limbs, long or loose hair, layers, seated people, several people.\n"
        "- It knows the labels above and no others: a hat, bag or scarf gets the nearest of them, or background.\n"
        "- Which garment something is (top or outerwear, dress or top and skirt) is a guess from its look.\n"
        f"- It sees {size}: an edge in a larger photo is placed as finely as that allows.",
        "Licence": f"{spec.license}. {start_weights(spec)}",
    }
    return rendered(spec, "A person parser", sections)
