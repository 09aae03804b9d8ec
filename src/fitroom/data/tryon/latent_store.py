"""Latents of pictures on disk, so that no step waits for an autoencoder.

    <user's cache>/fitroom/latents/<key>/ab/<name>.safetensors

A folder is known by all that latents depend on beside the picture: the autoencoder's weights, the frame, the numbers'
precision and the kind of device. A file is known by the picture's bytes, by what is grey in it and by whether it is
mirrored. Each carries a checksum: what is damaged is as good as not there. Anything of it may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from fitroom.config import hash_settings
from fitroom.contracts import Preprocessing
from fitroom.data.files import cache_folder
from fitroom.errors import DataError
from fitroom.writing import write_bytes_atomically

VERSION = 1


def store_folder(
    autoencoder_sha256: str, spec: Preprocessing, precision: str, device_type: str, cache: Path | None = None
) -> Path:
    """Where the latents of one autoencoder, frame, precision and kind of device lie; ``cache`` = not the user's."""
    told = {"version": VERSION, "autoencoder": autoencoder_sha256, "frame": asdict(spec), "precision": precision}
    return (cache or cache_folder()) / "latents" / hash_settings(told | {"device": device_type})[:24]


def latents_key(picture_sha256: str, grey: np.ndarray | None, mirrored: bool) -> str:
    """The name of a picture's latents.

    Args:
        picture_sha256: of its file, hex.
        grey: bool array, where the picture is grey, before it is mirrored; None = nowhere.
        mirrored: whether left and right have changed places.
    """
    hidden = "" if grey is None else hashlib.sha256(np.packbits(grey).tobytes()).hexdigest()
    return hashlib.sha256(f"{picture_sha256} {hidden} {mirrored}".encode()).hexdigest()


class LatentStore:
    """See the file's first lines.

    Args:
        folder: see :func:`store_folder`.
        shape: (C, h, w) of all latents in it.
    """

    def __init__(self, folder: Path, shape: tuple[int, ...]) -> None:
        self.folder, self.shape = folder, shape

    def find(self, key: str) -> torch.Tensor | None:
        """Latents of a picture, float32; None where there are none, or damaged ones."""
        try:
            with safe_open(self._path(key), "pt") as file:
                latents: torch.Tensor = file.get_tensor("latents")
                whole = (file.metadata() or {}).get("crc32") == _checksum(latents)
        except (OSError, SafetensorError):
            return None
        return latents if whole and tuple(latents.shape) == self.shape else None

    def keep(self, key: str, latents: torch.Tensor) -> None:
        """Writes latents of a picture.

        Args:
            key: see :func:`latents_key`.
            latents: of the store's shape, float32, on the CPU.

        Raises:
            DataError: the disk does not take them.
        """
        assert tuple(latents.shape) == self.shape and latents.dtype == torch.float32
        path, latents = self._path(key), latents.contiguous()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes_atomically(path, save({"latents": latents}, {"crc32": _checksum(latents)}))
        except OSError as error:
            raise DataError(
                "latents cannot be kept",
                where=self.folder,
                got=error.strerror or str(error),
                fix="make room there, set XDG_CACHE_HOME to a larger disk, or leave memory.latents_on_disk out",
            ) from error

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.safetensors"


def _checksum(latents: torch.Tensor) -> str:
    return f"{zlib.crc32(latents.numpy().tobytes()):08x}"
