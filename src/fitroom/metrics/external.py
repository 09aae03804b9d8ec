"""Weights that no package carries: where a user has put them, whether they are the right bytes, or why there are none.

FID, KID and LPIPS are defined by networks that must be downloaded once. A file is named in the config, or lies under
its usual name in the folder that the environment variable FITROOM_WEIGHTS names; nothing is ever downloaded.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch

from fitroom.errors import WeightsError
from fitroom.models.weights import file_sha256

FOLDER_VARIABLE = "FITROOM_WEIGHTS"


class Network(NamedTuple):
    """A network that defines a metric: what it is for, its files' usual names, and who publishes them."""

    purpose: str
    files: tuple[str, ...]
    publisher: str


NETWORKS = {
    "inception": Network(
        "the Inception network of FID and KID",
        ("weights-inception-2015-12-05-6726825d.pth", "pt_inception-2015-12-05-6726825d.pth"),
        "torch-fidelity's release v0.2.0",
    ),
    "alexnet": Network("the AlexNet of LPIPS alex", ("alexnet-owt-7be5be79.pth",), "torchvision"),
    "vgg16": Network("the VGG16 of LPIPS vgg", ("vgg16-397923af.pth",), "torchvision"),
    "squeezenet": Network("the SqueezeNet 1.1 of LPIPS squeeze", ("squeezenet1_1-b8a52dc0.pth",), "torchvision"),
}


class ExternalFile(NamedTuple):
    """A weights file that was found, and the sha256 of its bytes."""

    path: Path
    sha256: str


@dataclass
class ExternalWeights:
    """Paths to the weights of FID, KID and LPIPS; a metric whose weights are missing stays empty, with the reason.

    A path that is not given is looked for under its usual name in the folder that FITROOM_WEIGHTS names.
    """

    inception: str | None = None
    """FID's Inception: weights-inception-2015-12-05-6726825d.pth of torch-fidelity's release."""
    alexnet: str | None = None
    """torchvision's AlexNet, for LPIPS alex."""
    vgg16: str | None = None
    """torchvision's VGG16, for LPIPS vgg."""
    squeezenet: str | None = None
    """torchvision's SqueezeNet 1.1, for LPIPS squeeze."""
    inception_sha256: str | None = None
    """Hash that the file must have; None takes any."""
    alexnet_sha256: str | None = None
    """Hash that the file must have; None takes any."""
    vgg16_sha256: str | None = None
    """Hash that the file must have; None takes any."""
    squeezenet_sha256: str | None = None
    """Hash that the file must have; None takes any."""

    def find(self, name: str) -> ExternalFile:
        """The file of a network, checked.

        Args:
            name: "inception", "alexnet", "vgg16" or "squeezenet".

        Raises:
            WeightsError: not given and not in the folder, no such file, or bytes of another hash.
        """
        given: str | None = getattr(self, name)
        path = Path(given).expanduser() if given else _in_folder(name)
        if path is None:
            raise WeightsError(
                f"the weights of {NETWORKS[name].purpose} are missing",
                where=NETWORKS[name].files[0],
                rule=f"a file from {NETWORKS[name].publisher}; nothing is downloaded",
                got=_folder_state(),
                fix=f"--weights.{name} PATH fills the column, and so does the file in the folder of {FOLDER_VARIABLE}",
            )
        return checked_file(path, getattr(self, f"{name}_sha256"), NETWORKS[name].purpose)

    def missing_because(self, name: str) -> str | None:
        """Why the network cannot be used, in one line; None where it can. Such a score is null, never a zero."""
        try:
            self.find(name)
        except WeightsError as error:
            parts = (error.what, f"{error.where}" if error.where else None, error.got, error.fix)
            return "; ".join(str(part) for part in parts if part)
        return None


def checked_file(path: Path, sha256: str | None, purpose: str) -> ExternalFile:
    """The file with its hash.

    Raises:
        WeightsError: there is no such file, or it has another hash than ``sha256``.
    """
    if not path.is_file():
        raise WeightsError(f"the weights file of {purpose} is not there", where=path, fix="give the path of a file")
    digest = file_sha256(path)
    if sha256 is not None and digest != sha256.lower():
        raise WeightsError(
            f"the weights file of {purpose} is not the one asked for",
            where=path,
            rule=f"sha256 {sha256}",
            got=digest,
            fix="download it again, or correct the hash",
        )
    return ExternalFile(path, digest)


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a torch file, on the CPU; nothing in it is executed.

    Raises:
        WeightsError: it cannot be read, or holds something else than tensors by name.
    """
    try:
        tensors: Any = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(tensors, dict) or not all(isinstance(value, torch.Tensor) for value in tensors.values()):
            raise ValueError("it holds something else")
    except Exception as error:
        raise WeightsError(
            "the weights file cannot be read",
            where=path,
            rule="a torch file of tensors by name alone",
            got=(str(error) or type(error).__name__).splitlines()[0],
            fix="download it again",
        ) from error
    return tensors


def _in_folder(name: str) -> Path | None:
    folder = os.environ.get(FOLDER_VARIABLE)
    candidates = [Path(folder).expanduser() / file for file in NETWORKS[name].files] if folder else []
    return next((path for path in candidates if path.is_file()), None)


def _folder_state() -> str:
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        return f"no path, and {FOLDER_VARIABLE} is not set"
    return f"no path, and none in {folder}" + ("" if Path(folder).expanduser().is_dir() else ", which is no folder")
