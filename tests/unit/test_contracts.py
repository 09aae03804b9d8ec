"""contracts.py: what passes between rooms has the shapes and ranges it says, and the label maps cover their sources."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fitroom.contracts import (
    PART_FROM_ATR,
    PART_FROM_CIHP,
    PART_FROM_LIP,
    Garment,
    Head,
    Part,
    Person,
    Preprocessing,
    TryOnSample,
    labels_of_parts,
)
from fitroom.errors import ConfigError

# The label lists of the two sources, in their published order.
LIP = [
    "background", "hat", "hair", "glove", "sunglasses", "upper-clothes", "dress", "coat", "socks", "pants", "jumpsuits",
    "scarf", "skirt", "face", "left-arm", "right-arm", "left-leg", "right-leg", "left-shoe", "right-shoe",
]  # fmt: skip
ATR = [
    "background", "hat", "hair", "sunglasses", "upper-clothes", "skirt", "pants", "dress", "belt", "left-shoe",
    "right-shoe", "face", "left-leg", "right-leg", "left-arm", "right-arm", "bag", "scarf",
]  # fmt: skip
SAME_THING = {
    "glove": Part.GLOVES,
    "sunglasses": Part.GLASSES,
    "upper-clothes": Part.TOP,
    "coat": Part.OUTERWEAR,
    "pants": Part.TROUSERS,
    "jumpsuits": Part.JUMPSUIT,
}
PHOTO = np.zeros((40, 30, 3), np.uint8)


class TestParts:
    @pytest.mark.parametrize(("source", "parts", "num_labels"), [(LIP, PART_FROM_LIP, 20), (ATR, PART_FROM_ATR, 18)])
    def test_maps_cover_every_label_with_the_part_of_that_name(
        self, source: list[str], parts: tuple[Part, ...], num_labels: int
    ) -> None:
        assert len(parts) == len(source) == num_labels
        for name, part in zip(source, parts, strict=True):
            assert part is SAME_THING.get(name, Part.__members__.get(name.upper().replace("-", "_")))

    def test_no_two_labels_of_a_source_fall_together(self) -> None:
        assert len(set(PART_FROM_LIP)) == 20
        assert len(set(PART_FROM_ATR)) == 18

    def test_cihp_has_skin_of_the_torso_where_look_into_person_has_jumpsuits(self) -> None:
        differing = [label for label in range(20) if PART_FROM_CIHP[label] is not PART_FROM_LIP[label]]
        assert differing == [10] and PART_FROM_CIHP[10] is Part.NECK_AND_TORSO_SKIN

    @pytest.mark.parametrize("parts", [PART_FROM_LIP, PART_FROM_CIHP, PART_FROM_ATR])
    def test_every_part_has_a_label_and_comes_back_where_the_source_tells_it_apart(
        self, parts: tuple[Part, ...]
    ) -> None:
        labels = labels_of_parts(parts)
        assert [labels[part] for part in parts] == list(range(len(parts)))
        assert len(labels) == len(Part) and set(labels) == set(range(len(parts)))

    def test_a_part_without_a_label_gets_that_of_what_it_counts_as(self) -> None:
        labels = labels_of_parts(PART_FROM_ATR)
        assert PART_FROM_ATR[labels[Part.OUTERWEAR]] is Part.TOP
        assert PART_FROM_ATR[labels[Part.NECK_AND_TORSO_SKIN]] is Part.FACE

    def test_what_the_sources_do_not_tell_apart(self) -> None:
        assert set(Part) - set(PART_FROM_LIP) == {Part.NECK_AND_TORSO_SKIN, Part.BAG, Part.BELT}
        assert set(Part) - set(PART_FROM_ATR) == {
            Part.NECK_AND_TORSO_SKIN,
            Part.OUTERWEAR,
            Part.JUMPSUIT,
            Part.SOCKS,
            Part.GLOVES,
        }

    def test_a_parse_is_relabelled_by_indexing(self) -> None:
        parse = np.arange(20, dtype=np.uint8).reshape(4, 5)
        assert np.asarray(PART_FROM_LIP, np.uint8)[parse][0, 1] == Part.HAT

    def test_labels_are_consecutive_and_fit_a_byte(self) -> None:
        assert [int(part) for part in Part] == list(range(len(Part)))


class TestSamples:
    def test_a_whole_sample(self) -> None:
        person = Person(PHOTO, parse=PHOTO[..., 0], keypoints=np.zeros((17, 3)), body_cm={"chest": 92.0})
        sample = TryOnSample(person, Garment(PHOTO, "dress"), worn_u8=PHOTO, repaint_mask=PHOTO[..., 0] > 0)
        assert sample.split == "train"

    @pytest.mark.parametrize(
        ("build", "named"),
        [
            (lambda: Person(PHOTO.astype(np.float32)), "Person.image_u8"),
            (lambda: Person(PHOTO[..., :1]), "Person.image_u8"),
            (lambda: Person(PHOTO[..., 0]), "Person.image_u8"),
            (lambda: Person(PHOTO, parse=PHOTO[:20, :, 0]), "Person.parse"),
            (lambda: Person(PHOTO, keypoints=np.zeros((18, 3))), "Person.keypoints"),
            (lambda: Garment(PHOTO.astype(np.uint16), "hat"), "Garment.image_u8"),
            (lambda: Garment(PHOTO, "hat", mask=PHOTO[..., 0].T), "Garment.mask"),
            (lambda: TryOnSample(Person(PHOTO), Garment(PHOTO, "hat"), worn_u8=PHOTO[:20]), "TryOnSample.worn_u8"),
            (
                lambda: TryOnSample(Person(PHOTO), Garment(PHOTO, "hat"), repaint_mask=PHOTO[..., 0].T),
                "TryOnSample.repaint_mask",
            ),
        ],
    )
    def test_a_wrong_shape_is_named(self, build: Callable[[], object], named: str) -> None:
        with pytest.raises(ConfigError, match=named) as caught:
            build()
        assert caught.value.rule and caught.value.got


class TestSpecifications:
    def test_width_of_a_head(self) -> None:
        assert Head("category", classes=["dress", "hat"]).num_outputs == 2
        assert Head("season", "multi", ["summer", "winter", "all"]).num_outputs == 3
        assert Head("drape", "regression").num_outputs == 1

    @pytest.mark.parametrize(
        "values",
        [{"height_px": 7}, {"width_px": 0}, {"mean": [0.5]}, {"std": [1.0, 1.0]}, {"std": [0.5, 0.0, 0.5]}],
    )
    def test_preprocessing_that_cannot_be(self, values: dict[str, object]) -> None:
        with pytest.raises(ConfigError):
            Preprocessing(**values)  # type: ignore[arg-type]
