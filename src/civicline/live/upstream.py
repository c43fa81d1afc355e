"""Ask the web process over its Unix socket, with kept connections and streamed bodies.

A general client cost more than Django's own work for a small page (docs/decisions/0006-one-origin.md), and this one
has a single peer, which is ours: no TLS, no redirects, no cookies, no proxies.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import httptools

from civicline.live.wire import Body, BrokenError, Headers, RefusedError, SlowError, Wire, head

CONNECTIONS = 128
ANSWER_S = 60.0
NO_BODY = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


class Answer:
    """Its head is read; read `body()` to the end or `close()`."""

    def __init__(self, upstream: Upstream, wire: Wire, method: str) -> None:
        self._upstream, self._wire = upstream, wire
        self.status = wire.parser.get_status_code()
        self.headers = wire.message.headers
        self._bodiless = method == "HEAD" or self.status in NO_BODY

    async def body(self) -> AsyncIterator[bytes]:
        """Raises BrokenError when it ends too early."""
        try:
            while not self._bodiless:
                for chunk in self._wire.take():
                    yield chunk
                if self._wire.message.whole or not await self._wire.more():
                    break
        finally:
            self.close()

    def close(self) -> None:
        """Keep the connection when the answer was read whole, else cut it. Safe to repeat."""
        wire, upstream = self._wire, self._upstream
        reusable = wire.keeps and not self._bodiless
        upstream.give_back(wire, reusable)


class Upstream:
    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._idle: list[Wire] = []
        self._out: set[Wire] = set()
        self._places = asyncio.Semaphore(CONNECTIONS)

    async def ask(self, method: str, target: bytes, headers: Headers, body: Body | None = None) -> Answer:
        """Raises RefusedError, BrokenError or SlowError."""
        await self._places.acquire()
        try:
            wire = await self._wire()
        except BaseException:
            self._places.release()
            raise
        self._out.add(wire)
        try:
            chunked = body is not None and not any(name == b"content-length" for name, _ in headers)
            async with asyncio.timeout(ANSWER_S):
                await wire.send(head(method, target, headers, chunked), body, chunked)
                await wire.read_head()
        except TimeoutError as error:
            self.give_back(wire, False)
            raise SlowError(f"no answer within {ANSWER_S:g} s") from error
        except (OSError, httptools.HttpParserError) as error:
            self.give_back(wire, False)
            # asyncio takes a full backlog of a Unix socket for a connection: nothing was sent then either.
            unsent = isinstance(error, OSError) and error.errno == errno.ENOTCONN
            raise (RefusedError if unsent else BrokenError)(str(error)) from error
        except BaseException:
            self.give_back(wire, False)
            raise
        return Answer(self, wire, method)

    async def _wire(self) -> Wire:
        while self._idle:
            wire = self._idle.pop()
            if wire.usable:
                wire.begin()
                return wire
            wire.cut()
        try:
            return Wire(*await asyncio.open_unix_connection(self._socket))
        except OSError as error:
            raise RefusedError(str(error)) from error

    def give_back(self, wire: Wire, reusable: bool) -> None:
        if wire not in self._out:
            return
        self._out.discard(wire)
        self._places.release()
        if reusable:
            self._idle.append(wire)
        else:
            wire.cut()

    def close(self) -> None:
        for wire in (*self._idle, *self._out):
            wire.cut()
        self._idle.clear()
