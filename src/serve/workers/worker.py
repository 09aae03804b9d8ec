"""The worker process: loads the models, says that it is ready, answers work until the pipe to its server closes."""

from __future__ import annotations

import os
import signal
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

from serve.logs import setup_logs
from serve.settings import Settings
from serve.workers.models import Models
from serve.workers.opened import Opened
from serve.workers.wire import FAILED, READY, pack_outcomes, unpack_works
from serve.workers.work import not_loaded


def run(connection: Connection, settings: Settings) -> None:
    """What the process does; ends when the other end of the pipe is closed, so that no worker outlives its server.

    Args:
        connection: messages of ``serve.workers.wire``.
        settings: the server's.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the server decides when it ends, after what is in flight
    setup_logs(settings.access_log)
    warnings.filterwarnings("ignore", module="PIL")
    try:
        models = Models(Opened(settings))
    except Exception as error:
        connection.send_bytes(pack_outcomes(FAILED, [not_loaded(error)]))
        return
    connection.send_bytes(pack_outcomes(READY, []))
    lock = threading.Lock()

    def answer(message: bytes) -> None:
        number, works = unpack_works(message)
        packed = pack_outcomes(number, models.make(works))
        with lock:
            connection.send_bytes(packed)

    pool = ThreadPoolExecutor(settings.concurrency)
    while True:
        try:
            pool.submit(answer, connection.recv_bytes())
        except (EOFError, OSError):
            os._exit(0)  # nobody is left to hear an answer
