"""The floor in a real browser: what a supervisor sees while calls come and go."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from civicline.agency import pack
from civicline.core import requests
from civicline.core.agency import CallbackPolicy
from civicline.core.callback_requests import CancelCallback, TakeHold
from civicline.core.lifecycle import HungUpBy
from web.fixtures import LOOKS, cell, signed_in, violations
from web.stand import DEMO, OTHER, REPRESENTATIVE, SUPERVISOR, Stand

SHOTS = os.environ.get("SCREENSHOTS")
"""A folder for screenshots, to be looked at."""


@pytest.fixture
def floor(site: Stand, context: BrowserContext) -> Page:
    page = signed_in(context, SUPERVISOR)
    expect(page.get_by_role("heading", level=1)).to_have_text("Floor")
    expect(page.locator("body")).to_have_attribute("data-live", "open")
    return page


@pytest.fixture(autouse=True)
def _rested(site: Stand) -> Iterator[None]:
    yield
    for name in (REPRESENTATIVE, OTHER):
        site.rest(name)


def test_a_call_goes_through_the_columns(site: Stand, floor: Page) -> None:
    contact = site.call("income_tax")
    expect(cell(floor, "queue-individual", "Waiting")).to_have_text("1")
    expect(cell(floor, "queue-individual", "Longest wait").locator("time")).to_have_text(re.compile(r"^0\d:\d\d$"))
    site.give(requests.RegisterPhone(REPRESENTATIVE), requests.SignIn(REPRESENTATIVE))
    site.give(requests.BecomeAvailable(REPRESENTATIVE))
    expect(cell(floor, "queue-individual", "Ringing")).to_have_text("1")
    expect(cell(floor, "queue-individual", "Waiting")).to_have_text("0")
    expect(cell(floor, f"agent-{REPRESENTATIVE}", "State")).to_have_text("A call is ringing")
    site.phone_answers(contact)
    expect(cell(floor, "queue-individual", "Talking")).to_have_text("1")
    expect(cell(floor, f"agent-{REPRESENTATIVE}", "State")).to_have_text("Talking")
    site.caller_leaves(contact)
    expect(cell(floor, "queue-individual", "Talking")).to_have_text("0")
    expect(cell(floor, f"agent-{REPRESENTATIVE}", "State")).to_have_text("Wrap-up")


def test_who_could_take_a_call_is_counted_for_their_queues_only(site: Stand, floor: Page) -> None:
    site.ready_agent(OTHER)
    expect(cell(floor, "queue-individual", "Available")).to_have_text("1")
    expect(cell(floor, "queue-collections", "Available")).to_have_text("1")
    expect(cell(floor, "queue-business", "Available")).to_have_text("0")


@pytest.fixture
def calls_back(site: Stand) -> Iterator[None]:
    """The small agency, with places kept in one of its queues."""
    agency = pack.read(DEMO).agency
    individual = replace(agency.queues["individual"], say_every_s=60, callback=CallbackPolicy(0))
    site.give(requests.LoadAgency(replace(agency, queues=agency.queues | {"individual": individual})))
    yield
    site.give(requests.LoadAgency(agency))


def keeps_the_place(site: Stand, floor: Page) -> str:
    contact = site.call("income_tax", caller="number")
    expect(cell(floor, "queue-individual", "Waiting")).to_have_text("1")
    site.give(TakeHold(contact), requests.LegHungUp(f"{contact}-c", HungUpBy.CALLER))
    return contact


def test_a_kept_place_is_shown_until_it_is_given_up(
    site: Stand, floor: Page, context: BrowserContext, calls_back: None
) -> None:
    contact = keeps_the_place(site, floor)
    expect(cell(floor, "callbacks-individual", "Place kept")).to_have_text("1")
    expect(cell(floor, "callbacks-individual", "Due")).to_have_text("1")
    expect(cell(floor, "callbacks-individual", "Longest promise").locator("time")).to_be_visible()
    for row in ("promised-individual", "promised-all"):
        expect(cell(floor, row, "Offered")).to_have_text("1")
        expect(cell(floor, row, "Accepted")).to_have_text("100 %")
        expect(cell(floor, row, "Given up")).to_have_text("0 %")
    expect(cell(floor, "queue-individual", "Waiting")).to_have_text("0")
    queues = {each["id"]: each for each in context.request.get("/api/v1/queues").json()}
    assert [queues["individual"][name] for name in ("kept", "due", "ringing_back")] == [1, 1, 0]
    site.ready_agent(REPRESENTATIVE)
    expect(cell(floor, "callbacks-individual", "Ringing back")).to_have_text("1")
    expect(cell(floor, "callbacks-individual", "Due")).to_have_text("0")
    site.give(CancelCallback(contact))
    expect(cell(floor, "callbacks-individual", "Ringing back")).to_have_text("0")
    expect(cell(floor, "callbacks-individual", "Longest promise")).to_have_text("–")
    expect(cell(floor, "promised-individual", "Given up")).to_have_text("100 %")
    site.give(requests.LegHungUp(f"{contact}-b1", HungUpBy.US))


def test_the_waits_of_today_are_shown_as_they_become_known(site: Stand, floor: Page, calls_back: None) -> None:
    """And what they mean, which is opened by key, stays open while the board changes."""
    before = int(cell(floor, "waits-all", "Answered").inner_text())
    meaning = floor.get_by_text("give or take 60 seconds")
    expect(meaning).to_be_hidden()
    floor.get_by_text("What these figures mean").press("Enter")
    expect(meaning).to_be_visible()
    contact = site.call("income_tax")
    expect(cell(floor, "queue-individual", "Waiting")).to_have_text("1")
    site.give(requests.RegisterPhone(OTHER), requests.SignIn(OTHER), requests.BecomeAvailable(OTHER))
    expect(cell(floor, "queue-individual", "Ringing")).to_have_text("1")
    site.phone_answers(contact)
    expect(cell(floor, "queue-individual", "Talking")).to_have_text("1")
    for row in ("waits-individual", "waits-all"):
        expect(cell(floor, row, "Answered")).to_have_text(str(before + 1))
        expect(cell(floor, row, "Wait on the telephone")).to_have_text(re.compile(r"^0:\d\d$"))
    expect(meaning).to_be_visible()
    site.caller_leaves(contact)


def test_the_api_gives_the_same_figures(site: Stand, floor: Page, context: BrowserContext) -> None:
    contact = site.call("income_tax")
    expect(cell(floor, "queue-individual", "Waiting")).to_have_text("1")
    queues = {each["id"]: each for each in context.request.get("/api/v1/queues").json()}
    assert queues["individual"]["waiting"] == 1
    assert queues["individual"]["longest_wait_since"]
    site.caller_leaves(contact)
    expect(cell(floor, "queue-individual", "Waiting")).to_have_text("0")


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_the_floor_breaks_no_rule_of_access(
    site: Stand, floor: Page, calls_back: None, width: int, language: str
) -> None:
    contact = keeps_the_place(site, floor)
    floor.set_viewport_size({"width": width, "height": 800})
    floor.goto(f"/language/{language}?next=/floor/")
    site.ready_agent(REPRESENTATIVE)
    floor.locator("#figures > summary").click()
    if SHOTS:
        floor.screenshot(path=str(Path(SHOTS) / f"floor-{language}-{width}.png"), full_page=True)
    assert violations(floor) == []
    site.give(CancelCallback(contact), requests.LegHungUp(f"{contact}-b1", HungUpBy.US))
