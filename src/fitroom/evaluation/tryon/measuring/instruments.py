"""What measures pictures: the person parser and the networks of the perceptual and set distances, each with its hash.

An instrument that is not there leaves its scores empty, with the reason; it is never replaced by another in silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch

from fitroom.bundles import resolve_bundle
from fitroom.bundles.format import WEIGHTS
from fitroom.config import hash_settings
from fitroom.errors import BundleError, FitroomError, WeightsError
from fitroom.metrics.effnet import EffNetLite0
from fitroom.metrics.external import ExternalWeights
from fitroom.metrics.inception import FidInception, InceptionVariant
from fitroom.metrics.lpips import NETWORK_OF, Lpips, LpipsNet
from fitroom.pipelines.parse import ParsePipeline

DEFAULT_PARSER = "bundles/parser-wardrobe"
_INCEPTION: dict[str, InceptionVariant] = {"inception": "torch-fidelity", "inception_clean": "clean-fid"}
HR_VITON_PX = (128, 128)


@dataclass
class Instruments:
    """The instruments of one evaluation.

    Attributes:
        hashes: SHA-256 of each one's weights, by name.
        missing: why one is not there, by name.
        parser, effnet: None where not needed or not there.
        lpips: by name, "lpips_alex" ... and "lpips_alex_128".
        inception: by name, "inception" and "inception_clean".
    """

    hashes: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    parser: ParsePipeline | None = None
    effnet: EffNetLite0 | None = None
    lpips: dict[str, Lpips] = field(default_factory=dict)
    inception: dict[str, FidInception] = field(default_factory=dict)

    def pooled(self, images_u8: list[np.ndarray], column: str) -> np.ndarray:
        """(N, D) float32 features of pictures for the feature column ``column``, one picture at a time."""
        name = column.removeprefix("features_").removesuffix("_pasted")
        rows = []
        for image_u8 in images_u8:
            batch = torch.tensor(image_u8)[None]
            if name == "effnetlite0":
                assert self.effnet is not None
                rows.append(self.effnet.features(batch).pooled_BD[0].cpu().numpy())
            else:
                rows.append(self.inception[name].features(batch)[0].cpu().numpy())
        return np.stack(rows)


def open_instruments(
    needed: Iterable[str], weights: ExternalWeights, parser: str | None, device: torch.device
) -> Instruments:
    """Opens what the protocols' metrics need (``Metric.needs``).

    Args:
        needed: names.
        weights: paths of FID's and LPIPS's networks.
        parser: bundle of the person parser; None = the shipped one, where it is.
        device: where they compute.

    Raises:
        WeightsError: a path was given and cannot be used. What was not given is missing, with the reason.
    """
    found, wanted = Instruments(), set(needed)
    if "parser" in wanted:
        _open_parser(found, parser, device)
    if "effnetlite0" in wanted:
        try:
            found.effnet = EffNetLite0(device)
            found.hashes["effnetlite0"] = str(found.effnet.record.sha256)
        except WeightsError as error:
            found.missing["effnetlite0"] = f"{error.what}; {error.fix}"
    for net in NETWORK_OF:
        if f"lpips_{net}" in wanted:
            _open_lpips(found, net, weights, device)
    for name, variant in _INCEPTION.items():
        if name in wanted and (file := _found(found, name, "inception", weights)):
            found.inception[name] = FidInception(*file, variant=variant, device=device)
            found.hashes[name] = found.inception[name].file.sha256
    return found


def _open_parser(found: Instruments, parser: str | None, device: torch.device) -> None:
    try:
        bundle = resolve_bundle(parser or DEFAULT_PARSER)
        found.parser = ParsePipeline.from_bundle(bundle, device=device)
        spec = found.parser.bundle.spec  # what measures: a new card or name of the bundle changes nothing
        measured_by = {"weights": spec.files[WEIGHTS], "model": spec.model, "input": asdict(spec.preprocessing)}
        found.hashes["parser"] = hash_settings(measured_by)
    except BundleError as error:
        if parser is not None:
            raise
        found.missing["parser"] = f"no person parser at {DEFAULT_PARSER} ({error.what}); --parser DIR names one"


def _open_lpips(found: Instruments, net: LpipsNet, weights: ExternalWeights, device: torch.device) -> None:
    name = f"lpips_{net}"
    if not (file := _found(found, name, NETWORK_OF[net], weights)):
        return
    try:
        found.lpips[name] = Lpips(net, *file, device=device)
        if net == "alex":
            found.lpips["lpips_alex_128"] = Lpips(net, *file, size_px=HR_VITON_PX, device=device)
    except WeightsError:
        raise
    except FitroomError as error:  # the package lpips is not installed
        found.missing[name] = f"{error.what}; {error.fix}"
        return
    found.hashes[name] = found.lpips[name].file.sha256


def _found(found: Instruments, name: str, network: str, weights: ExternalWeights) -> tuple[Path, str | None] | None:
    """Path and wanted hash of a network; None, and the reason noted, where nothing was given."""
    if getattr(weights, network) is None and (reason := weights.missing_because(network)):
        found.missing[name] = reason
        return None
    file = weights.find(network)
    return file.path, file.sha256
