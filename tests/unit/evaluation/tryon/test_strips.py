"""Picture strips: the right cases, all their pictures, an error that is the error, and a small file."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tests.unit.evaluation.tryon.small_records import quick_protocol

from fitroom.errors import EvaluationError
from fitroom.evaluation.tryon.strips import MAX_BYTES, Shown, choose, error_u8, strip_metric, strip_tiles, strips_webp


def samples_of(**columns: list[float | None]) -> pd.DataFrame:
    num = len(next(iter(columns.values())))
    values = {name: np.array([np.nan if v is None else v for v in column]) for name, column in columns.items()}
    return pd.DataFrame(
        {"case_id": [f"c{i}" for i in range(num)], "pixels_sha256": ["x"] * num}
        | {name: np.full(num, np.nan) for name in ("region_pd_effnetlite0", "region_ssim_color", "ssim_color", "psnr")}
        | values
    )


def photo(seed: int, height: int = 128, width: int = 96) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


class TestChoice:
    protocol = quick_protocol()

    def ids(self, samples: pd.DataFrame) -> list[tuple[str, str]]:
        return [(one.label, one.case_id) for one in choose(samples, self.protocol)]

    def test_it_goes_from_best_to_worst(self) -> None:
        samples = samples_of(region_pd_effnetlite0=[0.5, 0.1, 0.9, 0.3, None, 0.7, 0.2, 0.8, 0.4])
        assert self.ids(samples) == [
            ("best", "c1"), ("best", "c6"), ("median", "c8"), ("median", "c0"), ("worst", "c7"), ("worst", "c2"),
        ]  # fmt: skip
        assert [one.value for one in choose(samples, self.protocol)] == [0.1, 0.2, 0.4, 0.5, 0.8, 0.9]

    def test_higher_is_better_where_the_metric_says_so(self) -> None:
        samples = samples_of(psnr=[20.0, 30.0, 10.0])
        assert strip_metric(self.protocol, samples) == "psnr"
        assert self.ids(samples) == [("best", "c1"), ("median", "c0"), ("worst", "c2")]

    @pytest.mark.parametrize("num", [1, 2, 3, 4, 5, 6, 50])
    def test_no_case_is_chosen_twice(self, num: int) -> None:
        chosen = self.ids(samples_of(psnr=[float(i % 3) for i in range(num)]))
        assert len({case for _, case in chosen}) == len(chosen) == min(num, 2 if num == 2 else 3 if num < 6 else 6)

    def test_without_values_cases_stand_for_themselves(self) -> None:
        samples = samples_of(psnr=[None] * 20)
        samples.loc[0, "pixels_sha256"] = None
        chosen = choose(samples, self.protocol)
        assert len(chosen) == 6 and {one.label for one in chosen} == {"case"}
        assert "c0" not in {one.case_id for one in chosen} and all(one.value is None for one in chosen)


class TestTiles:
    def test_they_are_of_one_size_and_at_most_256_px_high(self) -> None:
        shown = Shown("best", "c", 0.1, photo(0, 512, 384), photo(1, 300, 300), photo(2, 512, 384), photo(3, 256, 192))
        tiles = strip_tiles(shown)
        assert [tile.shape for tile in tiles] == [(256, 192, 3)] * 5
        assert (tiles[1][0] > 250).all()  # the square shop photo lies on white

    def test_the_error_is_black_where_nothing_differs(self) -> None:
        truth = photo(3)
        worn = truth.copy()
        worn[:40] = 255 - worn[:40]
        error = error_u8(worn, truth)
        assert error[40:].max() <= 5 and error[:40].mean() > 60

    def test_a_larger_error_is_lighter(self) -> None:
        truth = np.zeros((2, 5, 3), np.uint8)
        worn = np.broadcast_to(np.array([0, 20, 50, 90, 255], np.uint8)[None, :, None], truth.shape)
        lightness = error_u8(worn, truth)[0].astype(int).sum(axis=1)
        assert (np.diff(lightness) > 0).all()


class TestPicture:
    def shown(self, num: int, truth: bool = True, height: int = 128) -> list[Shown]:
        pictures = [photo(seed, height, height * 3 // 4) for seed in range(4)]
        return [Shown("best", f"case-{i}", 0.5, *pictures[:3], pictures[3] if truth else None) for i in range(num)]

    def size(self, data: bytes) -> tuple[int, int]:
        with Image.open(io.BytesIO(data)) as image:
            assert image.format == "WEBP" and image.mode == "RGBA"
            return image.size

    def test_it_has_a_column_for_each_picture_and_a_row_for_each_case(self) -> None:
        wide, tall = self.size(strips_webp(self.shown(2))), self.size(strips_webp(self.shown(3)))
        assert wide[0] == tall[0] and 128 < tall[1] - wide[1] < 170
        assert self.size(strips_webp(self.shown(2, truth=False)))[0] == pytest.approx(wide[0] * 3 / 5, abs=4)

    @pytest.mark.slow
    def test_it_is_small_whatever_it_shows(self) -> None:
        assert len(strips_webp(self.shown(6, height=512))) < MAX_BYTES  # noise is the worst that can be

    def test_what_does_not_fit_together_is_refused(self) -> None:
        for shown in ([], self.shown(1) + self.shown(1, truth=False), self.shown(1) + self.shown(1, height=64)):
            with pytest.raises(EvaluationError, match="do not make a picture"):
                strips_webp(shown)
