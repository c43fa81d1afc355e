"""Forward a request to the web process over its Unix socket and stream the answer back (RFC 9110, 7.6).

A refused connection means that nothing was sent, so it is tried again for a while: a restart of the web process is
then only a slow page. An answer that breaks off before its head is asked again for safe methods only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from starlette.types import Receive, Scope, Send

from civicline.live.unavailable import unavailable
from civicline.live.upstream import Answer, Upstream
from civicline.live.wire import Body, BrokenError, Headers, RefusedError, SlowError, UpstreamError

HOP_BY_HOP = {
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
    b"trailer", b"transfer-encoding", b"upgrade",
}  # fmt: skip
OURS = {b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port", b"forwarded"}
SAID_HERE = {b"date", b"server"}
SAFE = {"GET", "HEAD", "OPTIONS"}
PATIENCE_S = 2.0
PAUSE_S = 0.05
STATUS: dict[type[UpstreamError], int] = {RefusedError: 503, BrokenError: 502, SlowError: 504}


class Forward:
    """An ASGI application. `close()` when done."""

    def __init__(self, socket: Path) -> None:
        self._upstream = Upstream(socket)

    def close(self) -> None:
        self._upstream.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = Body(_body(receive)) if _has_body(scope["headers"]) else None
        try:
            answer = await self.ask(scope["method"], _target(scope), request_headers(scope), body)
        except BrowserGoneError:
            return
        except UpstreamError as error:
            await unavailable(STATUS.get(type(error), 502))(scope, receive, send)
        else:
            await _relay(answer, send)

    async def ask(self, method: str, target: bytes, headers: Headers, body: Body | None = None) -> Answer:
        """The answer's head, its body unread. Raises upstream.UpstreamError."""
        if body is not None:
            await body.begin()
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return await self._upstream.ask(method, target, headers, body)
            except (RefusedError, BrokenError) as error:
                again = isinstance(error, RefusedError) or (method in SAFE and body is None)
                if not again or time.monotonic() >= deadline:
                    raise
            await asyncio.sleep(PAUSE_S)


class BrowserGoneError(Exception):
    """The browser left before it had sent everything."""


def _target(scope: Scope) -> bytes:
    query: bytes = scope["query_string"]
    path: bytes = scope["raw_path"].partition(b"?")[0]
    return path + b"?" + query if query else path


def _has_body(headers: Headers) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in headers)


def request_headers(scope: Scope) -> Headers:
    """What the browser sent, without what is between it and us alone, and with who it is."""
    headers = [pair for pair in end_to_end(scope["headers"]) if pair[0] not in OURS]
    client = scope.get("client")
    host = next((value for name, value in headers if name == b"host"), b"")
    return [
        *headers,
        (b"x-forwarded-for", client[0].encode() if client else b""),
        (b"x-forwarded-proto", scope["scheme"].encode()),
        (b"x-forwarded-host", host),
    ]


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Drop hop-by-hop fields, and those that Connection names (RFC 9110, 7.6.1)."""
    lower = [(name.lower(), value) for name, value in headers]
    named = {part.strip().lower() for name, value in lower if name == b"connection" for part in value.split(b",")}
    return [(name, value) for name, value in lower if name not in HOP_BY_HOP | named]


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BrowserGoneError
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def _relay(answer: Answer, send: Send) -> None:
    headers = [pair for pair in end_to_end(answer.headers) if pair[0] not in SAID_HERE]
    try:
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        async for chunk in answer.body():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        answer.close()
