"""``POST /v1/size-advice``: a body as far as it is known, perhaps a photo, and a garment's sizes in, a size out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from fitroom.errors import ConfigError, DataError
from fitroom.pipelines.tryon import REGION_OF_CATEGORY
from serve.answering.advising import PHOTO, chart
from serve.bodies import body
from serve.clients import client_of
from serve.problem_codes import BODY, FIGURE, IMAGE, MEASURES, SERVER
from serve.problems import Problem, documented, from_told
from serve.schemas.advice import SizeAdvice, SizeAdviceOptions, SizeAdviceRequest
from serve.schemas.tryon import GarmentOptions
from serve.service import Service
from serve.tryon_form import checked_id, options_of
from serve.uploads import Form, read_upload
from serve.waiting import answered_by
from serve.workers.opened import BODY_PHOTO, PARSER, SIZING
from serve.workers.work import Work

FORM = Form(images=(PHOTO,), texts=("model", "sex", "garment_id", "region", "prefer"),
            values=("body_cm", "weight_kg", "age_years", "measured", "size_chart"))  # fmt: skip
_CHART = {size: {"chest": 96 + 4 * step, "length": 66 + 2 * step} for step, size in enumerate(("S", "M", "L"), 1)}
_EXAMPLES: dict[str, dict[str, Any]] = {
    "height and weight": {"sex": "female", "body_cm": {"height": 172}, "weight_kg": 65, "size_chart": _CHART},
    "registered garment, tape round the chest": {
        "garment_id": "tee-4711",
        "body_cm": {"height": 172, "chest": 92},
        "prefer": "looser",
    },
    "photo and height": {"person": "/9j/4AAQSkZJRgABAQAA...", "body_cm": {"height": 172}, "size_chart": _CHART},
}
_PROBLEMS = ("height-needed", "impossible-body", "chart-unusable", "chart-holes", "chart-order", "region-needed",
             "unknown-garment", "unknown-model")  # fmt: skip


def advice_routes(service: Service) -> APIRouter:
    """The size advisor's routes."""
    router = APIRouter(prefix="/v1", tags=["size advice"])

    @router.post(
        "/size-advice",
        summary="Recommend a size",
        response_model=SizeAdvice,
        responses=documented(*BODY, *IMAGE, *FIGURE, *MEASURES, *_PROBLEMS, *SERVER),
        openapi_extra=body(FORM, SizeAdviceRequest, [], _EXAMPLES),
    )
    async def size_advice(request: Request) -> SizeAdvice:
        """From any subset of height, weight, age, sex and tape measures to the size, its probability, ease and fit.

        A photo of the shopper, `person`, narrows what is believed of the body where the height is told: one person who
        stands, faces the camera, and is seen from head to feet; it needs a parser. Numbers that were meant in another
        unit, bodies that nobody has, charts with holes and photos that cannot be read are told by name.
        """
        with service.desk.admit():
            upload = await read_upload(request, service.settings, FORM)
            asked = options_of(SizeAdviceOptions, upload.values)
            model = service.opened.named(SIZING, asked.model).spec.name
            garment = _garment(service, request, asked)
            values = _values(asked, garment)
            if upload.images:
                _check_photo(service, asked)
            found = await answered_by(request, service.desk, Work("size-advice", model, values, upload.images))
            return SizeAdvice(**found, garment_id=asked.garment_id)

    return router


def _check_photo(service: Service, asked: SizeAdviceOptions) -> None:
    """A photo that nobody could read is told before it waits in line."""
    service.opened.named(BODY_PHOTO, None)
    service.opened.named(PARSER, None)
    if "height" not in asked.body_cm:
        raise Problem(
            "height-needed", "a photo says nothing in centimetres without the person's height", where="body_cm",
            rule="the height of the person in the photo, in cm", fix="add the height to `body_cm`",
        )  # fmt: skip


def _garment(service: Service, request: Request, asked: SizeAdviceOptions) -> GarmentOptions:
    """What is known of the garment, its size chart at least."""
    if asked.size_chart is not None:
        if asked.garment_id is not None:
            raise Problem("invalid-field", "there are two garments", rule="one of `size_chart` and `garment_id`")
        return GarmentOptions(size_chart=asked.size_chart)
    if asked.garment_id is None:
        raise Problem("missing-field", "there is no size chart", rule="the field `size_chart` or `garment_id`")
    known = service.garments.get(client_of(request), checked_id(asked.garment_id))
    if known.options.size_chart is None:
        raise Problem(
            "chart-unusable", "the garment was registered without a size chart",
            fix="register it again with `size_chart`, or send the chart",
        )  # fmt: skip
    return GarmentOptions(size_chart=known.options.size_chart, category=known.shown.category)


def _values(asked: SizeAdviceOptions, garment: GarmentOptions) -> dict[str, Any]:
    """The request as work; what a chart cannot be is told before it waits in line."""
    told = dict(asked.body_cm)
    for name, value in (("weight", asked.weight_kg), ("age", asked.age_years)):
        if name in told:
            raise Problem("invalid-field", f"`body_cm` holds a {name}", rule="weight_kg and age_years have own fields")
        told |= {} if value is None else {name: value}
    sizes = garment.size_chart or {}
    try:
        chart(sizes)
    except (ConfigError, DataError) as error:
        raise from_told(error) from None
    region = asked.region or REGION_OF_CATEGORY.get(garment.category or "")
    return {"told": told, "sex": asked.sex, "measured": asked.measured, "chart": sizes, "region": region,
            "prefer": asked.prefer}  # fmt: skip
