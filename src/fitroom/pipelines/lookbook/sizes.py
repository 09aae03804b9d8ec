"""The recommended size of each article for one body; each is worked out once."""

from __future__ import annotations

from dataclasses import dataclass, field

from fitroom.pipelines.lookbook.shelf import Article
from fitroom.pipelines.sizing.advise import Advice, advise_body
from fitroom.pipelines.sizing.body import BodyEstimate
from fitroom.pipelines.sizing.fit import Preference
from fitroom.pipelines.sizing.words import misfit


@dataclass
class Sizes:
    """Advice for one shopper.

    Attributes:
        body: what is believed of it.
        prefer: how clothes are to sit.
    """

    body: BodyEstimate
    prefer: Preference
    _known: dict[str, Advice] = field(default_factory=dict)

    def of(self, article: Article) -> Advice | None:
        """The advice for an article; None where it is not tried on."""
        if article.chart is None or article.region is None:
            return None
        name = article.piece.piece_id
        if name not in self._known:
            self._known[name] = advise_body(self.body, article.chart, article.region, self.prefer)
        return self._known[name]

    def goes_round(self, article: Article) -> bool:
        """Whether a size of it is large enough; one that is everywhere loose counts, since it can be worn."""
        advice = self.of(article)
        return advice is None or misfit(advice.sizes) != "small"
