"""Looks at photo files: content hash, upright size, and what is wrong with them. Results are remembered between runs.

The memory lies in the user's cache folder, never beside the photos:

    $XDG_CACHE_HOME/fitroom/photos/<hash of the folder's path and of the rules>.json
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path

import PIL
from PIL import Image

from fitroom.data.audit import Kind
from fitroom.errors import ImageError
from fitroom.images import EXTENSIONS, ImageLimits, decode_rgb_u8, pixel_sha256, read_header
from fitroom.progress import log, track
from fitroom.writing import write_text_atomically

IMAGE_EXTENSIONS = frozenset().union(*EXTENSIONS.values())
# Photos nobody wants to lose in silence, in formats that are not read.
FOREIGN_EXTENSIONS = frozenset({".heic", ".heif", ".avif", ".jxl", ".jp2", ".dng"})

# What numpy raises at a damaged .npz, whichever byte it is.
NPZ_ERRORS = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)

_RULES_VERSION = 2  # goes up whenever the same bytes would be judged otherwise
_KIND_OF_CODE: dict[str, Kind] = {
    "image-empty": "empty",
    "image-unreadable": "not-an-image",
    "image-truncated": "corrupt",
}
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*")
_TURNED = (5, 6, 7, 8)  # EXIF orientations that swap width and height
_ORIENTATION = 0x0112


@dataclass(frozen=True)
class FileFacts:
    """What is known of one photo file.

    Attributes:
        size_bytes, mtime_ns: of the file when it was looked at; facts hold as long as both stay.
        sha256: of the bytes, hex; empty where they could not be read.
        width_px, height_px: upright, i.e. after EXIF rotation; 0 where it is no usable image.
        kind: what is wrong, or None.
        detail: what exactly is wrong, in words.
    """

    size_bytes: int
    mtime_ns: int
    sha256: str = ""
    width_px: int = 0
    height_px: int = 0
    kind: Kind | None = None
    detail: str = ""


def inspect_file(path: Path) -> FileFacts:
    """Reads, hashes and really decodes one photo; a JPEG at reduced scale, which still reads it to its end."""
    try:
        stat, data = path.stat(), path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a path that cannot exist, e.g. with a NUL in it
        return FileFacts(-1, -1, kind="missing-file", detail=getattr(error, "strerror", None) or str(error))
    width, height, kind, detail = inspect_bytes(data, path.suffix.lower())
    sha256 = hashlib.sha256(data).hexdigest()
    return FileFacts(stat.st_size, stat.st_mtime_ns, sha256, width, height, kind, detail)


def inspect_files(root: Path, sample_ids: Sequence[str]) -> dict[str, FileFacts]:
    """The facts of every photo, from memory where size and time of change are as they were.

    Args:
        root: folder of photos.
        sample_ids: paths relative to it.

    Returns:
        Facts by sample id.
    """
    memory = _memory_path(root)
    known = _recall(memory)
    facts = {name: known[name] for name in sample_ids if name in known and _unchanged(root / name, known[name])}
    fresh = [name for name in dict.fromkeys(sample_ids) if name not in facts]
    if not fresh:
        return facts
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        results = pool.map(lambda name: inspect_file(root / name), fresh)
        facts.update(zip(fresh, track(results, "checking photos", len(fresh)), strict=True))
    finally:
        pool.shutdown(cancel_futures=True)
    _remember(memory, known | facts)
    return facts


def pixel_contents(paths: Iterable[Path], doing: str) -> dict[Path, str | ImageError]:
    """SHA-256 (hex) over the decoded pixels of each photo, or what keeps it from being decoded.

    Args:
        paths: of photos.
        doing: what this is for, shown beside the progress.
    """
    known = list(paths)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(known, track(pool.map(_pixel_content, known), doing, len(known)), strict=True))


def _pixel_content(path: Path) -> str | ImageError:
    try:
        return pixel_sha256(decode_rgb_u8(path))
    except ImageError as error:
        return error


def cache_folder() -> Path:
    """Where fitroom keeps what it can always make again."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "fitroom"


def inspect_bytes(data: bytes, extension: str = "") -> tuple[int, int, Kind | None, str]:
    """Upright width and height in px, and kind and detail of what is wrong with the bytes of a photo.

    Args:
        data: of the file.
        extension: of its name, lower case with the dot; "" = it has no name.
    """
    try:
        header = read_header(data)
        height, width = decode_rgb_u8(data, at_least=(64, 64)).shape[:2]
    except ImageError as error:
        return 0, 0, _kind(error, data, extension), f"{error.what} ({error.got})" if error.got else error.what
    if header.format == "JPEG":  # the only one that is decoded at a reduced scale
        width, height = header.width_px, header.height_px
        if _is_turned(data):
            width, height = height, width
    if extension in IMAGE_EXTENSIONS and extension not in EXTENSIONS[header.format]:
        return width, height, "wrong-extension", f"a {header.format} called {extension}"
    return width, height, None, ""


def _kind(error: ImageError, data: bytes, extension: str) -> Kind:
    if error.code == "image-unreadable" and extension in FOREIGN_EXTENSIONS:
        return "unsuitable"
    if error.code == "image-unreadable" and _starts_as_image(data):
        return "corrupt"
    return _KIND_OF_CODE.get(error.code, "unsuitable")


def _starts_as_image(data: bytes) -> bool:
    return data.startswith(_MAGIC) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def _is_turned(data: bytes) -> bool:
    with Image.open(io.BytesIO(data)) as image:
        try:
            return image.getexif().get(_ORIENTATION) in _TURNED
        except Exception:  # damaged metadata, which `fitroom.images` forgives too
            return False


def _unchanged(path: Path, facts: FileFacts) -> bool:
    try:
        stat = path.stat()
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (facts.size_bytes, facts.mtime_ns)


def _memory_path(root: Path) -> Path:
    rules = (_RULES_VERSION, PIL.__version__, ImageLimits(), sorted((k, sorted(v)) for k, v in EXTENSIONS.items()))
    key = hashlib.sha256(f"{root.resolve()}\n{rules}".encode()).hexdigest()[:24]
    return cache_folder() / "photos" / f"{key}.json"


def _recall(memory: Path) -> dict[str, FileFacts]:
    try:
        return {name: FileFacts(*values) for name, values in json.loads(memory.read_text(encoding="utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning("ignored a damaged cache, photos are checked again: %s (%s)", memory, error)
        return {}


def _remember(memory: Path, facts: dict[str, FileFacts]) -> None:
    lasting = {name: astuple(fact) for name, fact in facts.items() if fact.sha256}
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        write_text_atomically(memory, json.dumps(lasting))
    except OSError as error:
        log.warning("could not remember the photos' hashes, the next start checks them again: %s", error)
