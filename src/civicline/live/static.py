"""Static files under `/static/<version>/`: kept by browsers for a year, since a change gives a new address."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

YEAR_S = 365 * 24 * 3600
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


class StaticFiles:
    """An endpoint for GET and HEAD. A file beside that ends in `.gz` is sent to browsers that accept gzip."""

    def __init__(self, folder: Path, version: str) -> None:
        self._folder = folder.resolve()
        self._version = version

    async def __call__(self, request: Request) -> Response:
        path = (self._folder / request.path_params["path"]).resolve()
        if not path.is_relative_to(self._folder) or not path.is_file():
            raise HTTPException(404)
        headers = {"Cache-Control": self._keep(request.path_params["version"]), "X-Content-Type-Options": "nosniff"}
        packed = path.with_name(path.name + ".gz")
        sent = path
        if packed.is_file():
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("accept-encoding", ""):
                headers["Content-Encoding"] = "gzip"
                sent = packed
        return FileResponse(sent, headers=headers, media_type=TYPES.get(path.suffix))

    def _keep(self, version: str) -> str:
        """An address of another version (a page made before an update) is served, but not kept."""
        return f"public, max-age={YEAR_S}, immutable" if version == self._version else "no-cache"
