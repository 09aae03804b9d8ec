"""The model card of a body model: what it is asked, what it learned from, what was measured, where it ends."""

from __future__ import annotations

from fitroom.bundles.card_parts import measured_table, rendered
from fitroom.bundles.spec import BundleSpec


def sizing_card(spec: BundleSpec) -> str:
    """The card, in Markdown; numbers come from ``spec.measured``."""
    measures = ", ".join(spec.model.get("measures", []))
    told = spec.model.get("told", {})
    sections = {
        "Intended use": "Estimating an adult's body measures from the few that the person gives, with their "
        "uncertainty, so that a size can be recommended with its probability. It is not made for medicine, for hiring, "
        "for insurance, or for judging anybody's body, and it must not be used on people who did not give the answers "
        "themselves.",
        "What it may be told": f"Any subset of: {measures}; and the sex, or none. Lengths and girths in cm, weight in "
        "kg, age in years. It holds no pictures: the bundle's preprocessing is not used.",
        "How people tell": "\n".join(
            f"- **{name}**: told less measured, median {middle:+.2f}, standard deviation {spread:.2f}"
            for name, (middle, spread) in told.items()
        )
        or "Nobody was asked: what is told is taken as measured.",
        "Data": f"Fitted to, or chosen by, {spec.training.num_images} different people (data digest "
        f"`{spec.training.data_digest[:12]}`, seed {spec.training.seed}): ANSUR II (US Army, 2012, public release), "
        "NHANES 2017 to March 2020 (US CDC, public domain), and simulated bodies where the config says so. "
        "`trained_on.json` holds hashes of them, so that an evaluation refuses people it has seen; nobody's measures "
        "are in the bundle.",
        "Measured": measured_table(spec.measured),
        "Limits": "- Who was measured: soldiers, who are younger and fitter than shoppers, and US civilians, of whom "
        "waist, hip and upper arm are known but neither chest nor lengths. Other countries' bodies differ.\n"
        "- The surveys take the waist differently (at the navel; above the hip bone), by about 2 cm; both are higher "
        "than what most would call the waist of trousers.\n"
        "- Two sexes, as the surveys know them; without one told it answers for both at once, with wider intervals.\n"
        "- Adults only; pregnancy, amputation and other bodies the surveys left out are not known to it.\n"
        "- Intervals hold over people like those measured, not for each group among them.",
        "Licence": f"{spec.license}. Trained from random weights.",
    }
    return rendered(spec, "A body model for size advice", sections)
