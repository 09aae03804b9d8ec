"""Person, garment and sizes in, the worn picture out: the bundle's pipeline, its input looked at, and whole catalogues.

garment_store (what was seen of garments, on disk) < pipeline
checks (is it a person, is it a garment alone) < checked (pipeline, checks and recogniser together)
table < done < batch < report: many pairs, gone on with where a job stopped
words: what the shell's words mean
"""

from fitroom.pipelines.tryon.pipeline import KIND, MAX_STEPS, REGION_OF_CATEGORY, TryOnPipeline

__all__ = ["KIND", "MAX_STEPS", "REGION_OF_CATEGORY", "TryOnPipeline"]
