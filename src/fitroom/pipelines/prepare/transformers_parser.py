"""A pretrained segmentation network in the form of transformers (SegFormer and the like), from a local folder.

What its labels mean is read from ``id2label`` in its config.json, by the names of ATR, Look Into Person and CIHP.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from fitroom.config import hash_settings
from fitroom.contracts import Part
from fitroom.errors import WeightsError
from fitroom.models.weights import file_sha256
from fitroom.pipelines.prepare.parts import Parts

FILES = ("config.json", "preprocessor_config.json", "model.safetensors")
# Names without case, hyphens and blanks.
PART_OF_NAME: dict[str, Part] = {
    **{part.name.replace("_", "").lower(): part for part in Part},
    "upperclothes": Part.TOP, "coat": Part.OUTERWEAR, "pants": Part.TROUSERS, "jumpsuits": Part.JUMPSUIT,
    "sunglasses": Part.GLASSES, "glove": Part.GLOVES, "torsoskin": Part.NECK_AND_TORSO_SKIN,
    "neck": Part.NECK_AND_TORSO_SKIN,
}  # fmt: skip


class TransformersParser:
    """See :class:`~fitroom.pipelines.prepare.parts.PartParser`. Nothing is downloaded, nothing unpickled.

    Args:
        folder: with config.json, model.safetensors and preprocessor_config.json.
        device: where the network runs; None = the CPU.

    Raises:
        WeightsError: a file is missing, the network does not segment, or a label's name is not known.
    """

    def __init__(self, folder: Path, device: str | None = None) -> None:
        from transformers import AutoImageProcessor, AutoModelForSemanticSegmentation

        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise WeightsError(
                "the folder of a parser is not whole",
                where=folder,
                rule=f"{', '.join(FILES)}, as save_pretrained writes them",
                got=f"no {', no '.join(missing)}",
            )
        try:
            self._model = AutoModelForSemanticSegmentation.from_pretrained(
                folder, local_files_only=True, use_safetensors=True
            )
            self._processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            said = str(error).strip().splitlines() or [type(error).__name__]
            raise WeightsError("the parser cannot be loaded", where=folder, got=said[0]) from error
        self._model = self._model.eval().requires_grad_(False).to(device or "cpu")
        self._part_of_label = _parts_of(self._model.config.id2label, folder)
        self.hash = hash_settings({name: file_sha256(folder / name) for name in FILES})

    def __call__(self, image_u8: np.ndarray) -> Parts:
        """Parts of a photo, (H, W, 3) uint8 RGB."""
        inputs = self._processor(images=image_u8, return_tensors="pt").to(self._model.device)
        with torch.inference_mode():
            logits_BLhw = self._model(**inputs).logits.float()
            size = image_u8.shape[:2]
            p_LHW = F.interpolate(logits_BLhw, size=size, mode="bilinear", align_corners=False)[0].softmax(0)
        best_HW = p_LHW.max(0)
        parse = self._part_of_label[best_HW.indices.cpu().numpy()]
        shown = parse > 0
        sure = best_HW.values.cpu().numpy()
        return Parts(parse, float(sure[shown].mean()) if shown.any() else 1.0)


def _parts_of(id2label: dict[int, str], folder: Path) -> np.ndarray:
    """(L,) uint8: the part of each label."""
    names = {int(label): re.sub(r"[^a-z]", "", name.lower()) for label, name in id2label.items()}
    unknown = [id2label[label] for label, name in names.items() if name not in PART_OF_NAME]
    if unknown or sorted(names) != list(range(len(names))):
        raise WeightsError(
            "the parser's labels are not known",
            where=folder / "config.json",
            rule=f"id2label numbers them from 0 and names them as one of {', '.join(PART_OF_NAME)}",
            got=", ".join(unknown) or "numbers with gaps",
            fix="write those names into id2label",
        )
    return np.array([PART_OF_NAME[names[label]] for label in range(len(names))], np.uint8)
