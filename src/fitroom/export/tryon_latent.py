"""A run's try-on model on a large base as a bundle that ships, with a proof that it answers as the run's does."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fitroom.bundles import Bundle, copy_bundle
from fitroom.bundles.format import CARD, ONNX
from fitroom.errors import ExportError
from fitroom.export.parity import made_up_photo
from fitroom.export.shipping import source_for, tryon_card
from fitroom.pipelines.tryon_latent import LatentTryOnPipeline
from fitroom.progress import log

STEPS = 2


def export_tryon_latent(run: Path, out: Path, *, results: Path | None = None, known_failures: str = "") -> Bundle:
    """Makes a bundle that ships out of a run's bundle; ``out`` appears complete or not at all.

    The base does not ship; it must be there, since the bundle is asked.

    Args:
        run, out, results, known_failures: see :func:`fitroom.export.tryon.export_tryon`.

    Raises:
        EvaluationError: a record in ``results`` cannot be read.
        BundleError: no such bundle at ``run``, a broken one, or ``out`` exists.
        WeightsError: its base is not there, or is another one.
        ExportError: the model does not give one picture a seed, hears no seed, or answers without numbers.
    """
    source = source_for(run, out)
    log.info("asking %s %s on its base", source.spec.name, source.spec.revision)
    found = check_answers(source)
    card = tryon_card(source, _section(found), results, known_failures)
    parity = {**found, "versions": {name: version(name) for name in ("torch", "diffusers")}}
    return copy_bundle(source, out, {CARD: card}, parity=parity, without=(ONNX,))


def check_answers(bundle: Bundle) -> dict[str, Any]:
    """Asks the bundle twice, from a fresh start each time: same seed, same picture; another seed, another one.

    Raises:
        ExportError: otherwise.
    """
    spec, cpu = bundle.spec.preprocessing, torch.device("cpu")
    person_u8, garment_u8 = (
        made_up_photo(spec.width_px, spec.height_px, np.random.default_rng([0, i])) for i in range(2)
    )
    mask = np.zeros(person_u8.shape[:2], bool)
    mask[spec.height_px // 4 : -spec.height_px // 4, spec.width_px // 4 : -spec.width_px // 4] = True
    answers = []
    for _ in range(2):
        pipeline = LatentTryOnPipeline(bundle, cpu)
        answers.append([pipeline.worn(person_u8, garment_u8, repaint_mask=mask, steps=STEPS, seed=s) for s in (0, 1)])
    (first, other), (again, _) = answers
    equal, heard = np.array_equal(first, again), not np.array_equal(first, other)
    kept = np.array_equal(first[~mask], person_u8[~mask])
    if not (equal and heard and kept):
        raise ExportError(
            "the bundle does not answer as a model must",
            where=bundle.path,
            rule="one picture a seed, another with another seed, and the photo's own pixels outside a repaint mask",
            got=f"one picture a seed: {equal}, another with another: {heard}, own pixels kept: {kept}",
            fix="report the model, with its config",
        )
    return {"num_pictures": 4, "steps": STEPS, "repeats_equal": equal}


def _section(found: dict[str, Any]) -> str:
    return (
        f"Opened twice and asked for {found['num_pictures']} pictures in {found['steps']} steps, it gave one and the "
        "same picture for a seed, bit for bit, another for another seed, and left all pixels outside the repaint mask "
        "alone."
    )
