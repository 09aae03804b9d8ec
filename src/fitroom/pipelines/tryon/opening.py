"""Opens the pipeline that answers a try-on bundle, whichever kind of model it holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from fitroom.bundles import open_bundle, resolve_bundle
from fitroom.errors import BundleError
from fitroom.pipelines.tryon.pipeline import KIND, TryOnPipeline

if TYPE_CHECKING:
    from fitroom.pipelines.tryon_latent.pipeline import LatentTryOnPipeline

    AnyTryOn = TryOnPipeline | LatentTryOnPipeline

LATENT_KIND = "tryon_latent"
KINDS = (KIND, LATENT_KIND)


def open_pipeline(
    path: str | Path,
    device: str | torch.device | None = None,
    *,
    garment_cache: str | Path | None = None,
    garment_cache_mb: float = 2000.0,
) -> AnyTryOn:
    """The pipeline of a bundle.

    Args:
        path: the bundle's folder, or a run's.
        device: where PyTorch runs; None = the GPU where there is one.
        garment_cache, garment_cache_mb: of the compact model, see :meth:`TryOnPipeline.from_bundle`; a model on a large
            base keeps garments in memory alone.

    Raises:
        BundleError: see :func:`fitroom.bundles.open_bundle`; or no try-on model.
    """
    folder = resolve_bundle(path)
    kind = open_bundle(folder, verify=False).spec.kind
    if kind == LATENT_KIND:
        from fitroom.pipelines.tryon_latent.pipeline import LatentTryOnPipeline  # seconds of diffusers

        return LatentTryOnPipeline.from_bundle(folder, device)
    if kind != KIND:
        raise BundleError("the bundle is no try-on model", where=path, rule=f"kind {' or '.join(KINDS)}", got=kind)
    return TryOnPipeline.from_bundle(folder, device, garment_cache=garment_cache, garment_cache_mb=garment_cache_mb)
