"""The model card of what reads bodies in photos: its use, what it learned from, what was measured, where it ends."""

from __future__ import annotations

from fitroom.bundles.card_parts import measured_table, rendered
from fitroom.bundles.spec import BundleSpec


def body_photo_card(spec: BundleSpec) -> str:
    """The card, in Markdown; numbers come from ``spec.measured``."""
    model = spec.model
    read, groups = ", ".join(model.get("measures", [])), len(model.get("groups", []))
    sections = {
        "Intended use": "Beside a body model: telling shoppers, who give a photo of themselves and their height, which "
        "size to take. It must not be used on photos of others, on children, for medicine, hiring or insurance, or to "
        "judge anybody's body.",
        "What it reads": "One person who stands, seen from the front, from head to feet: a parser's shares of "
        f"{groups} groups of parts in {model.get('rows')} x {model.get('columns')} cells, in the person's own height. "
        f"{model.get('members')} small networks answer the logarithms of {read} over height; they know no centimetres, "
        "no colours and no features of a face.",
        "How far it is believed": "The config holds the law of its readings: how they hang on the body, and the "
        "covariance of their errors, fitted to people whom the reading network had not met. A body model is "
        "conditioned on a reading by that law, so that which bodies are common is counted once.",
        "Data": f"Fitted to, or chosen by, {spec.training.num_images} different pictures of a simulated wardrobe (data "
        f"digest `{spec.training.data_digest[:12]}`, seed {spec.training.seed}), whose bodies were drawn from ANSUR "
        "II. `trained_on.json` holds hashes of the pictures.",
        "Measured": "Were the readings all that is known, but for the height; on people whom no network that read them "
        f"had met:\n\n{measured_table(spec.measured)}",
        "Limits": "- It learned from simulated people alone. On real photos nothing was measured in centimetres; "
        "errors of the parser, lenses and poses that it has not met come on top of its intervals.\n"
        "- Loose clothes hide a body; it then says little, and less than a tape.\n"
        "- A wrong height makes all measures wrong by the same share.\n"
        "- Bodies of US soldiers; adults only; nobody seated, with a child, a wheelchair or a bag before the body.",
        "Licence": f"{spec.license}. Trained from random weights.",
    }
    return rendered(spec, "Small networks that read a body in a photo", sections)
