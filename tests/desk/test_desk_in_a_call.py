"""The desk during a talk, in a real browser with the real engine, by keyboard: hold, transfer, asking a colleague."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from civicline.core import requests
from civicline.people import keyset
from web.fixtures import LOOKS, cell, signed_in, violations
from web.stand import OTHER, REPRESENTATIVE, SUPERVISOR, Stand

INTERPRETER = "Ask to join the talk: Interpreter line, Another language than English or Spanish"


@pytest.fixture(scope="module", autouse=True)
def _keys(site: Stand) -> Iterator[None]:
    """Notes are sealed."""
    path = Path(site.environ["CIVICLINE_KEYSET"])
    made = not path.exists()
    if made:
        keyset.create(path)
    yield
    if made:
        path.unlink()


@pytest.fixture
def desk(site: Stand, context: BrowserContext) -> Page:
    page = signed_in(context, REPRESENTATIVE)
    expect(page.locator("body")).to_have_attribute("data-live", "open")
    return page


@pytest.fixture(autouse=True)
def _rested(site: Stand):
    yield
    site.rest(REPRESENTATIVE)
    site.rest(OTHER)


@pytest.fixture
def call(site: Stand, desk: Page) -> str:
    """Amara talks to a caller."""
    contact = site.talk(REPRESENTATIVE)
    heading(desk, "You are talking")
    return contact


def heading(page: Page, text: str) -> None:
    expect(page.locator("#contact-heading")).to_have_text(text)


def press(page: Page, name: str) -> None:
    """By keyboard."""
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()
    page.keyboard.press("Enter")


def choose(page: Page, to: str, why: str = "other_topic", note: str = "") -> None:
    page.get_by_label("To", exact=True).select_option(to)
    page.get_by_label("Why").select_option(why)
    page.get_by_label("Note for your colleague").fill(note)


def colleague(site: Stand, context: BrowserContext) -> Page:
    page = signed_in(context.browser.new_context(base_url=site.url, locale="en-US"), OTHER)  # type: ignore[union-attr]
    expect(page.locator("body")).to_have_attribute("data-live", "open")
    return page


def test_hold_and_take_back(site: Stand, desk: Page, call: str) -> None:
    press(desk, "Hold")
    heading(desk, "The caller is on hold")
    expect(desk.locator("#announcement")).to_contain_text("The caller is on hold")
    expect(desk.locator("#hold-reminder")).to_be_hidden()
    desk.clock.install()
    desk.clock.fast_forward(61_000)
    expect(desk.locator("#hold-reminder")).to_be_visible()
    expect(desk.locator("#announcement")).to_have_text("The caller is still on hold.")
    press(desk, "Take the caller back")
    heading(desk, "You are talking")


def test_a_hold_by_the_phone_ends_there(site: Stand, desk: Page, call: str) -> None:
    site.give(requests.PhoneHeld(f"{call}-1"))
    heading(desk, "The caller is on hold")
    expect(desk.get_by_text("Your phone holds the call: take the caller back there.")).to_be_visible()
    expect(desk.locator("#button-call-resume")).to_have_count(0)
    site.give(requests.PhoneResumed(f"{call}-1"))
    heading(desk, "You are talking")
    expect(desk.locator("#button-call-hold")).to_be_visible()


def test_a_transfer_shows_who_sent_it_and_why(site: Stand, desk: Page, call: str, context: BrowserContext) -> None:
    choose(desk, "queue:collections", "expert", "Has paid twice, wants it back")
    press(desk, "Transfer now")
    expect(desk.locator("#state")).to_have_text("Wrap-up")
    assert "paid twice" not in str(site.bodies("request.pass_on")[-1]), "the note is sealed, not in the journal"
    other = colleague(site, context)
    site.give(requests.RegisterPhone(OTHER), requests.SignIn(OTHER), requests.BecomeAvailable(OTHER))
    heading(other, "A call is ringing. Answer your phone.")
    card = other.get_by_role("region", name="A call is ringing. Answer your phone.")
    expect(card).to_contain_text("Amara Okafor: an expert is needed")
    expect(card).to_contain_text("Has paid twice, wants it back")
    desk.get_by_label("Outcome").select_option("referred")
    desk.get_by_role("radio", name="No", exact=True).focus()
    desk.keyboard.press("Space")
    press(desk, "Save and be available")
    expect(desk.locator("#state")).to_have_text("Available")
    said = site.bodies("segment_wrapped")[-1]
    assert (said["contact"], said["agent"], said["disposition"]) == (call, REPRESENTATIVE, "referred")
    other.context.close()


def asked_colleague(site: Stand, desk: Page, context: BrowserContext) -> Page:
    """Carla's desk, who is free and is asked with a note."""
    site.ready_agent(OTHER)
    other = colleague(site, context)
    desk.reload()
    choose(desk, f"colleague:{OTHER}", note="Knows the case")
    press(desk, "Ask first")
    expect(desk.locator("#third")).to_have_text("Ringing: Carla Reyes")
    return other


def test_asking_a_colleague_joining_and_leaving_them_together(
    site: Stand, desk: Page, call: str, context: BrowserContext
) -> None:
    other = asked_colleague(site, desk, context)
    heading(other, "A colleague asks you. Answer your phone.")
    expect(other.locator("dl")).to_contain_text("Knows the case")
    site.give(requests.LegPickedUp(f"{call}-p1"))
    expect(desk.locator("#third")).to_have_text("You speak aside with: Carla Reyes")
    heading(other, "A colleague asks you")
    press(desk, "Speak to the caller")
    expect(desk.locator("#third")).to_have_text("Waits on hold: Carla Reyes")
    press(desk, "Join all three")
    expect(desk.locator("#third")).to_have_text("All three hear each other: Carla Reyes")
    press(desk, "Leave the two together")
    expect(desk.locator("#state")).to_have_text("Wrap-up")
    heading(other, "You are talking")
    other.context.close()


def test_a_note_outlasts_an_interpreter(site: Stand, desk: Page, call: str, context: BrowserContext) -> None:
    """Whoever was sent it asks somebody to join, and goes on by it."""
    other = asked_colleague(site, desk, context)
    site.give(requests.LegPickedUp(f"{call}-p1"))
    press(desk, "Leave the two together")
    heading(other, "You are talking")
    expect(other.locator("dl")).to_contain_text("Knows the case")
    press(other, INTERPRETER)
    expect(other.locator("#third")).to_have_text("Ringing: Interpreter line")
    other.reload()
    expect(other.locator("dl")).to_contain_text("Knows the case")
    other.context.close()


def test_who_is_no_longer_free_is_told_so(site: Stand, desk: Page, call: str) -> None:
    site.ready_agent(OTHER)
    desk.reload()
    choose(desk, f"colleague:{OTHER}")
    site.give(requests.TakeBreak(OTHER))
    site.to_state(OTHER, "break")
    press(desk, "Ask first")
    expect(desk.get_by_text("Whom you chose may be busy or closed by now.")).to_be_visible()
    assert not [body for body in site.bodies("request.consult") if body["contact"] == call]


def test_an_office_and_what_for(site: Stand, desk: Page, call: str) -> None:
    choose(desk, "office:county:tax_bill")
    press(desk, "Transfer now")
    expect(desk.locator("#state")).to_have_text("Wrap-up")
    said = site.bodies("contact_referred")[-1]
    assert (said["contact"], said["office"], said["need"]) == (call, "county", "tax_bill")


def test_an_interpreter_is_asked_to_join_and_never_left_alone(site: Stand, desk: Page, call: str) -> None:
    expect(desk.locator("#transfer-to option[value^='office:county']")).to_have_count(2)
    expect(desk.locator("#transfer-to option[value^='office:interpreter']")).to_have_count(0)
    press(desk, INTERPRETER)
    expect(desk.locator("#third")).to_have_text("Ringing: Interpreter line")
    site.give(requests.LegPickedUp(f"{call}-p1"))
    press(desk, "Join all three")
    expect(desk.locator("#third")).to_have_text("All three hear each other: Interpreter line")
    expect(desk.locator("#button-call-complete")).to_have_count(0)
    press(desk, "Let the third party go")
    heading(desk, "You are talking")


def test_an_office_that_was_not_told_joins_unrecorded(site: Stand, desk: Page, call: str) -> None:
    choose(desk, "office:county:tax_bill")
    press(desk, "Ask first")
    expect(desk.locator("#third")).to_have_text("Ringing: County treasurer")
    site.give(requests.LegPickedUp(f"{call}-p1"))
    expect(desk.locator("#recording")).to_have_text("allowed")
    press(desk, "Join all three")
    expect(desk.locator("#recording")).to_have_text("paused: the other office was not told of it")
    press(desk, "Let the third party go")
    expect(desk.locator("#recording")).to_have_text("allowed")


def test_the_floor_shows_the_longest_hold(site: Stand, desk: Page, call: str, context: BrowserContext) -> None:
    floor = signed_in(context.browser.new_context(base_url=site.url, locale="en-US"), SUPERVISOR)  # type: ignore[union-attr]
    floor.goto("/floor/")
    press(desk, "Hold")
    expect(cell(floor, "queue-individual", "Longest hold").locator("time")).to_be_visible()
    expect(cell(floor, "queue-individual", "On hold")).to_have_text("1")
    floor.context.close()


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_the_call_breaks_no_rule_of_access(
    site: Stand, desk: Page, call: str, width: int, language: str, tmp_path
) -> None:
    desk.set_viewport_size({"width": width, "height": 1100})
    desk.goto(f"/language/{language}?next=/desk/")
    assert violations(desk) == []
    desk.screenshot(path=f"{tmp_path}/talk-{language}-{width}.png", full_page=True)
    site.give(requests.HoldCaller(REPRESENTATIVE, call))
    expect(desk.locator("#call-resume")).to_be_visible()
    desk.screenshot(path=f"{tmp_path}/held-{language}-{width}.png", full_page=True)
    assert violations(desk) == []
