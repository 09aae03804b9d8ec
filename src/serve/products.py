"""What the server itself knows of the catalogue that is searched: its categories, and the pictures of its products.

A picture is served by its product's id alone, where the index names it and it lies below the folder that the index lies
in; a path or link that leads elsewhere is none, and neither is a file that is no JPEG, PNG or WebP.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fitroom.data.outfits.jsonl import read_jsonl
from fitroom.data.outfits.pieces import Piece
from serve.answering.search_index import SearchIndex
from serve.schemas.models import IndexInfo

_RIFF, _WEBP = slice(0, 4), slice(8, 12)


class Products:
    """See the file's first lines.

    Args:
        root: folder that the index lies in, which paths of pictures start from.
        pieces: the products.
        max_bytes: a larger picture is not served.

    Attributes:
        categories: of the products, sorted.
        num: how many there are.
    """

    def __init__(self, root: Path, pieces: Iterable[Piece], max_bytes: int) -> None:
        self._root, self._max_bytes = root.resolve(), max_bytes
        pieces = list(pieces)
        self.categories, self.num = tuple(sorted({piece.category for piece in pieces})), len(pieces)
        self._images = {piece.piece_id: piece.image for piece in pieces if self._lies_here(piece.image) is not None}

    @classmethod
    def of(cls, index: SearchIndex, max_bytes: int) -> Products:
        """Those of an index.

        Raises:
            DataError: its products cannot be read.
        """
        return cls(index.folder.resolve().parent, read_jsonl(index.items).pieces.values(), max_bytes)

    def has_picture(self, item_id: str) -> bool:
        """Whether one was there when the server started."""
        return item_id in self._images

    def picture(self, item_id: str) -> tuple[bytes, str] | None:
        """A product's picture and its media type; None = there is none that is served."""
        path = self._lies_here(self._images.get(item_id))  # again: links may have changed since
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                content = file.read(self._max_bytes + 1)
        except OSError:
            return None
        media_type = _media_type(content)
        return (content, media_type) if media_type and len(content) <= self._max_bytes else None

    def _lies_here(self, image: object) -> Path | None:
        """The file of a path that an index names, links followed; None = it is no file below the root."""
        if not isinstance(image, str):
            return None
        try:
            path = (self._root / image).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):  # not there, a name that cannot be, links in a circle
            return None
        return path if path.is_file() and path.is_relative_to(self._root) else None


def index_info(index: SearchIndex | None, products: Products | None) -> IndexInfo | None:
    """What is told of the catalogue that is searched."""
    if index is None or products is None:
        return None
    return IndexInfo(
        sha256=index.sha256, num_products=products.num, kind=index.spec.kind, num_vectors=index.spec.num_vectors,
        bundle_sha256=index.bundle.hash if index.bundle else None, categories=list(products.categories),
    )  # fmt: skip


def _media_type(content: bytes) -> str | None:
    """By its first bytes, whatever its name says."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    return "image/webp" if (content[_RIFF], content[_WEBP]) == (b"RIFF", b"WEBP") else None
