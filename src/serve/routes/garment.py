"""``/v1/garments``: a product is registered once, so that trying it on costs less."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from serve.bodies import body
from serve.clients import client_of
from serve.garments import Registered, sha256_of
from serve.problem_codes import BODY, IMAGE, MEASURES, SERVER
from serve.problems import documented
from serve.schemas.tryon import Garment, GarmentList, GarmentOptions, GarmentRequest
from serve.service import Service
from serve.tryon_form import GARMENT, check_garment, checked_id, drape_told, options_of, path_id
from serve.uploads import read_upload
from serve.waiting import made_for
from serve.workers.opened import TRYON
from serve.workers.work import Work

GarmentId = Annotated[str, path_id("tee-4711")]
_KEYED = ("unauthorized", "rate-limited")
_UNKNOWN = ("unknown-garment", "invalid-field", *_KEYED)
_EXAMPLES: dict[str, dict[str, Any]] = {
    "photo alone": {"garment": "/9j/4AAQSkZJRgABAQAA..."},
    "with sizes": {
        "garment": "/9j/4AAQSkZJRgABAQAA...",
        "category": "t-shirt",
        "size_chart": {"M": {"chest": 104, "length": 70}, "L": {"chest": 108, "length": 72}},
    },
}


def garment_routes(service: Service) -> APIRouter:
    """The routes of registered garments."""
    router, garments = APIRouter(prefix="/v1", tags=["garments"]), service.garments

    @router.put(
        "/garments/{id}",
        summary="Register a garment",
        responses={
            201: {"model": Garment, "description": "Registered"},
            **documented(*BODY, *IMAGE, *MEASURES, *SERVER, "unknown-model", "garments-full"),
        },
        openapi_extra=body(GARMENT, GarmentRequest, ["garment"], _EXAMPLES),
    )
    async def put_garment(request: Request, response: Response, id: GarmentId) -> Garment:
        """Looks at the photo once. What was under this id is replaced; 201 where there was nothing."""
        with service.desk.admit():
            checked_id(id)
            upload = await read_upload(request, service.settings, GARMENT)
            options, image = options_of(GarmentOptions, upload.values), upload.image("garment")
            check_garment(options)
            client, before = client_of(request), garments.find(client_of(request), id)
            if before is not None and before.shown.sha256 == sha256_of(image) and _same(before.options, options):
                return before.shown
            model = service.opened.named(TRYON, options.model).spec.name
            made, _ = await made_for(request, service.desk, Work("garment", model, {}, {"garment": image}))
            shown = Garment(
                **made.values | {"category": options.category or made.values["category"]},
                id=id,
                sizes=list(options.size_chart or {}),
                size_chart=options.size_chart,
                drape=drape_told(options),
            )
            garments.put(client, id, Registered(image, options, shown))
            response.status_code = 200 if before else 201
            return shown

    @router.get("/garments", summary="List the garments", responses=documented(*_KEYED))
    async def list_garments(request: Request) -> GarmentList:
        """All that this client has registered."""
        return GarmentList(garments=garments.of(client_of(request)))

    @router.get("/garments/{id}", summary="Show a garment", responses=documented(*_UNKNOWN))
    async def get_garment(request: Request, id: GarmentId) -> Garment:
        """What is known of it."""
        return garments.get(client_of(request), checked_id(id)).shown

    @router.delete(
        "/garments/{id}", status_code=204, summary="Forget a garment",
        responses=documented(*_UNKNOWN),
    )  # fmt: skip
    async def delete_garment(request: Request, id: GarmentId) -> None:
        """Its photo and all that is known of it go."""
        garments.delete(client_of(request), checked_id(id))

    return router


def _same(before: GarmentOptions, now: GarmentOptions) -> bool:
    return before.model_dump_json() == now.model_dump_json()  # as text, since the order of a chart's sizes counts
