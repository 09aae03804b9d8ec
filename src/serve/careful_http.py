"""HTTP as uvicorn speaks it, with care for clients that speak something else, too slowly, or do not listen.

What is not HTTP is answered as a problem, as every other error is. A connection that brings no request is closed, so
is one whose client stops reading what it asked for: each would be kept for good. A client refused while it still
sends is heard out for a moment: a connection closed on it would take the answer with it.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from serve.problems import Problem, problem_response

HEAD_S = 30.0  # from the connection, or the last answer, to a request whose headers are all there
DEAF_S = 60.0  # without a byte taken of what has been sent
LINGER_S = 5.0
LINGER_BYTES = 16 * 2**20


class CarefulHttp(H11Protocol):
    """One connection. h11 bounds a request's headers, at 64 KiB; the faster parser that uvicorn knows does not."""

    _silence: asyncio.TimerHandle | None = None
    _deafness: asyncio.TimerHandle | None = None
    _lingering: _Lingering

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there."""
        self._lingering = _Lingering(transport, self)
        super().connection_made(self._lingering)  # type: ignore[arg-type]
        self._listen()

    def data_received(self, data: bytes) -> None:
        """It says something."""
        if not self._lingering.drops(data):
            super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        super().connection_lost(exc)
        for timer in (self._silence, self._deafness, self._lingering.end):
            if timer is not None:
                timer.cancel()

    def on_response_complete(self) -> None:
        """Its request was answered."""
        super().on_response_complete()
        self._listen()

    def pause_writing(self) -> None:
        """It does not take what is sent."""
        super().pause_writing()
        self._await_taking()

    def resume_writing(self) -> None:
        """It has taken enough for more to be sent."""
        super().resume_writing()
        if self._deafness is not None:
            self._deafness.cancel()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """It sent what is not HTTP."""
        answer = problem_response(Problem("http-error", "this is not HTTP", rule="HTTP/1.1 as in RFC 9112"))
        headers = [*answer.raw_headers, (b"connection", b"close")]
        try:
            for event in (
                h11.Response(status_code=answer.status_code, headers=headers, reason=b"Bad Request"),
                h11.Data(data=bytes(answer.body)),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event))
        except h11.LocalProtocolError:
            pass  # an answer has begun already: what follows it cannot be told from it
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # whoever still works on an answer need not
            self.cycle.message_event.set()
        self.transport.close()

    def _await_taking(self) -> None:
        waiting = self.transport.get_write_buffer_size()
        self._deafness = self.loop.call_later(DEAF_S, self._look_whether_taken, waiting)

    def _look_whether_taken(self, waiting_before: int) -> None:
        if self.transport.get_write_buffer_size() < waiting_before:
            self._await_taking()  # slow, but it listens
        else:
            self.transport.abort()

    def _listen(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
        self._silence = self.loop.call_later(HEAD_S, self._let_go)

    def _let_go(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


class _Lingering:
    """A transport that closes in two steps where its client still sends: it says no more, then it hears no more."""

    def __init__(self, transport: asyncio.Transport, http: CarefulHttp) -> None:
        self._transport, self._http = transport, http
        self._bytes_left = LINGER_BYTES
        self.end: asyncio.TimerHandle | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self.end is not None or self._transport.is_closing()

    def close(self) -> None:
        if self.is_closing():
            return
        if self._http.conn.their_state not in (h11.SEND_BODY, h11.ERROR):
            self._transport.close()
            return
        try:
            self._transport.write_eof()
        except OSError:  # it has reset the connection meanwhile, and nobody has read that yet
            self._transport.abort()
            return
        self.end = self._http.loop.call_later(LINGER_S, self._transport.abort)
        self._transport.resume_reading()

    def drops(self, data: bytes) -> bool:
        """Whether nobody hears this any more."""
        if self.end is None:
            return False
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            self._transport.abort()
        return True
