"""The client: a method an endpoint, photos by path or as bytes, answers as typed plain values."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Unpack, cast
from urllib.parse import quote

from serve.client import answers
from serve.client.errors import JobFailed, NotReady
from serve.client.photos import Photo, photos
from serve.client.searching import Searches
from serve.client.transport import Transport

POLL_S = 0.3


class Client(Searches):
    """A server, as a shop's own code asks it.

    Args:
        address: e.g. "http://127.0.0.1:8000".
        api_key: where the server wants one.
        timeout_s: of one request.
        max_wait_s: how long a busy server (429, 503) is asked again, by its Retry-After; 0 = it is not.

    Every method raises an :class:`serve.client.ApiError` whose type tells the kind and whose ``code`` the fault, or
    :class:`serve.client.Unreachable`.
    """

    def __init__(
        self, address: str, api_key: str | None = None, timeout_s: float = 60.0, max_wait_s: float = 60.0
    ) -> None:
        self.transport = Transport(address, api_key, timeout_s, max_wait_s)

    def try_on(
        self,
        person: Photo,
        garment: Photo | None = None,
        *,
        garment_id: str | None = None,
        **options: Unpack[answers.TryOnOptions],
    ) -> answers.TryOnAnswer:
        """The person in the garment, or in a registered one."""
        found = self._send("POST", "/v1/try-on", photos(person=person, garment=garment), garment_id, options)
        return cast(answers.TryOnAnswer, found)

    def start_try_on(
        self,
        id: str,
        person: Photo,
        garment: Photo | None = None,
        *,
        garment_id: str | None = None,
        **options: Unpack[answers.TryOnOptions],
    ) -> answers.TryOnJob:
        """Asks for a try-on by an id of one's own, to be fetched later; asking again changes nothing."""
        sent = photos(person=person, garment=garment)
        return cast(answers.TryOnJob, self._send("PUT", _path("try-ons", id), sent, garment_id, options))

    def try_on_job(self, id: str) -> answers.TryOnJob:
        """How far it is, with its result once it is done."""
        return cast(answers.TryOnJob, self.transport.ask_json("GET", _path("try-ons", id)))

    def wait_for_try_on(self, id: str, timeout_s: float = 120.0) -> answers.TryOnAnswer:
        """Waits until it is done.

        Raises:
            JobFailed: it ended with a problem.
            TimeoutError: it took too long; it goes on.
        """
        end = self.transport.clock() + timeout_s
        while True:
            job = self.try_on_job(id)
            if job["result"] is not None:
                return job["result"]
            if job["problem"] is not None:
                raise JobFailed(job["problem"])
            if self.transport.clock() > end:
                raise TimeoutError(f"try-on {id} is {job['state']} after {timeout_s:g} s")
            self.transport.sleep(POLL_S)

    def delete_try_on(self, id: str) -> None:
        """Takes it out of line, or forgets its result."""
        self.transport.ask("DELETE", _path("try-ons", id))

    def put_garment(self, id: str, garment: Photo, **options: Unpack[answers.GarmentOptions]) -> answers.Garment:
        """Registers a product, so that trying it on costs less."""
        found = self._send("PUT", _path("garments", id), photos(garment=garment), None, options)
        return cast(answers.Garment, found)

    def garment(self, id: str) -> answers.Garment:
        """What is known of a registered one."""
        return cast(answers.Garment, self.transport.ask_json("GET", _path("garments", id)))

    def garments(self) -> list[answers.Garment]:
        """All that this client has registered."""
        return cast(list[answers.Garment], self.transport.ask_json("GET", "/v1/garments")["garments"])

    def delete_garment(self, id: str) -> None:
        """Forgets it."""
        self.transport.ask("DELETE", _path("garments", id))

    def recognize(
        self, image: Photo, *, embedding: bool = False, model: str | None = None
    ) -> answers.RecognitionAnswer:
        """What is on a garment's photo."""
        path = f"/v1/recognize{'?embedding=true' if embedding else ''}"
        return cast(answers.RecognitionAnswer, self._send("POST", path, photos(image=image), None, {"model": model}))

    def size_advice(
        self,
        size_chart: answers.SizeChart | None = None,
        *,
        person: Photo | None = None,
        garment_id: str | None = None,
        **options: Unpack[answers.AdviceOptions],
    ) -> answers.SizeAdvice:
        """The size of a chart, or of a registered garment's, that suits a body; a photo needs the height beside it."""
        values = {"size_chart": size_chart, "garment_id": garment_id, **options}
        sent = photos(person=person) or None
        found = self.transport.ask_json("POST", "/v1/size-advice", values=values, photos=sent)
        return cast(answers.SizeAdvice, found)

    def outfits(self, items: Sequence[answers.OutfitItem], **options: Unpack[answers.OutfitOptions]) -> answers.Outfits:
        """Ranked outfits of these items."""
        values = {"items": list(items), **options}
        return cast(answers.Outfits, self.transport.ask_json("POST", "/v1/outfits", values=values))

    def models(self) -> list[answers.ModelInfo]:
        """All models that are loaded."""
        return cast(list[answers.ModelInfo], self.transport.ask_json("GET", "/v1/models")["models"])

    def live(self) -> bool:
        """Whether the process answers."""
        return bool(self.transport.ask_json("GET", "/health/live")["status"] == "alive")

    def ready(self) -> bool:
        """Whether work is taken; it does not wait."""
        try:
            self.transport.ask_once("GET", "/health/ready")
        except NotReady:
            return False
        return True

    def metrics(self) -> str:
        """Prometheus' text."""
        return self.transport.ask("GET", "/metrics").decode()

    def _send(self, method: str, path: str, sent: dict[str, bytes], garment_id: str | None, options: Any) -> Any:
        values = {"garment_id": garment_id, **options}
        return self.transport.ask_json(method, path, values=values, photos=sent)


def picture_of(answer: answers.TryOnAnswer) -> bytes:
    """The picture's file."""
    return base64.b64decode(answer["image"])


def _path(kind: str, id: str) -> str:
    return f"/v1/{kind}/{quote(id, safe='')}"
