"""A try-on request: read, checked, made into work; and its answer as JSON or as the picture itself."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from serve.accepts import picture_format, wants_picture
from serve.clients import client_of
from serve.garments import Garments
from serve.problems import Problem
from serve.schemas.tryon import GarmentOptions, TryOnAnswer, TryOnOptions
from serve.settings import Settings
from serve.tryon_form import TRY_ON, check_garment, checked_id, options_of, plain, settings_of
from serve.uploads import Upload, read_upload
from serve.waiting import with_queue
from serve.workers.opened import TRYON, Opened
from serve.workers.work import Made, Work


@dataclass(frozen=True)
class Asked:
    """A try-on that was asked for.

    Attributes:
        work: for the model.
        garment_id: of a registered garment, or None.
        size: that is tried on, or None.
        digest: SHA-256 of all of it: two requests with one digest ask for the same.
    """

    work: Work
    garment_id: str | None
    size: str | None
    digest: str = ""

    def __post_init__(self) -> None:
        if not self.digest:
            object.__setattr__(self, "digest", self._digest())

    def without_photos(self) -> Asked:
        """The same, once its photos are not needed any more."""
        return dataclasses.replace(self, work=dataclasses.replace(self.work, blobs={}))

    def _digest(self) -> str:
        said = {"model": self.work.model, "values": self.work.values, "garment": self.garment_id, "size": self.size}
        found = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
        for name, blob in sorted(self.work.blobs.items()):
            found.update(name.encode() + hashlib.sha256(blob).digest())
        return found.hexdigest()

    def answer(self, made: Made, queue_s: float) -> TryOnAnswer:
        """What JSON clients get."""
        values = made.values | {"timings_ms": with_queue(made.values["timings_ms"], queue_s)}
        image = base64.b64encode(made.blob).decode()
        return TryOnAnswer(**values, image=image, garment_id=self.garment_id, size=self.size)


async def read_try_on(
    request: Request, settings: Settings, opened: Opened, garments: Garments, accept: str | None = None
) -> Asked:
    """Reads and checks a request.

    Args:
        request: its body has not been read.
        settings, opened, garments: the server's.
        accept: a header that may name the picture's format before the field does.

    Raises:
        Problem: whatever is wrong with it.
    """
    upload = await read_upload(request, settings, TRY_ON)
    id = upload.values.pop("garment_id", None)
    options = options_of(TryOnOptions, upload.values)
    check_garment(options)
    person = upload.image("person")
    garment, said = _garment(upload, garments, client_of(request), id)
    values = {
        "settings": plain(settings_of(options, said)),
        "format": picture_format(accept, options.format),
        "visible_label": options.visible_label,
    }
    model = opened.named(TRYON, options.model or said.model).spec.name
    return Asked(Work("try-on", model, values, {"person": person, "garment": garment}), id, options.size)


def answered(request: Request, answer: TryOnAnswer) -> Response:
    """JSON, or the picture with headers where the client's Accept asks for one."""
    if not wants_picture(request.headers.get("accept")):
        return JSONResponse(answer.model_dump(mode="json"))
    timings = answer.timings_ms.model_dump()
    headers = {
        "X-Fitroom-Model": answer.model.name,
        "X-Fitroom-Bundle-SHA256": answer.model.bundle_sha256,
        "X-Fitroom-Seed": str(answer.seed),
        "X-Fitroom-Steps": str(answer.steps),
        "X-Fitroom-Warnings": ", ".join(warning.code for warning in answer.warnings),
        "X-Fitroom-Fit": json.dumps(answer.fit.model_dump() if answer.fit else None),
        "X-Fitroom-AI-Generated": "true",
        "Server-Timing": ", ".join(f"{stage};dur={value:g}" for stage, value in timings.items()),
        "Vary": "Accept",
    }
    if answer.pose_sha256 is not None:
        headers["X-Fitroom-Pose-SHA256"] = answer.pose_sha256
    return Response(base64.b64decode(answer.image), media_type=answer.media_type, headers=headers)


def _garment(upload: Upload, garments: Garments, client: str, id: str | None) -> tuple[bytes, GarmentOptions]:
    if id is None:
        if "garment" not in upload.images:
            raise Problem("missing-field", "there is no garment", rule="the field `garment` or `garment_id`")
        return upload.images["garment"], GarmentOptions()
    if "garment" in upload.images:
        raise Problem("invalid-field", "there are two garments", rule="one of `garment` and `garment_id`")
    known = garments.get(client, checked_id(id))
    return known.image, known.options
