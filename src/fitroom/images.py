"""The only place where bytes, u8, unit, signed and normalised images turn into each other."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import ExifTags, Image, ImageOps, PngImagePlugin

from fitroom.contracts import Preprocessing
from fitroom.errors import ImageError

FORMATS = {"JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"}
EXTENSIONS = {
    "JPEG": {".jpg", ".jpeg", ".jfif"},
    "PNG": {".png"},
    "WEBP": {".webp"},
    "BMP": {".bmp"},
    "TIFF": {".tif", ".tiff"},
    "GIF": {".gif"},
}
# Pillow warns of a decompression bomb at 89 MP and refuses at 179 MP only; every reader here checks the header against
# its own limit before a pixel is decoded, so Pillow's own check is left as the last line.
MAX_SCANS = 100  # of a JPEG; cameras and web tools write 1 to 12, and each costs a pass over all pixels
MAX_READS = 250_000  # of a file in memory; 10 MiB of GIF take 80 thousand


@dataclass(frozen=True)
class ImageLimits:
    """What a reader accepts; checked on the header, before a pixel is decoded.

    Attributes:
        max_pixels: width times height.
        min_side_px: the shorter side.
        max_aspect: longer side over shorter side.
    """

    max_pixels: int = 40_000_000
    min_side_px: int = 16
    max_aspect: float = 12.0


@dataclass(frozen=True)
class ImageHeader:
    """What the header says: format ("JPEG", "PNG", ...), size in px as stored: EXIF's rotation is not applied, but
    for TIFF, whose sizes Pillow gives as they are shown.

    A JPEG in which a phone keeps further pictures behind the first (MPO) counts as a JPEG.
    """

    format: str
    width_px: int
    height_px: int


def read_header(data: bytes | Path, limits: ImageLimits = ImageLimits()) -> ImageHeader:
    """Reads format and size without decoding pixels.

    Args:
        data: the file's bytes, or its path.
        limits: what is accepted.

    Raises:
        ImageError: with code ``image-empty``, ``image-unreadable``, ``image-too-large``, ``image-too-small``,
            ``image-aspect``, ``image-animated``, or ``image-truncated`` where the file ends before that is known.
    """
    with _open(data) as image:
        return _checked_header(image, limits, _name(data))


def decode_rgb_u8(
    data: bytes | Path, limits: ImageLimits = ImageLimits(), *, at_least: tuple[int, int] | None = None
) -> np.ndarray:
    """Decodes a photo the way a person sees it.

    EXIF orientation is applied; grayscale, palette, 16-bit and CMYK become RGB; transparency is laid on white.

    Args:
        data: the file's bytes, or its path.
        limits: what is accepted, checked on the header.
        at_least: (height_px, width_px) that will be needed; a JPEG may then be decoded at 1/2, 1/4 or 1/8 scale, never
            below it.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ImageError: as :func:`read_header`, and ``image-truncated`` where the pixels end early or are damaged.
    """
    with _open(data) as image:
        header = _checked_header(image, limits, _name(data))
        if at_least is not None and header.format == "JPEG":
            longest = max(at_least)  # orientation is not known yet, so both sides must suffice
            image.draft("RGB" if image.mode != "CMYK" else None, (longest, longest))
        with _reading(_name(data)):
            return np.asarray(_upright_rgb(image))


def decode_labels(data: bytes | Path, limits: ImageLimits = ImageLimits()) -> np.ndarray:
    """Decodes a picture of labels as it is stored: palette numbers or grey levels, never colours.

    Args:
        data: the file's bytes, or its path.
        limits: what is accepted, checked on the header.

    Returns:
        (H, W) uint8.

    Raises:
        ImageError: as :func:`decode_rgb_u8`, and ``image-color`` where it is a picture in colours.
    """
    with _open(data) as image:
        _checked_header(image, limits, _name(data))
        if image.mode not in ("P", "L", "1"):
            raise ImageError(
                "this is no picture of labels",
                code="image-color",
                where=_name(data),
                rule="a palette or 8-bit grey picture, each value a label",
                got=f"mode {image.mode}",
                fix="take the file of labels, not its coloured view",
            )
        with _reading(_name(data)):
            return np.asarray(image).astype(np.uint8)


def pixel_sha256(image_u8: np.ndarray) -> str:
    """SHA-256 (hex) of a picture's height, width and pixels: the same for a PNG and a BMP of one picture.

    Args:
        image_u8: (H, W, 3) uint8.
    """
    height, width = image_u8.shape[:2]
    return hashlib.sha256(f"{height}x{width}:".encode() + np.ascontiguousarray(image_u8).tobytes()).hexdigest()


def encode_jpeg(image_u8: np.ndarray, quality: int = 90, xmp: bytes | None = None) -> bytes:
    """(H, W, 3) uint8 RGB to the bytes of a JPEG, without metadata but for an XMP packet where one is given."""
    buffer = io.BytesIO()
    Image.fromarray(image_u8).save(buffer, "JPEG", quality=quality, **({"xmp": xmp} if xmp else {}))
    return buffer.getvalue()


def encode_png(image_u8: np.ndarray, xmp: bytes | None = None) -> bytes:
    """(H, W, 3) uint8 RGB to the bytes of a PNG, without metadata but for an XMP packet where one is given."""
    buffer, info = io.BytesIO(), PngImagePlugin.PngInfo()
    if xmp:
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
    Image.fromarray(image_u8).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def encode_labels(labels: np.ndarray, colors: np.ndarray) -> bytes:
    """(H, W) uint8 labels to the bytes of a palette PNG, as :func:`decode_labels` reads it.

    Args:
        labels: (H, W) uint8.
        colors: (N, 3) uint8 RGB, what label 0, 1 ... looks like in a viewer.
    """
    image = Image.fromarray(labels)
    image.putpalette(colors.tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def encode_webp(image_u8: np.ndarray, quality: int = 80, xmp: bytes | None = None, method: int = 6) -> bytes:
    """(H, W, 3) uint8 RGB, or (H, W, 4) with alpha, to the bytes of a lossy WebP.

    Args:
        image_u8: the picture.
        quality: 0 to 100.
        xmp: an XMP packet; no other metadata is written.
        method: 0 fast to 6 small.
    """
    buffer = io.BytesIO()
    Image.fromarray(image_u8).save(buffer, "WEBP", quality=quality, method=method, **({"xmp": xmp} if xmp else {}))
    return buffer.getvalue()


def resize_u8(image_u8: np.ndarray, spec: Preprocessing) -> np.ndarray:
    """(H, W, 3) uint8 to (spec.height_px, spec.width_px, 3) uint8, bicubic with antialiasing, by ``spec.resize``."""
    image = Image.fromarray(image_u8)
    size = (spec.width_px, spec.height_px)
    if spec.resize == "squash":
        image = image if image.size == size else image.resize(size, Image.Resampling.BICUBIC)
    elif spec.resize == "crop":
        image = ImageOps.fit(image, size, Image.Resampling.BICUBIC)
    else:
        color = tuple(round(255 * mean) for mean in spec.mean)  # reads as zero after normalisation
        image = ImageOps.pad(image, size, Image.Resampling.BICUBIC, color=color)
    return np.asarray(image)


def padded_box(height_px: int, width_px: int, spec: Preprocessing) -> tuple[int, int, int, int]:
    """Where :func:`resize_u8` with ``resize="pad"`` lays a photo of this size: (top, left, height, width) in px."""
    wide = width_px * spec.height_px > height_px * spec.width_px
    height = round(height_px / width_px * spec.width_px) if wide else spec.height_px
    width = spec.width_px if wide else round(width_px / height_px * spec.height_px)
    height, width = max(height, 1), max(width, 1)
    return round((spec.height_px - height) * 0.5), round((spec.width_px - width) * 0.5), height, width


def resize_labels(labels: np.ndarray, spec: Preprocessing, fill: int = 0) -> np.ndarray:
    """(H, W) uint8 labels to (spec.height_px, spec.width_px), laid as :func:`padded_box` says; nearest, never mixed."""
    top, left, height, width = padded_box(labels.shape[0], labels.shape[1], spec)
    laid = np.full((spec.height_px, spec.width_px), fill, np.uint8)
    small = Image.fromarray(labels).resize((width, height), Image.Resampling.NEAREST)
    laid[top : top + height, left : left + width] = np.asarray(small)
    return laid


def normalize_u8(images_u8_BHWC: torch.Tensor, spec: Preprocessing) -> torch.Tensor:
    """(B, H, W, 3) uint8 to the network input: (B, 3, H, W) float32, channels_last, ``(unit - mean) / std``."""
    mean = torch.tensor(spec.mean, device=images_u8_BHWC.device) * 255
    scale = 1 / (torch.tensor(spec.std, device=images_u8_BHWC.device) * 255)
    # A BHWC block permuted to BCHW is channels_last already: no copy beyond the conversion itself.
    return images_u8_BHWC.float().sub_(mean).mul_(scale).permute(0, 3, 1, 2)


def preprocess(images_u8: list[np.ndarray], spec: Preprocessing) -> torch.Tensor:
    """Photos of any size to one batch: list of (H, W, 3) uint8 to (B, 3, height_px, width_px) float32."""
    batch = np.stack([resize_u8(image, spec) for image in images_u8])
    return normalize_u8(torch.from_numpy(batch), spec)


def gray_u8(images_u8: torch.Tensor) -> torch.Tensor:
    """uint8 (..., 3) RGB to uint8 (...) gray, level by level as Pillow's mode "L" (ITU-R 601-2 luma)."""
    red, green, blue = images_u8.int().unbind(-1)
    return ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).to(torch.uint8)


def resize_bilinear_u8(images_u8_BHWC: torch.Tensor, height_px: int, width_px: int) -> torch.Tensor:
    """(B, H, W, 3) uint8 to (B, height_px, width_px, 3) uint8, by Pillow's bilinear filter (antialiased)."""
    size = (width_px, height_px)
    resized = [
        np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))
        for image in images_u8_BHWC.cpu().numpy()
    ]
    return torch.from_numpy(np.stack(resized)).to(images_u8_BHWC.device)


_FILTERS = {
    "nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS, "area": Image.Resampling.BOX,
}  # fmt: skip


def resize_filtered_u8(image_u8: np.ndarray, height_px: int, width_px: int, name: str) -> np.ndarray:
    """(H, W, 3) uint8 to (height_px, width_px, 3) uint8 by a filter of Pillow's, antialiased and rounded to u8 again.

    Args:
        image_u8: the picture.
        height_px, width_px: size of the result.
        name: "nearest", "bilinear", "bicubic", "lanczos" or "area".
    """
    return np.asarray(Image.fromarray(image_u8).resize((width_px, height_px), _FILTERS[name]))


def at_most_u8(image_u8: np.ndarray, longest_px: int, least_px: int = 1, name: str = "area") -> np.ndarray:
    """(h, w, 3) uint8, scaled down where its longer side is above ``longest_px``.

    Args:
        image_u8: (H, W, 3).
        longest_px: see above.
        least_px: no side becomes shorter than this.
        name: of the filter, see :func:`resize_filtered_u8`.
    """
    scale = longest_px / max(image_u8.shape[:2])
    if scale >= 1:
        return image_u8
    height, width = (max(round(side * scale), least_px) for side in image_u8.shape[:2])
    return resize_filtered_u8(image_u8, height, width, name)


def u8_to_unit(image_u8: torch.Tensor) -> torch.Tensor:
    """uint8 [0, 255] to float32 [0, 1]."""
    return image_u8.float() / 255


def unit_to_u8(image_unit: torch.Tensor) -> torch.Tensor:
    """float [0, 1] to uint8, clipped and rounded (truncating would change 63 of 256 levels after a round trip)."""
    return (image_unit.clamp(0, 1) * 255).round().to(torch.uint8)


def u8_to_signed(image_u8: torch.Tensor) -> torch.Tensor:
    """uint8 [0, 255] to float32 [-1, 1]."""
    return image_u8.float() / 127.5 - 1


def signed_to_u8(image_signed: torch.Tensor) -> torch.Tensor:
    """float [-1, 1] to uint8, clipped and rounded."""
    return image_signed.clamp(-1, 1).add_(1).mul_(127.5).round_().to(torch.uint8)  # clamp made a copy: it may change


def _open(data: bytes | Path) -> Image.Image:
    if isinstance(data, Path):
        try:
            empty = data.stat().st_size == 0
        except OSError as error:
            raise ImageError(
                "the image file cannot be read", code="image-unreadable", where=data, got=error.strerror
            ) from error
    else:
        empty = not data
    if empty:
        raise ImageError("the image is empty", code="image-empty", where=_name(data), got="0 bytes")
    try:
        image = Image.open(data if isinstance(data, Path) else _Bounded(data), formats=sorted(FORMATS))
    except Image.DecompressionBombError as error:
        raise _too_large(_name(data), 2 * int(Image.MAX_IMAGE_PIXELS or 0), str(error)) from error
    except Exception as error:  # damaged bytes make Pillow's readers raise almost anything
        raise ImageError(
            "this is not an image that can be read",
            code="image-unreadable",
            where=_name(data),
            rule=f"one of {', '.join(sorted(FORMATS))}",
            got=_describe(data, error),
            fix="export the photo as JPEG or PNG",
        ) from error
    if isinstance(data, bytes) and image.format in ("JPEG", "MPO"):
        _check_scans(data)
    return image


class _Bounded(io.BytesIO):
    """A file in memory that may be read from so often: Pillow walks crafted ones part by part, millions of them."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._reads_left = MAX_READS

    def read(self, size: int | None = -1, /) -> bytes:
        """As of any file, until it was read from too often."""
        self._reads_left -= 1
        if self._reads_left < 0:
            raise OSError("the file is in too many parts")
        return super().read(size)


def _check_scans(data: bytes) -> None:
    """Raises ImageError where a JPEG of a few kilobytes would be painted over thousands of times."""
    scans = data.count(b"\xff\xda")
    if scans > MAX_SCANS:
        raise ImageError(
            "the JPEG has more scans than any camera writes",
            code="image-unreadable",
            rule=f"at most {MAX_SCANS}",
            got=scans,
            fix="save the photo again",
        )


@contextmanager
def _reading(name: str | None) -> Iterator[None]:
    """Whatever Pillow raises inside is a damaged file: OSError, SyntaxError, TypeError, struct.error, KeyError ..."""
    try:
        yield
    except Exception as error:
        raise ImageError(
            "the image is damaged or cut short",
            code="image-truncated",
            where=name,
            rule="a complete file",
            got=str(error) or type(error).__name__,
            fix="send or copy the file again",
        ) from error


def _too_large(name: str | None, max_pixels: int, got: str) -> ImageError:
    return ImageError(
        "the image is too large",
        code="image-too-large",
        where=name,
        rule=f"at most {max_pixels / 1e6:g} megapixels",
        got=got,
        fix="scale the photo down",
    )


def _checked_header(image: Image.Image, limits: ImageLimits, name: str | None) -> ImageHeader:
    width, height = image.size
    got = f"{width} x {height} px"
    if min(width, height) < limits.min_side_px:
        raise ImageError(
            "the image is too small",
            code="image-too-small",
            where=name,
            rule=f"each side at least {limits.min_side_px} px",
            got=got,
            fix="use a larger photo",
        )
    if width * height > limits.max_pixels:
        raise _too_large(name, limits.max_pixels, f"{got} ({width * height / 1e6:.1f} megapixels)")
    if max(width, height) > limits.max_aspect * min(width, height):
        raise ImageError(
            "the image is too long and thin",
            code="image-aspect",
            where=name,
            rule=f"longer side at most {limits.max_aspect:g} times the shorter",
            got=got,
            fix="crop the photo to the garment",
        )
    animated = False
    if image.format != "MPO":
        with _reading(name):
            animated = getattr(image, "is_animated", False)  # n_frames would walk through all of them
    if animated:
        raise ImageError(
            "the image is animated or has several pages",
            code="image-animated",
            where=name,
            rule="one picture a file",
            got="more than one frame",
            fix="export one frame",
        )
    return ImageHeader("JPEG" if image.format == "MPO" else str(image.format), width, height)


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip


def _upright(image: Image.Image) -> Image.Image:
    """Turned as EXIF says. Pillow's own way writes the metadata anew, which fails where it is damaged."""
    image.load()
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # as of pixels, of which there is nothing wrong
        turn = None
    return image if turn is None else image.transpose(turn)


def _upright_rgb(image: Image.Image) -> Image.Image:
    image = _upright(image)
    if image.mode in ("RGB", "L", "CMYK", "YCbCr", "1", "HSV", "LAB") and "transparency" not in image.info:
        return image.convert("RGB")
    if image.mode.startswith(("I", "F")):
        return _wide_gray(image)
    rgba = image.convert("RGBA")
    white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, rgba).convert("RGB")


def _wide_gray(image: Image.Image) -> Image.Image:
    """16- or 32-bit gray: Pillow's own conversion clips at 255, which turns such a photo white.

    White is 65535 in a 16-bit photo. The other modes do not say: it is the smallest of 1 (float only), 255 and 65535
    that no value exceeds.
    """
    if image.mode.startswith("I;16"):
        levels = np.round(np.arange(65536) / 257).astype(np.uint8)
        return Image.fromarray(levels[np.asarray(image)]).convert("RGB")
    values = np.array(image, dtype=np.float32)  # in place from here on: it may have 40 megapixels
    np.nan_to_num(values, copy=False)
    tops = (255, 65535) if image.mode == "I" else (1, 255, 65535)
    white = next((top for top in tops if values.max() <= top), 65535)
    values /= white
    values *= 255
    np.clip(np.round(values, out=values), 0, 255, out=values)
    return Image.fromarray(values.astype(np.uint8)).convert("RGB")


def _name(data: bytes | Path) -> str | None:
    return str(data) if isinstance(data, Path) else None


def _describe(data: bytes | Path, error: Exception) -> str:
    if isinstance(data, Path):
        try:
            with data.open("rb") as file:
                head, size = file.read(8), data.stat().st_size
        except OSError:  # a folder, or not ours to read
            return str(getattr(error, "strerror", None) or error)
    else:
        head, size = data[:8], len(data)
    scale = min(int(math.log(size, 1024)), 3) if size > 1 else 0
    return f"{size / 1024**scale:.3g} {('bytes', 'KiB', 'MiB', 'GiB')[scale]} starting with {head!r}"
