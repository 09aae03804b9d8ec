"""What every run is before its first step, and what a task must say so that ``fit`` can run it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytorch_lightning import Callback, LightningDataModule
from torch import nn

from fitroom.bundles.format import Bundle, open_bundle, resolve_bundle
from fitroom.contracts import Calibration, Preprocessing
from fitroom.data.manifest import Manifest
from fitroom.errors import BundleError
from fitroom.models.weights import WeightsRecord
from fitroom.training.averaging import WarmAverage
from fitroom.training.config import RunConfig
from fitroom.training.module import RunModule
from fitroom.training.run_folder import RunFolder
from fitroom.training.sharded_average import ShardedAverage


@dataclass
class Built:
    """What a run trains with.

    Attributes:
        module: holds the network as ``module.model``.
        data: its loaders.
        weights: what the network started from.
    """

    module: RunModule
    data: LightningDataModule
    weights: WeightsRecord


@dataclass
class Shipment:
    """What a task puts into a bundle beside weights, name and licence.

    Attributes:
        model_config: dataclass the network was built from.
        preprocessing: how a photo becomes its input.
        calibration: per head; empty where there are none.
        measured: figures on the select part, for the card.
        learned_too: hashes of further photos it learned from: those that are no row of the manifest, and those of the
            start weights where they were a bundle's.
    """

    model_config: Any
    preprocessing: Preprocessing
    calibration: Mapping[str, Calibration] = field(default_factory=dict)
    measured: Mapping[str, Any] | None = None
    learned_too: Iterable[str] = ()


@dataclass
class Plan(ABC):
    """All that a run is, before its first step; a task adds what is its own.

    Attributes:
        manifest: all photos of the run; ``fit`` is learned from, ``select`` (may be empty) is looked at.
        steps_per_epoch: optimizer steps an epoch, rounded up.
        num_steps: of the whole schedule; the run may end earlier, see ``end_step``.
        start_step: 0, or where a resumed run goes on.
    """

    config: RunConfig
    folder: RunFolder
    manifest: Manifest
    fit: Manifest
    select: Manifest
    num_steps: int
    steps_per_epoch: int
    start_step: int

    @property
    def end_step(self) -> int:
        """Where the run ends: after all steps, or at ``stop_steps``."""
        return min(self.config.stop_steps or self.num_steps, self.num_steps)

    @abstractmethod
    def network(self) -> nn.Module:
        """The network as it will be trained, frozen where it will be, without start weights."""

    @abstractmethod
    def about(self) -> Iterable[tuple[str, str]]:
        """(name, text) lines of ``--dry-run`` that are the task's own."""

    def needs(self, model: nn.Module) -> Iterable[tuple[str, str]]:
        """(name, text) lines of ``--dry-run`` about memory.

        Args:
            model: :meth:`network`, built on the meta device.
        """
        count = sum(p.numel() for p in model.parameters())
        trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
        # Weights, average, gradient and AdamW's two moments.
        state_mb = (2 * count + 3 * trainable) * 4 / 2**20
        yield "state", f"about {state_mb:.0f} MiB for weights, average, gradient and optimizer"

    def average(self) -> Callback:
        """What averages the weights while they are trained, and puts its average in their place at the end."""
        decay = self.config.ema_decay
        return ShardedAverage(decay) if self.config.strategy == "fsdp" else WarmAverage(decay)

    @abstractmethod
    def build(self) -> Built:
        """Network with start weights, module and data; writes nothing."""

    @abstractmethod
    def callbacks(self) -> list[Callback]:
        """The task's own callbacks; they come before the one that saves."""

    @abstractmethod
    def shipment(self, module: RunModule) -> Shipment:
        """What ships beside the weights, after the last look at the select part."""


def start_bundle(path: str, kind: str) -> Bundle | None:
    """The bundle whose weights a run starts from; None where the path is empty.

    Raises:
        BundleError: it is not there, is altered, or is of another kind.
    """
    if not path:
        return None
    bundle = open_bundle(resolve_bundle(path))
    if bundle.spec.kind != kind:
        raise BundleError(
            "a run can start from a bundle of its own kind alone", where=path, rule=kind, got=bundle.spec.kind
        )
    return bundle
