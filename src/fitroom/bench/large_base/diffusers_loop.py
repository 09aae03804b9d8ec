"""The peer of ``fitroom bench train``: a plain loop over diffusers' parts, as its examples have it, set up as well as
we know how, on the same work.

The very same network, weights, layout, precision, attention kernel, gradient checkpointing, pairs, frame, mirroring,
workers, batch and threads; AdamW, clipping, min-SNR weights, EMAModel, a cosine schedule. Its noise is drawn on the
device, a whole batch at once, and no sample's randomness is its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from diffusers import DDPMScheduler
from diffusers.optimization import get_cosine_schedule_with_warmup
from diffusers.training_utils import EMAModel, compute_snr
from PIL import Image
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, RandomSampler
from torchvision import transforms
from torchvision.transforms import functional as TF

from fitroom.bench.large_base.latent_training import SCHEDULER, PeakMemory
from fitroom.bench.training import PRECISIONS, BlockSize, device_of, now_s
from fitroom.data.tryon.conditions import NUM_CONDITIONS
from fitroom.models.tryon_latent.kernels import attention_kernel
from fitroom.models.tryon_latent.shared import LatentNetwork
from fitroom.training.tryon_latent.config import LatentTryOnRunConfig

SIDE = {"below": -2, "beside": -1}
Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


class PlainPairs(Dataset[Batch]):
    """(person, garment, mask) of a folder of :func:`~fitroom.bench.large_base.made_up_pairs.make_pairs_folder`."""

    def __init__(self, folder: Path, config: LatentTryOnRunConfig) -> None:
        spec = config.preprocessing
        self.folder, self.mirror = folder / "train", config.augment.mirror
        self.names = [path.stem for path in sorted((self.folder / "image").iterdir())]
        self.size = (spec.height_px, spec.width_px)
        self.photo = transforms.Compose(
            [transforms.Resize(self.size), transforms.ToTensor(), transforms.Normalize([0.5], [0.5])]
        )
        nearest = transforms.InterpolationMode.NEAREST
        self.mask = transforms.Compose([transforms.Resize(self.size, nearest), transforms.ToTensor()])

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, place: int) -> Batch:
        """Signed pictures (3, H, W), and the mask (1, H, W), 1 = may be painted."""
        name = self.names[place]
        with Image.open(self.folder / "image" / f"{name}.jpg") as person:
            person_signed = self.photo(person.convert("RGB"))
        with Image.open(self.folder / "cloth" / f"{name}.jpg") as garment:
            garment_signed = self.photo(garment.convert("RGB"))
        with Image.open(self.folder / "agnostic-mask" / f"{name}_mask.png") as mask:
            mask_unit = (self.mask(mask.convert("L")) > 0.5).float()
        if float(torch.rand(())) < self.mirror:
            person_signed, garment_signed, mask_unit = map(TF.hflip, (person_signed, garment_signed, mask_unit))
        return person_signed, garment_signed, mask_unit


class DiffusersLoop:
    """See the file's first lines.

    Args:
        model: whose U-Net and VAE it trains, as they are.
        config: the recipe.
        folder: of pairs.
        size: of a block.

    Attributes:
        peak_bytes: most that a block held on the GPU; 0 where there is none.
    """

    def __init__(self, model: LatentNetwork, config: LatentTryOnRunConfig, folder: Path, size: BlockSize) -> None:
        self.unet: Any = model.network
        self.vae: Any = model.vae
        self.config, self.size = config, size
        self.device = device_of(config)
        self.pairs = PlainPairs(folder, config)
        self.schedule: Any = DDPMScheduler(**SCHEDULER)
        self.peak_bytes = 0

    def block(self) -> float:
        """Trains one block, from a new optimizer on.

        Returns:
            samples/s over its timed steps.
        """
        config, size = self.config, self.size
        with PeakMemory(self.device) as peak:
            self.unet.to(self.device).train()
            self.vae.to(self.device).eval()
            trained = [p for p in self.unet.parameters() if p.requires_grad]
            optimizer = torch.optim.AdamW(trained, lr=config.optim.lr, weight_decay=config.optim.weight_decay)
            schedule = get_cosine_schedule_with_warmup(optimizer, 1, size.total)
            average = EMAModel(trained, decay=config.ema_decay) if config.ema_decay else None
            batches, begun_s = self._batches(), 0.0
            for step in range(size.total):
                if step == size.warmup:
                    begun_s = now_s()
                for _ in range(config.accumulate):
                    with attention_kernel(config.memory.attention):
                        (self._loss(next(batches)) / config.accumulate).backward()
                if config.optim.clip_norm:
                    torch.nn.utils.clip_grad_norm_(trained, config.optim.clip_norm)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad()
                if average is not None:
                    average.step(trained)
            elapsed_s = now_s() - begun_s
            del batches, optimizer, average  # and with them the workers
        self.peak_bytes = max(self.peak_bytes, peak.bytes)
        self.unet.cpu(), self.vae.cpu()
        return config.batch_size * size.steps / elapsed_s

    def _loss(self, batch: Batch) -> torch.Tensor:
        config, schedule, dtype = self.config, self.schedule, PRECISIONS[self.config.precision]
        worn, garment, mask = (part.to(self.device, non_blocking=True) for part in batch)
        with torch.autocast(self.device.type, dtype, enabled=dtype is not None):
            with torch.no_grad():
                worn_latents, person_latents, garment_latents = (
                    self.vae.encode(picture.to(self.vae.dtype)).latent_dist.mode() * self.vae.config.scaling_factor
                    for picture in (worn, worn * (1 - mask), garment)
                )
            side = SIDE[config.model.join]
            clean = torch.cat([worn_latents, garment_latents], side).float()
            small = F.interpolate(mask, size=worn_latents.shape[-2:])
            mask_latents = torch.cat([small, torch.zeros_like(small)], side)
            known = torch.cat([mask_latents, torch.cat([person_latents, garment_latents], side)], 1)
            noise = torch.randn_like(clean)
            level_B = torch.randint(schedule.config.num_train_timesteps, (len(clean),), device=self.device)
            x = torch.cat([schedule.add_noise(clean, noise, level_B), known.to(clean)], 1)
            heard = torch.zeros(len(clean), NUM_CONDITIONS, device=self.device)
            answer = self.unet(x, level_B, None, class_labels=heard, return_dict=False)[0]
            squared_B = F.mse_loss(answer.float(), noise, reduction="none").flatten(1).mean(1)
            if not config.loss.min_snr:
                return squared_B.mean()
            snr_B = compute_snr(schedule, level_B)
            return (squared_B * snr_B.clamp_max(config.loss.min_snr) / snr_B).mean()

    def _batches(self) -> Iterator[Batch]:
        config, micro = self.config, self.config.batch_size // self.config.accumulate
        sampler = RandomSampler(self.pairs, replacement=True, num_samples=self.size.total * config.batch_size)
        on_gpu = self.device.type == "cuda"
        return iter(
            DataLoader(self.pairs, micro, sampler=sampler, num_workers=config.data.num_workers, pin_memory=on_gpu)
        )
