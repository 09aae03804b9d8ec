"""A batch of whole pictures of try-on; what is known among latents comes as latents, and its picture stays away."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch

PICTURES = ("person", "garment", "worn")


@dataclass
class PhotoBatch:
    """Pictures are float32 signed, (M, 3, H, W): in their order, of those samples whose latents are not given.

    Attributes:
        person: grey inside the repaint mask where one is given.
        garment: as photographed.
        worn: the truth.
        mask: (B, 1, H, W): 1 = may be painted; 1 everywhere in a mask-free sample.
        conditions: (B, NUM_CONDITIONS).
        garmentless: (B,) bool: the garment is not to be shown.
        seed: (B,) int64, of the sample's noise: it follows from (seed of the run, epoch, sample) alone.
        index: (B,) case.
        stored: (B, 3) bool: which of :data:`PICTURES` are given as latents.
        latents: (B, 3, C, h, w) of them, 0 for the others; (B, 3, 0) where none are kept at all.
    """

    person: torch.Tensor
    garment: torch.Tensor
    worn: torch.Tensor
    mask: torch.Tensor
    conditions: torch.Tensor
    garmentless: torch.Tensor
    seed: torch.Tensor
    index: torch.Tensor
    stored: torch.Tensor
    latents: torch.Tensor

    def pin_memory(self) -> PhotoBatch:
        """Called by the DataLoader where a GPU will read the batch."""
        return PhotoBatch(*(getattr(self, field.name).pin_memory() for field in fields(self)))

    def to(self, device: torch.device, non_blocking: bool = True) -> PhotoBatch:
        """Called by Lightning."""
        return PhotoBatch(*(getattr(self, field.name).to(device, non_blocking=non_blocking) for field in fields(self)))

    def __len__(self) -> int:
        return len(self.index)


def collate_photos(samples: list[PhotoBatch]) -> PhotoBatch:
    """Samples (without a batch dimension; a picture that stays away is empty) to a batch."""
    parts = {}
    for field in fields(PhotoBatch):
        given = [getattr(sample, field.name) for sample in samples]
        if field.name in PICTURES:
            given = [picture for picture in given if picture.numel()] or [torch.empty(0)]
        parts[field.name] = torch.stack(given)
        if field.name in PICTURES and not parts[field.name].numel():
            parts[field.name] = parts[field.name][:0]
    return PhotoBatch(**parts)
