"""The parts of a multipart body, in memory alone, each within its cap."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from serve.problems import Problem


async def read_parts(
    chunks: AsyncIterator[bytes],
    boundary: bytes | None,
    caps: Mapping[str, int],
) -> dict[str, bytearray]:
    """Reads a body to its end, or to the first part that may not be there.

    Args:
        chunks: the body as it comes in.
        boundary: that the Content-Type names.
        caps: largest size of a part by name, bytes; there are no others.

    Raises:
        Problem: malformed-body; body-too-large; invalid-field where a name is not known or comes twice.
    """
    if not boundary:
        raise Problem(
            "malformed-body", "the Content-Type names no multipart boundary", fix="let the client library set it"
        )
    parts = _Parts(caps)
    try:
        parser = MultipartParser(boundary, parts.callbacks())  # type: ignore[arg-type]
        async for chunk in chunks:
            parser.write(chunk)
        parser.finalize()
    except FormParserError:
        raise Problem("malformed-body", "the body is not multipart of the boundary named") from None
    if not parts.complete:
        raise Problem("malformed-body", "the multipart body ends early")
    return parts.fields


def unknown_field(name: str, known: Iterable[str]) -> Problem:
    """That nobody reads this field."""
    return Problem("invalid-field", "a field is not known", rule=f"of {', '.join(known)}", got=ascii(name)[:100])


def too_large(what: str, limit: int, fix: str | None = None) -> Problem:
    """That a body or a part of it is larger than so many bytes."""
    size = f"{limit / 2**20:.3g} MiB" if limit >= 2**20 else f"{limit / 2**10:.4g} KiB"
    # The rest of the body is not read, so the connection cannot be used again.
    return Problem(
        "body-too-large", f"{what} is too large", rule=f"at most {size}", fix=fix, headers={"Connection": "close"}
    )


@dataclass
class _Parts:
    caps: Mapping[str, int]
    fields: dict[str, bytearray] = field(default_factory=dict)
    complete: bool = False
    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    disposition: bytes = b""
    part: bytearray = field(default_factory=bytearray)
    name: str = ""

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self.on_part_begin,
            "on_header_field": lambda data, start, end: self.header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self.value.extend(data[start:end]),
            "on_header_end": self.on_header_end,
            "on_headers_finished": self.on_headers_finished,
            "on_part_data": self.on_part_data,
            "on_end": self.on_end,
        }

    def on_part_begin(self) -> None:
        self.disposition = b""

    def on_header_end(self) -> None:
        if self.header.lower() == b"content-disposition":
            self.disposition = bytes(self.value)
        self.header.clear()
        self.value.clear()

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self.disposition)
        name = options.get(b"name", b"").decode("latin-1")
        if name in self.fields:
            raise Problem("invalid-field", f"{name!a} is given twice", rule="each field once")
        if name not in self.caps:
            raise unknown_field(name, self.caps)
        self.name, self.part = name, bytearray()
        self.fields[name] = self.part

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.part.extend(data[start:end])
        if len(self.part) > self.caps[self.name]:
            raise too_large(f"the field `{self.name}`", self.caps[self.name])

    def on_end(self) -> None:
        self.complete = True
