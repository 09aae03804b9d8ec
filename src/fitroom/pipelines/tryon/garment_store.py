"""Garment features on disk, so that a catalogue is looked at once and not once a start.

    FOLDER/<bundle, versions, device>/<SHA-256 of the garment photo's pixels, -cut where it is cut out>.safetensors

A file carries a digest of its tensors; one that does not fit is made again. What was used longest ago goes first when
the folder is fuller than allowed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import threading
from contextlib import suppress
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open

from fitroom.errors import ConfigError
from fitroom.images import signed_to_u8, u8_to_signed
from fitroom.models.tryon.answer import KnownGarment
from fitroom.models.tryon.garment import GarmentFeatures
from fitroom.progress import log
from fitroom.writing import write_bytes_atomically

VERSION = 1  # another one where the way to the features changes without the bundle
_META, _TEXTURE, _SMALL, _FEATURE = "fitroom", "texture_u8", "small", "features."
_FIELDS = tuple(field.name for field in dataclasses.fields(GarmentFeatures))
_NAMES = {_TEXTURE, _SMALL, *(_FEATURE + name for name in _FIELDS)}


class GarmentStore:
    """Features by photo, for one bundle on one kind of device; safe for several threads and processes.

    What comes back equals what was kept to the last bit, memory layout included, so that an answer is the same with
    the store as without.

    Args:
        folder: made where it is not there; several bundles may share it.
        bundle_hash: SHA-256 of the bundle.
        device: where the network runs.
        limit_mb: size of the whole folder, 1 MB = 10^6 bytes.

    Raises:
        ConfigError: the folder cannot be made, or a limit below 1.
    """

    def __init__(self, folder: Path, bundle_hash: str, device: torch.device, limit_mb: float = 2000.0) -> None:
        if not limit_mb >= 1:
            raise ConfigError("the garment cache is too small", where="limit_mb", rule="at least 1", got=limit_mb)
        made_by = f"{VERSION} {bundle_hash} {torch.__version__} {device.type}"
        self.root, self.device, self.limit_bytes = folder, device, int(limit_mb * 1e6)
        self.folder = folder / hashlib.sha256(made_by.encode()).hexdigest()[:16]
        self._lock = threading.Lock()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError("the garment cache cannot be made", where=folder, got=error.strerror) from error

    def read(self, key: str) -> KnownGarment | None:
        """Features kept under a key; None where there are none, or the file is damaged."""
        path = self._path(key)
        try:
            with safe_open(path, "pt") as file:
                meta = json.loads((file.metadata() or {})[_META])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dict)
            if set(tensors) != _NAMES or meta["digest"] != _digest(tensors):
                raise ValueError("its content is not what was written")
            known = self._known(tensors, meta["strides"])
            with suppress(OSError):  # a folder that is read alone serves as well
                os.utime(path)
            return known
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            log.warning("a file of the garment cache is damaged and is made again: %s (%s)", path, error)
            return None

    def write(self, key: str, known: KnownGarment) -> None:
        """Keeps features; a full disk is a warning, for the answer does not need them kept."""
        tensors = {_FEATURE + name: getattr(known.features, name).detach().cpu() for name in _FIELDS}
        tensors[_SMALL] = known.small.detach().cpu()
        strides = {name: tensor.stride() for name, tensor in tensors.items() if _is_dense(tensor)}
        tensors[_TEXTURE] = signed_to_u8(known.texture[0].cpu()).permute(1, 2, 0)
        plain = {name: tensor.contiguous() for name, tensor in tensors.items()}
        blob = safetensors.torch.save(plain, {_META: json.dumps({"digest": _digest(plain), "strides": strides})})
        path = self._path(key)
        try:
            write_bytes_atomically(path, blob)
            self._make_room()
        except OSError as error:
            log.warning("garment features could not be kept: %s (%s)", path, error.strerror)

    def _known(self, tensors: dict[str, torch.Tensor], strides: dict[str, list[int]]) -> KnownGarment:
        # Kernels add up in an order that the memory layout decides, so it must come back as well.
        ready = {
            name: (torch.empty_strided(tensor.shape, strides[name]).copy_(tensor) if name in strides else tensor)
            for name, tensor in tensors.items()
        }
        texture = u8_to_signed(ready[_TEXTURE]).permute(2, 0, 1)[None]
        features = GarmentFeatures(**{name: ready[_FEATURE + name].to(self.device) for name in _FIELDS})
        return KnownGarment(features, texture.to(self.device), ready[_SMALL].to(self.device))

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.safetensors"

    def _make_room(self) -> None:
        with self._lock:
            files = []
            for path in self.root.glob("*/*.safetensors"):
                try:
                    stat = path.stat()
                except FileNotFoundError:  # another process made room
                    continue
                files.append((stat.st_mtime_ns, stat.st_size, path))
            spare = sum(size for _, size, _ in files) - self.limit_bytes
            for _, size, path in sorted(files):
                if spare <= 0:
                    return
                path.unlink(missing_ok=True)
                spare -= size


def _is_dense(tensor: torch.Tensor) -> bool:
    """Whether it fills its memory without gaps or repeats, in whatever order of its axes."""
    reach = 1 + sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride(), strict=True))
    return tensor.dtype == torch.float32 and reach == tensor.numel() and 0 not in tensor.stride()


def _digest(tensors: dict[str, torch.Tensor]) -> str:
    found = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        found.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()
