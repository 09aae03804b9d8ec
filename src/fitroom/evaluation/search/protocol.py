"""The protocols: frozen, versioned recipes. A change of any setting is a new version, never an edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from fitroom.evaluation.protocols import EvaluationProtocol, protocol_named, read_protocol


@dataclass(frozen=True)
class SearchProtocol(EvaluationProtocol):
    """How answers to worn pictures are scored."""

    digest: str = ""
    """SHA-256 that stands for worn pictures and catalogue, see ``cases``."""
    parse: str = "truth"
    """Whose parse says what of a worn picture is garment: the simulation's own. A parser's errors come on top."""
    fewer: int = 100
    """Size of the smaller catalogues, drawn from the whole one, at which recall is told as well."""
    num_resamples: int = 1000
    """Draws of the bootstrap over garments."""
    level: float = 0.95
    """Level of the scores' intervals."""
    seed: int = 0
    """Of the draws."""


# SHA-256 over the hashes of benchmarks/wardrobe/manifest.json, a folder's catalogue.parquet and its questions.json,
# where there is one.
_SEARCH = "48ea15b47dec61a81598e665626fd88a6d9d8191e2131c23cf42081a7d36b763"
_SEARCH2 = "fde6338ba78a9efc5fc29654b4b86adabd6829729dbed3f4bb6589e98a8a3a3c"
PROTOCOLS: dict[str, Callable[[], SearchProtocol]] = {
    # Worn pictures of benchmarks/wardrobe, the products of benchmarks/search: no training part knows any of them.
    "search@1": lambda: SearchProtocol("search", 1, _SEARCH),
    # Persons' pictures too, where the catalogue holds what they wear; 1,000 products, in benchmarks/search2.
    "search@2": lambda: SearchProtocol("search", 2, _SEARCH2),
}


get_protocol = partial(protocol_named, PROTOCOLS)
protocol_from_settings = partial(read_protocol, SearchProtocol)
