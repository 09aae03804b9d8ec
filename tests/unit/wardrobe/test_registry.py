"""The registry: every index in exactly one split, for ever."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import wardrobe_fakes as fakes

from fitroom.errors import ConfigError, DataError
from fitroom.wardrobe.registry import SHARES, SPLITS, Registry, hashed_split

GOLDEN_BODIES = "vttttvtttttvttttvtttttttttvttttttttttttt"
GOLDEN_HASH = "a3e26182838ed4715e5d217140a525b57c822df16b16ec210355680ac365442d"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return fakes.catalogues().registry()


def test_every_index_is_in_exactly_one_split(registry: Registry) -> None:
    for kind, count in registry.counts.items():
        parts = [set(registry.indices(kind, split).tolist()) for split in SPLITS]
        assert set.union(*parts) == set(range(count))
        assert sum(map(len, parts)) == count
        for split, part in zip(SPLITS, parts, strict=True):
            assert {registry.split_of(kind, index) for index in part} == {split}


def test_the_shares_hold(registry: Registry) -> None:
    for split in SPLITS:
        share = len(registry.indices("design", split)) / registry.counts["design"]
        assert share == pytest.approx(SHARES[split], abs=0.03)


def test_a_larger_catalogue_moves_nobody() -> None:
    small, large = Registry({"body": 500}), Registry({"body": 5000})
    assert all(small.split_of("body", index) == large.split_of("body", index) for index in range(500))


def test_it_never_changes() -> None:
    # Golden: another value here puts faces that were trained on into the test split of old wardrobes.
    assert "".join(hashed_split("body", index)[0] for index in range(40)) == GOLDEN_BODIES
    assert Registry({"body": 1000, "light": 64}, {}).hash == GOLDEN_HASH


def test_a_print_goes_where_its_font_goes(registry: Registry) -> None:
    assert registry.fonts
    for index, font in registry.fonts.items():
        assert registry.split_of("print", index) == registry.split_of("font", font)


def test_drawing_is_seeded_and_stays_in_the_split(registry: Registry) -> None:
    drawn = [registry.draw("design", "test", np.random.default_rng(7), lambda index: index % 2 == 0) for _ in "ab"]
    assert drawn[0] == drawn[1] and drawn[0] % 2 == 0
    assert registry.split_of("design", drawn[0]) == "test"


def test_drawing_what_is_not_there(registry: Registry) -> None:
    with pytest.raises(ConfigError, match="no fabric of the test split fits"):
        registry.draw("fabric", "test", np.random.default_rng(0), lambda index: False)


def test_a_catalogue_too_small_for_all_splits() -> None:
    with pytest.raises(ConfigError, match="split gets no light"):
        Registry({"light": 2})


def test_it_knows_itself(registry: Registry, tmp_path: Path) -> None:
    registry.write(tmp_path)
    registry.verify(tmp_path)
    path = tmp_path / "registry.json"
    path.write_text(path.read_text().replace('"version": "1"', '"version": "2"'))
    with pytest.raises(DataError, match="registry of the splits is another one"):
        registry.verify(tmp_path)
    path.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        registry.verify(tmp_path)
