"""The public home page, the probes and the error pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from civicline.callbacks.queries import topics
from civicline.people.access import public
from civicline.web import metrics as gauges
from civicline.web import readiness
from civicline.web.agency import agency_card, current


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "web/home.html", {"agency": agency_card(), "callbacks": bool(topics(current()))})


@public
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@public
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and the engine follows the journal, else 503 with what is missing."""
    problems = readiness.problems()
    return JsonResponse({"ready": not problems, "problems": problems}, status=503 if problems else 200)


@public
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    return HttpResponse(gauges.text(), content_type=gauges.CONTENT_TYPE)


@public
def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "web/refused.html", status=403)


@public
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "web/not_found.html", status=404)


@public
def broken(request: HttpRequest) -> HttpResponse:
    """Asks nothing of the database, which may be what is broken."""
    return HttpResponse(render(None, "web/broken.html").content, status=500)
