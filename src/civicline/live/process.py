"""The push process, which is also the one origin (docs/decisions/0006-one-origin.md)."""

from __future__ import annotations

import uvicorn

from civicline.database.urls import urls
from civicline.live.app import make_app
from civicline.settings import Settings
from civicline.web.process import socket_path

SHUTDOWN_S = 1
"""Open streams are cut after this long; browsers come back with Last-Event-ID."""


def run(settings: Settings) -> int:
    """Serve `settings.http` until SIGTERM or SIGINT. Returns the exit code."""
    app = make_app(socket_path(settings), lambda: urls(settings).app)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.http.host,
            port=settings.http.port,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=True,
            timeout_keep_alive=20,
            timeout_graceful_shutdown=SHUTDOWN_S,
        )
    )
    server.run()
    return 0 if server.started else 1
