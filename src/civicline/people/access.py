"""Who may open what. Deny by default: a view without a word on access is refused to everybody.

A view says `@public` or `@requires("floor.see")`. Permissions are `rules` predicates over the signed-in person.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

import rules
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from civicline.people.models import Role, Staff

PUBLIC = "public"
ATTRIBUTE = "civicline_access"
V = TypeVar("V", bound=Callable[..., Any])


def _role(*roles: Role) -> Any:
    def holds(user: Staff | AnonymousUser) -> bool:
        return isinstance(user, Staff) and user.is_active and user.role in roles

    return rules.predicate(holds, name=" or ".join(roles))


PERMISSIONS = {
    "desk.use": _role(Role.REPRESENTATIVE, Role.SUPERVISOR),
    "floor.see": _role(Role.SUPERVISOR, Role.ADMINISTRATOR),
    "recordings.export": _role(Role.SUPERVISOR, Role.ADMINISTRATOR),
    "live.follow": _role(*Role),
    "account.use": _role(*Role),
}
for _name, _predicate in PERMISSIONS.items():
    rules.set_perm(_name, _predicate)


def public(view: V) -> V:
    setattr(view, ATTRIBUTE, PUBLIC)
    return view


def requires(permission: str) -> Callable[[V], V]:
    if permission not in PERMISSIONS:
        raise LookupError(f"{permission} is not a permission: name it in civicline.people.access")

    def mark(view: V) -> V:
        setattr(view, ATTRIBUTE, permission)
        return view

    return mark


def may(user: Staff | AnonymousUser, permission: str) -> bool:
    return bool(rules.has_perm(permission, user))


class Gate:
    """Middleware that holds every view to its word. Ninja's operations carry their own `auth` (civicline.web.api)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: object, kwargs: object
    ) -> HttpResponseBase | None:
        word = access_of(request, view)
        if word == PUBLIC:
            return None
        if word is None:
            raise PermissionDenied(f"{view} says nothing on access")
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if not may(request.user, word):
            raise PermissionDenied(f"{word} is not allowed to this role")
        return None


def access_of(request: HttpRequest, view: Callable[..., Any]) -> str | None:
    match = request.resolver_match
    if match is not None and match.app_names == ["ninja"]:
        return PUBLIC
    return getattr(view, ATTRIBUTE, None)


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """A page goes to the sign-in page and back; a part of a page (htmx) has the whole page go there."""
    if request.headers.get("HX-Request"):
        back = request.headers.get("HX-Current-URL", "")
        return HttpResponse(status=401, headers={"HX-Redirect": f"{settings.LOGIN_URL}?{urlencode({'next': back})}"})
    if request.method not in ("GET", "HEAD"):
        return redirect(settings.LOGIN_URL)
    return redirect(f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()})}")
