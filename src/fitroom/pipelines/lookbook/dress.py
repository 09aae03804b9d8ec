"""An outfit onto a photo, piece by piece: each is tried on over the picture that the one before made.

photo -> bottom or dress -> top -> outerwear, as people dress. Two outfits that begin alike share their first pictures.
After each piece a parser looks whether anything is worn in its place: trousers on a photo that ends at the waist are
flagged, and trousers over a skirt, which does not go away. Whether it is the right piece it cannot say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fitroom.data.sizing.measures import RANGES_CM, drape_of
from fitroom.images import decode_rgb_u8
from fitroom.pipelines.lookbook.seen import Shares, judge_piece, seen_of, shares_of
from fitroom.pipelines.lookbook.shelf import Article
from fitroom.pipelines.sizing.body import BodyEstimate
from fitroom.pipelines.tryon import REGION_OF_CATEGORY
from fitroom.pipelines.tryon.checked import CheckedTryOn, TryOnSettings
from fitroom.pipelines.tryon.checks import Flag
from fitroom.wardrobe.fabrics.materials import STOCK

if TYPE_CHECKING:
    from fitroom.wardrobe.patterns.pattern import Region

LAYERS: tuple[Region, ...] = ("bottom", "dress", "top", "outerwear")


@dataclass(frozen=True)
class Sized:
    """An article in a size of its chart."""

    article: Article
    size: str


@dataclass(frozen=True)
class Step:
    """A picture on the way.

    Attributes:
        item_id: of the piece that was put on last.
        worn_u8: (H, W, 3) uint8 RGB, the photo's size.
        seen: share of the photo that the parser takes for clothes in the piece's place, in [0, 1]; None where there is
            no parser.
        flags: why it deserves less trust.
    """

    item_id: str
    worn_u8: np.ndarray
    seen: float | None
    flags: tuple[Flag, ...]


@dataclass
class Dresser:
    """Dresses one shopper.

    Args:
        tryon: the model, and what looks at its photos.
        person_u8: (H, W, 3) uint8 RGB, the shopper's photo.
        base: settings of every picture: body, seed, steps.
        person_name: of the photo, said in messages.

    Attributes:
        num_made: pictures that were made.
    """

    tryon: CheckedTryOn
    person_u8: np.ndarray
    base: TryOnSettings
    person_name: str | None = None
    num_made: int = 0
    _made: dict[tuple[tuple[str, str], ...], Step] = field(default_factory=dict)

    def __call__(self, pieces: Sequence[Sized]) -> list[Step]:
        """The pictures of an outfit, in the order of dressing; the last shows all of it.

        Raises:
            ImageError: a photo that cannot be read, or nobody in the shopper's (``person-missing``).
        """
        order = sorted(pieces, key=lambda one: LAYERS.index(one.article.region or "top"))
        steps: list[Step] = []
        for place, piece in enumerate(order):
            key = tuple((one.article.piece.piece_id, one.size) for one in order[: place + 1])
            if key not in self._made:
                self._made[key] = self._put_on(steps[-1] if steps else None, piece)
                self.num_made += 1
            steps.append(self._made[key])
        return steps

    def _put_on(self, before: Step | None, sized: Sized) -> Step:
        article, piece = sized.article, sized.article.piece
        assert article.chart is not None and article.region is not None
        material = next((word for word in piece.values("material") if word in STOCK), None)
        settings = replace(
            self.base,
            category=piece.category if piece.category in REGION_OF_CATEGORY else None,
            garment_cm=article.chart.measures_cm(sized.size),
            drape_coefficient=drape_of(material, None, piece.piece_id),
        )
        photo_u8 = self.person_u8 if before is None else before.worn_u8
        name = self.person_name if before is None else f"{self.person_name}, in {before.item_id}"
        answer = self.tryon(photo_u8, decode_rgb_u8(article.photo), settings, person_name=name)
        shares = self._shares(answer.worn_u8)
        if shares is None:
            return Step(piece.piece_id, answer.worn_u8, None, answer.warnings)
        flags = judge_piece(article, shares, self._photo_shares if before is None else None)
        return Step(piece.piece_id, answer.worn_u8, seen_of(article, shares), (*answer.warnings, *flags))

    def _shares(self, photo_u8: np.ndarray) -> Shares | None:
        """What is worn where in a picture; None where there is no parser."""
        checks = self.tryon.checks
        return None if checks is None else shares_of(checks.parser([photo_u8])[0].parse)

    @cached_property
    def _photo_shares(self) -> Shares | None:
        return self._shares(self.person_u8)


def body_cm(body: BodyEstimate) -> dict[str, float]:
    """The believed measures that the try-on model hears of, medians in cm."""
    return {name: round(body.median(name), 1) for name in body.belief.measures if name in RANGES_CM["body"]}
