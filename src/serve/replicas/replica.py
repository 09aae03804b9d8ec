"""A replica: loads the models, verified by hash, and answers messages of ``serve.workers.wire``. No word of Ray."""

from __future__ import annotations

import asyncio
import os
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from fitroom import __version__
from fitroom.errors import BundleError, LaunchError, WeightsError
from fitroom.progress import log
from serve.logs import setup_logs
from serve.settings import Settings
from serve.workers.models import Models
from serve.workers.opened import POSE, Opened
from serve.workers.wire import pack_outcomes, unpack_works

END = 1  # exit code of a replica that ends itself


class Replica:
    """Computes what it is asked, ``concurrency`` pieces at once.

    Args:
        settings: the server's, but for its keys.
        hashes: of the server's models, see :meth:`serve.workers.opened.Opened.hashes`; those here must be the same.
        version: of the server.
        end: what ends the process.

    Raises:
        BundleError: a bundle does not open or load, or is another than the server's.
        WeightsError: the same of the pose model.
        LaunchError: another version of fitroom is installed here.
    """

    def __init__(
        self, settings: Settings, hashes: Mapping[str, str], version: str, end: Callable[[int], None] = os._exit
    ) -> None:
        setup_logs(settings.access_log)
        warnings.filterwarnings("ignore", module="PIL")
        require_same_version(version)
        opened = Opened(settings)
        require_same_models(opened, hashes)
        self.models, self.work_timeout_s, self._end = Models(opened), settings.work_timeout_s, end
        self._pool = ThreadPoolExecutor(settings.concurrency)

    async def answer(self, message: bytes) -> bytes:
        """What came of the work of a message.

        Work that takes too long cannot be stopped; the process ends over it, and the cluster starts another.
        """
        number, works = unpack_works(message)
        loop = asyncio.get_running_loop()
        late = loop.call_later(self.work_timeout_s, self._too_late)
        try:
            return pack_outcomes(number, await loop.run_in_executor(self._pool, self.models.make, works))
        finally:
            late.cancel()

    def _too_late(self) -> None:
        log.error("work took more than %g s", self.work_timeout_s)
        self._end(END)


def require_same_version(version: str) -> None:
    """Raises LaunchError where the server is of another version."""
    if version != __version__:
        raise LaunchError(
            "a machine of the cluster has another version of fitroom", rule=f"that of the server, {version}",
            got=__version__, fix="install the same on all machines",
        )  # fmt: skip


def require_same_models(opened: Opened, hashes: Mapping[str, str]) -> None:
    """Raises BundleError where a bundle is another than the server's, WeightsError where the pose model is."""
    if opened.pose_sha256 != hashes.get(POSE):
        raise WeightsError(
            "a machine of the cluster has another pose model", where=opened.settings.pose,
            rule=f"SHA-256 {hashes.get(POSE)}", got=opened.pose_sha256,
            fix="copy the server's to the same folder of all machines",
        )  # fmt: skip
    for name, bundle in opened.bundles.items():
        if bundle.hash != hashes.get(name):
            raise BundleError(
                "a machine of the cluster has another bundle", where=bundle.path, rule=f"SHA-256 {hashes.get(name)}",
                got=bundle.hash, fix="copy the server's bundles to the same folders of all machines",
            )  # fmt: skip
