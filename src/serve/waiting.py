"""A request that waits for its work within itself, and leaves the line when its client goes away."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request

from fitroom.errors import DataError
from serve.answering.recognizing import ms
from serve.desk import Desk, Job
from serve.problems import ClientGone, from_told
from serve.workers.work import Made, Work


async def made_for(request: Request, desk: Desk, work: Work) -> tuple[Made, Job]:
    """What came of the work, and its place in line.

    Args:
        request: whose body has been read.
        desk: where it waits.
        work: to do.

    Raises:
        Problem, FitroomError: why nothing came of it.
        ClientGone: the client has closed its connection.
    """
    job = desk.submit(work)
    gone = asyncio.ensure_future(_gone(request))
    try:
        waited: set[asyncio.Future[Any]] = {job.made, gone}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if not job.made.done():
            raise ClientGone
        return job.made.result(), job
    finally:
        gone.cancel()
        if not job.made.done():
            desk.cancel(job)


async def answered_by(request: Request, desk: Desk, work: Work) -> dict[str, Any]:
    """The values of what came of the work, with its wait and the total in its timings.

    Raises:
        Problem: also where what was told cannot be used.
        ConfigError, ClientGone: as :func:`made_for`.
    """
    try:
        made, job = await made_for(request, desk, work)
    except DataError as error:  # no data set is read for it: what was told cannot be used
        raise from_told(error) from None
    return made.values | {"timings_ms": with_queue(made.values["timings_ms"], job.queue_s)}


def with_queue(timings_ms: dict[str, float], queue_s: float) -> dict[str, float]:
    """Timings by stage, waiting first, and their total."""
    stages = {"queue": ms(queue_s), **timings_ms}
    return stages | {"total": round(sum(stages.values()), 3)}


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
