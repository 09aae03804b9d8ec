"""The catalogue as a lookbook needs it: every piece with its photo, and with its size chart where it is worn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fitroom.config import nearest
from fitroom.data.outfits.charts import chart_of_piece
from fitroom.data.outfits.jsonl import read_jsonl
from fitroom.data.outfits.pieces import OutfitSet, Piece
from fitroom.data.sizing.size_charts import SizeChart
from fitroom.errors import DataError
from fitroom.models.sizing.config import SEXES
from fitroom.pipelines.sizing.chart_check import REGIONS, check_chart
from fitroom.wardrobe.patterns.pattern import Region

UNISEX = "unisex"
NO_PHOTO, NO_CHART = "it has no photo", "it has no size chart"


@dataclass(frozen=True)
class Article:
    """A piece that can be shown.

    Attributes:
        piece: what it is.
        photo: of it alone.
        region: where it is tried on; None = it is shown beside the outfit (shoes, a bag).
        chart: of its sizes; None where there is no region.
    """

    piece: Piece
    photo: Path
    region: Region | None
    chart: SizeChart | None


@dataclass(frozen=True, eq=False)
class Shelf:
    """All that can be shown of a catalogue.

    Attributes:
        items: its file.
        articles: by id.
        left_out: why a piece is none of them, by id.
    """

    items: Path
    articles: Mapping[str, Article]
    left_out: Mapping[str, str]

    def outfits(self, ids: Sequence[str] | None = None) -> OutfitSet:
        """Its pieces, or some of them, as the outfit model takes them."""
        chosen = self.articles if ids is None else ids
        return OutfitSet(self.items, {one: self.articles[one].piece for one in chosen}, [])

    def for_department(self, word: str | None, besides: Sequence[str]) -> list[str]:
        """Ids of the articles made for somebody; those whose department is not known, or unisex, count.

        Args:
            word: of the catalogue; None = all.
            besides: ids that count whatever they say.

        Raises:
            DataError: no article is made for them, or the catalogue does not use the word.
        """
        found = [
            one for one, article in self.articles.items()
            if one in besides or word is None or _is_for(article.piece, word)
        ]  # fmt: skip
        known = sorted({word for article in self.articles.values() for word in article.piece.values("department")})
        others = set(known) - {*SEXES, UNISEX}  # a catalogue that says "women" sells nothing for the word "female"
        is_unknown = word not in (None, *known) and (word not in SEXES or bool(others))
        if is_unknown or not set(found) - set(besides):
            raise DataError(
                f"the catalogue has nothing for the department {word!r}", where=self.items, got=", ".join(known),
                fix=f"{nearest(str(word), known)}; --department any takes all", code="no-outfit",
            )  # fmt: skip
        return found


def read_shelf(items: Path) -> Shelf:
    """Reads a file of items, its charts, and where its photos lie.

    Raises:
        DataError: the file, a chart or the place of a photo is not right, or nothing in it can be worn; says what.
        ConfigError: a measure of a chart is unknown or cannot be true; says which.
    """
    articles, left_out = {}, {}
    for piece in read_jsonl(items).pieces.values():
        region = next((region for region in REGIONS if region == piece.role), None)
        chart = chart_of_piece(piece, items)
        if piece.image is None:
            left_out[piece.piece_id] = NO_PHOTO
        elif region is not None and chart is None:
            left_out[piece.piece_id] = NO_CHART
        else:
            articles[piece.piece_id] = _article(piece, items.parent / piece.image, region, chart)
    if not any(article.region for article in articles.values()):
        raise DataError(
            "no item of the catalogue can be worn: none has both a photo and a size chart", where=items,
            rule='"image": "a1.jpg", "size_chart": {"M": {"chest": 104}} or the path of a chart\'s file',
            got=f"{_count(left_out, NO_PHOTO)} without a photo, {_count(left_out, NO_CHART)} without a chart",
            fix="add both to the items that are to be shown; docs/lookbook.md",
        )  # fmt: skip
    return Shelf(items, articles, left_out)


def _article(piece: Piece, photo: Path, region: Region | None, chart: SizeChart | None) -> Article:
    if not photo.is_file():
        raise DataError("the photo of an item is not there", where=photo, got=f"named by {piece.piece_id}",
                        fix="paths of photos start at the folder of the items")  # fmt: skip
    if region is not None and chart is not None:
        check_chart(chart, region)
    return Article(piece, photo, region, chart if region else None)


def _count(left_out: Mapping[str, str], why: str) -> int:
    return sum(one == why for one in left_out.values())


def _is_for(piece: Piece, word: str) -> bool:
    own = piece.values("department")
    return not own or word in own or UNISEX in own
