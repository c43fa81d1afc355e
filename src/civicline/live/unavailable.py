"""The page that a browser gets while the web process is away."""

from starlette.responses import Response

RETRY_AFTER_S = 2
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>One moment / Un momento</title></head><body><main>
<h1>One moment, please</h1>
<p>This page is starting again. Calls go on. Reload the page in a few seconds.</p>
<h2 lang="es">Un momento, por favor</h2>
<p lang="es">Esta página se está reiniciando. Las llamadas continúan. Vuelva a cargar la página en unos segundos.</p>
</main></body></html>
"""


def unavailable(status: int) -> Response:
    headers = {
        "Retry-After": str(RETRY_AFTER_S),
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    }
    return Response(PAGE, status, headers, media_type="text/html")
