"""``POST /v1/outfits``: a catalogue and what is wanted in, ranked outfits with their reasons out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from fitroom.data.outfits.pieces import CONTEXT
from fitroom.errors import DataError
from serve.answering.matching import catalogue_of
from serve.bodies import body
from serve.problem_codes import BODY, SERVER
from serve.problems import documented, from_told
from serve.schemas.outfit import Outfits, OutfitsRequest
from serve.service import Service
from serve.tryon_form import options_of
from serve.uploads import Form, read_upload
from serve.waiting import answered_by
from serve.workers.opened import OUTFITS
from serve.workers.work import Work

FORM = Form(images=(), texts=("season", "weather", "occasion", "category", "model"), values=("items", "given", "num"),
            max_json_bytes=8 * 2**20)  # fmt: skip
_ITEMS = [
    {"item_id": "a1", "category": "trousers", "attributes": {"color": "beige", "material": "linen"}, "price": 59},
    {"item_id": "b7", "category": "shirt", "attributes": {"color": "white", "season": ["spring", "summer"]}},
    {"item_id": "c3", "category": "t-shirt", "attributes": {"color": "black", "pattern": "solid"}},
]
_EXAMPLES: dict[str, dict[str, Any]] = {
    "outfits for summer": {"items": _ITEMS, "season": "summer", "num": 3},
    "a shirt for these trousers": {"items": _ITEMS, "given": ["a1"], "category": "shirt", "occasion": "office"},
}
_PROBLEMS = ("invalid-item", "unknown-attribute", "unknown-word", "unknown-item", "no-outfit", "unknown-model")


def outfit_routes(service: Service) -> APIRouter:
    """The outfit model's routes."""
    router = APIRouter(prefix="/v1", tags=["outfits"])

    @router.post(
        "/outfits",
        summary="Rank outfits",
        response_model=Outfits,
        responses=documented(*BODY, *_PROBLEMS, *SERVER),
        openapi_extra=body(FORM, OutfitsRequest, [], _EXAMPLES),
    )
    async def outfits(request: Request) -> Outfits:
        """Outfits of the items sent, best first, for a season, a weather and an occasion, with what moved each score.

        `given` items are in every outfit; with `category` one piece is looked for that completes them.
        """
        with service.desk.admit():
            upload = await read_upload(request, service.settings, FORM)
            asked = options_of(OutfitsRequest, upload.values)
            model = service.opened.named(OUTFITS, asked.model).spec.name
            found = await answered_by(request, service.desk, Work("outfits", model, _values(asked)))
            return Outfits(**found)

    return router


def _values(asked: OutfitsRequest) -> dict[str, Any]:
    """The request as work; what an item cannot be is told before it waits in line."""
    items = [item.model_dump(exclude_none=True) for item in asked.items]
    try:
        catalogue_of(items)
    except DataError as error:
        raise from_told(error) from None
    context = {name: word for name in CONTEXT if (word := getattr(asked, name)) is not None}
    return {"items": items, "context": context, "given": asked.given, "category": asked.category, "num": asked.num}
