"""The desk after a talk that was cut, in a real browser with the real engine, by keyboard: ringing back and why not."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from civicline.agency import pack
from civicline.core import callback_requests, requests
from civicline.core.agency import CallbackPolicy
from civicline.core.lifecycle import Failure, HungUpBy
from web.fixtures import LOOKS, signed_in, violations
from web.stand import DEMO, REPRESENTATIVE, Stand

WORDS = {
    "en": ("Ring back", "Do not ring again", "The person is being rung.", "busy"),
    "es": ("Volver a llamar", "No llamar otra vez", "Se está llamando a la persona.", "ocupado"),
}


@pytest.fixture(scope="module", autouse=True)
def _rings_back(site: Stand) -> None:
    """Whoever asks about income tax may be rung back, day and night."""
    found = pack.read(DEMO).agency
    policy = CallbackPolicy(6000, hours="always", limit_a_day=99, other_numbers=True)
    individual = replace(found.queues["individual"], callback=policy, say_every_s=60)
    site.give(requests.LoadAgency(replace(found, queues=found.queues | {"individual": individual})))


@pytest.fixture
def desk(site: Stand, context: BrowserContext) -> Page:
    page = signed_in(context, REPRESENTATIVE)
    expect(page.locator("body")).to_have_attribute("data-live", "open")
    return page


@pytest.fixture(autouse=True)
def _rested(site: Stand):
    yield
    site.rest(REPRESENTATIVE)


def cut(site: Stand, caller: str) -> str:
    """Amara talks to somebody whose line drops."""
    contact = site.talk(REPRESENTATIVE, caller)
    site.to_state(REPRESENTATIVE, "talking")
    site.caller_leaves(contact)
    site.to_state(REPRESENTATIVE, "wrap_up")
    return contact


def stage(page: Page, name: str) -> None:
    expect(page.locator("#ring-back")).to_have_attribute("data-stage", name)


def press(page: Page, name: str) -> None:
    """By keyboard."""
    page.get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_rung_not_reached_and_rung_no_more(site: Stand, desk: Page, language: str, width: int, tmp_path) -> None:
    ring, stop, rings, busy = WORDS[language]
    desk.set_viewport_size({"width": width, "height": 900})
    desk.goto(f"/language/{language}?next=/desk/")
    expect(desk.locator("body")).to_have_attribute("data-live", "open")
    contact = cut(site, f"number of {language}")
    stage(desk, "may")
    assert violations(desk) == []
    desk.screenshot(path=f"{tmp_path}/may-{language}-{width}.png", full_page=True)
    press(desk, ring)
    stage(desk, "rings")
    expect(desk.locator("#announcement")).to_contain_text(rings)
    site.give(requests.LegFailed(f"{contact}-b1", Failure.BUSY))
    stage(desk, "failed")
    expect(desk.locator("#ring-back")).to_contain_text(busy)
    assert violations(desk) == []
    desk.screenshot(path=f"{tmp_path}/failed-{language}-{width}.png", full_page=True)
    press(desk, stop)
    stage(desk, "stopped")
    assert site.bodies("callback_cancelled")[-1]["by"] == REPRESENTATIVE
    expect(desk.locator("#wrap-save")).to_be_visible()


def test_the_person_presses_1_and_is_there(site: Stand, desk: Page) -> None:
    contact = cut(site, "number of one")
    stage(desk, "may")
    press(desk, "Ring back")
    stage(desk, "rings")
    site.give(requests.LegPickedUp(f"{contact}-b1"), callback_requests.ReachPerson(contact))
    expect(desk.locator("#contact-heading")).to_have_text("A call is ringing. Answer your phone.")
    site.phone_answers(contact, offer=2)
    expect(desk.locator("#contact-heading")).to_have_text("You are talking")


def test_who_calls_again_is_announced(site: Stand, desk: Page) -> None:
    cut(site, "number of two")
    stage(desk, "may")
    again = site.call(caller="number of two")
    stage(desk, "back")
    expect(desk.locator("#announcement")).to_contain_text("waits for you")
    desk.get_by_label("Outcome").select_option("answered")
    desk.get_by_role("radio", name="No", exact=True).focus()
    desk.keyboard.press("Space")
    press(desk, "Save and be available")
    expect(desk.locator("#contact-heading")).to_have_text("A call is ringing. Answer your phone.")
    site.caller_leaves(again)


@pytest.mark.parametrize(("caller", "why"), [("", "the number is withheld"), ("number of three", "called already")])
def test_who_cannot_be_rung_is_said_and_why(site: Stand, desk: Page, caller: str, why: str) -> None:
    if caller:
        slot = time.time() + 6000
        site.give(callback_requests.PromiseCallback("ab" * 16, "100", caller, "v", slot, "income_tax"))
    cut(site, caller)
    if caller:
        stage(desk, "may")
        press(desk, "Ring back")
    stage(desk, "cannot")
    expect(desk.locator("#ring-back")).to_contain_text(why)
    expect(desk.get_by_role("button", name="Ring back")).to_have_count(0)


def test_whoever_withholds_the_number_is_rung_back_at_the_one_that_was_keyed_in(site: Stand, desk: Page) -> None:
    contact = site.call()
    leg = f"{contact}-b1"
    site.give(
        callback_requests.AskNumber(contact),
        callback_requests.EnteredNumber(contact),
        callback_requests.GiveNumber(contact, "number of five"),
        callback_requests.PlayedHold(contact),
        requests.LegHungUp(f"{contact}-c", HungUpBy.US),
    )
    site.ready_agent(REPRESENTATIVE)
    site.give(requests.LegPickedUp(leg), callback_requests.ReachPerson(contact))
    site.to_state(REPRESENTATIVE, "offered")
    site.phone_answers(contact)
    site.to_state(REPRESENTATIVE, "talking")
    site.give(requests.LegHungUp(leg, HungUpBy.CALLER), requests.LegHungUp(f"{contact}-1", HungUpBy.US))
    site.to_state(REPRESENTATIVE, "wrap_up")
    stage(desk, "may")
    press(desk, "Ring back")
    stage(desk, "rings")
