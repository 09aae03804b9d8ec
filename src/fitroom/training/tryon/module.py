"""The try-on model as a LightningModule: one denoising level a sample, composite, losses, a look at the select part."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from typing_extensions import override

from fitroom.data.stream import sample_seed
from fitroom.data.tryon.terms import DIFFUSED, PERSON, TARGET
from fitroom.data.tryon.views import TryOnBatch, reduced
from fitroom.models.frozen_bn import freeze_batch_norm
from fitroom.models.tryon.blend import lit_cloth, mixed, split_diffused
from fitroom.models.tryon.blocks import enlarge, look_up
from fitroom.models.tryon.hem import hem_rows
from fitroom.models.tryon.layers import composed, layer_logits
from fitroom.models.tryon.layout import Layout
from fitroom.models.tryon.network import TryOnNetwork
from fitroom.training.across import gathered
from fitroom.training.module import RunModule
from fitroom.training.optim import adamw, encoder_groups
from fitroom.training.tryon.config import Part, TryOnOptimConfig, TryOnRunConfig
from fitroom.training.tryon.losses import (
    denoise_loss,
    hem_loss,
    hem_off,
    layers_loss,
    layout_losses,
    picture_loss,
    source_loss,
    true_hem,
)
from fitroom.training.tryon.perceptual import PerceptualLoss

NOISE = 4  # purpose of sample_seed
BUCKETS = 4
LEVEL_SAMPLES = 256  # a line of losses by noise level is over at least so many samples


class TryOnModule(RunModule):
    """Training and selection steps of a :class:`TryOnNetwork`.

    Args:
        model: with start weights.
        config: of the run.
        num_steps: optimizer steps of the whole run.

    Attributes:
        scores: of the last look at the select part, by name.
    """

    model: TryOnNetwork
    config: TryOnRunConfig

    def __init__(self, model: TryOnNetwork, config: TryOnRunConfig, num_steps: int) -> None:
        super().__init__(model, config, num_steps)
        for encoder in (model.garment.encoder, model.layout.encoder):
            freeze_batch_norm(encoder, torch.zeros(1, 3, 64, 64))
        freeze(model, config.optim)
        if config.channels_last:
            model.to(memory_format=torch.channels_last)
        self.perceptual = PerceptualLoss() if config.loss.perceptual else None
        self.scores: dict[str, float] = {}
        self._sums: dict[str, list[float]] = defaultdict(list)
        self._by_level: list[torch.Tensor] = []

    @override
    def training_step(self, batch: TryOnBatch, batch_idx: int) -> torch.Tensor:
        """One micro-batch; a sample's noise depends on the seed and its place in the run's stream of samples alone."""
        if self.global_step < self.config.small_share * self.num_steps:
            batch = reduced(batch)
        weights = self.config.loss
        if self.config.optim.learns == ["hem"]:
            guess = self.model.guess_hem(batch.person, batch.garment, batch.conditions)
            return self.note_losses({"hem": weights.hem * hem_loss(guess, batch)})
        first = (batch_idx * self.trainer.world_size + self.global_rank) * len(batch)
        seeds = [sample_seed(self.config.seed, 0, first + i, NOISE) for i in range(len(batch))]
        level_B, noise = noise_of(seeds, batch.clean, weights.pure)
        garment = self.model.encode_garment(batch.garment)
        cond = self.model.conditions(batch.conditions, garment)
        small = small_texture(batch)
        layout, context = self.model.lay_out(batch.person, batch.mask, garment, small, cond, self.told(batch))
        noisy = noise.lerp(batch.clean, 1 - level_B[:, None, None, None])
        clean = self.model.denoiser(noisy, level_B, context, cond)
        losses = layout_losses(layout, garment, batch, weights)
        denoise_B = denoise_loss(clean, batch)
        losses["denoise"] = weights.denoise * denoise_B.mean()
        if self.model.config.layers:
            losses["layers"] = weights.layers * layers_loss(clean, batch)
        if self.model.hem is not None:
            guess = self.model.hem(layout.person, garment.summary_BD, batch.conditions)
            losses["hem"] = weights.hem * hem_loss(guess, batch)
        picture, logits_cut, _ = composite(self.model, batch, layout, clean)
        losses["picture"] = weights.picture * picture_loss(picture, batch.worn_cut)
        if self.perceptual is not None:
            losses["perceptual"] = weights.perceptual * self.perceptual(picture, batch.worn_cut)
        losses["source_cut"] = weights.source * source_loss(logits_cut, batch.source_cut)
        self._note_levels(level_B, denoise_B)
        return self.note_losses(losses)

    @override
    def on_validation_epoch_start(self) -> None:
        """Forgets the last look at the select part."""
        self._sums = defaultdict(list)

    @override
    def validation_step(self, batch: TryOnBatch, batch_idx: int) -> None:
        """One step from pure noise, the same noise each time."""
        garment = self.model.encode_garment(batch.garment)
        cond = self.model.conditions(batch.conditions, garment)
        small = small_texture(batch)
        layout, context = self.model.lay_out(batch.person, batch.mask, garment, small, cond)
        _, noise = noise_of([sample_seed(0, 0, index, NOISE) for index in batch.index.tolist()], batch.clean)
        new = self.not_repeated(batch_idx, len(batch))
        for bucket in range(BUCKETS):
            level_B = torch.full((len(batch),), (bucket + 1) / BUCKETS, device=batch.person.device)
            noisy = noise.lerp(batch.clean, 1 - level_B[:, None, None, None])
            clean = self.model.denoiser(noisy, level_B, context, cond)
            self._sums[f"denoise_at_{(bucket + 1) / BUCKETS:.2f}"] += denoise_loss(clean, batch).tolist()[:new]
        picture, _, _ = composite(self.model, batch, layout, clean)  # from the last level, pure noise
        for figures in (judged(picture, layout, batch, new), light_off(clean, batch, new)):
            for name, values in figures.items():
                self._sums[name] += values
        if self.model.hem is not None:
            seen_B = hem_rows(layout.parse_logits.float().softmax(1)[:, TARGET])
            guess = self.model.hem(layout.person, garment.summary_BD, batch.conditions)
            row_B, _ = guess.nearest(seen_B)
            for name, rows_B in (("hem_px", row_B), ("layout_hem_px", seen_B)):
                off_B = 4 * batch.layout.shape[1] * hem_off(rows_B, true_hem(batch))
                self._sums[name] += [off for off in off_B[:new].tolist() if np.isfinite(off)]

    @override
    def on_validation_epoch_end(self) -> None:
        """Means over the select part, over all processes."""
        self.selection_step = self.global_step
        parts = gathered(dict(self._sums))
        values = {name: [v for part in parts for v in part.get(name, [])] for name in sorted(set().union(*parts))}
        self.scores = {name: float(np.mean(found)) for name, found in values.items() if found}
        for name, value in self.scores.items():
            self.log_selection(f"select/{name}", value)

    @override
    def sharded_parts(self) -> list[nn.Module]:
        """Branches, embeddings, denoiser and blend, each by itself."""
        return list(self.model.children())

    @override
    def compiled_parts(self) -> list[nn.Module]:
        """Branches, denoiser and blend."""
        return [self.model.garment, self.model.layout, self.model.denoiser, self.model.blend]

    @override
    def optimizer(self) -> torch.optim.Optimizer:
        """AdamW; the encoders at their own rate."""
        encoders, config = (self.model.garment.encoder, self.model.layout.encoder), self.config.optim
        return adamw(encoder_groups(self.model, encoders, config, config.encoder_rate), config)

    def told(self, batch: TryOnBatch) -> torch.Tensor | None:
        """The conditions by which a layout is brought to its hem: what comes after it learns from what it will meet.

        None while layout or hem's head learn: the losses of both are about where they themselves put the garment.
        """
        return None if {"layout", "hem"} & set(self.config.optim.learns) else batch.conditions

    def _note_levels(self, level_B: torch.Tensor, loss_B: torch.Tensor) -> None:
        """Means by level, now and then: to ask a GPU for a number is to wait for all it has in hand."""
        self._by_level.append(torch.stack([level_B.float(), loss_B.detach().float()]))
        if sum(part.shape[1] for part in self._by_level) < LEVEL_SAMPLES:
            return
        level_N, loss_N = torch.cat(self._by_level, 1).cpu().numpy()
        bucket_N = (level_N * BUCKETS).astype(int).clip(max=BUCKETS - 1)
        means = {f"train_level/{i / BUCKETS:.2f}": float(loss_N[bucket_N == i].mean()) for i in set(bucket_N.tolist())}
        self.log_dict(means, batch_size=1, rank_zero_only=True)
        self._by_level = []


def small_texture(batch: TryOnBatch) -> torch.Tensor:
    """(B, 3, H/4, W/4): the garment's colours at quarter size."""
    return F.avg_pool2d(batch.texture, 4)


def noise_of(seeds: list[int], like: torch.Tensor, pure: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """A level (B,) and noise (B, C, H, W) for each sample, from a seed of its own; see :func:`noise_levels`.

    Both are drawn where ``like`` lies: a CPU takes a fifth of a GPU step for the noise of a batch. So a seed
    says another noise on another kind of device.
    """
    even, noises = [], []
    for seed in seeds:
        generator = torch.Generator(like.device).manual_seed(seed)
        even.append(torch.rand(1, 3, generator=generator, device=like.device))
        noises.append(torch.randn(like.shape[1:], generator=generator, device=like.device))
    return noise_levels(torch.cat(even), pure).to(like), torch.stack(noises).to(like)


def noise_levels(even_B3: torch.Tensor, pure: float) -> torch.Tensor:
    """(B,) levels in (0, 1] from even draws: 1 in a share ``pure`` of cases, else the larger of two."""
    return torch.where(even_B3[:, 0] < pure, 1.0, even_B3[:, 1:].amax(1).clamp_min(0.02))


def composite(
    model: TryOnNetwork, batch: TryOnBatch, layout: Layout, clean: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The answer in each sample's window of the full size.

    Returns:
        picture (B, 3, H/2, W/2) signed; logits of the sources; cloth under light.
    """
    size = (batch.person_cut.shape[-2], batch.person_cut.shape[-1])
    shown = layer_logits(layout.parse_logits.detach()) if model.config.layers else clean[:, :0]
    maps = [layout.flow, clean[:, :DIFFUSED], clean[:, DIFFUSED:], shown, layout.source_logits, layout.at_2]
    cut = windows(torch.cat([part.float() for part in maps], 1), batch.window // 4, (size[0] // 4, size[1] // 4))
    flow, diffused, layers, shown, source, at_2 = cut.split([part.shape[1] for part in maps], dim=1)
    light, paint = split_diffused(enlarge(diffused, size))
    if model.config.layers:
        paint = composed(layers, shown, size)
    cloth = lit_cloth(look_up(batch.texture, enlarge(flow, size)), light.clamp(-2, 2))
    logits = model.blend(batch.person_cut, cloth, paint, source, at_2)
    return mixed(logits.float().softmax(1), cloth, paint, batch.person_cut), logits, cloth


def windows(maps_BCHW: torch.Tensor, corner_B2: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """(B, C, height, width) of each sample's window; ``corner_B2`` is its top and left, and never leaves the device."""
    y_BH, x_BW = (corner_B2[:, i, None] + torch.arange(n, device=maps_BCHW.device) for i, n in enumerate(size))
    down = maps_BCHW.gather(2, y_BH[:, None, :, None].expand(-1, maps_BCHW.shape[1], -1, maps_BCHW.shape[3]))
    return down.gather(3, x_BW[:, None, None, :].expand(-1, maps_BCHW.shape[1], size[0], -1))


@torch.no_grad()
def judged(picture: torch.Tensor, layout: Layout, batch: TryOnBatch, count: int) -> dict[str, list[float]]:
    """Figures of the first ``count`` samples: flow error in px of the full size, garment's overlap, PSNR by change."""
    height, width = batch.texture.shape[-2:]
    halves = batch.flow.new_tensor([width / 2, height / 2])[:, None, None]
    off = ((layout.flow.float() - batch.flow) * halves).square().sum(1, keepdim=True).sqrt()
    weight = (batch.cover > 0.5) * (batch.shown > 0.5)
    predicted, target = layout.parse_logits.argmax(1) == TARGET, batch.layout == TARGET
    changed = (batch.source_cut != PERSON)[:, None].float()
    error = (picture.float().clamp(-1, 1) - batch.worn_cut).square().mean(1, keepdim=True) / 4
    figures: dict[str, list[float]] = defaultdict(list)
    for i in range(count):
        if weight[i].any():
            figures["flow_px"].append(float((off[i] * weight[i]).sum() / weight[i].sum()))
        union = (predicted[i] | target[i]).sum()
        if union:
            figures["garment_iou"].append(float((predicted[i] & target[i]).sum() / union))
        for name, where in (("psnr_changed", changed[i]), ("psnr_kept", 1 - changed[i])):
            if where.sum() > 64:
                figures[name].append(float(-10 * torch.log10((error[i] * where).sum() / where.sum() + 1e-6)))
    return figures


@torch.no_grad()
def light_off(clean: torch.Tensor, batch: TryOnBatch, count: int) -> dict[str, list[float]]:
    """How far the mean light on the cloth that the shop photo shows is off, of the first ``count`` samples.

    ``light``: in all channels alike, ``tint``: of the channel that is furthest from that; both as logarithms, so that
    0.1 is a tenth too bright or too dark. A cloth's colour is no better than they are.
    """
    weight = ((batch.cover > 0.5) & (batch.shown > 0.5)).float()
    off = split_diffused(clean.float())[0] - split_diffused(batch.clean)[0]
    figures: dict[str, list[float]] = defaultdict(list)
    for off_3HW, weight_1HW in zip(off[:count], weight[:count], strict=True):
        if weight_1HW.any():
            mean_3 = (off_3HW * weight_1HW).sum((1, 2)) / weight_1HW.sum()
            figures["light"].append(float(mean_3.mean().abs()))
            figures["tint"].append(float((mean_3 - mean_3.mean()).abs().max()))
    return figures


def freeze(model: TryOnNetwork, config: TryOnOptimConfig) -> None:
    """Fixes the parts that do not learn, and stem and first stages of both encoders; 0 = none, not even the stem."""
    parts: dict[Part, list[nn.Module]] = {
        "garment": [model.garment], "layout": [model.layout], "sizes": [model.embed, model.embed_garment],
        "denoiser": [model.denoiser], "blend": [model.blend], "hem": [model.hem] if model.hem is not None else [],
    }  # fmt: skip
    for name, modules in parts.items():
        for module in modules if name not in config.learns else []:
            module.requires_grad_(False)
    for encoder in (model.garment.encoder, model.layout.encoder):
        encoder.freeze(config.freeze_stages)
