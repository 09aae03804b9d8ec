"""The peer of the try-on bench: a network of CatVTON's form and size (Chong et al. 2024), with random weights.

    person, garment -> VAE of Stable Diffusion -> latents (1, 4, H/8, W/8), one above the other: (1, 4, 2H/8, W/8)
    noise (4) + repaint mask (1) + latents of person and garment (4): nine channels, as for inpainting
    -> U-Net of Stable Diffusion 1.5 without its attention to text, once a step -> the upper half -> VAE -> worn

What it answers is noise. How long that takes does not depend on the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from fitroom.bench.stopwatch import Stopwatch
from fitroom.images import decode_rgb_u8, encode_jpeg, signed_to_u8, u8_to_signed

STAGES = ("decode", "person to latents", "garment to latents", "U-Net, one step", "latents to picture", "encode")
_BLOCK = 2**16
_TEXT_WIDTH = 768  # of what Stable Diffusion attends to, and CatVTON does not


@dataclass(frozen=True)
class PeerSize:
    """Widths of the peer; the default is Stable Diffusion 1.5's own.

    Attributes:
        unet: channels of the U-Net at strides 8, 16, 32 and 64 of the photo.
        vae: channels of the autoencoder at strides 1, 2, 4 and 8.
        layers: residual blocks a stride, of both.
    """

    unet: tuple[int, int, int, int] = (320, 640, 1280, 1280)
    vae: tuple[int, int, int, int] = (128, 256, 512, 512)
    layers: int = 2


class CatVTONForm:
    """See the file's first lines; float32, channels_last.

    Args:
        size: how wide.
        device: where it runs.
    """

    def __init__(self, size: PeerSize, device: torch.device) -> None:
        from diffusers.models.attention import BasicTransformerBlock

        unet, vae = outlined(size)
        blocks: list[Any] = [module for module in unet.modules() if isinstance(module, BasicTransformerBlock)]
        for block in blocks:
            block.attn2 = block.norm2 = None
        self.unet: Any = filled(unet, device).eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self.vae: Any = filled(vae, device).eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self.device = device

    @property
    def num_parameters(self) -> tuple[int, int]:
        """Of the U-Net and of the autoencoder."""
        unet, vae = (sum(p.numel() for p in part.parameters()) for part in (self.unet, self.vae))
        return unet, vae

    @torch.inference_mode()
    def answer(self, person: bytes, garment: bytes, watch: Stopwatch, steps: int = 1) -> bytes:
        """One try-on; each of :data:`STAGES` is noted by the stopwatch.

        Args:
            person: a JPEG; both sides multiples of 8 px.
            garment: a JPEG of the same size.
            watch: gets the times.
            steps: of the denoiser.

        Returns:
            a JPEG of the person's size.
        """
        with watch("decode"):
            photos = [_signed(decode_rgb_u8(data)).to(self.device) for data in (person, garment)]
        height, width = photos[0].shape[-2:]
        mask = torch.zeros(1, 1, height // 4, width // 8, device=self.device)
        mask[:, :, height // 32 : height // 11, width // 32 : -(width // 32)] = 1
        with watch("person to latents"):
            own = self.vae.encode(photos[0]).latent_dist.mode()
        with watch("garment to latents"):
            shown = self.vae.encode(photos[1]).latent_dist.mode()
        latents = torch.randn(1, 4, height // 4, width // 8).to(self.device)
        known = torch.cat([mask, torch.cat([own, shown], 2)], 1)
        for number in range(steps):
            with watch("U-Net, one step"):
                level = torch.tensor(999.0 * (1 - number / steps), device=self.device)
                inputs = torch.cat([latents, known], 1).contiguous(memory_format=torch.channels_last)
                latents = latents - self.unet(inputs, level, encoder_hidden_states=None).sample / steps
        with watch("latents to picture"):
            worn = self.vae.decode(latents[:, :, : height // 8]).sample
        with watch("encode"):
            return encode_jpeg(signed_to_u8(worn[0].cpu()).permute(1, 2, 0).contiguous().numpy())


def peer_answers(size: PeerSize, device: str, person: bytes, garment: bytes) -> None:
    """One answer in this process, whose memory is looked at."""
    place = torch.device(device)
    CatVTONForm(size, place).answer(person, garment, Stopwatch(place))


def outlined(size: PeerSize) -> tuple[Any, Any]:
    """The U-Net, with its attention to text, and the autoencoder, both diffusers', on the meta device."""
    from diffusers import AutoencoderKL, UNet2DConditionModel

    with torch.device("meta"):
        unet = UNet2DConditionModel(
            in_channels=9,
            block_out_channels=size.unet,
            layers_per_block=size.layers,
            cross_attention_dim=_TEXT_WIDTH,
        )
        vae = AutoencoderKL(
            block_out_channels=size.vae,
            layers_per_block=size.layers,
            down_block_types=("DownEncoderBlock2D",) * len(size.vae),
            up_block_types=("UpDecoderBlock2D",) * len(size.vae),
            latent_channels=4,
        )
    return unet, vae


def filled(model: nn.Module, device: torch.device) -> Any:
    """Tame random weights, far quicker than each layer's own start: a block of random numbers, again and again."""
    model = model.to_empty(device=device)
    block = torch.randn(_BLOCK, generator=torch.Generator().manual_seed(0)).to(device)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim < 2:
                parameter.zero_()
                continue
            flat, scale = parameter.view(-1), parameter[0].numel() ** -0.5
            for start in range(0, len(flat), _BLOCK):
                flat[start : start + _BLOCK] = scale * block[: len(flat) - start]
        for module in model.modules():
            if isinstance(module, nn.GroupNorm | nn.LayerNorm):
                module.weight.fill_(1)
    return model


def _signed(picture_u8: np.ndarray) -> torch.Tensor:
    return u8_to_signed(torch.from_numpy(np.array(picture_u8))).permute(2, 0, 1)[None]
