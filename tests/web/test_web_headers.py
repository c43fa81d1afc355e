"""What every answer says about itself."""

from __future__ import annotations

import re

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
PAGES = ["/", "/sign-in", "/nowhere"]


@pytest.mark.parametrize("path", PAGES)
def test_no_inline_script_or_style_and_nothing_from_other_hosts(path: str) -> None:
    answer = Client().get(path)
    policy = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    page = answer.content.decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", page)


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_neither_framed_nor_kept(path: str) -> None:
    answer = Client().get(path)
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"


def test_https_is_held_to_and_its_cookies_too() -> None:
    answer = Client().get("/sign-in", secure=True)
    assert "max-age=31536000" in answer["Strict-Transport-Security"]
    assert answer.cookies["civicline_csrf"]["secure"]


def test_plain_http_promises_no_https() -> None:
    answer = Client().get("/sign-in")
    assert "Strict-Transport-Security" not in answer
    cookie = answer.cookies["civicline_csrf"]
    assert (bool(cookie["secure"]), cookie["httponly"], cookie["samesite"]) == (False, True, "Lax")


def test_other_hosts_are_refused() -> None:
    assert Client().get("/", headers={"Host": "elsewhere.example"}).status_code == 400


@pytest.mark.parametrize(("code", "heading"), [("en", "What we promise"), ("es", "Lo que prometemos")])
def test_the_language_is_chosen_by_a_link(code: str, heading: str) -> None:
    client = Client()
    answer = client.get(f"/language/{code}?next=/", follow=True)
    assert f'<html lang="{code}">' in answer.content.decode()
    assert heading in answer.content.decode()


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_a_language_link_leads_nowhere_else(back: str) -> None:
    assert Client().get("/language/es", {"next": back})["Location"] == "/"


def test_the_metrics_are_prometheus_text() -> None:
    text = Client().get("/metrics").content.decode()
    assert "civicline_database_up 1.0" in text
    assert "civicline_journal_position 0.0" in text


def test_not_ready_without_an_engine() -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "problems": ["no engine leads"]}
