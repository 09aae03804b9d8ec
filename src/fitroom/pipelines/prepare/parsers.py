"""Who tells the parts of a person: a bundle of kind "parser", or a folder of transformers that the user has."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fitroom.bundles.format import SPEC as BUNDLE_FILE
from fitroom.errors import WeightsError
from fitroom.pipelines.parse import ParsePipeline
from fitroom.pipelines.prepare.parts import PartParser, Parts
from fitroom.pipelines.prepare.transformers_parser import TransformersParser


class BundleParser:
    """A parser bundle as a :class:`PartParser`."""

    def __init__(self, pipeline: ParsePipeline) -> None:
        self._pipeline = pipeline
        self.hash = pipeline.bundle.hash

    def __call__(self, image_u8: np.ndarray) -> Parts:
        """Parts of a photo, (H, W, 3) uint8 RGB."""
        parsed = self._pipeline([image_u8])[0]
        return Parts(parsed.parse, parsed.certainty())


def open_parser(folder: Path, device: str | None = None) -> PartParser:
    """A parser, by what its folder holds: ``bundle.json`` (also of a run's bundle), or transformers' ``config.json``.

    Raises:
        BundleError: a bundle that cannot be opened.
        WeightsError: a folder of transformers that is none of a parser, or whose labels are not known.
    """
    if (folder / "config.json").is_file() and not (folder / BUNDLE_FILE).is_file():
        return TransformersParser(folder, device)
    if folder.is_file():
        raise WeightsError(
            "a parser is a folder, not a file",
            where=folder,
            rule="a bundle, or a folder that transformers saved (config.json, model.safetensors)",
        )
    return BundleParser(ParsePipeline.from_bundle(folder, device))
