"""Try-on on a large base, as its users meet it: the same questions and answers as of the compact model."""

from fitroom.pipelines.tryon_latent.pipeline import KIND, LatentTryOnPipeline

__all__ = ["KIND", "LatentTryOnPipeline"]
