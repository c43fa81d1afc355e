"""The one origin: push and static files are answered here, everything else goes to the web process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from civicline.live.feed import Feed
from civicline.live.forward import Forward
from civicline.live.static import StaticFiles
from civicline.live.stream import Events
from civicline.web import assets


def make_app(web_socket: Path, database_url: Callable[[], str]) -> Starlette:
    feed, forward = Feed(database_url), Forward(web_socket)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(feed.run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        forward.close()

    return Starlette(
        routes=[
            Route("/live/events", Events(feed, forward).__call__),
            Route("/live/{rest:path}", _nothing),
            Route("/static/{version}/{path:path}", StaticFiles(assets.STATIC, assets.version()).__call__),
            Mount("/", forward),
        ],
        lifespan=lifespan,
    )


async def _nothing(_: Request) -> Response:
    """`/live/whoami` of the web process is for this process alone."""
    raise HTTPException(404)
