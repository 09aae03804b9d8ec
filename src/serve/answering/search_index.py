"""The catalogue that is searched: verified at the start, made by a bundle that is loaded, known by the hash of its
files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fitroom.bundles import Bundle
from fitroom.errors import DataError
from fitroom.pipelines.search.catalogue import ITEMS, CatalogueSpec, read_spec


@dataclass(frozen=True)
class SearchIndex:
    """A folder that ``fitroom search index`` wrote.

    Attributes:
        folder: it.
        spec: what it says of itself.
        bundle: whose network made its vectors; None = it has none, and words are all that can be asked.
        sha256: of all its files, hex; of vectors on a Qdrant server only where they lie.
    """

    folder: Path
    spec: CatalogueSpec
    bundle: Bundle | None
    sha256: str

    @property
    def items(self) -> Path:
        """The file of its products."""
        return self.folder / ITEMS


def open_search_index(folder: Path, bundles: Iterable[Bundle]) -> SearchIndex:
    """A catalogue whose vectors a loaded bundle can be compared with.

    Args:
        folder: the catalogue's.
        bundles: of kind "search" that are loaded.

    Raises:
        DataError: it is no such folder, or another bundle made it.
    """
    spec, loaded = read_spec(folder), {bundle.hash: bundle for bundle in bundles}
    if spec.dim and spec.bundle not in loaded:
        raise DataError(
            "the index was made by another bundle than those that are served", where=folder,
            rule=f"bundle {spec.bundle[:12]}", got=", ".join(hash[:12] for hash in loaded) or "none of its kind",
            fix="serve the bundle that made it, or make the index again: fitroom search index CATALOGUE --bundle DIR",
        )  # fmt: skip
    return SearchIndex(folder, spec, loaded.get(spec.bundle), _sha256(folder))


def _sha256(folder: Path) -> str:
    """Of the names and contents of all files of a folder but hidden ones."""
    whole = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            with path.open("rb") as file:
                whole.update(f"{path.name}\n{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()
