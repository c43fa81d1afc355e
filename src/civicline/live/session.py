"""Whose session a browser's cookie is: the web process is asked over the Unix socket, so there is one answer."""

from __future__ import annotations

import json

from starlette.requests import Request

from civicline.live.events import Viewer
from civicline.live.forward import Forward, request_headers
from civicline.live.wire import UpstreamError


class SessionUnknownError(Exception):
    """The web process could not be asked."""


async def viewer(forward: Forward, request: Request) -> Viewer | None:
    """None when nobody is signed in. Raises SessionUnknownError."""
    headers = [pair for pair in request_headers(request.scope) if pair[0] in (b"cookie", b"host", b"x-forwarded-proto")]
    try:
        answer = await forward.ask("GET", b"/live/whoami", [*headers, (b"hx-request", b"true")])
        body = b"".join([chunk async for chunk in answer.body()])
    except UpstreamError as error:
        raise SessionUnknownError from error
    if answer.status >= 500:
        raise SessionUnknownError
    if answer.status != 200:
        return None
    found = json.loads(body)
    return Viewer(found["staff"], found["all"], set(found["contacts"]))
