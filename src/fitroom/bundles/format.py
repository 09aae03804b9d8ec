"""Writes, opens and verifies bundles: all that evaluation, export and serving need of a model, in one folder.

    bundle/
      bundle.json        what is in the folder, see ``bundles.spec.BundleSpec``; holds the SHA-256 of every other file
      model.safetensors  the weights; matrices and kernels in float16 by default, the rest in float32
      config.yaml        the resolved config of the run that made it
      trained_on.json    first 16 hex digits of the SHA-256 of every photo it learned or chose from, sorted
      README.md          the model card
      model.onnx         optional: the graph; reads its weights from model.safetensors, so both runtimes share one copy

Nothing in it is unpickled, and a folder whose bytes are not those that were written does not open.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import nn

from fitroom import __version__
from fitroom.bundles.card import render_card
from fitroom.bundles.spec import FORMAT_VERSION, BundleSpec, TrainingRecord, check_spec, read_spec
from fitroom.contracts import Calibration, Preprocessing
from fitroom.errors import BundleError, ConfigError
from fitroom.models.registry import build_model, outline_model
from fitroom.models.weights import WeightsRecord, file_sha256
from fitroom.writing import folder_beside

SPEC, WEIGHTS, CONFIG, TRAINED_ON, CARD, ONNX = (
    "bundle.json", "model.safetensors", "config.yaml", "trained_on.json", "README.md", "model.onnx",
)  # fmt: skip
REQUIRED = (WEIGHTS, CONFIG, TRAINED_ON, CARD)
SUFFIXES = {".csv", ".json", ".safetensors", ".yaml", ".md", ".onnx"}
SHORT_HASH = 16
DTYPES = {"float16": torch.float16, "float32": torch.float32}
LOOKS_LIKE = f"a bundle is a folder with {SPEC} and the files it lists; a run is a folder with such a bundle/ inside"


@dataclass(frozen=True)
class Bundle:
    """An opened bundle.

    Attributes:
        path: its folder.
        spec: what its ``bundle.json`` says.
        hash: SHA-256 of ``bundle.json``, and so of everything in the folder.
    """

    path: Path
    spec: BundleSpec
    hash: str

    def require_kind(self, kind: str, holds: str) -> None:
        """Raises BundleError where the bundle is of another kind; ``holds`` says in words what it should hold."""
        if self.spec.kind != kind:
            raise BundleError(f"this bundle holds no {holds}", where=self.path, rule=kind, got=self.spec.kind)

    def build_model(self) -> nn.Module:
        """The network with its weights, float32, in eval mode.

        Raises:
            BundleError: the weights do not fit the network that ``bundle.json`` describes.
        """
        return self._filled(build_model).eval()

    def check_model(self) -> None:
        """Whether the weights fit; a base that the model stands on is outlined, not read.

        Raises:
            BundleError: they do not.
        """
        self._filled(outline_model, assign=True)

    def _filled(self, build: Callable[[str, dict[str, Any]], nn.Module], assign: bool = False) -> nn.Module:
        try:
            model = build(self.spec.kind, self.spec.model)
        except ConfigError as error:
            raise BundleError(
                "the bundle describes a model that cannot be built", where=self.path / SPEC, got=str(error)
            ) from error
        try:
            model.load_state_dict(self.tensors(), assign=assign)
        except RuntimeError as error:
            raise BundleError(
                "the weights do not fit the model the bundle describes",
                where=self.path / WEIGHTS,
                got=str(error).splitlines()[-1].strip(),
                fix="export the bundle again",
            ) from error
        return model

    def tensors(self) -> dict[str, torch.Tensor]:
        """Its weights by name; floating point in float32."""
        return {
            key: tensor.float() if tensor.is_floating_point() else tensor
            for key, tensor in _read_weights(self.path / WEIGHTS).items()
        }

    def trained_on(self) -> set[str]:
        """First 16 hex digits of the SHA-256 of every photo it learned or chose from."""
        return _read_hashes(self.path / TRAINED_ON)

    def size_bytes(self) -> int:
        """Size of all its files together."""
        return sum(file.stat().st_size for file in self.path.iterdir())


def write_bundle(
    folder: Path,
    *,
    kind: str,
    name: str,
    model: nn.Module | Mapping[str, torch.Tensor],
    model_config: Any,
    preprocessing: Preprocessing,
    calibration: Mapping[str, Calibration],
    config_yaml: str,
    trained_on: Iterable[str],
    data_digest: str,
    seed: int,
    weights: WeightsRecord,
    license: str,
    card: str | None = None,
    dtype: str = "float16",
    measured: Mapping[str, Any] | None = None,
) -> Bundle:
    """Writes a bundle; the folder appears complete or not at all.

    Args:
        folder: where; must not exist.
        kind: model kind of ``models.registry``.
        name: name of the model, e.g. "clothing-lite1".
        model: the network whose weights ship (the averaged ones, where there are such), or they alone by name.
        model_config: dataclass it was built from, or its plain values; every head with its classes.
        preprocessing: how a photo becomes its input.
        calibration: per head.
        config_yaml: the resolved config of the run.
        trained_on: SHA-256 (or its first 16 digits) of every photo it learned or chose from.
        data_digest: digest of the manifest.
        seed: seed of the run.
        weights: where the start weights came from.
        license: SPDX id.
        card: the model card in Markdown; rendered from the rest where None.
        dtype: "float16" or "float32", of matrices and kernels; vectors (norms, biases) stay float32.
        measured: scores of these weights by name.

    Raises:
        BundleError: the folder exists, or something given cannot be stored (NaN weights, values beyond float16, ...).
    """
    if dtype not in DTYPES:
        raise BundleError("a bundle cannot be stored in this dtype", rule=f"one of {list(DTYPES)}", got=dtype)
    hashes = sorted({_short_hash(value) for value in trained_on})
    blob = _pack(model, DTYPES[dtype])
    files = {
        WEIGHTS: blob,
        CONFIG: config_yaml.encode(),
        TRAINED_ON: (json.dumps(hashes, indent=0) + "\n").encode(),
    }
    spec = BundleSpec(
        format_version=FORMAT_VERSION,
        kind=kind,
        name=name,
        revision=hashlib.sha256(blob).hexdigest()[:12],
        created_utc=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        fitroom=__version__,
        model=dict(model_config) if isinstance(model_config, Mapping) else dataclasses.asdict(model_config),
        preprocessing=preprocessing,
        calibration=dict(calibration),
        weights=weights,
        training=TrainingRecord(data_digest, len(hashes), seed),
        license=license,
        dtype=dtype,  # type: ignore[arg-type]
        files={},
        measured=None if measured is None else dict(measured),
    )
    check_spec(spec)
    files[CARD] = (card if card is not None else render_card(spec)).encode()
    with _staged(folder) as stage:
        _write_files(stage, files, spec)
        open_bundle(stage).check_model()  # what was written must read back, before anyone sees it
        stage.rename(folder)
    return open_bundle(folder, verify=False)


def open_bundle(folder: str | Path, verify: bool = True) -> Bundle:
    """Opens a bundle.

    Args:
        folder: the bundle's folder.
        verify: hash every file and look for NaN among the weights; only for a bundle just verified is False right.

    Raises:
        BundleError: not a bundle, a newer format, a file missing, altered or not listed, or NaN weights; it names the
            file.
    """
    folder = Path(folder)
    if not (folder / SPEC).is_file():
        raise BundleError(
            "this is not a bundle",
            where=folder,
            rule=LOOKS_LIKE,
            got=f"no {SPEC} in it" if folder.is_dir() else "no such folder",
        )
    try:
        bundle = Bundle(folder, read_spec(folder / SPEC), file_sha256(folder / SPEC))
        if verify:
            _verify(bundle)
    except OSError as error:
        raise BundleError("a file of the bundle cannot be read", where=error.filename, got=error.strerror) from error
    return bundle


def resolve_bundle(path: str | Path) -> Path:
    """The bundle's folder, given it or a run's.

    Raises:
        BundleError: neither; it says what both look like.
    """
    path = Path(path)
    for folder in (path, path / "bundle"):
        if (folder / SPEC).is_file():
            return folder
    names = sorted(entry.name for entry in path.iterdir())[:8] if path.is_dir() else None
    raise BundleError(
        "neither a bundle nor a run with a bundle",
        where=path,
        rule=LOOKS_LIKE,
        got="no such folder" if names is None else f"a folder with {', '.join(names) or 'nothing'} in it",
    )


def copy_bundle(
    bundle: Bundle,
    folder: Path,
    files: Mapping[str, bytes] | None = None,
    *,
    parity: Mapping[str, Any] | None = None,
    without: Collection[str] = (),
) -> Bundle:
    """Copies a bundle, with files added or replaced; the folder appears complete or not at all.

    Args:
        bundle: what to copy.
        folder: where; must not exist.
        files: content by name.
        parity: what was measured of the model.onnx in ``files``; an old measure stays only while its graph does.
        without: files to leave out.

    Raises:
        BundleError: the folder exists, or the copy would not be a valid bundle.
    """
    with _staged(folder) as stage:
        _copy_into(stage, bundle, files or {}, parity, without)
        stage.rename(folder)
    return open_bundle(folder, verify=False)


def add_files(bundle: Bundle, files: Mapping[str, bytes], *, parity: Mapping[str, Any] | None = None) -> Bundle:
    """Adds or replaces files of a bundle in its place, and brings the hashes up to date.

    A new folder is made beside and swapped in by two renames: a crash leaves the old bundle or the new one whole (at
    worst, between the renames, the old one under a name with a dot in front), never a mixture.

    Args:
        bundle: the one to change.
        files: content by name.
        parity: as in :func:`copy_bundle`.
    """
    folder = bundle.path.resolve()  # a link stays one
    with _staged(folder, exists=True) as stage:
        _copy_into(stage, bundle, files, parity)
        aside = stage.with_name(f"{stage.name}.old")
        folder.rename(aside)
        try:
            stage.rename(folder)
        except OSError:
            aside.rename(folder)
            raise
        shutil.rmtree(aside)
    return open_bundle(folder, verify=False)


@contextmanager
def _staged(folder: Path, exists: bool = False) -> Iterator[Path]:
    """An empty folder beside ``folder``, to be filled and renamed; gone afterwards, whatever happens."""
    if not exists and os.path.lexists(folder):
        raise BundleError(
            "the folder exists already", where=folder, rule="a new folder", fix="remove it or name another"
        )
    try:
        with folder_beside(folder) as stage:
            yield stage
    except OSError as error:
        raise BundleError("the bundle cannot be written", where=folder, got=error.strerror) from error


def _copy_into(
    stage: Path,
    bundle: Bundle,
    files: Mapping[str, bytes],
    parity: Mapping[str, Any] | None,
    without: Collection[str] = (),
) -> None:
    for name in files:
        if name in (WEIGHTS, SPEC) or Path(name).name != name:
            raise BundleError(
                "a bundle cannot be given this file", rule=f"a plain name, not {WEIGHTS} or {SPEC}", got=name
            )
    _verify(bundle)  # new hashes must not cover up an alteration
    for name in set(bundle.spec.files) - set(without):
        shutil.copyfile(bundle.path / name, stage / name)
    spec = bundle.spec
    if ONNX in files or ONNX in without:
        spec = dataclasses.replace(spec, parity=None if parity is None else dict(parity))
    _write_files(stage, files, spec)
    open_bundle(stage)


def _write_files(stage: Path, files: Mapping[str, bytes], spec: BundleSpec) -> None:
    for name, content in files.items():
        (stage / name).write_bytes(content)
    hashes = {file.name: file_sha256(file) for file in sorted(stage.iterdir()) if file.name != SPEC}
    (stage / SPEC).write_text(dataclasses.replace(spec, files=hashes).to_json(), encoding="utf-8")


def _verify(bundle: Bundle) -> None:
    listed = bundle.spec.files
    present = {entry.name: entry for entry in bundle.path.iterdir() if entry.name != SPEC}
    fix = "export or copy the bundle again"
    for name in sorted({*REQUIRED, *listed} - set(present)):
        raise BundleError("a file of the bundle is missing", where=bundle.path / name, fix=fix)
    for name, entry in sorted(present.items()):
        if name not in listed:
            raise BundleError(
                "the bundle holds a file that its bundle.json does not list", where=entry, fix=f"remove it, or {fix}"
            )
        _check_kind(entry)
        if (got := file_sha256(entry)) != listed[name]:
            raise BundleError(
                "a file of the bundle was altered", where=entry, rule=f"sha256 {listed[name]}", got=got, fix=fix
            )
    if bundle.spec.revision != listed[WEIGHTS][:12]:
        raise BundleError(
            "the bundle's revision is not that of its weights",
            where=bundle.path / SPEC,
            rule=listed[WEIGHTS][:12],
            got=bundle.spec.revision,
            fix=fix,
        )
    _check_finite(_read_weights(bundle.path / WEIGHTS), bundle.path / WEIGHTS)
    if len(bundle.trained_on()) != bundle.spec.training.num_images:
        raise BundleError(
            "trained_on.json and bundle.json disagree on num_images", where=bundle.path / TRAINED_ON, fix=fix
        )


def _check_kind(entry: Path) -> None:
    """A bundle is data: text, tensors and a graph. A pickle would be a program."""
    if entry.is_symlink() or not entry.is_file():
        raise BundleError("a bundle holds plain files only", where=entry, got="a link or a folder", fix="remove it")
    with entry.open("rb") as stream:
        head = stream.read(4)
    pickled = head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
    # The first bytes of safetensors are a length, which may look like anything; its own reader checks it.
    if entry.suffix not in SUFFIXES or (entry.suffix != ".safetensors" and (pickled or head == b"PK\x03\x04")):
        raise BundleError(
            "the bundle holds a file of a kind that is not allowed, such as a pickle",
            where=entry,
            rule=f"files of {', '.join(sorted(SUFFIXES))}, none of them pickled",
            fix="remove it",
        )


def _pack(model: nn.Module | Mapping[str, torch.Tensor], dtype: torch.dtype) -> bytes:
    weights = model.state_dict() if isinstance(model, nn.Module) else model
    state = {key: tensor.detach().cpu() for key, tensor in weights.items()}
    _check_finite(state, WEIGHTS)
    packed = {
        key: (tensor.to(dtype) if tensor.ndim >= 2 else tensor.float()) if tensor.is_floating_point() else tensor
        for key, tensor in state.items()
    }
    _check_finite(packed, WEIGHTS, fix='write it with dtype="float32": a value is beyond the range of float16')
    return safetensors.torch.save({key: tensor.contiguous().clone() for key, tensor in packed.items()})


def _read_weights(file: Path) -> dict[str, torch.Tensor]:
    try:
        return safetensors.torch.load_file(file)
    except (SafetensorError, OSError) as error:
        raise BundleError("the weights cannot be read", where=file, rule="safetensors", got=str(error)) from error


def _check_finite(tensors: Mapping[str, torch.Tensor], where: object, fix: str | None = None) -> None:
    for key, tensor in tensors.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise BundleError(
                "the weights hold NaN or infinity", where=where, rule="finite values", got=f"in {key}", fix=fix
            )


def _read_hashes(file: Path) -> set[str]:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        return {_short_hash(value) for value in values}
    except (OSError, ValueError, TypeError) as error:
        raise BundleError(
            "trained_on.json cannot be read", where=file, rule="a list of hashes", got=str(error)
        ) from error
    except BundleError as error:
        raise BundleError(error.what, where=file, rule=error.rule, got=error.got) from error


def _short_hash(value: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{16,64}", value):
        raise BundleError("this is not the hash of a photo", rule="16 to 64 hex digits of a SHA-256", got=value)
    return value[:SHORT_HASH]
