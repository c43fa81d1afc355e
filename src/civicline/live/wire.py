"""One connection to the web process: a request sent, its answer read (HTTP/1.1, RFC 9112)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import httptools

Headers = list[tuple[bytes, bytes]]
CHUNK_B = 65536
GATHERED_B = 65536


class UpstreamError(Exception):
    """There was no whole answer."""


class RefusedError(UpstreamError):
    """Nobody listens: nothing was sent."""


class BrokenError(UpstreamError):
    """The connection ended before the answer's head."""


class SlowError(UpstreamError):
    """No head within ANSWER_S."""


class _Message:
    """What the parser says of one answer."""

    def __init__(self) -> None:
        self.headers: Headers = []
        self.chunks: list[bytes] = []
        self.head = False
        self.whole = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.head = True

    def on_body(self, body: bytes) -> None:
        self.chunks.append(body)

    def on_message_complete(self) -> None:
        self.whole = True


class Body:
    """What a browser sends. Up to `GATHERED_B` of it are here before anything is asked of the web process: no
    connection waits for a slow browser, and whoever answers a form by its head alone, as where a token is missing, does
    not close the connection on the rest, by which the answer would be lost."""

    def __init__(self, parts: AsyncIterator[bytes]) -> None:
        self._parts = parts
        self._first = b""

    async def begin(self) -> None:
        while len(self._first) < GATHERED_B:
            part = await anext(self._parts, None)
            if part is None:
                return
            self._first += part

    async def parts(self) -> AsyncIterator[bytes]:
        """From the beginning, if nothing was sent before."""
        if self._first:
            yield self._first
        async for part in self._parts:
            yield part


class Wire:
    """One connection, with the answer that is being read from it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.begin()

    def begin(self) -> None:
        self.message = _Message()
        self.parser = httptools.HttpResponseParser(self.message)

    @property
    def usable(self) -> bool:
        return not self._reader.at_eof() and not self._writer.is_closing()

    @property
    def keeps(self) -> bool:
        """The answer was read whole and the connection goes on after it (RFC 9112, 9.3)."""
        said = {value.lower() for name, value in self.message.headers if name.lower() == b"connection"}
        return self.message.whole and b"close" not in said and self.parser.get_http_version() == "1.1"

    def cut(self) -> None:
        self._writer.close()

    async def send(self, head: bytes, body: Body | None, chunked: bool) -> None:
        """The head goes with the first of the body."""
        unsent = head
        if body is not None:
            async for part in body.parts():
                self._writer.write(unsent + (b"%x\r\n%b\r\n" % (len(part), part) if chunked and part else part))
                unsent = b""
                await self._writer.drain()
        self._writer.write(unsent + b"0\r\n\r\n" if chunked else unsent)

    async def read_head(self) -> None:
        while not self.message.head:
            if not await self.more():
                raise BrokenError("the answer ended before its head")

    async def more(self) -> bool:
        """Read on; False at the end of an answer that only the end of the connection ends."""
        data = await self._reader.read(CHUNK_B)
        if data:
            self.parser.feed_data(data)
            return True
        if any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self.message.headers):
            raise BrokenError("the answer ended before its length")
        return False

    def take(self) -> list[bytes]:
        chunks, self.message.chunks = self.message.chunks, []
        return chunks


def head(method: str, target: bytes, headers: Iterable[tuple[bytes, bytes]], chunked: bool) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (method.encode("ascii"), target), *(b"%b: %b" % pair for pair in headers)]
    if chunked:
        lines.append(b"transfer-encoding: chunked")
    return b"\r\n".join(lines) + b"\r\n\r\n"
