"""What ``bundle.json`` says: typed, and read strictly, so that a file by another hand fails with the field's name."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fitroom.config import read_typed
from fitroom.contracts import Calibration, Head, Preprocessing
from fitroom.errors import BundleError, FitroomError
from fitroom.models.weights import WeightsRecord

FORMAT_VERSION = 1
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class TrainingRecord:
    """What the weights were fitted to.

    Attributes:
        data_digest: digest of the manifest, see ``data.manifest.Manifest.digest``.
        num_images: number of different photos it learned or chose from.
        seed: seed of the run.
    """

    data_digest: str
    num_images: int
    seed: int


@dataclass(frozen=True)
class BundleSpec:
    """The content of ``bundle.json``.

    Attributes:
        format_version: version of the bundle format it was written in.
        kind: model kind of ``models.registry``, e.g. "recognizer".
        name: name of the model; letters, digits, ``.``, ``_`` and ``-``.
        revision: first 12 hex digits of the SHA-256 of ``model.safetensors``.
        created_utc: when it was written, ISO 8601.
        fitroom: version that wrote it.
        model: the model's config as plain values.
        preprocessing: how a photo becomes its input.
        calibration: per head, what turns its logits into confidences.
        weights: where the start weights came from.
        training: what it was fitted to.
        license: SPDX id of the bundle.
        dtype: storage type of matrices and kernels in ``model.safetensors``.
        files: SHA-256 of every other file, by name.
        parity: largest differences between the runtimes, measured at export; None before.
        measured: scores of these weights by name, where the kind's card shows such; None = not measured.
    """

    format_version: int
    kind: str
    name: str
    revision: str
    created_utc: str
    fitroom: str
    model: dict[str, Any]
    preprocessing: Preprocessing
    calibration: dict[str, Calibration]
    weights: WeightsRecord
    training: TrainingRecord
    license: str
    dtype: Literal["float16", "float32"]
    files: dict[str, str]
    parity: dict[str, Any] | None = None
    measured: dict[str, Any] | None = None

    @property
    def heads(self) -> list[Head]:
        """The questions it answers, with their classes; empty for a kind of model that has no heads."""
        values = self.model.get("heads", [])
        if not isinstance(values, list):
            raise BundleError("model.heads is no list", rule="a list of heads", got=repr(values))
        return [read_typed(Head, value, f"model.heads[{i}]", BundleError) for i, value in enumerate(values)]

    def to_json(self) -> str:
        """The text of ``bundle.json``."""
        return json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_spec(path: Path) -> BundleSpec:
    """Reads ``bundle.json``.

    Raises:
        BundleError: unreadable, not JSON, of a newer format, or with missing, unknown or ill-typed fields.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BundleError("a bundle's bundle.json cannot be read", where=path, got=error.strerror) from error
    except ValueError as error:
        raise BundleError(
            "bundle.json is not JSON", where=path, got=str(error), fix="export or copy the bundle again"
        ) from error
    if not isinstance(values, dict) or type(values.get("format_version")) is not int or values["format_version"] < 1:
        raise BundleError(
            "bundle.json has no format_version", where=path, rule=f"an object with format_version {FORMAT_VERSION}"
        )
    if values["format_version"] > FORMAT_VERSION:
        raise BundleError(
            "the bundle was written by a newer fitroom",
            where=path,
            rule=f"format_version at most {FORMAT_VERSION}",
            got=values["format_version"],
            fix="install the newer fitroom",
        )
    try:
        spec = read_typed(BundleSpec, values, "", BundleError)
        check_spec(spec)
    except FitroomError as error:
        raise BundleError(
            error.what, where=path, rule=error.rule, got=error.got, fix="export or copy the bundle again"
        ) from error
    return spec


def check_spec(spec: BundleSpec) -> None:
    """Checks what types cannot say: the name, and that the calibration belongs to the heads.

    Raises:
        BundleError: otherwise.
    """
    _check_name(spec.name)
    names = [head.name for head in spec.heads]
    if unknown := sorted(set(spec.calibration) - set(names)):
        raise BundleError("calibration is given for heads that the model has not", rule=f"of {names}", got=unknown)
    for name, calibration in spec.calibration.items():
        if not (0 < calibration.temperature < math.inf and 0 <= calibration.threshold <= 1):
            raise BundleError(
                f"the calibration of head {name!r} cannot be used",
                rule="temperature above 0, threshold from 0 to 1",
                got=(calibration.temperature, calibration.threshold),
            )


def _check_name(name: str) -> None:
    # It stands in paths and addresses.
    if not NAME.fullmatch(name):
        raise BundleError(
            "a bundle cannot have this name", rule="letters, digits, '.', '_', '-'; a letter or digit first", got=name
        )
