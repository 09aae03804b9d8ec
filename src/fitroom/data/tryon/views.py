"""A case as the network sees it once: which picture is the person, moved, mirrored, relit, cut, with the truth beside.

A view is one sample of a batch; ``TryOnBatch`` names its tensors. Everything random comes from one generator, which
follows from (seed, epoch, case).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch.nn import functional as F

from fitroom.data.tryon.frames import Move, PersonFrame, PhotoFrame
from fitroom.data.tryon.terms import GAIN_SCALE, PAINT, PERSON, TARGET, TEXTURE

IGNORED = 255
_POOLED = ("person", "mask", "garment", "texture", "in_photo", "person_cut", "worn_cut")
_KEPT = 10 / 127.5  # signed: a pixel that changes by less is the person's own
_BLUR_PX = 7


@dataclass
class TryOnBatch:
    """Signed pictures are float32 in [-1, 1], BCHW; sizes are named in ``fitroom.models.tryon``.

    Attributes:
        person: (B, 3, H/2, W/2); grey inside the repaint mask where one is given.
        mask: (B, 1, H/2, W/2) repaint mask, 1 = may be painted; 0 everywhere in a mask-free sample.
        garment: (B, 3, H/2, W/2), as photographed.
        texture: (B, 3, H, W), the garment's colours bled beyond its edge.
        conditions: (B, NUM_CONDITIONS).
        layout: (B, H/4, W/4) int64, class of the answer's layout.
        source: (B, H/4, W/4) int64, where the pixel comes from; IGNORED = not judged.
        flow: (B, 2, H/4, W/4), in [-1, 1] of the garment photo, where ``cover`` > 0.
        cover, shown: (B, 1, H/4, W/4) in [0, 1]: share of the target garment, and of it that the photo shows.
        clean: (B, 6, H/4, W/4): log light x GAIN_SCALE on the cloth; worn picture.
        in_photo: (B, 1, H/4, W/4) in [0, 1], the garment in its photo.
        person_cut, worn_cut: (B, 3, H/2, W/2): a window of the full-size pictures.
        source_cut: (B, H/2, W/2) int64.
        window: (B, 2) int64, top and left of the window in px of the full size, multiples of 8.
        joints: (B, 4): rows of the middles of shoulders, hips, knees and ankles, as shares of the height, also outside
            the picture; NaN where not known.
        frame_cm: (B,) height of the picture where the person stands; NaN where not known.
        tucks: (B, 2): 1 = the garment is a top that is tucked into skirts; a skirt is worn with it; NaN = not known.
        index: (B,) case.
    """

    person: torch.Tensor
    mask: torch.Tensor
    garment: torch.Tensor
    texture: torch.Tensor
    conditions: torch.Tensor
    layout: torch.Tensor
    source: torch.Tensor
    flow: torch.Tensor
    cover: torch.Tensor
    shown: torch.Tensor
    clean: torch.Tensor
    in_photo: torch.Tensor
    person_cut: torch.Tensor
    worn_cut: torch.Tensor
    source_cut: torch.Tensor
    window: torch.Tensor
    joints: torch.Tensor
    frame_cm: torch.Tensor
    tucks: torch.Tensor
    index: torch.Tensor

    def pin_memory(self) -> TryOnBatch:
        """Called by the DataLoader where a GPU will read the batch."""
        return TryOnBatch(*(getattr(self, field.name).pin_memory() for field in fields(self)))

    def to(self, device: torch.device, non_blocking: bool = True) -> TryOnBatch:
        """Called by Lightning."""
        return TryOnBatch(*(getattr(self, field.name).to(device, non_blocking=non_blocking) for field in fields(self)))

    def __len__(self) -> int:
        return len(self.index)


def collate_views(samples: list[TryOnBatch]) -> TryOnBatch:
    """Views (without a batch dimension) to a batch."""
    return TryOnBatch(*(torch.stack([getattr(s, field.name) for s in samples]) for field in fields(TryOnBatch)))


def reduced(batch: TryOnBatch) -> TryOnBatch:
    """The same batch in a frame of half the height and width."""
    cover = F.avg_pool2d(batch.cover, 2)

    def on_cloth(values: torch.Tensor) -> torch.Tensor:
        return F.avg_pool2d(values * batch.cover, 2) / cover.clamp_min(1e-3)

    return TryOnBatch(
        **{name: F.avg_pool2d(getattr(batch, name), 2) for name in _POOLED},
        **{name: getattr(batch, name)[:, ::2, ::2] for name in ("layout", "source", "source_cut")},
        conditions=batch.conditions,
        flow=on_cloth(batch.flow),
        cover=cover,
        shown=on_cloth(batch.shown),
        clean=torch.cat([on_cloth(batch.clean[:, :3]), F.avg_pool2d(batch.clean[:, 3:], 2)], 1),
        window=batch.window // 2,
        joints=batch.joints,
        frame_cm=batch.frame_cm,
        tucks=batch.tucks,
        index=batch.index,
    )


@dataclass(frozen=True)
class CasePictures:
    """Arrays of one case, chosen by the mode; see ``fitroom.data.tryon.cases``.

    Attributes:
        person, worn: full size (H, W, 3) uint8; halves of both.
        garment_half, bled: the garment at half size, and bled at full size.
        layout, shown, in_photo, repaint: full-size maps: classes, then bool.
        quarters: (7, H/4, W/4).
        masked: the repaint mask is given, and the person is grey inside.
        unchanged: nothing is to change: the person already wears just this.
        joints, frame_cm, tucks: see :class:`TryOnBatch`; of the picture as it is.
    """

    person: np.ndarray
    worn: np.ndarray
    person_half: np.ndarray
    worn_half: np.ndarray
    garment_half: np.ndarray
    bled: np.ndarray
    layout: np.ndarray
    shown: np.ndarray
    in_photo: np.ndarray
    repaint: np.ndarray
    quarters: np.ndarray
    masked: bool
    unchanged: bool
    joints: np.ndarray
    frame_cm: float
    tucks: np.ndarray


def dyed(case: CasePictures, channels: np.ndarray, worn_already: bool) -> CasePictures:
    """The same case with the garment's colour channels exchanged in both photos, its light with them.

    Args:
        case: see there.
        channels: (3,) a permutation: which channel each becomes.
        worn_already: the person wears just this garment, so that it changes there too.
    """
    cloth = case.layout == TARGET
    cloth_half = cloth[::2, ::2] & cloth[1::2, 1::2]

    def exchanged(picture: np.ndarray, where: np.ndarray) -> np.ndarray:
        return np.where(where[..., None], picture[..., channels], picture)

    worn, worn_half = exchanged(case.worn, cloth), exchanged(case.worn_half, cloth_half)
    return replace(
        case,
        worn=worn,
        worn_half=worn_half,
        person=worn if worn_already else case.person,
        person_half=worn_half if worn_already else case.person_half,
        garment_half=exchanged(case.garment_half, case.in_photo[::2, ::2]),
        bled=case.bled[..., channels],
        quarters=case.quarters[[0, 1, 2, 3, *(4 + channels)]],
    )


def make_view(
    case: CasePictures, move: Move, window: tuple[int, int], widen_px: int, conditions: np.ndarray, index: int
) -> TryOnBatch:
    """One sample, without a batch dimension.

    Args:
        case: its arrays.
        move: of the frame.
        window: top and left of the full-size window, multiples of 8.
        widen_px: how far a given repaint mask is widened, px at half size.
        conditions: (NUM_CONDITIONS,).
        index: of the case.
    """
    frame, photo = PersonFrame(case.person.shape[0], case.person.shape[1], move), PhotoFrame(move)
    person, worn = (frame.half(_signed(p, move.person_light)) for p in (case.person_half, case.worn_half))
    person_cut, worn_cut = (frame.cut(_signed(p, move.person_light), window) for p in (case.person, case.worn))
    mask, mask_cut = torch.zeros_like(person[:1]), torch.zeros_like(person_cut[:1])
    if case.masked:
        repaint = _plane(case.repaint)
        mask = _wider(frame.half(repaint, nearest=True), widen_px)
        mask_cut = _wider(frame.cut(repaint, window, nearest=True), 2 * widen_px)
        person, person_cut = person * (1 - mask), person_cut * (1 - mask_cut)
    maps = frame.quarter(torch.from_numpy(case.quarters.astype(np.float32)))
    cover, shown = maps[2:3].clamp(0, 1), maps[3:4].clamp(0, 1)
    light = maps[4:7] + GAIN_SCALE * _log_ratio(move)
    small_person, small_worn = F.avg_pool2d(person, 2), F.avg_pool2d(worn, 2)
    texture_here = (cover > 0.5) & (shown > 0.5)
    source = _sources(texture_here, cover > 0.5, small_person, small_worn, F.avg_pool2d(mask, 2), case.unchanged)
    layout_cut = frame.cut(_plane(case.layout), window, nearest=True)
    shown_cut = frame.cut(_plane(case.shown), window, nearest=True) > 0.5
    source_cut = _sources(shown_cut, layout_cut == TARGET, person_cut, worn_cut, mask_cut, case.unchanged)
    return TryOnBatch(
        person=person,
        mask=mask,
        garment=photo.look(_signed(case.garment_half, move.garment_light)),
        texture=photo.look(_signed(case.bled, move.garment_light)),
        conditions=torch.from_numpy(conditions),
        layout=frame.quarter(_plane(case.layout), nearest=True)[0].long(),
        source=source,
        flow=photo.places(maps[:2]),
        cover=cover,
        shown=shown,
        clean=torch.cat([torch.where(cover > 0.02, light, 0), small_worn]),
        in_photo=F.avg_pool2d(photo.look(_plane(case.in_photo)), 4),
        person_cut=person_cut,
        worn_cut=worn_cut,
        source_cut=source_cut,
        window=torch.tensor(window),
        joints=torch.from_numpy(frame.rows(case.joints).astype(np.float32)),
        frame_cm=torch.tensor(case.frame_cm / move.scale),
        tucks=torch.from_numpy(case.tucks.astype(np.float32)),
        index=torch.tensor(index),
    )


def _sources(
    texture: torch.Tensor,
    target: torch.Tensor,
    person: torch.Tensor,
    worn: torch.Tensor,
    mask: torch.Tensor,
    unchanged: bool,
) -> torch.Tensor:
    """(h, w) int64 of ``terms.SOURCES``; masks are (1, h, w), pictures (3, h, w) signed.

    Cloth that the shop photo does not show is not judged: warped or painted, whatever comes nearer to the truth.
    """
    if unchanged:
        return torch.full(person.shape[-2:], PERSON)
    # Of blurred pictures: cloth that moved by a pixel is still the person's own.
    change = _blurred(person - worn).abs().mean(0)
    source = torch.where((change < _KEPT) & (mask[0] < 0.5), PERSON, PAINT)
    source[target[0]] = IGNORED
    source[texture[0] & target[0]] = TEXTURE
    return source


def _blurred(picture_CHW: torch.Tensor) -> torch.Tensor:
    """Means over squares, of what lies inside the picture; sums of shifts, since pooling takes thrice as long."""
    ones = torch.ones(1, *picture_CHW.shape[1:])
    for side in (1, 2):
        picture_CHW, ones = (_summed(values, side) for values in (picture_CHW, ones))
    return picture_CHW / ones


def _summed(values_CHW: torch.Tensor, side: int) -> torch.Tensor:
    half, length = _BLUR_PX // 2, values_CHW.shape[side]
    padded = F.pad(values_CHW, (half, half) if side == 2 else (0, 0, half, half))
    total = padded.narrow(side, 0, length).clone()
    for shift in range(1, _BLUR_PX):
        total += padded.narrow(side, shift, length)
    return total


def _wider(mask: torch.Tensor, by_px: int) -> torch.Tensor:
    return F.max_pool2d(mask, 2 * by_px + 1, 1, by_px) if by_px else mask


def _signed(picture_u8: np.ndarray, light: tuple[float, float, float]) -> torch.Tensor:
    """(H, W, 3) uint8 to (3, H, W) signed, each channel brighter by its factor."""
    planes = torch.empty(3, *picture_u8.shape[:2])
    for plane, channel, factor in zip(planes, torch.from_numpy(np.array(picture_u8)).unbind(-1), light, strict=True):
        plane.copy_(channel).mul_(factor / 127.5).sub_(1).clamp_(-1, 1)  # plane by plane: a third of the time
    return planes


def _log_ratio(move: Move) -> torch.Tensor:
    """(3, 1, 1): what relighting adds to the logarithm of the light on the cloth."""
    return (torch.tensor(move.person_light) / torch.tensor(move.garment_light)).log()[:, None, None]


def _plane(map_HW: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(map_HW)).float()[None]
