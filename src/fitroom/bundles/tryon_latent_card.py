"""The model card of a try-on model on a large base: what it needs, what it draws, what was measured, where it ends."""

from __future__ import annotations

from typing import Any

from fitroom.bundles.card_parts import measured_table, rendered
from fitroom.bundles.spec import BundleSpec


def tryon_latent_card(spec: BundleSpec) -> str:
    """The card, in Markdown; numbers come from ``spec.measured``."""
    size = f"{spec.preprocessing.width_px} x {spec.preprocessing.height_px} px"
    model = spec.model
    sections = {
        "Intended use": "Showing how a garment of a shop may look on the person of a photo, with their consent. It "
        "says nothing binding about fit. A picture it made should be told as such wherever it is shown.\n\n"
        f"It works in a frame of {size}, in {model['steps']} denoising steps with guidance {model['guidance']:g} where "
        "the caller does not say.",
        "Base": f"{_trained(model)}, and a small adapter that hears sizes. The base itself is **not in this bundle**: "
        f"it is `{model['base']}`, known by the SHA-256 `{model['base_sha256']}` of its configs and weights, and no "
        "other base opens it. A copy elsewhere is named by `$FITROOM_BASE`. The base's own licence holds for it, and "
        f"for what is made with it.{_begun(spec)}",
        "What it may be told": "The garment's category or region, finished garment measures, tape measures of the "
        "body, the fabric's drape coefficient, and a repaint mask.",
        "Data": f"Fitted to, or chosen by, {spec.training.num_images} pictures (data digest "
        f"`{spec.training.data_digest[:12]}`, seed {spec.training.seed}). Their hashes are in `trained_on.json`. What "
        "the base learned from is its makers' to say, and is not in that list.",
        "Measured": measured_table(spec.measured),
        "Limits": "- Without a repaint mask the whole picture goes through the base's VAE: faces, print and small text "
        "may change.\n"
        f"- Nothing finer than {size} is drawn, whatever the photo's size.\n"
        "- Sizes show as far as the cases it learned from told sizes: photos of catalogues tell none.",
        "Licence": f"{spec.license}, of the adapters. Base: see above.",
    }
    return rendered(spec, "A try-on model on a large base", sections)


def _trained(model: dict[str, Any]) -> str:
    """What of the base's network was trained, by the stored config; older ones name neither rank nor prompt."""
    rank, flux = model.get("tryon_rank", 0), model["form"].startswith("flux")
    network = "transformer" if flux else "U-Net"
    of = f"{len(layers)} kinds of layers" if (layers := model.get("tryon_layers")) else "the attention"
    what = f"Low-rank parts (rank {rank}) of {of}" if rank else "The attention" if flux else "Self-attention"
    prompt = f", {model['prompt_tokens']} prompt tokens in the place of a text" * flux
    return f"{what} of the base's {network}{prompt}"


def _begun(spec: BundleSpec) -> str:
    """What to say of released weights that the adapters began with."""
    _, _, released = spec.weights.source.partition(", ")
    return f" The adapters began with the released {released}, whose own licence holds as well." if released else ""
