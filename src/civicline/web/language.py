"""The language of the pages: kept in a cookie, chosen by a link on every page or by the person's own setting."""

from __future__ import annotations

from typing import TypeVar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET

from civicline.people.access import public

R = TypeVar("R", bound=HttpResponseBase)


def set_language(response: R, code: str) -> R:
    """Remember a language; one that the pages do not speak changes nothing."""
    if code in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, code, max_age=settings.LANGUAGE_COOKIE_AGE, httponly=True, samesite="Lax"
        )
    return response


@public
@require_GET
def choose(request: HttpRequest, code: str) -> HttpResponse:
    if code not in dict(settings.LANGUAGES):
        raise Http404(code)
    back = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    return set_language(redirect(back), code)
