"""Deny by default: every address refuses whoever it is not for. The lists below are the only public ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from civicline.people import access
from civicline.people.access import ATTRIBUTE, PERMISSIONS, PUBLIC, Gate
from civicline.people.models import Role, Staff
from civicline.web.api import api

PUBLIC_ADDRESSES = {"/", "/language/en", "/sign-in", "/healthz", "/readyz", "/metrics", "/callback/", "/callback/time"}
PUBLIC_ADDRESSES |= {f"/callback/<str:reference>/en{end}" for end in ("", "/change", "/cancel", "/callback.ics")}
PUBLIC_OPERATIONS = {"/api/v1/health", "/api/v1/openapi.json"}
REFUSED = {302, 401, 403}


def views() -> Iterator[tuple[str, object]]:
    """Every address that is no operation of the API, with its view."""
    for found in get_resolver().url_patterns:
        yield from _walk("/", found)


def _walk(start: str, found: URLPattern | URLResolver) -> Iterator[tuple[str, object]]:
    path = start + str(found.pattern).replace("<str:code>", "en")
    if isinstance(found, URLPattern):
        yield path, found.callback
    elif found.app_name != "ninja":
        for inner in found.url_patterns:
            yield from _walk(path, inner)


def operations() -> list[tuple[str, str]]:
    return [
        (operation.methods[0], f"/api/v1{path}")
        for _, router in api._routers
        for path, view in router.path_operations.items()
        for operation in view.operations
    ]


ALL = dict(views())
CLOSED = sorted(path for path in ALL if path not in PUBLIC_ADDRESSES)


@pytest.fixture
def staff(db) -> dict[str, Staff]:
    return {
        role.value: Staff.objects.create(username=f"a.{role.value}", display_name=role.label, role=role.value)
        for role in Role
    }


def test_what_is_public_is_listed() -> None:
    assert {path for path, view in ALL.items() if getattr(view, ATTRIBUTE, None) == PUBLIC} == PUBLIC_ADDRESSES


def test_every_view_says_who_may_open_it() -> None:
    assert [path for path, view in ALL.items() if getattr(view, ATTRIBUTE, None) is None] == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_strangers_are_refused(method: str, path: str) -> None:
    answer = getattr(Client(), method)(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in")


@pytest.mark.django_db
@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize("role", list(Role))
def test_the_wrong_role_is_refused(staff: dict[str, Staff], role: Role, path: str) -> None:
    client = Client()
    client.force_login(staff[role])
    allowed = access.may(staff[role], getattr(ALL[path], ATTRIBUTE))
    assert (client.get(path).status_code == 403) is not allowed


def test_each_permission_is_withheld_from_somebody_or_is_for_all_staff() -> None:
    holders = {name: {role.value for role in Role if access.may(Staff(role=role.value), name)} for name in PERMISSIONS}
    assert holders == {
        "desk.use": {"representative", "supervisor"},
        "floor.see": {"supervisor", "administrator"},
        "floor.announce": {"supervisor"},
        "recordings.export": {"supervisor", "administrator"},
        "live.follow": {"representative", "supervisor", "administrator"},
        "account.use": {"representative", "supervisor", "administrator"},
    }


def test_who_has_left_may_nothing() -> None:
    gone = Staff(role=Role.SUPERVISOR, is_active=False)
    assert not any(access.may(gone, name) for name in PERMISSIONS)


def test_a_view_that_says_nothing_is_refused() -> None:
    request = RequestFactory().get("/healthz")
    request.resolver_match = resolve("/healthz")
    with pytest.raises(PermissionDenied):
        Gate(lambda _: HttpResponse()).process_view(request, lambda _: HttpResponse(), (), {})


@pytest.mark.django_db
def test_the_api_refuses_strangers() -> None:
    closed = [(method, path) for method, path in operations() if path not in PUBLIC_OPERATIONS]
    assert closed
    for method, path in closed:
        assert Client().generic(method, path).status_code == 401, path


@pytest.mark.django_db
def test_the_api_refuses_the_wrong_role(staff: dict[str, Staff]) -> None:
    client = Client()
    client.force_login(staff["representative"])
    assert client.get("/api/v1/queues").status_code == 401
    client.force_login(staff["supervisor"])
    assert client.get("/api/v1/queues").json() == []


@pytest.mark.django_db
def test_a_part_of_a_page_sends_the_whole_page_to_the_sign_in() -> None:
    answer = Client().get("/desk/panel", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/desk/"})
    assert answer.status_code == 401
    assert answer["HX-Redirect"].startswith("/sign-in?next=")


@pytest.mark.django_db
def test_posts_need_the_token(staff: dict[str, Staff]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff["representative"])
    assert client.post("/desk/available").status_code == 403
