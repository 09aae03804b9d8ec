"""``POST /v1/search/words``, ``/similar``, ``/look`` and ``GET /v1/pictures/{id}``: products of a catalogue."""

from __future__ import annotations

from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from fitroom.errors import DataError
from fitroom.pipelines.search.words import understood
from serve.answering.searching import LOOK, SIMILAR, WORDS
from serve.bodies import body
from serve.problem_codes import BODY, IMAGE, SERVER
from serve.problems import Problem, documented
from serve.schemas.search import (
    FoundByWords,
    FoundLook,
    FoundSimilar,
    LookOptions,
    LookRequest,
    SimilarOptions,
    SimilarRequest,
    WordsRequest,
)
from serve.search_request import PICTURES, asked_for, search
from serve.service import Service
from serve.uploads import Form, read_upload
from serve.workers.opened import PARSER

WORDS_FORM = Form(images=(), texts=("words", "category"), values=("num",))
SIMILAR_FORM = Form(images=("image",), texts=("item_id", "category"), values=("num",))
LOOK_FORM = Form(images=("person",), texts=("part", "category"), values=("num",))
_PHOTO = "/9j/4AAQSkZJRgABAQAA..."
_WORDS: dict[str, dict[str, Any]] = {
    "English": {"words": "red cotton dress for summer"},
    "Chinese, five of one category": {"words": "红色夏季连衣裙", "category": "dress", "num": 5},
}
_SIMILAR: dict[str, dict[str, Any]] = {
    "a product of the catalogue": {"item_id": "a17"},
    "a shop photo": {"image": _PHOTO, "num": 5},
}
_LOOK: dict[str, dict[str, Any]] = {
    "all that is worn": {"person": _PHOTO},
    "the skirt alone": {"person": _PHOTO, "part": "bottom", "category": "skirt", "num": 5},
}
ProductId = Annotated[str, Path(max_length=200, description="The product's id in the catalogue", examples=["a17"])]
_ANY = ("no-index", "unknown-category")
_PICTURE = {"schema": {"type": "string", "format": "binary"}, "example": "(the image file)"}
_EXAMPLE_CHARS = 120  # of a hint; where no word is near, the pipeline lists all


def search_routes(service: Service) -> APIRouter:
    """The routes of the search."""
    router = APIRouter(prefix="/v1", tags=["search"])

    @router.post(
        "/search/words",
        summary="Find products by words",
        response_model=FoundByWords,
        responses=documented(*BODY, *_ANY, "words-unknown", *SERVER),
        openapi_extra=body(WORDS_FORM, WordsRequest, [], _WORDS),
    )
    async def by_words(request: Request) -> FoundByWords:
        """English or Chinese words become attributes: category, colour, pattern, material, season, style, department.

        What is not understood is told in `unknown` and passed over; words of which nothing is understood are refused,
        with the nearest that is known.
        """
        with service.desk.admit():
            upload = await read_upload(request, service.settings, WORDS_FORM)
            asked = asked_for(service, WordsRequest, upload.values)
            _check_words(asked.words)
            return FoundByWords(**await search(request, service, WORDS, asked, {}))

    @router.post(
        "/search/similar",
        summary="Find products that look like one",
        response_model=FoundSimilar,
        responses=documented(*BODY, *IMAGE, *_ANY, "unknown-item", "no-vector", "garment-missing", *SERVER),
        openapi_extra=body(SIMILAR_FORM, SimilarRequest, [], _SIMILAR),
    )
    async def similar(request: Request) -> FoundSimilar:
        """By the id of a product of the catalogue, or by the shop photo of any garment on a plain ground."""
        with service.desk.admit():
            upload = await read_upload(request, service.settings, SIMILAR_FORM)
            asked = asked_for(service, SimilarOptions, upload.values)
            if asked.item_id is not None and upload.images:
                raise Problem("invalid-field", "two products are asked with", rule="one of `item_id` and `image`")
            if asked.item_id is None and not upload.images:
                raise Problem("missing-field", "no product is asked with", rule="the field `item_id` or `image`")
            return FoundSimilar(**await search(request, service, SIMILAR, asked, upload.images))

    @router.post(
        "/search/look",
        summary="Find what somebody wears",
        response_model=FoundLook,
        responses=documented(
            *BODY, *IMAGE, *_ANY, "no-vector", "person-missing", "garment-missing", "unknown-model", *SERVER
        ),
        openapi_extra=body(LOOK_FORM, LookRequest, ["person"], _LOOK),
    )
    async def look(request: Request) -> FoundLook:
        """For each garment that somebody wears in the photo, products that look like it; needs a parser."""
        with service.desk.admit():
            upload = await read_upload(request, service.settings, LOOK_FORM)
            asked = asked_for(service, LookOptions, upload.values)
            blobs = {"person": upload.image("person")}
            service.opened.named(PARSER, None)
            return FoundLook(**await search(request, service, LOOK, asked, blobs))

    @router.get(
        "/pictures/{id:path}",
        summary="A product's picture",
        response_class=Response,
        responses={
            200: {"content": {f"image/{kind}": _PICTURE for kind in ("jpeg", "png", "webp")}, "description": "As kept"},
            **documented("no-index", "no-picture", "invalid-parameter", "unauthorized", "rate-limited", "internal"),
        },
    )
    async def picture(id: ProductId) -> Response:
        """Of a product of the catalogue, by its id, as its file is: where the index names one that lies beside it."""
        service.opened.searched()
        found = await to_thread.run_sync(service.products.picture, id) if service.products else None
        if found is None:
            raise Problem("no-picture", "no picture is kept of this product", fix="answers say which have one")
        return Response(found[0], media_type=found[1], headers=PICTURES)

    return router


def _check_words(words: str) -> None:
    """Words of which nothing is understood are told before they wait in line."""
    try:
        understood(words)
    except DataError as error:
        fix = error.fix if error.fix and len(error.fix) < _EXAMPLE_CHARS else "for example: red summer dress"
        raise Problem("words-unknown", error.what, rule=error.rule, got=error.got, fix=fix, where="words") from None
