"""A supervisor has something said before a menu: typed in both languages, or a message of the pack, until it ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from civicline.core.menu_requests import LiftUrgent
from web.fixtures import LOOKS, signed_in, violations
from web.stand import ADMINISTRATOR, REPRESENTATIVE, SUPERVISOR, Stand

SHOTS = os.environ.get("SCREENSHOTS")
"""A folder for screenshots, to be looked at."""


@pytest.fixture
def floor(site: Stand, context: BrowserContext) -> Page:
    page = signed_in(context, SUPERVISOR)
    expect(page.locator("body")).to_have_attribute("data-live", "open")
    return page


@pytest.fixture(autouse=True)
def _lifted(site: Stand) -> Iterator[None]:
    yield
    site.give(LiftUrgent("main", "test"))


def say(page: Page, english: str = "", spanish: str = "", ready: str = "") -> None:
    page.get_by_label("English").fill(english)
    page.get_by_label("Español").fill(spanish)
    if ready:
        page.get_by_label("A message that is ready").select_option(label=ready)
    page.get_by_label("For how long").select_option(label="2 hours")
    page.get_by_role("button", name="Say it").click()


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def test_a_message_is_typed_said_and_stopped(site: Stand, floor: Page) -> None:
    before = len(site.bodies("urgent_posted"))
    say(floor, "The office closes at noon today.", "Hoy la oficina cierra al mediodía.")
    shown = floor.locator("#urgent-main")
    expect(shown).to_contain_text("The office closes at noon today.")
    expect(shown).to_contain_text("Main")
    posted = site.bodies("urgent_posted")[before:]
    assert [(body["menu"], body["texts"], body["by"]) for body in posted] == [
        ("main", {"en": "The office closes at noon today.", "es": "Hoy la oficina cierra al mediodía."}, SUPERVISOR)
    ]
    assert 7100 < posted[0]["until"] - posted[0]["at"] <= 7200
    floor.set_viewport_size({"width": 1280, "height": 900})
    shot(floor, "floor-urgent-1280")
    floor.get_by_role("button", name="Stop saying it").click()
    expect(floor.locator("#urgent-main")).to_have_count(0)
    assert site.bodies("urgent_lifted")[-1]["by"] == SUPERVISOR


def test_a_message_of_the_pack_is_chosen(site: Stand, floor: Page) -> None:
    say(floor, ready="systems that are down")
    expect(floor.locator("#urgent-main")).to_contain_text("Our computers are not working at the moment.")
    assert site.bodies("urgent_posted")[-1]["message"] == "systems_down"


@pytest.mark.parametrize(
    ("english", "spanish", "ready", "says"),
    [
        ("Only English.", "", "", "Write it in this language, too."),
        ("", "", "", "Choose a message that is ready, or write one."),
        ("Both.", "Ambos.", "systems that are down", "Choose a message that is ready, or write one, not both."),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    site: Stand, floor: Page, english: str, spanish: str, ready: str, says: str
) -> None:
    before = len(site.bodies("request.post_urgent"))
    say(floor, english, spanish, ready)
    expect(floor.locator(".usa-error-message")).to_have_text(says)
    expect(floor.get_by_label("English")).to_have_value(english)
    assert len(site.bodies("request.post_urgent")) == before


def test_only_supervisors_announce(site: Stand, context: BrowserContext) -> None:
    page = signed_in(context, ADMINISTRATOR)
    page.goto("/floor/")
    expect(page.get_by_role("button", name="Say it")).to_have_count(0)
    assert context.request.post("/floor/urgent", form={"menu": "main"}).status == 403
    page.close()  # or it goes on asking, and is given a cookie again
    context.clear_cookies()
    signed_in(context, REPRESENTATIVE)
    assert context.request.post("/floor/urgent/lift", form={"menu": "main"}).status == 403


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_the_form_breaks_no_rule_of_access(site: Stand, floor: Page, width: int, language: str) -> None:
    say(floor, "Late today.", "Hoy hay retrasos.")
    expect(floor.locator("#urgent-main")).to_be_visible()
    floor.set_viewport_size({"width": width, "height": 800})
    floor.goto(f"/language/{language}?next=/floor/")
    shot(floor, f"floor-urgent-{language}-{width}")
    assert violations(floor) == []
