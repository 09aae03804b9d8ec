"""A stylist by rule: outfits from the wardrobe's catalogue, to teach and judge a recommender without data.

An outfit is made for a season, a weather and an occasion by one of ``families.FAMILIES``, piece by piece. Each is the
best of a few candidates by :func:`liking`, plus noise; now and then a piece is a whim, taken blindly. Three families
dress the test part alone, and no piece of one part is met in another. What follows is a model of taste by hand, not
taste: a score on it says whether a model finds rules of this kind again from examples and carries them to tastes it has
never met. It does not say that people would like the outfits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fitroom.config import parse_config
from fitroom.data.outfits.families import FAMILIES, HELD_OUT, Family, Likes
from fitroom.data.outfits.harmony import HOURS, harmony
from fitroom.data.outfits.jsonl import write_jsonl
from fitroom.data.outfits.pieces import SEASONS, Outfit, Piece
from fitroom.data.outfits.wardrobe_pieces import PRICE_SPREAD, PRICES, wardrobe_pieces
from fitroom.errors import DataError
from fitroom.progress import log, track
from fitroom.wardrobe.outfits import TOO_THIN, TOO_WARM
from fitroom.wardrobe.plan import Split

WEATHER_IN: Mapping[str, Likes] = {
    "spring": {"mild": 5, "cold": 2, "rain": 3}, "summer": {"hot": 6, "mild": 3, "rain": 1},
    "autumn": {"mild": 4, "cold": 3, "rain": 3}, "winter": {"cold": 8, "rain": 2},
}  # fmt: skip
# Roles of an outfit by weather: with how many shares each is chosen.
SHAPES: Mapping[str, Mapping[tuple[str, ...], float]] = {
    "hot": {("top", "bottom"): 6, ("dress", "outerwear"): 1, ("top", "bottom", "outerwear"): 0.5},
    "mild": {("top", "bottom"): 3, ("top", "bottom", "outerwear"): 4, ("dress", "outerwear"): 2},
    "cold": {("top", "bottom", "outerwear"): 5, ("top", "top", "bottom", "outerwear"): 4, ("dress", "outerwear"): 1},
    "rain": {("top", "bottom", "outerwear"): 6, ("dress", "outerwear"): 1.5},
}
FORMALITY: Mapping[str, float] = {"sporty": -1.0, "street": -0.6, "casual": -0.2, "business": 0.7, "elegant": 1.0}
WANTED: Mapping[str, float] = {"everyday": -0.2, "office": 0.7, "sport": -1.0, "evening": 0.9, "outdoor": -0.4}
LOUD = frozenset({"check", "floral", "dots", "print", "logo", "lettering", "photo", "stripe"})
BARE = frozenset({"shorts", "tank"})
WATERPROOF = frozenset({"leather", "twill"})
# How much each rule counts against the noise.
WEIGHTS: Mapping[str, float] = {
    "family": 1.0, "season": 2.5, "weather": 2.0, "occasion": 2.5, "together": 1.5, "harmony": 2.0, "pattern": 1.5,
    "price": 0.6,
}  # fmt: skip
NOISE = 0.35  # scale of the Gumbel noise on a liking
WHIM = 0.05  # share of pieces that are taken blindly
CANDIDATES = 32
UNDER = frozenset({"t-shirt", "shirt", "longsleeve", "blouse", "tank"})
OVER = frozenset({"sweater", "hoodie"})


@dataclass(frozen=True)
class Task:
    """What one outfit is for, and who dresses."""

    family: str
    season: str
    weather: str
    occasion: str

    @property
    def context(self) -> dict[str, str]:
        """As an outfit holds it."""
        return {"season": self.season, "weather": self.weather, "occasion": self.occasion}


def liking(piece: Piece, others: Sequence[Piece], task: Task) -> float:
    """How much the stylist likes a piece beside others, without noise; in units of ``NOISE / 0.35``."""
    family = FAMILIES[task.family]
    parts = {
        "family": _taste(piece, family),
        "season": 0.0 if task.season in piece.values("season") else -1.0,
        "weather": _weather(piece, task.weather),
        "occasion": -abs(_formality(piece) - WANTED[task.occasion]),
        "together": -max((abs(_formality(piece) - _formality(other)) for other in others), default=0.0) / 2,
        "harmony": _harmony(piece, others, family),
        "pattern": _patterns(piece, others),
        "price": _price(piece, others, family),
    }
    return sum(WEIGHTS[name] * value for name, value in parts.items())


def _taste(piece: Piece, family: Family) -> float:
    liked = ((family.styles, "style"), (family.materials, "material"), (family.patterns, "pattern"),
             (family.categories, "category"))  # fmt: skip
    score = sum(likes.get(word, 0.0) for likes, name in liked for word in piece.values(name))
    return score + family.colors.get(piece.values("color")[0], 0.0)


def _weather(piece: Piece, weather: str) -> float:
    material = set(piece.values("material"))
    if weather == "hot":
        return -1.0 * bool(material & TOO_WARM) + 0.4 * ("linen" in material) + 0.3 * (piece.category in BARE)
    if weather == "cold":
        thin = bool(material & TOO_THIN) or piece.category in BARE
        return 0.5 * bool(material & TOO_WARM) - 1.0 * thin + 0.4 * (piece.category == "coat")
    if weather == "rain":
        return 0.5 * (piece.role == "outerwear" and bool(material & WATERPROOF)) - 0.5 * ("satin" in material)
    return 0.0


def _formality(piece: Piece) -> float:
    return FORMALITY.get(next(iter(piece.values("style")), ""), 0.0)


def _harmony(piece: Piece, others: Sequence[Piece], family: Family) -> float:
    colors = [one.values("color")[0] for one in (*others, piece)]
    return harmony(colors) - 0.5 * max(len({color for color in colors if color in HOURS}) - family.hues, 0)


def _patterns(piece: Piece, others: Sequence[Piece]) -> float:
    """One loud piece is enough."""
    loud = sum(bool(LOUD & set(one.values("pattern"))) for one in (*others, piece))
    return -0.7 * max(loud - 1, 0)


def _price(piece: Piece, others: Sequence[Piece], family: Family) -> float:
    tiers = [tier for one in (piece, *others) if (tier := _tier(one)) is not None]
    if piece.price is None:
        return 0.0
    return -abs(tiers[0] - family.tier) - (max(tiers) - min(tiers)) / 2


def _tier(piece: Piece) -> float | None:
    """log2 of the price over the category's middle, in spreads."""
    return None if piece.price is None else float(np.log2(piece.price / PRICES[piece.category])) / PRICE_SPREAD / 2


class Stylist:
    """Dresses from a pool of pieces.

    Args:
        pieces: of the wardrobe's catalogue.
        families: who dresses.
        seed: of every choice; outfit ``k`` depends on the seed and ``k`` alone.
    """

    def __init__(self, pieces: Sequence[Piece], families: Sequence[str], seed: int) -> None:
        self.families, self.seed = list(families), seed
        self.by_role: dict[str, list[Piece]] = {}
        for piece in pieces:
            self.by_role.setdefault(piece.role, []).append(piece)

    def outfit(self, number: int, name: str) -> Outfit:
        """Outfit number ``number``."""
        rng = np.random.default_rng([self.seed, number, 5_150])
        task = self._task(rng)
        chosen: list[Piece] = []
        sex = str(rng.choice(["female", "male"], p=(0.65, 0.35)))
        shape = _drawn(rng, SHAPES[task.weather])
        if sex == "male" and "dress" in shape:
            shape = ("top", "bottom", "outerwear") if "outerwear" in shape else ("top", "bottom")
        for role in shape:
            pool = [p for p in self.by_role.get(role, []) if suits(p, chosen, sex, layered=shape.count("top") > 1)]
            if not pool:
                raise DataError(
                    "there are too few pieces to dress from", where=f"role {role}, department {sex}",
                    rule="some of every role for women and men", got=len(self.by_role.get(role, [])),
                    fix="take more pieces",
                )  # fmt: skip
            drawn = [pool[int(i)] for i in rng.integers(len(pool), size=CANDIDATES)]
            likings = np.array([liking(piece, chosen, task) for piece in drawn]) / NOISE + rng.gumbel(size=CANDIDATES)
            chosen.append(drawn[0] if rng.random() < WHIM else drawn[int(likings.argmax())])
        return Outfit(name, tuple(piece.piece_id for piece in chosen), task.context, task.family)

    def _task(self, rng: np.random.Generator) -> Task:
        family, season = str(rng.choice(self.families)), str(rng.choice(SEASONS))
        weather = _drawn(rng, {(word,): share for word, share in WEATHER_IN[season].items()})[0]
        occasion = _drawn(rng, {(word,): share for word, share in FAMILIES[family].occasions.items()})[0]
        return Task(family, season, weather, occasion)


def suits(piece: Piece, chosen: Sequence[Piece], sex: str, layered: bool) -> bool:
    """What no taste can overrule: whom it is made for, no piece twice, and what is worn over what."""
    if piece.values("department")[0] not in (sex, "unisex") or piece in chosen:
        return False
    if layered and piece.role == "top":
        return piece.category in (OVER if any(one.role == "top" for one in chosen) else UNDER)
    return True


def _drawn(rng: np.random.Generator, odds: Mapping[tuple[str, ...], float]) -> tuple[str, ...]:
    shares = np.array(list(odds.values()), float)
    return list(odds)[int(rng.choice(len(shares), p=shares / shares.sum()))]


@dataclass
class StylistConfig:
    """Writes outfits of the stylist as train.jsonl, valid.jsonl and test.jsonl."""

    out: str
    """Folder to write."""
    train: int = 1600
    """Outfits of the train part."""
    valid: int = 200
    """Outfits of the validation part, by families of the train part."""
    test: int = 400
    """Outfits of the test part: half by families of the train part, half by those held out."""
    pieces: int = 800
    """Pieces of the train part; a quarter of it in the validation part."""
    test_pieces: int = 300
    """Pieces of the test part."""
    seed: int = 0
    """Of every choice."""


_PARTS: Mapping[str, Split] = {"train": "train", "valid": "validation", "test": "test"}


def style_part(part: str, count: int, num_pieces: int, seed: int) -> tuple[list[Piece], list[Outfit]]:
    """Pieces and outfits of "train", "valid" or "test"."""
    pieces = wardrobe_pieces(_PARTS[part], num_pieces)
    known = [name for name in FAMILIES if name not in HELD_OUT]
    place = list(_PARTS).index(part)
    stylist = Stylist(pieces, known, 10 * seed + place)
    stranger = Stylist(pieces, HELD_OUT, 10 * seed + place + 5)
    outfits = [
        (stranger if part == "test" and number % 2 else stylist).outfit(number, f"{part}-{number:05d}")
        for number in track(range(count), f"styling {part}")
    ]
    return pieces, outfits


def main(argv: Sequence[str] | None = None) -> int:
    """``--out FOLDER [any field of StylistConfig]``."""
    config = parse_config(StylistConfig, list(argv or []), prog="python -m fitroom.data.outfits.stylist")
    folder = Path(config.out)
    folder.mkdir(parents=True, exist_ok=True)
    num_pieces = {"train": config.pieces, "valid": config.pieces // 4, "test": config.test_pieces}
    for part in _PARTS:
        pieces, outfits = style_part(part, getattr(config, part), num_pieces[part], config.seed)
        write_jsonl(folder / f"{part}.jsonl", pieces, outfits)
        log.info("%s: %d outfits of %d pieces", folder / f"{part}.jsonl", len(outfits), len(pieces))
    return 0


if __name__ == "__main__":
    import sys

    from fitroom.progress import setup_logging

    setup_logging()
    raise SystemExit(main(sys.argv[1:]))
