"""What the three ways to search have in common: the checks before the line, and the answer behind it."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import quote

from fastapi import Request

from fitroom.config import nearest
from serve.problems import Problem
from serve.schemas.search import SearchOptions
from serve.service import Service
from serve.tryon_form import options_of
from serve.waiting import answered_by
from serve.workers.work import Kind, Work

# A picture is the shop's file and not ours: it may be looked at, and nothing else be made of it.
PICTURES = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}

Asked = TypeVar("Asked", bound=SearchOptions)


def asked_for(service: Service, kind: type[Asked], values: dict[str, Any]) -> Asked:
    """The fields beside a photo, checked.

    Raises:
        Problem: no-index, invalid-field or unknown-category.
    """
    service.opened.searched()
    asked = options_of(kind, values)
    known = service.products.categories if service.products else ()
    if asked.category is not None and asked.category not in known:
        raise Problem(
            "unknown-category", "the catalogue has no such category", where="category",
            got=ascii(asked.category)[1:-1], rule="GET /v1/models lists its categories",
            fix=nearest(asked.category, known) if len(known) <= 30 else None,
        )  # fmt: skip
    return asked


async def search(
    request: Request, service: Service, kind: Kind, asked: SearchOptions, blobs: dict[str, bytes]
) -> dict[str, Any]:
    """The values of an answer, each product with the path of its picture.

    Raises:
        Problem, ImageError, ClientGone: as :func:`serve.waiting.answered_by`.
    """
    index, values = service.opened.searched(), asked.model_dump()
    found = await answered_by(
        request, service.desk, Work(kind, index.bundle.spec.name if index.bundle else "", values, blobs)
    )
    for product in _products(found):
        product["picture"] = _picture(service, product["item_id"])
    return found


def _products(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [product for part in found.get("worn", [found]) for product in part["products"]]


def _picture(service: Service, item_id: str) -> str | None:
    shown = service.products is not None and service.products.has_picture(item_id)
    return f"/v1/pictures/{quote(item_id, safe='')}" if shown else None
