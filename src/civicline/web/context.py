"""What every page's template knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import get_language

from civicline.people.access import may
from civicline.people.models import Staff
from civicline.web.agency import agency_name

LANGUAGE_NAMES = {"en": "English", "es": "Español"}


def page(request: HttpRequest) -> dict[str, Any]:
    user: Staff | AnonymousUser = getattr(request, "user", None) or AnonymousUser()
    signed_in = user.is_authenticated
    return {
        "agency_name": agency_name,
        "static": settings.STATIC_URL,
        "other_languages": [(c, LANGUAGE_NAMES[c]) for c, _ in settings.LANGUAGES if c != get_language()],
        "signed_in": signed_in,
        "may_desk": signed_in and may(user, "desk.use"),
        "may_floor": signed_in and may(user, "floor.see"),
    }
