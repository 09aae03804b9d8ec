"""Whether a client wants the picture itself, and in which format: its Accept header, read."""

from __future__ import annotations

from serve.schemas.tryon import PictureFormat

_JSON = ("application/json", "application/*", "*/*")
_PICTURES: dict[str, PictureFormat | None] = {
    "image/jpeg": "jpeg", "image/png": "png", "image/webp": "webp", "image/*": None,
}  # fmt: skip


def wants_picture(accept: str | None) -> bool:
    """True where the header asks for a picture before JSON; without one, or with ``*/*``, the answer is JSON."""
    return bool(_best(accept))


def picture_format(accept: str | None, otherwise: PictureFormat) -> PictureFormat:
    """The format the header names, else the other one."""
    return _PICTURES.get(_best(accept) or "image/*") or otherwise


def _best(accept: str | None) -> str | None:
    """The kind of picture that is wanted most; None = JSON is wanted at least as much."""
    weights = dict(_weighted(part) for part in (accept or "").split(",")[:50])
    json = max((weights[kind] for kind in _JSON if kind in weights), default=0.0)
    pictures = {kind: weights[kind] for kind in _PICTURES if weights.get(kind, 0) > 0}
    best = max(pictures, key=lambda kind: pictures[kind], default=None)
    # Browsers ask for pictures first and for */* after them.
    named = {kind for kind in ("application/json", "application/*") if weights.get(kind, 0) > 0}
    return best if best and (pictures[best] > json or (not named and pictures[best] == json)) else None


def _weighted(part: str) -> tuple[str, float]:
    kind, *options = (word.strip().lower() for word in part.split(";"))
    for option in options:
        if option.startswith("q="):
            try:
                return kind, min(max(float(option[2:]), 0.0), 1.0)
            except ValueError:
                return kind, 0.0
    return kind, 1.0
