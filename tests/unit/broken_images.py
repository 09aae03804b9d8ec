"""Image files that are wrong in every way we know of, or right in an odd way; the same ones for the same seed."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageCms

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP")
MODES = {"JPEG": "RGB", "PNG": "RGB", "WEBP": "RGB", "TIFF": "RGB", "GIF": "P", "BMP": "RGB"}
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
ORIENTATIONS: tuple[Any, ...] = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 65_535)


class BrokenImages:
    """Makes them.

    Args:
        seed: of all dice.
        sizes: width and height of the photos they are made of, px.
    """

    def __init__(self, seed: int, sizes: Sequence[tuple[int, int]] = ((48, 64), (70, 40))) -> None:
        self.dice = random.Random(seed)
        self.whole = {
            format: [saved(photo(place, *size), format, MODES[format]) for place, size in enumerate(sizes)]
            for format in FORMATS
        }
        self.whole["JPEG"] += [saved(photo(9, *sizes[0]), "JPEG", progressive=True)]
        self.ways: dict[str, Callable[[], bytes]] = {
            "truncated": self.truncated, "bits": self.bits, "bytes": self.overwritten, "swapped": self.swapped,
            "header": self.header, "marker": self.marker, "chunk": self.chunk, "bomb": self.bomb, "exif": self.exif,
            "animated": self.animated, "mode": self.mode, "polyglot": self.polyglot, "size": self.size,
            "parts": self.parts, "foreign": self.foreign, "noise": self.noise,
        }  # fmt: skip

    def any(self) -> tuple[str, bytes]:
        """One, and in what way it is broken."""
        way = self.dice.choice(list(self.ways))
        return way, self.ways[way]()

    def some(self, *formats: str) -> bytes:
        """A photo as it should be."""
        return self.dice.choice(self.whole[self.dice.choice(formats or FORMATS)])

    def truncated(self) -> bytes:
        """Cut short anywhere."""
        file = self.some()
        return file[: self.dice.randrange(len(file))]

    def bits(self) -> bytes:
        """A few bits turned."""
        file = bytearray(self.some())
        for _ in range(self.dice.choice((1, 1, 3, 20))):
            file[self.dice.randrange(len(file))] ^= 1 << self.dice.randrange(8)
        return bytes(file)

    def overwritten(self) -> bytes:
        """Bytes of the first hundreds written over, where all the structure is."""
        file = bytearray(self.some())
        for _ in range(self.dice.randint(1, 8)):
            file[self.dice.randrange(min(len(file), self.dice.choice((60, 300))))] = self.dice.choice(
                (0, 1, 0x7F, 0x80, 0xFE, 0xFF, self.dice.randrange(256))
            )
        return bytes(file)

    def swapped(self) -> bytes:
        """The head of one photo and the tail of another."""
        head, tail = self.some(), self.some()
        return head[: self.dice.randrange(len(head))] + tail[self.dice.randrange(len(tail)) :]

    def header(self) -> bytes:
        """The first bytes of one format before the file of another."""
        head, file = self.some(), self.some()
        return head[: self.dice.choice((2, 4, 8, 12, 26))] + file[self.dice.choice((0, 2, 8)) :]

    def marker(self) -> bytes:
        """A segment of a JPEG gone, twice, elsewhere, of a false length or with another marker."""
        segments, pixels = segments_of(self.some("JPEG"))
        place = self.dice.randrange(len(segments))
        kind, data = segments[place]
        way = self.dice.randrange(6)
        if way == 0:
            del segments[place]
        elif way == 1:
            segments.insert(self.dice.randrange(len(segments)), (kind, data))
        elif way == 2:
            self.dice.shuffle(segments)
        elif way == 3:
            segments[place] = (self.dice.choice((0xC1, 0xC2, 0xC4, 0xC9, 0xDB, 0xDD, 0xE2, 0xEE, 0xFE)), data)
        elif way == 4:
            segments[place] = (kind, self.dice.randbytes(self.dice.choice((0, 1, 2, len(data), 3000))))
        else:
            head = bytearray(b"\xff%c%b%b" % (kind, struct.pack(">H", self.dice.choice((0, 1, 2, 65_535))), data))
            return b"\xff\xd8" + bytes(head) + jpeg_of(segments, pixels)[2:]
        return jpeg_of(segments, pixels)

    def chunk(self) -> bytes:
        """A chunk of a PNG or WebP gone, twice, elsewhere, false, or one that nobody asked for."""
        if self.dice.random() < 0.25:
            return self._webp_chunk()
        chunks = chunks_of(self.some("PNG"))
        place = self.dice.randrange(len(chunks))
        kind, data = chunks[place]
        way = self.dice.randrange(6)
        if way == 0:
            del chunks[place]
        elif way == 1:
            chunks.insert(self.dice.randrange(len(chunks) + 1), (kind, data))
        elif way == 2:
            self.dice.shuffle(chunks)
        elif way == 3:
            head = struct.pack(">IIBBBBB", *(self.dice.choice((0, 1, 7, 48, 64, 2**31 - 1)) for _ in range(2)),
                               *(self.dice.choice((0, 1, 2, 3, 4, 6, 8, 16, 255)) for _ in range(5)))  # fmt: skip
            chunks[0] = (b"IHDR", head)
        elif way == 4:
            odd = self.dice.choice((b"PLTE", b"tRNS", b"acTL", b"fcTL", b"fdAT", b"iCCP", b"zTXt", b"eXIf", b"gAMA",
                                    b"cHRM", b"pHYs", b"iTXt", b"ABCD", b"\0\0\0\0"))  # fmt: skip
            chunks.insert(1, (odd, self.dice.randbytes(self.dice.choice((0, 1, 3, 8, 26, 300)))))
        else:
            return png_of(chunks, crc=lambda _: self.dice.randrange(2**32))
        return png_of(chunks)

    def bomb(self) -> bytes:
        """A small file of very many pixels, scans or letters."""
        way = self.dice.randrange(6)
        if way == 0:  # more than is allowed, told in the header
            return png_of([(b"IHDR", ihdr(*self.dice.choice(((60_000, 60_000), (8000, 5001))))), (b"IEND", b"")])
        if way == 1:  # just allowed, and nearly nothing in it
            return png_of([(b"IHDR", ihdr(6300, 6300)), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")])
        if way == 2:
            return with_chunk(self.some("PNG"), b"zTXt", b"note\0\0" + megabytes_of_nothing())
        if way == 3:
            return with_chunk(self.some("PNG"), b"iCCP", b"icc\0\0" + megabytes_of_nothing())
        return many_scans(self.whole["JPEG"][-1], 3000) if way == 4 else wide_tiff()

    def exif(self) -> bytes:
        """Orientations that are and that are not, and metadata of nonsense, with a good picture."""
        made = photo(3, 48, 64)
        if self.dice.random() < 0.5:
            exif = Image.Exif()
            exif[0x0112] = self.dice.choice(ORIENTATIONS)
            exif[0x010E] = self.dice.choice(("at home", "x" * 5000, "\0"))
            return saved(made, self.dice.choice(("JPEG", "PNG", "WEBP")), exif=exif)
        block = self.dice.choice((
            b"", b"II*\0", b"MM\0*\0\0\0\x08" + b"\xff" * 60, self.dice.randbytes(200), tiff_directory_in_itself(),
        ))  # fmt: skip
        return saved(made, "JPEG", exif=b"Exif\0\0" + block)

    def animated(self) -> bytes:
        """More than one picture in a file."""
        frames = [photo(place, 48, 64) for place in range(self.dice.choice((2, 5)))]
        buffer = io.BytesIO()
        frames[0].save(
            buffer, self.dice.choice(("GIF", "WEBP", "PNG", "TIFF", "MPO")), save_all=True, append_images=frames[1:]
        )
        return buffer.getvalue()

    def mode(self) -> bytes:
        """Every kind of pixel that is not RGB of 8 bits."""
        format, mode = self.dice.choice((
            ("JPEG", "CMYK"), ("JPEG", "L"), ("TIFF", "CMYK"), ("TIFF", "LAB"), ("TIFF", "F"), ("TIFF", "I"),
            ("TIFF", "I;16"), ("TIFF", "RGBA"), ("PNG", "I;16"), ("PNG", "1"), ("PNG", "P"), ("PNG", "LA"),
            ("PNG", "RGBA"), ("WEBP", "RGBA"), ("GIF", "L"), ("GIF", "1"), ("BMP", "1"), ("BMP", "L"), ("BMP", "P"),
        ))  # fmt: skip
        made = photo(4, 48, 64)
        if mode == "LAB":
            to_lab = ImageCms.buildTransform(
                ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
            )
            return saved(ImageCms.applyTransform(made, to_lab) or made, format, mode)
        if mode.startswith("I;16"):
            return saved(Image.fromarray(np.asarray(made.convert("L")).astype(np.uint16) * 257), format, mode)
        file = bytearray(saved(made.convert(mode), format, mode))
        if format == "JPEG" and self.dice.random() < 0.5:  # what the numbers mean, told falsely
            file[2:2] = b"\xff\xee\0\x0eAdobe\0d\0\0\0\0%c" % self.dice.randrange(4)
        return bytes(file)

    def polyglot(self) -> bytes:
        """A photo that is something else as well."""
        other = self.dice.choice((
            b"PK\x05\x06" + bytes(18), b"<html><script>alert(1)</script></html>", b"%PDF-1.7\n%%EOF",
            b"#!/bin/sh\nid\n", b"<?php system($_GET[0]); ?>", b"\x80\x04cos\nsystem\n(S'id'\ntR.",
        ))  # fmt: skip
        file = self.some()
        return self.dice.choice((file + other, other + file, file + self.some() + other))

    def size(self) -> bytes:
        """Sizes that nobody photographs."""
        width, height = self.dice.choice(
            ((0, 0), (0, 64), (1, 1), (1, 5000), (5000, 1), (16, 192), (16, 193), (15, 15), (65_500, 30), (31, 31))
        )
        if min(width, height) == 0:
            return png_of([(b"IHDR", ihdr(width, height)), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")])
        return saved(Image.new("RGB", (width, height), (9, 99, 200)), self.dice.choice(("PNG", "JPEG", "BMP")))

    def parts(self) -> bytes:
        """A good beginning, and then hundreds of thousands of little parts."""
        return self.dice.choice((
            lambda: b"\xff\xd8" + b"\xff" * 1_000_000,
            lambda: PNG_SIGNATURE + b"".join(_chunk(b"IHDR", ihdr(48, 64))) + b"".join(_chunk(b"tEXt", b"")) * 80_000,
            lambda: self.some("GIF")[:-1] + b"!\xfe\x01a\0" * 200_000 + b";",
            lambda: gif_of_crumbs(400_000),
            lambda: tiff_of_pages(40_000),
            lambda: b"RIFF\xff\xff\xff\x7fWEBP" + b"EXIF\0\0\0\0" * 100_000,
        ))()  # fmt: skip

    def foreign(self) -> bytes:
        """What is no photo at all, or a format that is not read."""
        return self.dice.choice((
            b"", b"\0", b"http://169.254.169.254/latest/meta-data/", b"file:///etc/passwd",
            b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>", b"%PDF-1.7\n",
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 50 50\n(/etc/passwd) run\n", b"8BPS\0\1",
            b"\0\0\1\0\1\0\x10\x10",
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", b"P6 40 40 255\n" + bytes(4800), b"\x1f\x8b\x08" + bytes(30),
            b"GIF89a", b"BM", b"II*\0\xff\xff\xff\xff", b"RIFF\0\0\0\0WEBP", b"\xff\xd8\xff", PNG_SIGNATURE,
        ))  # fmt: skip

    def noise(self) -> bytes:
        """Any bytes, some after a good beginning."""
        return self.dice.choice((b"", *(file[0][:12] for file in self.whole.values()))) + self.dice.randbytes(
            self.dice.choice((1, 40, 3000))
        )

    def _webp_chunk(self) -> bytes:
        file = bytearray(self.some("WEBP"))
        way = self.dice.randrange(3)
        if way == 0:
            file[4:8] = struct.pack("<I", self.dice.choice((0, 3, 2**31, 2**32 - 1)))
        elif way == 1:
            file[16:20] = struct.pack("<I", self.dice.choice((0, 1, len(file), 2**32 - 2)))
        else:
            file[12:12] = b"VP8X\x0a\0\0\0" + self.dice.randbytes(10)
        return bytes(file)


def photo(seed: int, width: int, height: int) -> Image.Image:
    """A picture of noise."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def saved(image: Image.Image, format: str, mode: str = "RGB", **options: Any) -> bytes:
    """Its file."""
    buffer = io.BytesIO()
    (image if image.mode == mode or mode == "I;16" else image.convert(mode)).save(buffer, format, **options)
    return buffer.getvalue()


def ihdr(width: int, height: int) -> bytes:
    """The head of a PNG of 8-bit RGB."""
    return struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)


def chunks_of(png: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and data of each chunk."""
    chunks, place = [], len(PNG_SIGNATURE)
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        chunks.append((png[place + 4 : place + 8], png[place + 8 : place + 8 + length]))
        place += 12 + length
    return chunks


def png_of(chunks: list[tuple[bytes, bytes]], crc: Callable[[bytes], int] = zlib.crc32) -> bytes:
    """The file of these chunks."""
    return PNG_SIGNATURE + b"".join(part for kind, data in chunks for part in _chunk(kind, data, crc))


def with_chunk(png: bytes, kind: bytes, data: bytes) -> bytes:
    """A PNG with one more chunk after its head."""
    chunks = chunks_of(png)
    return png_of([chunks[0], (kind, data), *chunks[1:]])


def segments_of(jpeg: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Marker and data of each segment before the pixels, and these with all that follows."""
    segments, place = [], 2
    while jpeg[place + 1] != 0xDA:
        (length,) = struct.unpack(">H", jpeg[place + 2 : place + 4])
        segments.append((jpeg[place + 1], jpeg[place + 4 : place + 2 + length]))
        place += 2 + length
    return segments, jpeg[place:]


def jpeg_of(segments: list[tuple[int, bytes]], pixels: bytes) -> bytes:
    """The file of these segments."""
    told = (b"\xff%c%b%b" % (kind, struct.pack(">H", len(data) + 2), data) for kind, data in segments)
    return b"\xff\xd8" + b"".join(told) + pixels


def many_scans(progressive: bytes, number: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    last = progressive.rindex(b"\xff\xda")
    return progressive[:-2] + progressive[last:-2] * number + b"\xff\xd9"


@cache
def megabytes_of_nothing() -> bytes:
    """Thirty of them, deflated."""
    return zlib.compress(bytes(30_000_000), 9)


@cache
def wide_tiff() -> bytes:
    """36 megapixels of 16 bits, in kilobytes."""
    return saved(Image.fromarray(np.zeros((6000, 6000), np.uint16)), "TIFF", "I;16", compression="tiff_adobe_deflate")


@cache
def gif_of_crumbs(number: int) -> bytes:
    """A GIF whose pixels come a byte at a time."""
    head = saved(photo(0, 48, 64), "GIF", "P")
    start = head.rindex(b",", 0, head.index(b",") + 1)
    return head[: start + 11] + b"\x01\0" * number + b"\0;"


@cache
def tiff_of_pages(number: int) -> bytes:
    """A TIFF of so many empty pages, each pointing to the next."""
    page = struct.Struct("<HHHII I")  # one entry and where the next page is
    pages = [page.pack(1, 256, 3, 1, 48, 8 + (place + 1) * page.size) for place in range(number)]
    return b"II*\0" + struct.pack("<I", 8) + b"".join(pages)


def tiff_directory_in_itself() -> bytes:
    """Metadata whose directories point to each other for ever."""
    return b"II*\0\x08\0\0\0" + struct.pack("<HHHIIHHIII", 2, 0x8769, 4, 1, 8, 0x0112, 3, 1, 6, 8)


def _chunk(kind: bytes, data: bytes, crc: Callable[[bytes], int] = zlib.crc32) -> tuple[bytes, ...]:
    return struct.pack(">I", len(data)), kind, data, struct.pack(">I", crc(kind + data))
