"""A lookbook made: who it is for, the ranking, sizes and pictures, by four bundles."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fitroom.errors import ConfigError
from fitroom.images import decode_rgb_u8
from fitroom.pipelines.lookbook.choose import choose
from fitroom.pipelines.lookbook.dress import Dresser, Sized, Step, body_cm
from fitroom.pipelines.lookbook.shelf import Shelf
from fitroom.pipelines.lookbook.shopper import Shopper
from fitroom.pipelines.lookbook.sizes import Sizes
from fitroom.pipelines.lookbook.taste import LIKED, VectorsOf, likings
from fitroom.pipelines.outfits.pipeline import OutfitPipeline, RankedOutfit
from fitroom.pipelines.outfits.request import OutfitRequest
from fitroom.pipelines.search.embed import EmbedPipeline
from fitroom.pipelines.sizing.advise import Advice
from fitroom.pipelines.sizing.body import BodyEstimate, BodyPipeline
from fitroom.pipelines.tryon.checked import CheckedTryOn, TryOnSettings
from fitroom.progress import track

MOST = 20


@dataclass(frozen=True)
class Models:
    """What a lookbook is made with; ``embed`` = None: liked pieces count, what looks like them does not."""

    outfits: OutfitPipeline
    sizes: BodyPipeline
    tryon: CheckedTryOn
    embed: EmbedPipeline | None = None

    def made_by(self) -> dict[str, str | None]:
        """SHA-256 of each bundle that the answer depends on; None where there is none."""
        embed = self.embed.bundle.hash if self.embed else None
        own = {"outfits": self.outfits.bundle.hash, "sizes": self.sizes.bundle.hash, "embed": embed}
        return own | self.tryon.made_by()


@dataclass(frozen=True)
class Options:
    """How a lookbook is made.

    Attributes:
        num: outfits, 1 to :data:`MOST`.
        liked_weight: logits that an outfit of liked pieces alone gains; 0 = liked pieces do not move the ranking.
        seed: of the noise of every picture.
        steps: of the denoiser; None = the bundle's own.

    Raises:
        ConfigError: out of range.
    """

    num: int = 5
    liked_weight: float = LIKED
    seed: int = 0
    steps: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.num <= MOST:
            raise ConfigError("a lookbook cannot have that many outfits", rule=f"1 to {MOST}", got=self.num)
        if not 0 <= self.liked_weight <= 20:  # nan is neither
            raise ConfigError("liked pieces cannot weigh this", where="--liked-weight", rule="0 to 20, in logits",
                              got=self.liked_weight)  # fmt: skip
        TryOnSettings(steps=self.steps, seed=self.seed)


@dataclass(frozen=True)
class Look:
    """One outfit of a lookbook.

    Attributes:
        outfit: pieces in the order of dressing, probability and reasons.
        advice: by item id, of those pieces that come in sizes.
        steps: pictures, a piece after the other; the last shows the outfit.
    """

    outfit: RankedOutfit
    advice: Mapping[str, Advice]
    steps: Sequence[Step]


@dataclass(frozen=True, eq=False)
class Lookbook:
    """The whole answer.

    Attributes:
        shopper, options: what was asked.
        photo_u8: (H, W, 3) uint8 RGB of the shopper.
        body: what is believed of it.
        shelf: the catalogue.
        looks: outfits, best first.
        likings: in [0, 1], by item id; those that are not there count 0.
        too_small: items that come in no size that goes round, as far as they were looked at.
        made_by: hashes of the bundles.
        num_pictures, seconds: made, and what it took: "rank" and "pictures".
    """

    shopper: Shopper
    options: Options
    photo_u8: np.ndarray
    body: BodyEstimate
    shelf: Shelf
    looks: list[Look]
    likings: Mapping[str, float]
    too_small: list[str]
    made_by: Mapping[str, str | None]
    num_pictures: int
    seconds: Mapping[str, float]


def make_lookbook(shopper: Shopper, shelf: Shelf, models: Models, options: Options = Options()) -> Lookbook:
    """Ranks, sizes and dresses.

    Args:
        shopper: who, and what for.
        shelf: what there is; the liked pieces are on it.
        models: opened bundles.
        options: how many, and how.

    Raises:
        DataError: unknown words, or no outfit for the season, the weather, the department or the body.
        ConfigError: measures that cannot be true.
        ImageError: a photo that cannot be read, or nobody in the shopper's (``person-missing``).
    """
    start = time.perf_counter()
    photo = Path(shopper.photo or "")
    photo_u8 = decode_rgb_u8(photo)
    models.tryon.person(photo_u8, str(photo))  # before anything else takes its time
    sizes = Sizes(models.sizes(shopper.answers()), shopper.prefer)
    outfits = shelf.outfits(shelf.for_department(shopper.wears, shopper.liked))
    vectors_of = _vectors(models.embed, shelf) if models.embed and options.liked_weight else None
    liking = likings(outfits.pieces, shopper.liked, vectors_of)
    leaning = {one: options.liked_weight * value for one, value in liking.items()}
    request = OutfitRequest(shopper.context, num=options.num, leaning=leaning)
    chosen = choose(models.outfits.ranked(outfits, request), shelf, sizes, shopper.liked, options.num)
    ranked = [models.outfits.explained(*one, request) for one in chosen.outfits]
    ready = time.perf_counter()
    base = TryOnSettings(body_cm=body_cm(sizes.body), steps=options.steps, seed=options.seed)
    dresser = Dresser(models.tryon, photo_u8, base, str(photo))
    looks = [_look(one, shelf, sizes, dresser) for one in track(ranked, "dressing", len(ranked))]
    seconds = {"rank": ready - start, "pictures": time.perf_counter() - ready}
    return Lookbook(
        shopper, options, photo_u8, sizes.body, shelf, looks, liking, chosen.too_small, models.made_by(),
        dresser.num_made, seconds,
    )  # fmt: skip


def _look(outfit: RankedOutfit, shelf: Shelf, sizes: Sizes, dresser: Dresser) -> Look:
    articles = [shelf.articles[piece.piece_id] for piece in outfit.pieces]
    advice = {article.piece.piece_id: found for article in articles if (found := sizes.of(article))}
    sized = [Sized(one, advice[one.piece.piece_id].size) for one in articles if one.piece.piece_id in advice]
    return Look(outfit, advice, dresser(sized))


def _vectors(embed: EmbedPipeline, shelf: Shelf) -> VectorsOf:
    def of(ids: list[str]) -> dict[str, np.ndarray]:
        photos = track(ids, "looking at items", len(ids))
        return {one: embed.product(decode_rgb_u8(shelf.articles[one].photo)) for one in photos}

    return of
