"""Bundle and preprocessing to an answer: images in, labels (or images) out."""

from fitroom.pipelines.recognize import RecognizePipeline, Runtime

__all__ = ["RecognizePipeline", "Runtime"]
