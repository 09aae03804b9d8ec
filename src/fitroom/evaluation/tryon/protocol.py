"""The try-on protocols: frozen, versioned recipes. A change of any setting is a new version, never an edit.

Three families: the wardrobe's, whose truth is simulated and so known for every pair and in centimetres; those of
public data sets; and ``compat/``, which do what one published evaluator does, so that its numbers can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from fitroom.errors import EvaluationError
from fitroom.evaluation.protocols import EvaluationProtocol, read_protocol
from fitroom.evaluation.tryon.catalogue import OF_GROUP, PASTED, metric

_BEFORE = {"out_of_sight": "missing"}  # so that protocols from before keep their hash
Filter = Literal["nearest", "bilinear", "bicubic", "lanczos", "area"]


@dataclass(frozen=True)
class TryOnProtocol(EvaluationProtocol):
    """How the pictures of a try-on model are scored."""

    data: Literal["wardrobe", "viton-hd", "dresscode", "viton"]
    """Where the cases come from."""
    metrics: list[str]
    """Scores, by name in the catalogue."""
    split: Literal["train", "validation", "test"] = "test"
    """Part of the data set."""
    kinds: list[str] = field(default_factory=list)
    """Kinds of the wardrobe's cases; empty = all."""
    pairs: Literal["as planned", "paired", "unpaired"] = "as planned"
    """Garment = source garment, or another one, as the data set's lists say."""
    clean: bool = False
    """Test pairs of which a photo, person or garment, also lies in the train split are left out, by content."""
    score_at: Literal["truth", "prediction", "fixed"] = "truth"
    """Size at which pictures are compared: the truth's, the prediction's, or ``height_px`` x ``width_px``."""
    height_px: int = 0
    """Of "fixed"."""
    width_px: int = 0
    """Of "fixed"."""
    sets_at: Literal["compared", "own"] = "compared"
    """Size at which pictures enter distances between sets: that of comparison, or each picture's own."""
    truth_filter: Filter = "lanczos"
    """How a truth of another size is resized; the result is rounded to u8 again."""
    prediction_filter: Filter = "lanczos"
    """The same for a prediction."""
    paste_back: Literal["none", "both"] = "none"
    """"both": scores ending in ``_pasted`` beside, with the photo's own pixels outside the repaint mask put back."""
    out_of_sight: Literal["missing", "as far as seen", "hems too"] = "missing"
    """What a garment counts as whose width goes out of sight behind an arm, and with "hems too" whose hem does so below
    the picture; a missing garment's error is its extent."""
    dilation: float = 0.02
    """The garment region (union of source, true and predicted garment) grows by this share of the height."""
    steps: int | None = None
    """Sampler steps; None = what the bundle says, which was chosen on validation cases."""
    guidance: float | None = None
    """Guidance; None = what the bundle says."""
    sample_seed: int = 0
    """Seed of the model's own randomness."""
    kid_subsets: int = 100
    """Subsets of a kernel distance."""
    kid_subset_size: int = 1000
    """Rows of each; all rows where there are fewer, if ``kid_clip``."""
    kid_clip: bool = True
    """Whether subsets may shrink to the number of pictures."""
    num_resamples: int = 1000
    """Draws of the bootstrap."""
    set_resamples: int = 100
    """Draws for Fréchet and kernel distances."""
    level: float = 0.95
    """Level of the intervals."""
    seed: int = 0
    """Seed of the bootstrap's draws."""

    @property
    def settings(self) -> dict[str, Any]:
        """All fields as plain values; one that came later only where it is not what was done before it came."""
        settings = super().settings
        return {name: value for name, value in settings.items() if name not in _BEFORE or value != _BEFORE[name]}

    def __post_init__(self) -> None:
        for name in self.metrics:
            metric(name)
        if (self.score_at == "fixed") != (self.height_px > 0 and self.width_px > 0):
            raise EvaluationError(
                "the protocol's size does not fit", where=self.id, rule="height_px and width_px with score_at: fixed",
                got=(self.score_at, self.height_px, self.width_px),
            )  # fmt: skip


_WHOLE = [name for name in OF_GROUP["whole picture"] if name not in ("lpips_alex_128", "lpips_vgg", "lpips_squeeze")]
_REGION = [name for name in OF_GROUP["garment region"] if name != "color_delta_e"]  # it came after version 3
_IDENTITY = OF_GROUP["identity"]
_FIT = [name for name in OF_GROUP["fit"] if not name.startswith(("size_", "leak"))]
_SETS = ["fid_inception", "kid_inception", "fd_effnetlite0", "kd_effnetlite0", "precision_effnetlite0",
         "recall_effnetlite0"]  # fmt: skip
_PASTE = [
    f"{name}{PASTED}" for name in ("psnr", "ssim_color", "pd_effnetlite0", "region_psnr", "region_pd_effnetlite0")
]
_OPEN = ["ssim_color", "ms_ssim", "psnr", "lpips_alex", "lpips_squeeze", "pd_effnetlite0"]


def _wardrobe(name: str, kinds: list[str], more: list[str]) -> dict[str, Callable[[], TryOnProtocol]]:
    """Its versions: the second no longer takes a garment for missing that is so wide that it goes out of sight, nor the
    third one that is so long."""

    def made(version: int, **settings: Any) -> TryOnProtocol:
        metrics = [*_WHOLE, *_REGION, *_IDENTITY, *_FIT, *more, *_PASTE]
        return TryOnProtocol(name, version, "wardrobe", metrics, kinds=[*kinds], paste_back="both", **settings)

    return {
        f"{name}@1": lambda: made(1),
        f"{name}@2": lambda: made(2, out_of_sight="as far as seen"),
        f"{name}@3": lambda: made(3, out_of_sight="hems too"),
    }


def _public(name: str, data: Any, pairs: Any, metrics: list[str], **more: Any) -> TryOnProtocol:
    return TryOnProtocol(name, 1, data, metrics, pairs=pairs, **more)


_AT_512: dict[str, Any] = {"score_at": "fixed", "height_px": 512, "width_px": 384}

PROTOCOLS: dict[str, Callable[[], TryOnProtocol]] = {
    # Another garment on the same person, pose and light: the task itself, with its true answer.
    **_wardrobe("wardrobe-counterfactual", ["counterfactual-garment", "leak"], _SETS),
    # One garment in all its sizes on one body.
    **_wardrobe("wardrobe-sizes", ["counterfactual-size"], ["size_step_error_cm", "size_monotone"]),
    # One target over several source garments: the results must agree.
    **_wardrobe("wardrobe-leak", ["leak"], ["leak_cm"]),
    # The garment is the one already worn: it must come back unchanged.
    **_wardrobe("wardrobe-paired", ["paired"], []),
    "vitonhd-paired@1": lambda: _public(
        "vitonhd-paired", "viton-hd", "paired", [*_OPEN, *_SETS], truth_filter="bicubic", prediction_filter="bicubic",
        **_AT_512,
    ),
    "vitonhd-unpaired@1": lambda: _public(
        "vitonhd-unpaired", "viton-hd", "unpaired", _SETS, truth_filter="bicubic", prediction_filter="bicubic",
        **_AT_512,
    ),
    "dresscode-paired@1": lambda: _public(
        "dresscode-paired", "dresscode", "paired", [*_OPEN, *_SETS], truth_filter="bicubic",
        prediction_filter="bicubic", **_AT_512,
    ),
    "dresscode-unpaired@1": lambda: _public(
        "dresscode-unpaired", "dresscode", "unpaired", _SETS, truth_filter="bicubic", prediction_filter="bicubic",
        **_AT_512,
    ),
    # VITON's test pairs that share no photo, person or garment, with its train split.
    "viton-clean@1": lambda: _public("viton-clean", "viton", "paired", [*_OPEN, *_SETS], clean=True),
    # CatVTON's eval.py: torchmetrics SSIM in colour and LPIPS squeeze at the prediction's size, clean-fid FID and KID.
    "compat/catvton@1": lambda: _public(
        "compat/catvton", "viton-hd", "paired", ["ssim_color", "lpips_squeeze", "fid_clean", "kid_clean"],
        score_at="prediction", kid_clip=True,
    ),
    # LaDI-VTON's: torchmetrics SSIM in colour and LPIPS alex at 512x384; clean-fid against the test persons alone, all
    # pictures as they lie in their folders.
    "compat/ladi@1": lambda: _public(
        "compat/ladi", "viton-hd", "paired", ["ssim_color", "lpips_alex", "fid_clean", "kid_clean"],
        truth_filter="bilinear", prediction_filter="bilinear", sets_at="own", **_AT_512,
    ),
    # HR-VITON's evaluate.py: scikit-image SSIM on gray pictures, at the prediction's size, LPIPS alex at 128x128.
    "compat/hr-viton@1": lambda: _public(
        "compat/hr-viton", "viton-hd", "paired", ["ssim_gray", "lpips_alex_128"], score_at="prediction",
        truth_filter="bilinear", prediction_filter="bilinear",
    ),
}  # fmt: skip

protocol_from_settings = partial(read_protocol, TryOnProtocol)
