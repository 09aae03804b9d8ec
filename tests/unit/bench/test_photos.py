"""Photos to measure with: usable, always the same, and laid out as other libraries read them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from torchvision.datasets import ImageFolder

from fitroom.bench.photos import PHOTO_SIZE_PX, enlarge_photos, link_photos, make_photos, median_size, open_photos
from fitroom.data.manifest import read_source
from fitroom.data.source import SourceConfig
from fitroom.images import read_header


def test_made_up_photos_are_a_source(tmp_path: Path, cache_home: Path) -> None:
    made = make_photos(tmp_path / "photos", 12)
    read, audit = read_source(SourceConfig(root=str(tmp_path / "photos")))
    assert audit.problems == []
    assert made.digest == read.digest
    assert made.digest == make_photos(tmp_path / "again", 12).digest
    assert median_size(made) == "{} x {}".format(*PHOTO_SIZE_PX)
    sizes = [made.path(name).stat().st_size for name in made.table["sample_id"]]
    assert 15_000 < np.median(sizes) < 60_000, "as large as real ones, so that decoding them is as much work"


def test_a_source_gives_photos_from_all_over_it(image_folder: Callable[..., Path]) -> None:
    source = SourceConfig(root=str(image_folder(("dress", "hat", "shirt"), 4)))
    assert len(open_photos(source, Path("unused"), 100)) == 12
    assert list(open_photos(source, Path("unused"), 3).table["category"]) == ["dress", "hat", "shirt"]


def test_links_come_again_until_there_are_enough(tmp_path: Path) -> None:
    manifest = make_photos(tmp_path / "photos", 5)
    links = ImageFolder(str(link_photos(manifest, tmp_path / "links", at_least=13)))
    assert len(links) == 13
    assert set(links.classes) == set(manifest.table["category"])
    assert len({Path(path).resolve() for path, _ in links.samples}) == 5
    assert links[0][0].size == PHOTO_SIZE_PX
    assert len(ImageFolder(str(link_photos(manifest, tmp_path / "more", at_least=2)))) == 5


def test_enlarged_photos(tmp_path: Path) -> None:
    large = enlarge_photos(make_photos(tmp_path / "photos", 3), tmp_path / "large", 2, 3)
    assert len(large) == 2
    for name, width, height in large.table[["sample_id", "width_px", "height_px"]].itertuples(index=False):
        header = read_header(large.path(name))
        assert (header.width_px, header.height_px) == (width, height) == (1200, 1599)
