"""A worker process without models: says its word back, sleeps, dies or fails as its work tells it. Starts at once."""

from __future__ import annotations

import os
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

from fitroom.errors import BundleError
from serve.workers.wire import FAILED, READY, pack_outcomes, unpack_works
from serve.workers.work import Made, Outcome, Work, WorkFailed


def run(connection: Connection, settings: Any) -> None:
    """Answers until the pipe closes."""
    if (settings.bundles[0] / "corrupted").exists():
        connection.send_bytes(pack_outcomes(FAILED, [BundleError("a file of the bundle was altered")]))
        return
    connection.send_bytes(pack_outcomes(READY, []))
    lock = threading.Lock()

    def answer(message: bytes) -> None:
        number, works = unpack_works(message)
        packed = pack_outcomes(number, [outcome(work) for work in works])
        with lock:
            connection.send_bytes(packed)

    while True:
        try:
            threading.Thread(target=answer, args=(connection.recv_bytes(),), daemon=True).start()
        except EOFError:
            os._exit(0)


def outcome(work: Work) -> Outcome:
    """What the work tells to happen."""
    time.sleep(work.values.get("sleep_s", 0))
    if work.values.get("die"):
        os._exit(9)
    if work.values.get("fail"):
        return WorkFailed("KeyError")
    return Made({"word": work.values["word"], "pid": os.getpid()}, work.blobs.get("image", b""))
