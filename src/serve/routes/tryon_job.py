"""``/v1/try-ons/{id}``: the same try-on, asked for by an id and fetched later; asking twice asks once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from serve.accepts import wants_picture
from serve.clients import client_of
from serve.problems import Problem, documented
from serve.routes.tryon import PICTURES, TRY_ON_BODY, TRY_ON_PROBLEMS
from serve.schemas.tryon import TryOnJob
from serve.service import Service
from serve.tryon_form import checked_id, path_id
from serve.tryon_request import answered, read_try_on

TryOnId = Annotated[str, path_id("order-17")]
_UNKNOWN = ("unknown-try-on", "invalid-field", "unauthorized", "rate-limited")


def tryon_job_routes(service: Service) -> APIRouter:
    """The routes of try-ons by id."""
    router, jobs = APIRouter(prefix="/v1", tags=["try-on"]), service.jobs

    def told(request: Request, id: str, status: int) -> Response:
        shown = jobs.shown(id, jobs.get(client_of(request), id))
        if shown.result is not None and wants_picture(request.headers.get("accept")):
            return answered(request, shown.result)
        headers = {"Location": f"/v1/try-ons/{id}"} | (
            {"Retry-After": "1"} if shown.state in ("queued", "running") else {}
        )
        return JSONResponse(shown.model_dump(mode="json"), status, headers)

    @router.put(
        "/try-ons/{id}",
        status_code=202,
        summary="Ask for a try-on",
        response_model=TryOnJob,
        responses={
            200: {"model": TryOnJob, "description": "It was asked for before", **PICTURES},
            **documented(*TRY_ON_PROBLEMS, "id-in-use"),
        },
        openapi_extra=TRY_ON_BODY,
    )
    async def put_try_on(request: Request, id: TryOnId) -> Response:
        """As `POST /v1/try-on`, answered at once with 202; the same request under the same id again changes nothing.

        Results are kept for a while and only in memory: ask again where the server does not know the id any more.
        """
        leave = service.desk.enter()
        try:
            client = client_of(request)
            checked_id(id)
            asked = await read_try_on(request, service.settings, service.opened, service.garments)
            before = jobs.find(client, id)
            if before is not None and before.asked.digest != asked.digest:
                raise Problem(
                    "id-in-use", "another try-on was asked for under this id", fix="take another id, or DELETE it"
                )
            if before is None:
                jobs.put(client, id, asked, leave)
        except BaseException:
            leave()
            raise
        if before is not None:
            leave()
        return told(request, id, 202 if before is None else 200)

    @router.get(
        "/try-ons/{id}",
        summary="Look after a try-on",
        response_model=TryOnJob,
        responses={200: PICTURES, **documented(*_UNKNOWN)},
    )
    async def get_try_on(request: Request, id: TryOnId) -> Response:
        """`queued` with its position in line, `running`, `done` with the result, or `failed` with the problem.

        With `Accept: image/*` the picture itself, once it is done.
        """
        return told(request, checked_id(id), 200)

    @router.delete(
        "/try-ons/{id}", status_code=204, summary="Cancel or forget a try-on", responses=documented(*_UNKNOWN)
    )
    async def delete_try_on(request: Request, id: TryOnId) -> None:
        """Takes it out of line, or forgets its result."""
        jobs.delete(client_of(request), checked_id(id))

    return router
