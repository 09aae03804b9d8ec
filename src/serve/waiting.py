"""A request that waits for its work within itself, and leaves the line when its client goes away."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request

from serve.desk import Desk, Job
from serve.problems import ClientGone
from serve.work import Made, Work


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


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
