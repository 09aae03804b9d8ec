"""Random changes of a training photo, on uint8, each sample from its own seed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torchvision.transforms import v2

from fitroom.contracts import Preprocessing
from fitroom.errors import ConfigError


@dataclass
class AugmentConfig:
    """How far a training photo may be changed; scale and min_area at 1 and the rest at 0 = not at all."""

    scale: float = 1.0
    """Training size as a share of the network's input: objects look larger in training crops than in whole photos, so
    a network trained somewhat smaller than it is used does better, and faster (Touvron et al. 2019, FixRes)."""
    min_area: float = 0.4
    """Smallest share of the photo that a random crop keeps, in (0, 1]; 1 = no crop."""
    aspect_jitter: float = 0.25
    """Largest change of the aspect ratio by the crop: a factor in [1 / (1 + a), 1 + a], less where the crop's share of
    the photo leaves no room for it."""
    flip: float = 0.5
    """Probability of a left-right mirror."""
    turn: float = 0.0
    """Probability of a quarter turn either way: product photos by hand come sideways."""
    randaugment_ops: int = 2
    """Operations drawn by RandAugment (Cubuk et al. 2020); 0 = none."""
    randaugment_magnitude: int = 7
    """Their strength, 0 to 30."""
    color_jitter: float = 0.0
    """Brightness, contrast and saturation factors in [1 - j, 1 + j]; hue turned by up to j / 8 of the circle."""
    erase: float = 0.25
    """Probability of a blanked rectangle (Zhong et al. 2017)."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("scale", 0.1, 4),
            ("min_area", 0.01, 1),
            ("aspect_jitter", 0, 4),
            ("flip", 0, 1),
            ("turn", 0, 1),
            ("randaugment_ops", 0, 14),
            ("randaugment_magnitude", 0, 30),
            ("color_jitter", 0, 1),
            ("erase", 0, 1),
        ):
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"augment.{name} is out of range", rule=f"{low} to {high}", got=getattr(self, name))


class Augment:
    """Photo (H, W, 3) uint8 to (h, w, 3) uint8 at the training size; a pure function of the photo and the seed."""

    def __init__(self, config: AugmentConfig, spec: Preprocessing) -> None:
        self.config, self.spec = config, spec
        self.size = (max(round(spec.width_px * config.scale), 1), max(round(spec.height_px * config.scale), 1))
        steps: list[torch.nn.Module] = []
        if config.randaugment_ops:
            fill = tuple(round(255 * m) for m in spec.mean)
            steps.append(
                v2.RandAugment(
                    config.randaugment_ops,
                    config.randaugment_magnitude,
                    interpolation=v2.InterpolationMode.BILINEAR,
                    fill={Image.Image: fill},
                )
            )
        if config.color_jitter:
            j = config.color_jitter
            steps.append(v2.ColorJitter(j, j, j, j / 8))
        self.colors = v2.Compose(steps) if steps else None

    def __call__(self, image_u8: np.ndarray, seed: int) -> torch.Tensor:
        """Args: image_u8 (H, W, 3); seed. Returns: (h, w, 3) uint8 tensor."""
        # torchvision draws from torch's global generator, so it is borrowed and given back; torch.manual_seed would
        # seed the GPU's as well.
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            rng = np.random.default_rng(seed)
            image = self._crop(Image.fromarray(image_u8), rng)
            if self.colors is not None:
                image = self.colors(image)
        pixels = torch.from_numpy(np.array(image))
        if rng.random() < self.config.erase:
            self._erase(pixels, rng)
        return pixels

    def _crop(self, image: Image.Image, rng: np.random.Generator) -> Image.Image:
        """One resampling for turn, mirror and crop; the crop's aspect ratio varies around the photo's own."""
        config, (width, height) = self.config, image.size
        if rng.random() < config.turn:
            image = image.transpose(Image.Transpose.ROTATE_90 if rng.random() < 0.5 else Image.Transpose.ROTATE_270)
            width, height = image.size
        if rng.random() < config.flip:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        area = rng.uniform(config.min_area, 1)
        aspect = math.exp(rng.uniform(-1, 1) * math.log1p(config.aspect_jitter))
        aspect = min(max(aspect, area), 1 / area)  # a longer side would leave the photo, a cut one lose area
        crop_width = min(width * math.sqrt(area * aspect), width)
        crop_height = min(height * math.sqrt(area / aspect), height)
        left, top = rng.uniform(0, width - crop_width), rng.uniform(0, height - crop_height)
        return image.resize(
            self.size,
            Image.Resampling.BICUBIC,
            box=(left, top, left + crop_width, top + crop_height),
        )

    def _erase(self, pixels_HWC: torch.Tensor, rng: np.random.Generator) -> None:
        height, width = pixels_HWC.shape[:2]
        area, aspect = rng.uniform(0.02, 0.25), math.exp(rng.uniform(-1, 1))
        tall = min(max(round(height * math.sqrt(area * aspect)), 1), height)
        wide = min(max(round(width * math.sqrt(area / aspect)), 1), width)
        top, left = rng.integers(0, height - tall + 1), rng.integers(0, width - wide + 1)
        color = torch.tensor([round(255 * m) for m in self.spec.mean], dtype=torch.uint8)
        pixels_HWC[top : top + tall, left : left + wide] = color
