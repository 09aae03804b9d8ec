"""Bodies of the simulated wardrobe as people of a survey: what the tape reads on them, relaxed arms included."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from fitroom.data.sizing.people import People, make_people
from fitroom.progress import track

SURVEY = "wardrobe"


def simulated_people(num: int) -> People:
    """The first ``num`` bodies of the wardrobe's catalogue, about 0.3 s each.

    They were drawn from ANSUR II's quantiles and correlations and shaped until the tape agreed, so they bring no new
    population: what they add are measures that the surveys lack beside the others.
    """
    from fitroom.wardrobe.bodies.model import body_model
    from fitroom.wardrobe.bodies.population import body_shape
    from fitroom.wardrobe.bodies.tape import measure

    rows = []
    for index in track(range(num), "measuring bodies"):
        shape = body_shape(index)
        read = measure(body_model(), shape)
        heights = {f"{place}_height": read.height_cm[at] for place, at in (("waist", "waist"), ("hip", "hip"))}
        cm = {name: round(float(value), 2) for name, value in {**read.cm, **heights}.items()}
        person = {"person_id": f"{SURVEY}/{index}", "survey": SURVEY, "sex": shape.sex}
        rows.append(person | cm | {"weight": round(float(read.mass_kg), 2)})
    return make_people(Path(), pd.DataFrame(rows))
