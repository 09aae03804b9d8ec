"""Person, garment and sizes in, the worn picture out: the bundle's pipeline, its input looked at, and whole catalogues.

inputs (what is taken and checked), garment_store (what was seen of garments, on disk) < pipeline
opening: the compact model's pipeline, or that of a model on a large base, by the bundle's kind
checks (is it a person, is it a garment alone) < checked (pipeline, checks and recogniser together)
table < done < batch < report: many pairs, gone on with where a job stopped
words: what the shell's words mean
"""

from fitroom.pipelines.tryon.inputs import MAX_STEPS, REGION_OF_CATEGORY
from fitroom.pipelines.tryon.pipeline import KIND, TryOnPipeline

__all__ = ["KIND", "MAX_STEPS", "REGION_OF_CATEGORY", "TryOnPipeline"]
