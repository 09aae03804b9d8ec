"""Where the garment ends: tape and chart tell it better than the picture alone, so the layout is brought there.

person photo's features -> marks, each the middle of a heat map -> rows of shoulders, hips, knees, ankles   (picture)
tape measures -> how far below the shoulders hips, knees and ankles are, cm                                   (body)
chart, tape, fabric -> how far below the shoulders the garment ends, cm                                    (garment)
all three -> row of the hem; beside it the row where it is tucked in
category, garment photo, chart -> whether it is a top that is tucked into skirts; person photo -> whether a skirt is
                                        worn; so how likely it is that it is tucked in
layout -> row where its garment ends -> the likelier of the two is taken, the trunk's rows are stretched or
                                        shortened, and nothing hangs below
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn
from torch.nn import functional as F

from fitroom.data.tryon.conditions import BODY_CM, EASE_CM, GARMENT_CM, NUM_CONDITIONS, NUM_SIZES, REGIONS
from fitroom.data.tryon.terms import LAYOUT, PERSON, TARGET, TEXTURE
from fitroom.models.tryon.blocks import ToldLinear, enlarge, look_up
from fitroom.models.tryon.layout import Layout

NUM_JOINTS = 4  # middles of shoulders, hips, knees and ankles
FREE, TUCKED = range(2)
IN_PICTURE = 0.995  # a hem further down is cut off by the picture
_MARKS = 8
_WIDTH = 32
_BANDS = 4  # of the person photo, from top to bottom, in which a skirt is looked for
_CALLED = 8.0  # how loud the category is told: where it is told, it all but settles whether a top is tucked in
_LEAST_FREE = 1e-4  # nothing is surer to be tucked in than that
_DEPTHS_CM = (52.0, 93.0, 133.0)  # of hips, knees and ankles below the shoulders, in the middle
_NECK_CM = 11.0  # a garment's length begins so far above the shoulder joints,
_WAIST_CM = 3.0  # and that of a bottom so far above the waist, where the back's length ends
_LEAST_OFF, _MOST_OFF = -5.5, -1.0  # logarithms
_LONG = 0.6  # a column is the trunk's where the garment is so long, as a share of its longest columns
_LEAST_COVER = 0.01  # a garment on a smaller share of the picture has no hem to speak of
_LAID_OFF = 0.03  # by which share of the height the layout is off, roughly
_SURE = 0.035  # of the height: a guess that may be further off is not heeded
_FAR = 0.1  # of the height: nearer to each other layout and guess are equally good, and their middle is taken
_KEPT = 0.5  # a garment of which a larger share is the person's own pixels is worn already
_FROM = 0.35  # of the way from the garment's top to its hem: rows above stay where they are
_SHORTENED = 0.04  # of the height: what hangs further below is no garment drawn too long, and is cut off
_NEVER = 20.0
_SIDE = 3  # columns beside the trunk over which the change fades
# What cannot hang below the hem of a garment beside itself, by its region: it would be what was worn before.
_GONE = {"top": ("upper",), "outerwear": (), "dress": ("upper",), "bottom": ("lower",)}
_LEVEL = 0.04  # of the height: a column that ends further from the hem is a sleeve's, and may hang below it
_LENGTH = len(EASE_CM) + list(GARMENT_CM).index("length")
_BODY = len(EASE_CM) + len(GARMENT_CM)
_BACK = _BODY + list(BODY_CM).index("back_length")
_BOTTOM = 2 * NUM_SIZES + REGIONS.index("bottom")


@dataclass
class HemGuess:
    """Where garments end; rows are shares of the picture's height, and 1 or more is below it.

    Attributes:
        rows_BK: of the hem, where it hangs free and where it is tucked in.
        off_BK: mean absolute error to be expected of each.
        tucks_B2: logits: it is a top that is tucked into skirts; a skirt is worn with it.
        joints_BJ: rows of shoulders, hips, knees and ankles.
        depths_BJ: how far below the shoulders they are, cm.
        reach_B: how far below the shoulders a free hem is, cm.
    """

    rows_BK: torch.Tensor
    off_BK: torch.Tensor
    tucks_B2: torch.Tensor
    joints_BJ: torch.Tensor
    depths_BJ: torch.Tensor
    reach_B: torch.Tensor

    @property
    def log_p_BK(self) -> torch.Tensor:
        """How likely each row is, before the layout was seen: a light top is tucked in, where there is a skirt."""
        tucked_B = F.logsigmoid(self.tucks_B2).sum(1).clamp_max(-_LEAST_FREE)
        return torch.stack([torch.log1p(-tucked_B.exp()), tucked_B], 1)

    def nearest(self, seen_B: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Row and error (B,) of the guess that is likelier where a layout sees the hem in a row; NaN = sees none."""
        away_BK = ((self.rows_BK - seen_B[:, None]).abs() / _LAID_OFF).nan_to_num(0.0)
        which_B1 = (self.log_p_BK - away_BK).argmax(1, keepdim=True)
        return self.rows_BK.gather(1, which_B1)[:, 0], self.off_BK.gather(1, which_B1)[:, 0]


class HemHead(nn.Module):
    """See the file's first lines.

    Args:
        channels: of the person's features at strides 8 and 16 of the half-size photo.
        num_summary: numbers of the garment's summary.
    """

    def __init__(self, channels: Sequence[int], num_summary: int) -> None:
        super().__init__()
        num_body = 2 * len(BODY_CM)
        num_seen = 2 * _MARKS + _WIDTH
        self.fine = nn.Conv2d(channels[0], _WIDTH, 1)
        self.coarse = nn.Conv2d(channels[1], _WIDTH, 1)
        self.look = nn.Sequential(nn.SiLU(), nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1), nn.SiLU())
        self.marks = nn.Conv2d(_WIDTH, _MARKS, 1)
        self.beyond = nn.Sequential(
            nn.Dropout(0.1), nn.Linear(num_seen + num_body, 96), nn.SiLU(), nn.Dropout(0.1), nn.Linear(96, NUM_JOINTS)
        )
        self.depths = nn.Linear(num_body, NUM_JOINTS - 1)
        self.reach = ToldLinear(NUM_CONDITIONS, 1)
        self.reach_more = nn.Sequential(ToldLinear(NUM_CONDITIONS, 64), nn.SiLU(), nn.Dropout(0.1), nn.Linear(64, 1))
        self.tucked = nn.Sequential(
            nn.Dropout(0.2), ToldLinear(num_seen + NUM_CONDITIONS, 64), nn.SiLU(), nn.Linear(64, 3)
        )
        self.light = nn.Sequential(nn.Dropout(0.2), ToldLinear(num_summary + NUM_CONDITIONS, 1, loud=_CALLED))
        self.bands = nn.LayerNorm(_BANDS * channels[1])
        self.skirt = nn.Sequential(nn.Dropout(0.2), nn.Linear(_BANDS * channels[1] + num_seen, 1))

    def forward(
        self, person: tuple[torch.Tensor, torch.Tensor], summary_BD: torch.Tensor, conditions_BD: torch.Tensor
    ) -> HemGuess:
        """See the file's first lines.

        Args:
            person: the photo's features at strides 8 and 16 (:attr:`Layout.person`).
            summary_BD: :attr:`~fitroom.models.tryon.garment.GarmentFeatures.summary_BD`.
            conditions_BD: (B, NUM_CONDITIONS).
        """
        told_BD = conditions_BD.float()
        rows_BM, seen_BF = self._look(person)
        body_BE = torch.cat([told_BD[:, start : start + len(BODY_CM)] for start in (_BODY, NUM_SIZES + _BODY)], 1)
        joints_BJ = rows_BM[:, :NUM_JOINTS] + 0.25 * self.beyond(torch.cat([seen_BF, body_BE], 1)).float()
        deeper_BJ = told_BD.new_tensor(_DEPTHS_CM) + 4 * self.depths(body_BE).float()
        depths_BJ = F.pad(deeper_BJ, (1, 0))
        reach_B = _nominal_cm(told_BD) + 3 * (self.reach(told_BD) + self.reach_more(told_BD)).float()[:, 0]
        tucked = self.tucked(torch.cat([seen_BF, told_BD], 1)).float()
        rows_BK = torch.stack([_row(reach_B, depths_BJ, joints_BJ), rows_BM[:, NUM_JOINTS] + 0.1 * tucked[:, 0]], 1)
        off_BK = (tucked[:, 1:3] - 4.25).clamp(_LEAST_OFF, _MOST_OFF).exp()
        bands_BF = self.bands(F.adaptive_avg_pool2d(person[1].float(), (_BANDS, 1)).flatten(1))
        light_B1 = self.light(torch.cat([summary_BD.float(), told_BD], 1))
        tucks_B2 = torch.cat([light_B1, self.skirt(torch.cat([bands_BF, seen_BF], 1))], 1).float()
        return HemGuess(rows_BK, off_BK, tucks_B2, joints_BJ, depths_BJ, reach_B)

    def _look(self, person: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows (B, M) of the marks, and (B, F) all that is seen; a mirrored photo says nearly the same."""
        fine_BCHW, coarse_BCHW = person
        height, width = fine_BCHW.shape[-2:]
        x = self.look(self.fine(fine_BCHW) + enlarge(self.coarse(coarse_BCHW), (height, width)))
        heat = self.marks(x).float().flatten(2).softmax(-1).unflatten(2, (height, width))
        rows_BM = (heat.sum(3) * _middles(height, x.device)).sum(2)
        columns_BM = (heat.sum(2) * _middles(width, x.device)).sum(2)
        aside_BM = (columns_BM - columns_BM.mean(1, keepdim=True)).abs()
        return rows_BM, torch.cat([4 * rows_BM - 2, 4 * aside_BM, x.float().mean((2, 3))], 1)


def _nominal_cm(told_BD: torch.Tensor) -> torch.Tensor:
    """(B,) how far below the shoulders a garment of the told length ends, cm, were it to lie flat on the body."""
    (middle, spread), (back, back_spread) = GARMENT_CM["length"], BODY_CM["back_length"]
    waist_B = back + back_spread * told_BD[:, _BACK] - _WAIST_CM
    return middle + spread * told_BD[:, _LENGTH] - _NECK_CM + told_BD[:, _BOTTOM] * waist_B


def _row(reach_B: torch.Tensor, depths_BJ: torch.Tensor, joints_BJ: torch.Tensor) -> torch.Tensor:
    """(B,) the row that is so far below the shoulders, between the joints about it or beyond the last."""
    between = torch.searchsorted(depths_BJ[:, 1:-1].detach().contiguous(), reach_B[:, None].detach())
    (depth, deeper), (row, lower) = (
        (at_BJ.gather(1, between)[:, 0], at_BJ.gather(1, between + 1)[:, 0]) for at_BJ in (depths_BJ, joints_BJ)
    )
    return row + (reach_B - depth) / (deeper - depth).clamp_min(1.0) * (lower - row)


def hem_rows(garment_BHW: torch.Tensor) -> torch.Tensor:
    """(B,) where garments end, as shares of the height: the median of the columns that are long; NaN without one.

    Args:
        garment_BHW: share of each pixel that is the garment.
    """
    _, hem_B, _, _ = _ends(garment_BHW > 0.5)
    return hem_B


def brought_to(layout: Layout, guess: HemGuess, conditions_BD: torch.Tensor) -> Layout:
    """The layout with its garment's hem at the row that was guessed, where the guess is sure.

    Rows of the trunk's columns are moved so that the garment is longer or shorter from its upper third down, which
    fades out to the sides and to the picture's lower edge; sleeves and arms beside it stay. Below the hem there is
    neither the garment nor what it takes the place of. A garment whose length is not told, or that is worn already, is
    left as it is.

    Args:
        layout: of the answer, quarter size.
        guess: of :class:`HemHead`.
        conditions_BD: (B, NUM_CONDITIONS), for the region, and whether the length is told.
    """
    worn_BHW = layout.parse_logits.float().softmax(1)[:, TARGET] > 0.5
    top_B, hem_B, trunk_BW, last_BW = _ends(worn_BHW)
    own_B = (worn_BHW * layout.source_logits.float().softmax(1)[:, PERSON]).sum((1, 2)) / worn_BHW.sum((1, 2))
    row_B, off_B = guess.nearest(hem_B)
    told_B = conditions_BD[:, NUM_SIZES + _LENGTH] > 0
    heeded_B = told_B & (off_B < _SURE) & (own_B < _KEPT) & hem_B.isfinite()
    if not heeded_B.any():
        return layout
    height, width = worn_BHW.shape[1:]
    target_B = torch.where((row_B - hem_B).abs() < _FAR, (row_B + hem_B) / 2, row_B).clamp(0.05, 1.0)
    share_BW = _faded(trunk_BW) * heeded_B[:, None]
    cut_BW = (trunk_BW & ((last_BW - hem_B[:, None]).abs() < _LEVEL)) * heeded_B[:, None]
    y_H = _middles(height, worn_BHW.device)
    moved_BH = _sources(y_H, top_B.nan_to_num(0.0), hem_B.nan_to_num(1.0), target_B) - y_H
    y_BHW = 2 * (y_H[:, None] + moved_BH[:, :, None] * share_BW[:, None]) - 1
    x_BHW = (2 * _middles(width, worn_BHW.device) - 1).expand_as(y_BHW)
    grid = torch.stack([x_BHW, y_BHW], 1)
    parse, source = _moved(layout.parse_logits, grid), _moved(layout.source_logits, grid)
    below_B1HW = ((y_H - target_B[:, None]) * height).clamp(0, 1)[:, None, :, None] * cut_BW[:, None, None]
    gone_BL = _gone(conditions_BD)
    was_B1HW = (parse.float().softmax(1) * gone_BL[:, :, None, None]).sum(1, keepdim=True)
    parse = parse - _NEVER * below_B1HW * gone_BL[:, :, None, None]
    source = source.clone()
    source[:, TEXTURE] -= _NEVER * below_B1HW[:, 0]
    source[:, PERSON] -= _NEVER * (below_B1HW * was_B1HW > 0.5)[:, 0]
    return replace(
        layout,
        flows=[*layout.flows[:-1], _moved(layout.flow, grid)],
        parse_logits=parse,
        shown_logits=_moved(layout.shown_logits, grid),
        source_logits=source,
        at_4=_moved(layout.at_4, grid),
        at_2=_moved(layout.at_2, grid),
        warped=_moved(layout.warped, grid),
    )


def _ends(worn_BHW: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """(B,) top and bottom of garments, as shares of the height, NaN without one; (B, W) trunk's columns, bottoms."""
    height = worn_BHW.shape[1]
    long_BW = worn_BHW.sum(1).float()
    trunk_BW = (long_BW > 0) & (long_BW >= _LONG * long_BW.quantile(0.95, dim=1, keepdim=True))
    first_BW, last_BW = worn_BHW.float().argmax(1), height - worn_BHW.flip(1).float().argmax(1)
    there_B = worn_BHW.float().mean((1, 2)) > _LEAST_COVER
    top_B, hem_B = (
        torch.where(there_B, torch.where(trunk_BW, edge / height, torch.nan).nanquantile(0.5, dim=1), torch.nan)
        for edge in (first_BW, last_BW)
    )
    return top_B, hem_B, trunk_BW, last_BW / height


def _faded(columns_BW: torch.Tensor) -> torch.Tensor:
    """(B, W) in [0, 1]: 1 in these columns, fading out beside them."""
    near = F.max_pool1d(columns_BW[:, None].float(), _SIDE | 1, 1, _SIDE // 2)
    return F.avg_pool1d(F.pad(near, (_SIDE, _SIDE), mode="replicate"), 2 * _SIDE + 1, 1)[:, 0]


def _sources(y_H: torch.Tensor, top_B: torch.Tensor, hem_B: torch.Tensor, target_B: torch.Tensor) -> torch.Tensor:
    """(B, H): the row of the layout that each row of the new one is taken from, as shares of the height."""
    still_B = top_B + _FROM * (torch.minimum(hem_B, target_B) - top_B).clamp_min(0)
    end_B = torch.minimum(hem_B, target_B + _SHORTENED)
    still, end, target = still_B[:, None], end_B[:, None], target_B[:, None]
    garment = still + (y_H - still) / (target - still).clamp_min(0.02) * (end - still)
    rest = end + (y_H - target) / (1 - target).clamp_min(0.02) * (1 - end)
    return torch.where(y_H < still, y_H.expand_as(rest), torch.where(y_H < target, garment, rest))


def _moved(x_BCHW: torch.Tensor, grid_B2HW: torch.Tensor) -> torch.Tensor:
    size = (x_BCHW.shape[-2], x_BCHW.shape[-1])
    if tuple(grid_B2HW.shape[-2:]) != size:
        grid_B2HW = F.adaptive_avg_pool2d(grid_B2HW, size)
    return look_up(x_BCHW, grid_B2HW).to(x_BCHW.dtype)


def _gone(conditions_BD: torch.Tensor) -> torch.Tensor:
    """(B, len(LAYOUT)): 1 = cannot be below the hem."""
    region_BR = conditions_BD[:, 2 * NUM_SIZES : 2 * NUM_SIZES + len(REGIONS)].float()
    table = torch.zeros(len(REGIONS), len(LAYOUT), device=region_BR.device)
    for place, region in enumerate(REGIONS):
        table[place, [LAYOUT.index(name) for name in _GONE[region]]] = 1.0
    gone_BL = region_BR @ table
    gone_BL[:, TARGET] = 1.0
    return gone_BL


def _middles(count: int, device: torch.device) -> torch.Tensor:
    return (torch.arange(count, device=device) + 0.5) / count
