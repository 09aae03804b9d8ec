"""Weights between two bundles of one network, such as a run's and that of the run it started from.

Of a network that was trained further, weights on the straight line between before and after often answer better on
what it has not seen than either end (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
"""

from __future__ import annotations

from pathlib import Path

from fitroom.bundles.format import CONFIG, Bundle, write_bundle
from fitroom.errors import BundleError


def mix_bundles(first: Bundle, second: Bundle, share: float, folder: Path) -> Bundle:
    """Writes the bundle that lies between two; the folder appears complete or not at all.

    Args:
        first: one of them.
        second: the other, whose name, config, seed and data digest the new one has.
        share: of the second in every weight, above 0 and below 1.
        folder: where; must not exist.

    Returns:
        The new bundle: what it learned from is what either learned from, and nothing is measured of it.

    Raises:
        BundleError: not of one network, frame and licence; calibrated, since that holds for the weights it was fitted
            to; a share out of range; or the folder exists.
    """
    if not 0 < share < 1:
        raise BundleError("weights cannot be mixed by this share", rule="above 0 and below 1, of the second", got=share)
    for what in ("kind", "model", "preprocessing", "license", "dtype"):
        one, other = getattr(first.spec, what), getattr(second.spec, what)
        if one != other:
            raise BundleError("the bundles cannot be mixed", where=f"{what} of {second.path}", rule=str(one), got=other)
    if first.spec.calibration or second.spec.calibration:
        raise BundleError(
            "calibrated bundles cannot be mixed",
            where=first.path if first.spec.calibration else second.path,
            rule="a calibration holds for the weights it was fitted to",
            fix="train a model on the data of both",
        )
    before, after = first.tensors(), second.tensors()
    mixed = {
        key: value.lerp(after[key], share) if value.is_floating_point() else after[key] for key, value in before.items()
    }
    said = f"# weights: {1 - share:g} of revision {first.spec.revision}, {share:g} of {second.spec.revision}\n"
    spec = second.spec
    return write_bundle(
        folder,
        kind=spec.kind,
        name=spec.name,
        model=mixed,
        model_config=spec.model,
        preprocessing=spec.preprocessing,
        calibration={},
        config_yaml=said + (second.path / CONFIG).read_text(encoding="utf-8"),
        trained_on=first.trained_on() | second.trained_on(),
        data_digest=spec.training.data_digest,
        seed=spec.training.seed,
        weights=spec.weights,
        license=spec.license,
        dtype=spec.dtype,
    )
