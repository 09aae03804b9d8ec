"""Starts the server: opens the bundles, takes the port, answers until SIGTERM or Ctrl-C."""

from __future__ import annotations

import signal
import socket
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from fitroom.errors import LaunchError
from fitroom.progress import log
from serve.app import create_app
from serve.careful_http import CarefulHttp
from serve.logs import setup_logs
from serve.service import Service
from serve.settings import Settings
from serve.workers.work import not_loaded


def main(bundles: Sequence[Path], host: str = "127.0.0.1", port: int = 8000, **options: Any) -> int:
    """Serves until stopped.

    Args:
        bundles: bundle folders, or runs with a bundle.
        host: address to listen on; 127.0.0.1 is this machine only.
        port: port to listen on; 0 = any free one, see the log.
        options: further fields of :class:`serve.settings.Settings`.

    Returns:
        0 after SIGTERM or Ctrl-C.

    Raises:
        BundleError: a bundle does not open or load, or two have the same name.
        WeightsError: the pose model is none.
        LaunchError: the address cannot be had, or the models cannot be loaded for another reason.
    """
    warnings.filterwarnings("ignore", module="PIL")  # of oddities in clients' files, which are no matter for a log
    settings = Settings(bundles=list(bundles), **options)
    if settings.access_log:
        setup_logs(as_json=True)
    app = create_app(settings)
    service: Service = app.state.service
    with _listen(host, port) as listener:
        config = uvicorn.Config(
            app,
            http=CarefulHttp,
            ws="none",  # where a library for it is installed, uvicorn would answer for us, and not as we do
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=max(1, round(settings.shutdown_s)),
        )
        server = DrainingServer(config, service)
        service.backend.on_failure = lambda: setattr(server, "should_exit", True)
        log.info("serving %s on http://%s:%d", ", ".join(service.opened.bundles), host, listener.getsockname()[1])
        with _quiet_stop():
            server.run(sockets=[listener])
    if service.backend.failure is not None:
        raise not_loaded(service.backend.failure) from service.backend.failure
    log.info("stopped")
    return 0


class DrainingServer(uvicorn.Server):
    """Stops in two steps: nobody new is let in while those inside are answered and can fetch what they asked for.

    Args:
        config: uvicorn's.
        service: what is drained.
    """

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self.service = service
        self._draining: threading.Thread | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal begins to drain, a second one ends it."""
        if self._draining is not None:
            super().handle_exit(sig, frame)
            return
        self.service.desk.stopping = True
        self._draining = threading.Thread(target=self._drain, daemon=True)
        self._draining.start()

    def _drain(self) -> None:
        end = time.monotonic() + self.service.settings.shutdown_s
        while time.monotonic() < end and not (self.service.desk.idle and self.service.jobs.all_fetched):
            time.sleep(0.02)
        # uvicorn waits once more, for connections: in all no longer than was said.
        self.config.timeout_graceful_shutdown = max(1, round(end - time.monotonic()))
        self.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65_535:
        raise LaunchError("there is no such port", rule="0 to 65535", got=port)
    listener: socket.socket | None = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With the protocol named, asyncio sends small answers at once; without, each may wait 40 ms for an ACK.
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except (OSError, UnicodeError) as error:  # a name with an empty part between dots is not even looked up
        if listener is not None:
            listener.close()
        raise LaunchError(
            "the server cannot listen there",
            where=f"{host}:{port}",
            got=error.strerror if isinstance(error, OSError) else "no host name",
            fix="see that --host is an address of this machine; stop what uses the port, or choose another with --port",
        ) from error
    return listener


@contextmanager
def _quiet_stop() -> Iterator[None]:
    """uvicorn raises the stop signal again once it has shut down, which would make a clean end look like a crash."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
