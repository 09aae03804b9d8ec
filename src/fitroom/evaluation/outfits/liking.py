"""What liked pieces do to a lookbook, and what they cost: made-up shoppers, each asked with growing weights.

python -m fitroom.evaluation.outfits.liking --catalogue shop/items.jsonl

A shopper is a sex, a season and a few liked pieces of that department and season, drawn by a seed. Of the outfits of
each lookbook (:func:`~fitroom.pipelines.lookbook.choose.choose`):

    liked      share that hold a liked piece
    alike      likeness of the other pieces to a liked one, in [0, 1], mean
    together   probability that the pieces go together, as the model sees it without the liking, mean
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from fitroom.config import parse_config
from fitroom.data.outfits.pieces import SEASONS
from fitroom.errors import DataError
from fitroom.images import decode_rgb_u8
from fitroom.models.sizing.config import SEXES
from fitroom.pipelines.lookbook.choose import choose
from fitroom.pipelines.lookbook.shelf import Shelf, read_shelf
from fitroom.pipelines.lookbook.sizes import Sizes
from fitroom.pipelines.lookbook.taste import likings
from fitroom.pipelines.outfits.pipeline import OutfitPipeline
from fitroom.pipelines.outfits.request import OutfitRequest, fitting
from fitroom.pipelines.search.embed import EmbedPipeline
from fitroom.pipelines.sizing.answers import Answers
from fitroom.pipelines.sizing.body import BodyPipeline
from fitroom.progress import log, track

_MEDIAN_CM = {"female": {"height": 163.0, "weight": 67.0}, "male": {"height": 176.0, "weight": 84.0}}


@dataclass
class LikingConfig:
    """How liked pieces are tried."""

    catalogue: str
    """File of items, with photos and size charts."""
    outfits: str = "bundles/outfits"
    """Bundle that ranks."""
    sizes: str = "bundles/size-advisor"
    """Bundle that says which size."""
    search: str = "bundles/search"
    """Bundle that says what looks alike."""
    shoppers: int = 60
    """How many are made up."""
    liked: int = 2
    """Pieces that each likes."""
    num: int = 5
    """Outfits of a lookbook."""
    weights: list[float] = field(default_factory=lambda: [0.0, 0.5, 1.0, 2.0, 4.0])
    """Logits that an outfit of liked pieces alone gains."""
    seed: int = 0
    """Of the shoppers."""


@dataclass(frozen=True)
class Asker:
    """A made-up shopper."""

    sex: str
    season: str
    liked: tuple[str, ...]


def askers(shelf: Shelf, config: LikingConfig) -> list[Asker]:
    """The shoppers; number ``k`` depends on the seed and ``k`` alone.

    Raises:
        DataError: there are too few pieces to like.
    """
    found = []
    for number in range(config.shoppers):
        rng = np.random.default_rng([config.seed, number])
        sex, season = str(rng.choice(SEXES)), str(rng.choice(SEASONS))
        pieces = shelf.outfits(shelf.for_department(sex, ())).pieces.values()
        pool = sorted(piece.piece_id for piece in fitting(OutfitRequest({"season": season}), pieces))
        if len(pool) < config.liked:
            raise DataError(
                "there are too few pieces to like", where=config.catalogue, rule=f"{config.liked} for {sex}, {season}",
                got=len(pool), fix="a larger catalogue, or --liked 1",
            )  # fmt: skip
        found.append(Asker(sex, season, tuple(map(str, rng.choice(pool, config.liked, replace=False)))))
    return found


def try_weights(config: LikingConfig) -> pd.DataFrame:
    """One row a shopper and weight: liked, alike, together."""
    shelf = read_shelf(Path(config.catalogue))
    ranker, advisor = OutfitPipeline.from_bundle(config.outfits), BodyPipeline.from_bundle(config.sizes)
    embed = EmbedPipeline.from_bundle(config.search)
    photos = track(shelf.articles.items(), "looking at items", len(shelf.articles))
    vectors = {one: embed.product(decode_rgb_u8(article.photo)) for one, article in photos}
    sizes = {sex: Sizes(advisor(Answers(told, sex)), "regular") for sex, told in _MEDIAN_CM.items()}
    rows = []
    for number, asker in enumerate(track(askers(shelf, config), "asking", config.shoppers)):
        outfits = shelf.outfits(shelf.for_department(asker.sex, asker.liked))
        liking = likings(outfits.pieces, asker.liked, lambda ids: {one: vectors[one] for one in ids})
        for weight in config.weights:
            leaning = {one: weight * value for one, value in liking.items()}
            request = OutfitRequest({"season": asker.season}, num=config.num, leaning=leaning)
            ranked = ranker.ranked(outfits, request)
            chosen = choose(ranked, shelf, sizes[asker.sex], asker.liked, config.num).outfits
            ids = [[piece.piece_id for piece in pieces] for _, pieces in chosen]
            others = [liking.get(one, 0.0) for outfit in ids for one in outfit if one not in asker.liked]
            logits = np.array([score - request.leant(pieces) for score, pieces in chosen])
            rows.append({
                "shopper": number, "weight": weight,
                "liked": float(np.mean([bool({*outfit} & {*asker.liked}) for outfit in ids])),
                "alike": float(np.mean(others)) if others else float("nan"),
                "together": float(np.mean(1 / (1 + np.exp(-logits)))),
            })  # fmt: skip
    return pd.DataFrame(rows)


def main(argv: Sequence[str] | None = None) -> int:
    """``--catalogue FILE [any field of LikingConfig]``; prints means with the standard error over shoppers."""
    config = parse_config(LikingConfig, list(argv or []), prog="python -m fitroom.evaluation.outfits.liking")
    rows = try_weights(config).drop(columns="shopper").groupby("weight")
    mean, error = rows.mean(), rows.sem()
    log.info("%d shoppers who like %d pieces, %d outfits each", config.shoppers, config.liked, config.num)
    for weight in mean.index:
        shown = (f"{name} {mean.loc[weight, name]:.3f} ±{error.loc[weight, name]:.3f}" for name in mean.columns)
        print(f"weight {weight:g}: {', '.join(shown)}")
    return 0


if __name__ == "__main__":
    import sys

    from fitroom.progress import setup_logging

    setup_logging()
    raise SystemExit(main(sys.argv[1:]))
