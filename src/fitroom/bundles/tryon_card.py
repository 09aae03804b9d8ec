"""The model card of a try-on model: what it draws, what it may be told, what was measured, where it ends."""

from __future__ import annotations

from fitroom.bundles.card_parts import measured_table, rendered, start_weights
from fitroom.bundles.spec import BundleSpec


def tryon_card(spec: BundleSpec) -> str:
    """The card, in Markdown; numbers come from ``spec.measured``."""
    size = f"{spec.preprocessing.width_px} x {spec.preprocessing.height_px} px"
    steps = spec.model.get("steps", 1)
    sections = {
        "Intended use": "Showing how a garment of a shop may look on the person of a photo, with their consent. "
        "It says nothing binding about fit: sizes are drawn as the simulation it learned from would drape them. A "
        "picture it made should be told as such wherever it is shown.\n\n"
        f"The network works in a frame of {size}; the answer has the person photo's own size, its texture is taken "
        f"from the garment photo. {_steps(steps)} where the caller does not say.",
        "What it may be told": "The garment's category or region, finished garment measures, tape measures of the "
        "body, the fabric's drape coefficient, and a repaint mask. Whatever is left out is not known to it.",
        "Data": f"Fitted to, or chosen by, {spec.training.num_images} pictures of simulated cases (data digest "
        f"`{spec.training.data_digest[:12]}`, seed {spec.training.seed}). Hashes of their photos are in "
        "`trained_on.json`, so that an evaluation refuses cases the model has seen.",
        "Measured": measured_table(spec.measured),
        "Limits": "- All people and clothes it learned from are simulated, standing, one in a photo. Real photos "
        "differ in light, hair, hands, bags, crossed limbs and busy backgrounds.\n"
        "- The back of a garment is not in its shop photo: what is seen of it is guessed.\n"
        "- Small print and thin straps follow the warp, and bend where it errs.\n"
        f"- Layout and folds are decided in {size}: nothing finer than that is, whatever the photo's size.",
        "Licence": f"{spec.license}. {start_weights(spec)}",
    }
    return rendered(spec, "A try-on model", sections)


def _steps(steps: int) -> str:
    return "One denoising step" if steps == 1 else f"{steps} denoising steps"
