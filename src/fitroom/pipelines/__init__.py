"""Bundle and preprocessing to an answer: images in, labels (or images) out."""

from fitroom.pipelines.parse import Parsed, ParsePipeline
from fitroom.pipelines.recognize import RecognizePipeline, Runtime

__all__ = ["ParsePipeline", "Parsed", "RecognizePipeline", "Runtime"]
