"""images.py: every kind of photo a shop sends comes out upright, RGB and on white, or is refused by name."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from tests.unit.broken_images import PNG_SIGNATURE, BrokenImages, gif_of_crumbs, many_scans, tiff_of_pages

from fitroom.contracts import Preprocessing
from fitroom.errors import ImageError
from fitroom.images import (
    EXTENSIONS,
    FORMATS,
    ImageLimits,
    at_most_u8,
    decode_labels,
    decode_rgb_u8,
    encode_jpeg,
    encode_labels,
    normalize_u8,
    pixel_sha256,
    preprocess,
    read_header,
    resize_u8,
    signed_to_u8,
    u8_to_signed,
    u8_to_unit,
    unit_to_u8,
)

IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def saved(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def quarters(height_px: int = 32, width_px: int = 48) -> Image.Image:
    """Red, green over blue, white: no two of the eight orientations look alike."""
    pixels = np.zeros((height_px, width_px, 3), np.uint8)
    y, x = height_px // 2, width_px // 2
    pixels[:y, :x], pixels[:y, x:], pixels[y:, :x], pixels[y:, x:] = RED, GREEN, BLUE, WHITE
    return Image.fromarray(pixels)


def noise(height_px: int, width_px: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height_px, width_px, 3), dtype=np.uint8)


def png_claiming(width_px: int, height_px: int) -> bytes:
    """A PNG of a few bytes whose header promises any size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def refused(data: bytes | Path, **options: object) -> ImageError:
    with pytest.raises(ImageError) as caught:
        decode_rgb_u8(data, **options)  # type: ignore[arg-type]
    return caught.value


class TestKindsOfPhotos:
    @pytest.mark.parametrize(
        ("orientation", "turn_back"),
        [
            (1, None),
            (2, Image.Transpose.FLIP_LEFT_RIGHT),
            (3, Image.Transpose.ROTATE_180),
            (4, Image.Transpose.FLIP_TOP_BOTTOM),
            (5, Image.Transpose.TRANSPOSE),
            (6, Image.Transpose.ROTATE_90),
            (7, Image.Transpose.TRANSVERSE),
            (8, Image.Transpose.ROTATE_270),
        ],
    )
    def test_exif_orientation_is_applied(self, orientation: int, turn_back: Image.Transpose | None) -> None:
        upright = quarters()
        stored = upright.transpose(turn_back) if turn_back is not None else upright
        exif = Image.Exif()
        exif[0x0112] = orientation
        decoded = decode_rgb_u8(saved(stored, exif=exif))
        np.testing.assert_array_equal(decoded, np.asarray(upright))

    def test_cmyk_jpeg(self) -> None:
        decoded = decode_rgb_u8(saved(quarters().convert("CMYK"), "JPEG", quality=95, subsampling=0))
        assert decoded.shape == (32, 48, 3)
        assert np.abs(decoded.astype(int) - np.asarray(quarters())).mean() < 6

    def test_palette(self) -> None:
        decoded = decode_rgb_u8(saved(quarters().convert("P", palette=Image.Palette.ADAPTIVE, colors=4)))
        np.testing.assert_array_equal(decoded, np.asarray(quarters()))

    def test_palette_with_transparency_lies_on_white(self) -> None:
        image = Image.fromarray(np.arange(2, dtype=np.uint8).repeat(32 * 16).reshape(32, 32))
        image.putpalette([*RED, *BLUE])
        decoded = decode_rgb_u8(saved(image, transparency=0))
        assert decoded[0, 0].tolist() == [*WHITE]
        assert decoded[-1, -1].tolist() == [*BLUE]

    def test_alpha_lies_on_white(self) -> None:
        rgba = np.zeros((32, 32, 4), np.uint8)
        rgba[:16] = (*RED, 0)
        rgba[16:] = (0, 0, 0, 128)
        decoded = decode_rgb_u8(saved(Image.fromarray(rgba)))
        assert decoded[0, 0].tolist() == [*WHITE]
        assert decoded[-1, -1].tolist() == [127, 127, 127]

    def test_gray_with_alpha_lies_on_white(self) -> None:
        image = Image.merge("LA", (Image.new("L", (32, 32), 10), Image.linear_gradient("L").resize((32, 32))))
        decoded = decode_rgb_u8(saved(image))
        assert decoded[0, 0, 0] > 240 and decoded[-1, 0, 0] < 25

    def test_gray_with_one_transparent_level_lies_on_white(self) -> None:
        pixels = np.full((32, 32), 7, np.uint8)
        pixels[16:] = 90
        decoded = decode_rgb_u8(saved(Image.fromarray(pixels), transparency=7))
        assert decoded[0, 0].tolist() == [*WHITE]
        assert decoded[-1, -1].tolist() == [90, 90, 90]

    def test_rgb_with_one_transparent_color_lies_on_white(self) -> None:
        decoded = decode_rgb_u8(saved(quarters(), transparency=BLUE))
        assert decoded[-1, 0].tolist() == [*WHITE]
        assert decoded[0, 0].tolist() == [*RED]

    def test_gray_becomes_three_equal_channels(self) -> None:
        decoded = decode_rgb_u8(saved(Image.new("L", (20, 30), 77)))
        assert decoded.shape == (30, 20, 3)
        assert (decoded == 77).all()

    def test_one_bit(self) -> None:
        decoded = decode_rgb_u8(saved(Image.new("1", (20, 20), 1)))
        assert (decoded == 255).all()

    @pytest.mark.parametrize("format", ["PNG", "TIFF"])
    def test_16_bit_gray_is_scaled_not_clipped(self, format: str) -> None:
        levels = np.linspace(0, 65535, 32 * 32).reshape(32, 32).astype(np.uint16)
        decoded = decode_rgb_u8(saved(Image.fromarray(levels), format))
        np.testing.assert_array_equal(decoded[..., 0], np.round(levels / 257).astype(np.uint8))

    def test_16_bit_gray_of_a_dark_room_stays_dark(self) -> None:
        decoded = decode_rgb_u8(saved(Image.fromarray(np.full((32, 32), 255, np.uint16))))
        assert decoded.max() <= 1

    def test_float_tiff_of_unit_range(self) -> None:
        levels = np.linspace(0, 1, 32 * 32, dtype=np.float32).reshape(32, 32)
        decoded = decode_rgb_u8(saved(Image.fromarray(levels), "TIFF"))
        np.testing.assert_array_equal(decoded[..., 0], np.round(levels * 255).astype(np.uint8))

    def test_multi_picture_jpeg_of_a_phone_is_its_first_picture(self) -> None:
        data = saved(quarters(64, 96), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 64))], quality=95)
        assert read_header(data).format == "JPEG"
        decoded = decode_rgb_u8(data, at_least=(16, 16))
        assert decoded.shape == (16, 24, 3)
        assert np.abs(decoded[2, 2].astype(int) - RED).max() < 12

    @pytest.mark.parametrize("format", sorted(FORMATS))
    def test_every_format(self, format: str, tmp_path: Path) -> None:
        data = saved(quarters(), format)
        path = tmp_path / f"photo{min(EXTENSIONS[format])}"
        path.write_bytes(data)
        assert read_header(data).format == read_header(path).format == format
        np.testing.assert_array_equal(decode_rgb_u8(data), decode_rgb_u8(path))


class TestRefusals:
    def test_empty(self, tmp_path: Path) -> None:
        (tmp_path / "a.jpg").touch()
        assert refused(b"").code == refused(tmp_path / "a.jpg").code == "image-empty"

    def test_not_an_image(self) -> None:
        error = refused(b"<html>not found</html>")
        assert error.code == "image-unreadable"
        assert "22 bytes" in str(error)

    def test_missing_file_and_folder(self, tmp_path: Path) -> None:
        assert refused(tmp_path / "none.jpg").code == "image-unreadable"
        assert refused(tmp_path).code == "image-unreadable"

    @pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
    def test_truncated(self, format: str) -> None:
        data = saved(Image.fromarray(noise(64, 64)), format)
        assert refused(data[: len(data) // 2]).code in {"image-truncated", "image-unreadable"}

    def test_truncated_jpeg_keeps_its_code(self) -> None:
        data = saved(Image.fromarray(noise(64, 64)), "JPEG")
        assert refused(data[: len(data) // 2]).code == "image-truncated"

    @pytest.mark.parametrize("side_px", [6_400, 10_000, 60_000])
    @pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
    def test_bomb_is_known_by_its_header(self, side_px: int) -> None:
        assert refused(png_claiming(side_px, side_px)).code == "image-too-large"

    def test_limits(self) -> None:
        assert refused(saved(Image.new("RGB", (15, 100)))).code == "image-too-small"
        assert refused(saved(Image.new("RGB", (20, 241)))).code == "image-aspect"
        assert refused(saved(Image.new("RGB", (40, 40))), limits=ImageLimits(max_pixels=1599)).code == "image-too-large"
        assert decode_rgb_u8(saved(Image.new("RGB", (20, 240)))).shape == (240, 20, 3)
        assert decode_rgb_u8(saved(Image.new("RGB", (40, 40))), ImageLimits(max_pixels=1600)).shape == (40, 40, 3)

    @pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
    def test_animated(self, format: str) -> None:
        data = saved(quarters(), format, save_all=True, append_images=[Image.new("RGB", (48, 32))])
        error = refused(data)
        assert error.code == "image-animated"
        assert "more than one frame" in str(error)

    @pytest.mark.parametrize("format", [*sorted(FORMATS), "MPO"])
    @pytest.mark.filterwarnings("ignore")
    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(data=st.data())
    def test_damaged_bytes_give_a_picture_or_an_image_error(self, format: str, data: st.DataObject) -> None:
        several = {"save_all": True, "append_images": [quarters().rotate(180)]} if format in ("GIF", "MPO") else {}
        exif = Image.Exif()
        exif[0x0112] = 6
        options = {"exif": exif} if format in ("JPEG", "PNG", "WEBP", "TIFF") else {}
        whole = saved(quarters(), format, **several, **options)
        damaged = bytearray(whole[: data.draw(st.integers(1, len(whole)), "length")])
        for at, value in data.draw(
            st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6), "flips"
        ):
            damaged[at % len(damaged)] = value
        for read in (read_header, decode_rgb_u8):
            try:
                read(bytes(damaged))
            except ImageError as error:
                assert error.code.startswith("image-")


class TestDraft:
    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(
        size=st.tuples(st.integers(33, 700), st.integers(33, 700)),
        need=st.tuples(st.integers(8, 400), st.integers(8, 400)),
        mode=st.sampled_from(["RGB", "L", "CMYK"]),
        orientation=st.sampled_from([1, 6]),
    )
    def test_never_below_what_is_needed(
        self, size: tuple[int, int], need: tuple[int, int], mode: str, orientation: int
    ) -> None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        data = saved(Image.new(mode, size), "JPEG", exif=exif)
        limits = ImageLimits(max_aspect=100)
        full, drafted = decode_rgb_u8(data, limits), decode_rgb_u8(data, limits, at_least=need)
        for full_px, drafted_px, need_px in zip(full.shape[:2], drafted.shape[:2], need, strict=True):
            assert drafted_px >= min(full_px, need_px)

    def test_a_large_jpeg_is_decoded_small(self) -> None:
        data = saved(Image.new("RGB", (1600, 1200)), "JPEG")
        assert decode_rgb_u8(data, at_least=(150, 150)).shape == (150, 200, 3)
        assert decode_rgb_u8(data, at_least=(151, 10)).shape == (300, 400, 3)

    def test_only_jpegs_are_drafted(self) -> None:
        assert decode_rgb_u8(saved(Image.new("RGB", (160, 160))), at_least=(16, 16)).shape == (160, 160, 3)


class TestRanges:
    def test_all_256_levels_come_back(self) -> None:
        levels = torch.arange(256, dtype=torch.uint8)
        assert torch.equal(unit_to_u8(u8_to_unit(levels)), levels)
        assert torch.equal(signed_to_u8(u8_to_signed(levels)), levels)

    def test_ranges(self) -> None:
        ends = torch.tensor([0, 255], dtype=torch.uint8)
        assert u8_to_unit(ends).tolist() == [0.0, 1.0]
        assert u8_to_signed(ends).tolist() == [-1.0, 1.0]

    def test_rounds_and_never_truncates(self) -> None:
        levels = torch.arange(256).float()
        for offset in (-0.49, 0.49):
            nudged = (levels + offset).clamp(0, 255)
            assert torch.equal(unit_to_u8(nudged / 255).float(), levels)
            assert torch.equal(signed_to_u8(nudged / 127.5 - 1).float(), levels)

    def test_clips(self) -> None:
        assert unit_to_u8(torch.tensor([-0.1, 1.1])).tolist() == [0, 255]
        assert signed_to_u8(torch.tensor([-1.1, 1.1])).tolist() == [0, 255]


@pytest.mark.parametrize(
    ("shape", "longest", "least", "expected"),
    [
        ((90, 60), 45, 1, (45, 30)),
        ((60, 90), 90, 1, (60, 90)),
        ((40, 4000), 400, 32, (32, 400)),
        ((3, 900), 9, 1, (1, 9)),
    ],
)
def test_long_pictures_are_scaled_down_and_others_left(
    shape: tuple[int, int], longest: int, least: int, expected: tuple[int, int]
) -> None:
    image_u8 = np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8)
    found = at_most_u8(image_u8, longest, least)
    assert found.shape == (*expected, 3) and found.dtype == np.uint8
    assert (found is image_u8) == (shape == expected)


class TestPreprocess:
    @pytest.mark.parametrize("shape", [(60, 90), (90, 60), (33, 47), (64, 64)])
    def test_squash_equals_a_plain_reference(self, shape: tuple[int, int]) -> None:
        image = noise(*shape)
        spec = Preprocessing(64, 48, "squash", **IMAGENET)
        resized = np.asarray(Image.fromarray(image).resize((48, 64), Image.Resampling.BICUBIC))
        expected = (resized / 255 - np.array(IMAGENET["mean"])) / np.array(IMAGENET["std"])
        batch = preprocess([image], spec)
        assert batch.dtype == torch.float32
        np.testing.assert_allclose(batch[0].numpy(), expected.transpose(2, 0, 1), atol=2e-6)

    def test_crop_covers_and_cuts_the_centre(self) -> None:
        image = np.zeros((40, 80, 3), np.uint8)
        image[:, 20:60] = 200
        assert (resize_u8(image, Preprocessing(40, 40, "crop")) == 200).all()
        assert (resize_u8(image, Preprocessing(20, 20, "crop"))[:, 2:-2] == 200).all()

    def test_pad_fits_inside_a_border_of_the_mean_color(self) -> None:
        spec = Preprocessing(40, 40, "pad", **IMAGENET)
        padded = resize_u8(np.zeros((40, 80, 3), np.uint8), spec)
        assert (padded[10:30] == 0).all()
        border = normalize_u8(torch.from_numpy(padded[None].copy()), spec)[..., [0, 9, 30, 39], :]
        assert border.abs().max() < 0.5 / 255 / min(spec.std) + 1e-6

    def test_same_size_is_left_alone(self) -> None:
        image = noise(32, 48)
        np.testing.assert_array_equal(resize_u8(image, Preprocessing(32, 48)), image)

    def test_a_batch_equals_its_photos_one_by_one(self) -> None:
        images = [noise(50, 60, seed=1), noise(70, 30, seed=2), noise(32, 32, seed=3)]
        spec = Preprocessing(32, 32, "pad", **IMAGENET)
        batch = preprocess(images, spec)
        assert batch.shape == (3, 3, 32, 32)
        assert torch.equal(batch, torch.cat([preprocess([image], spec) for image in images]))

    def test_normalize_does_not_change_its_input(self) -> None:
        images = torch.from_numpy(noise(16, 16)[None])
        before = images.clone()
        assert normalize_u8(images, Preprocessing(16, 16)).is_contiguous(memory_format=torch.channels_last)
        assert torch.equal(images, before)

    def test_jpeg_round_trip(self) -> None:
        smooth = np.asarray(quarters(64, 64).resize((64, 64), Image.Resampling.BICUBIC))
        decoded = decode_rgb_u8(encode_jpeg(smooth, quality=95))
        assert decoded.shape == smooth.shape
        assert np.abs(decoded.astype(int) - smooth).mean() < 3


class TestLabels:
    def test_palette_and_grey_pictures_give_the_labels_they_keep(self) -> None:
        values = np.arange(20 * 16, dtype=np.uint8).reshape(20, 16) % 20
        palette = Image.fromarray(values, "P")
        palette.putpalette([200, 10, 30] * 256)
        np.testing.assert_array_equal(decode_labels(saved(palette)), values)
        np.testing.assert_array_equal(decode_labels(saved(Image.fromarray(values))), values)

    def test_labels_come_back_from_a_palette_picture(self) -> None:
        values = np.arange(20 * 16, dtype=np.uint8).reshape(20, 16) % 3
        data = encode_labels(values, np.array([(0, 0, 0), (255, 85, 0), (0, 0, 255)], np.uint8))
        np.testing.assert_array_equal(decode_labels(data), values)
        assert decode_rgb_u8(data)[0, 1].tolist() == [255, 85, 0]

    def test_colours_are_refused(self) -> None:
        with pytest.raises(ImageError, match="no picture of labels") as caught:
            decode_labels(saved(Image.fromarray(noise(20, 16))))
        assert caught.value.code == "image-color"


class TestPixelHash:
    def test_formats_without_loss_agree(self) -> None:
        image = noise(20, 16)
        hashes = {pixel_sha256(decode_rgb_u8(saved(Image.fromarray(image), form))) for form in ("PNG", "BMP", "TIFF")}
        assert hashes == {pixel_sha256(image)}

    def test_pixels_order_and_shape_count(self) -> None:
        image = noise(20, 16)
        others = [image[::-1], image.reshape(16, 20, 3), np.where(image == image[0, 0], image + 1, image)]
        assert pixel_sha256(image) not in {pixel_sha256(other.astype(np.uint8)) for other in others}


class TestCraftedFiles:
    """Small files that would keep a reader busy for minutes, were their parts not counted."""

    def test_a_jpeg_painted_over_and_over(self) -> None:
        progressive = BrokenImages(0).whole["JPEG"][-1]
        assert decode_rgb_u8(many_scans(progressive, 50)).shape == (64, 48, 3)
        error = refused(many_scans(progressive, 3000))
        assert error.code == "image-unreadable" and "scans" in str(error)

    @pytest.mark.parametrize(
        "data",
        [
            b"\xff\xd8" + b"\xff" * 2_000_000,
            PNG_SIGNATURE + b"\0\0\0\0tEXt\0\0\0\0" * 300_000,
            gif_of_crumbs(1_500_000),
        ],
        ids=["jpeg", "png", "gif"],
    )
    def test_millions_of_little_parts(self, data: bytes) -> None:
        start = time.process_time()
        assert refused(data).code in {"image-unreadable", "image-truncated"}
        assert time.process_time() - start < 2

    def test_pages_are_not_counted_to_their_end(self) -> None:
        frames = [Image.fromarray(noise(16, 16, seed)) for seed in range(2)]
        two = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=40)
        last = two[two.rindex(b"\x21\xf9\x04") : -1]
        assert refused(two[:-1] + last * 40_000 + b";").code == "image-animated"
        assert refused(tiff_of_pages(100_000)).code == "image-unreadable"

    def test_wide_gray_of_many_pixels_takes_little_more_than_its_own_memory(self) -> None:
        data = saved(Image.fromarray(np.full((3000, 3000), 0.5, np.float32)), "TIFF")
        tracemalloc.start()
        decoded = decode_rgb_u8(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (decoded == 128).all()
        assert peak < 4.5 * 3000 * 3000 * 4  # the file, its pixels, one copy of them and what is made of it


class TestMetadata:
    @pytest.mark.parametrize("block", [b"", b"II*\0", b"MM\0*\0\0\0\x08" + b"\xff" * 60, b"nonsense" * 9])
    def test_a_good_picture_with_damaged_metadata_is_read(self, block: bytes) -> None:
        plain = saved(quarters(), "JPEG")
        np.testing.assert_array_equal(
            decode_rgb_u8(saved(quarters(), "JPEG", exif=b"Exif\0\0" + block)), decode_rgb_u8(plain)
        )

    def test_damaged_metadata_does_not_stop_it_from_being_turned(self) -> None:
        exif = Image.Exif()
        exif[0x0112], exif[0x011A] = 6, (72, 1)
        block = bytearray(exif.tobytes())
        block[29] = 0  # the second tag becomes another one, whose type does not fit
        data = saved(quarters(64, 96), "JPEG", exif=bytes(block))
        with pytest.raises(struct.error):
            ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        assert decode_rgb_u8(data).shape == (96, 64, 3)
