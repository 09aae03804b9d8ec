"""The typed config of a training run of the garment recogniser."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from fitroom.contracts import Preprocessing
from fitroom.data.recognition.augment import AugmentConfig
from fitroom.data.source import SourceConfig
from fitroom.data.splits import PartsConfig
from fitroom.errors import ConfigError
from fitroom.models.recognizer import RecognizerConfig
from fitroom.training.config import OptimConfig, RunConfig, require_range


@dataclass
class DataConfig:
    """What is learned from, and how it is read."""

    source: SourceConfig
    parts: PartsConfig = field(default_factory=PartsConfig)
    """How photos are dealt to fit, select and report."""
    fit_on: list[Literal["fit", "select", "report"]] = field(default_factory=lambda: ["fit"])
    """Parts the weights learn from. The report part belongs in it for a release alone, whose score is then that of the
    recipe on held-out contributors."""
    num_workers: int = 1
    """Loader processes."""
    cache: bool = True
    """Decode each photo once and keep it in memory."""

    def __post_init__(self) -> None:
        require_range("data", self, num_workers=math.inf)


@dataclass
class RecognizerOptimConfig(OptimConfig):
    """AdamW with warm-up, cosine and layer-wise decay."""

    layer_decay: float = 0.9
    """Each layer further from the heads learns at this factor of the next; 1 = all alike."""
    freeze_stages: int = 0
    """Stem and this many first stages of the backbone keep their weights."""
    batch_norm: Literal["frozen", "trained"] = "frozen"
    """"frozen": statistics fixed and folded into the convolutions (faster, and equal on one and many processes)."""

    def __post_init__(self) -> None:
        require_range("optim", self, freeze_stages=99)
        if self.lr <= 0 or not 0 < self.layer_decay <= 1:
            raise ConfigError(
                "nothing would be learned",
                where="optim",
                rule="lr > 0, 0 < layer_decay <= 1",
                got=(self.lr, self.layer_decay),
            )
        super().__post_init__()


@dataclass
class MixConfig:
    """Mixing photos in pairs."""

    mixup: float = 0.0
    """Beta parameter of mixup (Zhang et al. 2018); 0 = off."""
    cutmix: float = 0.0
    """Beta parameter of CutMix (Yun et al. 2019); 0 = off."""
    probability: float = 0.8
    """Share of the pairs that are mixed at all."""

    def __post_init__(self) -> None:
        require_range("mix", self, mixup=math.inf, cutmix=math.inf, probability=1)


@dataclass
class CalibrationConfig:
    """How confidence is made honest; fitted on the select part."""

    target_accuracy: float = 0.98
    """The "unknown" threshold is the smallest at which accepted answers on the select part are this accurate."""
    from_bundles: list[str] = field(default_factory=list)
    """Take the median temperature and threshold of these bundles: for a release that learned from all parts."""

    def __post_init__(self) -> None:
        require_range("calibration", self, target_accuracy=1)


@dataclass(kw_only=True)
class RecognizerRunConfig(RunConfig):
    """One training run of the garment recogniser."""

    data: DataConfig
    model: RecognizerConfig = field(default_factory=RecognizerConfig)
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    optim: RecognizerOptimConfig = field(default_factory=RecognizerOptimConfig)
    mix: MixConfig = field(default_factory=MixConfig)
    calibration: CalibrationConfig = field(default_factory=CalibrationConfig)
    task: Literal["recognizer"] = "recognizer"
    """What kind of model is trained."""
    label_smoothing: float = 0.1
    """Of single-label heads."""

    def fixed(self) -> dict[str, Any]:
        """As for every run; photos are known by their content, wherever they lie."""
        source = replace(self.data.source, root="")
        data = replace(self.data, source=source, num_workers=0, cache=True)
        return {key: value for key, value in super().fixed().items() if key != "calibration"} | {"data": data}
