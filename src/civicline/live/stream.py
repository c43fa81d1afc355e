"""`/live/events`: one stream of server-sent events to one browser (WHATWG HTML, 9.2)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import psycopg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from civicline.live import events
from civicline.live.events import Viewer
from civicline.live.feed import Feed, Subscription
from civicline.live.forward import Forward
from civicline.live.session import SessionUnknownError, viewer

HEARTBEAT_S = 15.0
SESSION_CHECK_S = 60.0
RETRY_MS = 1000
FOLLOWING_WAIT_S = 3.0
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}


class Events:
    """The endpoint. 401 when nobody is signed in, 503 while the web process or the database is away."""

    def __init__(self, feed: Feed, forward: Forward) -> None:
        self._feed = feed
        self._forward = forward

    async def __call__(self, request: Request) -> Response:
        try:
            who = await viewer(self._forward, request)
        except SessionUnknownError:
            return _later()
        if who is None:
            return JSONResponse({"error": "sign in first"}, 401, HEADERS)
        if not await _following(self._feed):
            return _later()
        return StreamingResponse(self._stream(request, who), 200, HEADERS, "text/event-stream")

    async def _stream(self, request: Request, who: Viewer) -> AsyncIterator[bytes]:
        with self._feed.subscribe() as subscription:
            yield f"retry: {RETRY_MS}\n\n".encode()
            yield await self._missed(_last_seen(request), who)
            checked = time.monotonic()
            while True:
                yield await self._next(subscription, who)
                if time.monotonic() - checked > SESSION_CHECK_S:
                    checked = time.monotonic()
                    if not await self._still(request, who):
                        yield b"event: signed-out\ndata: {}\n\n"
                        return

    async def _missed(self, last_seen: int | None, who: Viewer) -> bytes:
        if last_seen is None:
            return events.reset(self._feed.position)
        try:
            rows = await self._feed.since(last_seen)
        except psycopg.Error:
            rows = None
        return events.reset(self._feed.position) if rows is None else events.encode(rows, who)

    async def _next(self, subscription: Subscription, who: Viewer) -> bytes:
        try:
            rows = await asyncio.wait_for(subscription.batches.get(), HEARTBEAT_S)
        except TimeoutError:
            return b": beat\n\n"
        return events.reset(self._feed.position) if rows is None else events.encode(rows, who)

    async def _still(self, request: Request, who: Viewer) -> bool:
        try:
            now = await viewer(self._forward, request)
        except SessionUnknownError:
            return True
        return now is not None and (now.staff, now.all) == (who.staff, who.all)


async def _following(feed: Feed) -> bool:
    try:
        await asyncio.wait_for(feed.following.wait(), FOLLOWING_WAIT_S)
    except TimeoutError:
        return False
    return True


def _last_seen(request: Request) -> int | None:
    """The header that a reconnecting EventSource sends; the query for one that had to be made anew."""
    text = request.headers.get("last-event-id") or request.query_params.get("after", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _later() -> Response:
    return JSONResponse({"error": "not ready; try again"}, 503, HEADERS | {"Retry-After": "1"})
