"""A run's try-on model as a bundle that ships, with a proof that its pipeline paints what the bare network does.

The pipeline folds norms into convolutions, lays memory out by channels and leaves out what a missing mask makes nothing
of. The reference is the network as training knows it, with none of this.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fitroom.bundles import Bundle, copy_bundle
from fitroom.bundles.format import CARD, ONNX
from fitroom.errors import ExportError
from fitroom.export.parity import made_up_photo
from fitroom.export.shipping import source_for, tryon_card
from fitroom.models.tryon.network import TryOnNetwork
from fitroom.pipelines.tryon import TryOnPipeline
from fitroom.progress import log

MAX_LEVELS = 4  # of 255; edges are sharpened fifteenfold in all, and rounding with them
STEPS = (1, 4)
# Height x width in px: the default frame's size, larger and smaller than it, another aspect.
PHOTO_SIZES_PX = ((512, 384), (768, 576), (250, 200), (300, 640))


@dataclass(frozen=True)
class TryOnParity:
    """How far the pipeline is from the bare network; plain values, kept in ``bundle.json``.

    Attributes:
        tolerance_levels: largest difference of a level (0 to 255) that was allowed.
        photo_sizes_px: height and width of the person photos.
        steps: of the denoiser.
        num_pictures: answers that were compared; half of them with a repaint mask.
        max_level_difference: over all of them.
        share_different: of the levels, in [0, 1].
        repeats_equal: the same seed gave the same picture, bit for bit.
    """

    tolerance_levels: int
    photo_sizes_px: list[list[int]]
    steps: list[int]
    num_pictures: int
    max_level_difference: int
    share_different: float
    repeats_equal: bool


def export_tryon(run: Path, out: Path, *, results: Path | None = None, known_failures: str = "") -> Bundle:
    """Makes a bundle that ships out of a run's bundle (or another one); ``out`` appears complete or not at all.

    There is no ONNX graph in it: ONNX Runtime was not clearly faster.

    Args:
        run: a run folder, or a bundle.
        out: folder of the new bundle; must not exist.
        results, known_failures: see :func:`fitroom.export.shipping.tryon_card`.

    Raises:
        EvaluationError: a record in ``results`` cannot be read.
        BundleError: no try-on bundle at ``run``, a broken one, or ``out`` exists.
        ExportError: the pipeline does not answer as the network does, or not twice the same.
    """
    source = source_for(run, out)
    log.info("checking %s %s against its bare network", source.spec.name, source.spec.revision)
    cpu = torch.device("cpu")
    parity = check_tryon_parity(bare_pipeline(source), TryOnPipeline(source, cpu))
    log.info("they differ by %d of 255 levels at most", parity.max_level_difference)
    card = tryon_card(source, _section(parity), results, known_failures)
    found = {**dataclasses.asdict(parity), "versions": {"torch": version("torch")}}
    return copy_bundle(source, out, {CARD: card}, parity=found, without=(ONNX,))


def bare_pipeline(bundle: Bundle) -> TryOnPipeline:
    """A pipeline whose network is as training knows it: nothing folded, nothing laid out anew; on the CPU."""
    pipeline = TryOnPipeline(bundle, torch.device("cpu"))
    network = bundle.build_model().requires_grad_(False)
    assert isinstance(network, TryOnNetwork)
    network.blend.train()  # it computes its full-size layer in another way then; nothing else of it depends on this
    pipeline.network = network
    return pipeline


def check_tryon_parity(
    reference: TryOnPipeline, candidate: TryOnPipeline, tolerance_levels: int = MAX_LEVELS
) -> TryOnParity:
    """Compares two pipelines of one bundle by the pictures they paint from the same photos, sizes and seeds.

    Args:
        reference: what is right.
        candidate: what is to equal it; also asked twice, which must give the same picture bit for bit.
        tolerance_levels: largest difference of a level, of 255.

    Raises:
        ExportError: a larger difference, or two pictures of one seed.
    """
    differences, equal = [], True
    for request in _requests():
        right_u8, got_u8, again_u8 = (pipeline.worn(**request) for pipeline in (reference, candidate, candidate))
        differences.append(np.abs(right_u8.astype(int) - got_u8).ravel())
        equal = equal and np.array_equal(got_u8, again_u8)
    levels = np.concatenate(differences)
    parity = TryOnParity(
        tolerance_levels,
        [list(size) for size in PHOTO_SIZES_PX],
        list(STEPS),
        len(differences),
        int(levels.max()),
        float((levels > 0).mean()),
        equal,
    )
    if parity.max_level_difference > tolerance_levels or not equal:
        raise ExportError(
            "the bundle's pipeline does not answer as the model does",
            where=candidate.bundle.path,
            rule=f"levels within {tolerance_levels} of 255, one picture a seed",
            got=f"a difference of {parity.max_level_difference}, "
            + ("one picture a seed" if equal else "several pictures of one seed"),
            fix="report the model, with its config",
        )
    return parity


def _requests() -> Iterator[dict[str, Any]]:
    """Arguments of :meth:`TryOnPipeline.worn`: made-up photos of several sizes, with a repaint mask and without."""
    for seed, (height, width) in enumerate(PHOTO_SIZES_PX):
        person_u8, garment_u8 = (made_up_photo(width, height, np.random.default_rng([seed, i])) for i in range(2))
        mask = np.zeros((height, width), bool)
        mask[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4] = True
        measures = {"region": "top", "garment_cm": {"chest": 110.0}, "body_cm": {"chest": 96.0}}
        for steps, repaint_mask in product(STEPS, (None, mask)):
            photos = {"person_u8": person_u8, "garment_u8": garment_u8, "repaint_mask": repaint_mask}
            yield {**photos, **measures, "steps": steps, "seed": seed}


def _section(parity: TryOnParity) -> str:
    sizes = ", ".join(f"{height} x {width}" for height, width in parity.photo_sizes_px)
    return (
        f"The pipeline painted {parity.num_pictures} pictures ({sizes} px; {' and '.join(map(str, parity.steps))} "
        f"steps; with a repaint mask and without) as the bare network does: levels differ by "
        f"{parity.max_level_difference} of 255 at most (allowed: {parity.tolerance_levels}), "
        f"{parity.share_different:.1e} of them at all. The same seed gave the same picture, bit for bit. "
        "No ONNX graph in this bundle: it was not clearly faster."
    )
