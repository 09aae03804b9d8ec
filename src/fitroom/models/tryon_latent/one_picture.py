"""What forms share that diffuse person and garment in one picture."""

from __future__ import annotations

import torch
from typing_extensions import override

from fitroom.models.tryon_latent.joined import join, part
from fitroom.models.tryon_latent.shared import LatentNetwork, Scene


class OnePicture(LatentNetwork):
    """A form whose garment is diffused beside the worn picture, where ``config.join`` says."""

    @override
    def clean(self, worn: torch.Tensor, scene: Scene) -> torch.Tensor:
        return join(worn, scene.garment, self.config.join)

    @override
    def worn(self, clean: torch.Tensor) -> torch.Tensor:
        return part(clean, self.config.join)[0]
