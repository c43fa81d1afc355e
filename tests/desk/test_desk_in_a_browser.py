"""The desk in a real browser, with the real engine: every button and what is shown, used by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from civicline.core import requests
from web.fixtures import LOOKS, signed_in, violations
from web.stand import REPRESENTATIVE, Stand

# In one step, since a renewal of the panel between the two would make the browser check the form again.
SAVE_UNCHECKED = """() => {
    const save = document.querySelector('#wrap-save');
    save.form.noValidate = true;
    save.click();
}"""


@pytest.fixture
def desk(site: Stand, context: BrowserContext) -> Page:
    page = signed_in(context, REPRESENTATIVE)
    expect(page.get_by_role("heading", level=1)).to_have_text("Desk")
    expect(page.locator("body")).to_have_attribute("data-live", "open")
    return page


@pytest.fixture(autouse=True)
def _rested(site: Stand):
    yield
    site.rest(REPRESENTATIVE)


def state(page: Page, text: str) -> None:
    expect(page.locator("#state")).to_have_text(text)


def press(page: Page, name: str) -> None:
    """By keyboard."""
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()
    page.keyboard.press("Enter")


def resolved(page: Page, word: str) -> None:
    group = page.get_by_role("group", name="Is the matter resolved now?")
    group.get_by_role("radio", name=word, exact=True).focus()
    page.keyboard.press("Space")


def test_a_call_from_ring_to_wrap_up(site: Stand, desk: Page) -> None:
    site.give(requests.RegisterPhone(REPRESENTATIVE))
    press(desk, "Start work")
    state(desk, "On break")
    press(desk, "Available")
    state(desk, "Available")
    contact = site.call("income_tax", "en")
    state(desk, "A call is ringing")
    card = desk.get_by_role("region", name="A call is ringing. Answer your phone.")
    expect(card).to_contain_text("English")
    expect(card).to_contain_text("Help with your income tax return")
    expect(desk.locator("#announcement")).to_contain_text("A call is ringing")
    site.phone_answers(contact)
    state(desk, "Talking")
    press(desk, "Hang up")
    state(desk, "Wrap-up")
    desk.get_by_label("Outcome").select_option("answered")
    resolved(desk, "Yes")
    press(desk, "Save and be available")
    state(desk, "Available")
    said = site.bodies("contact_wrapped")[-1]
    assert (said["contact"], said["topic"], said["disposition"], said["resolved"]) == (
        contact, "income_tax", "answered", True,
    )  # fmt: skip
    site.caller_leaves(contact)


def test_the_form_is_kept_while_the_panel_is_renewed(site: Stand, desk: Page) -> None:
    contact = site.talk(REPRESENTATIVE)
    site.caller_leaves(contact)
    state(desk, "Wrap-up")
    desk.get_by_label("Outcome").select_option("referred")
    desk.get_by_label("Outcome").focus()
    press(desk, "Break after this contact")
    expect(desk.get_by_text("Your break begins after this contact.")).to_be_visible()
    expect(desk.get_by_label("Outcome")).to_have_value("referred")
    resolved(desk, "No")
    press(desk, "Save and take a break")
    state(desk, "On break")
    assert site.bodies("contact_wrapped")[-1]["resolved"] is False


def test_the_recording_is_paused_goes_on_and_is_refused(site: Stand, desk: Page) -> None:
    contact = site.talk(REPRESENTATIVE)
    state(desk, "Talking")
    press(desk, "Pause the recording")
    expect(desk.locator("#paused")).to_contain_text("Nothing that is said now is kept.")
    expect(desk.locator("#announcement")).to_contain_text("The recording is paused.")
    expect(desk.locator("#recording")).to_have_text("paused")
    press(desk, "Go on recording")
    expect(desk.locator("#paused")).to_have_count(0)
    expect(desk.locator("#recording")).to_have_text("allowed")
    press(desk, "The person does not want to be recorded")
    expect(desk.locator("#recording")).to_have_text("refused: not recorded")
    expect(desk.get_by_role("button", name="Pause the recording")).to_have_count(0)
    said = [site.bodies(f"recording_{kind}")[-1] for kind in ("paused", "resumed", "refused")]
    assert [(each["contact"], each["agent"]) for each in said] == [(contact, REPRESENTATIVE)] * 3


def test_a_refusal_by_the_persons_key_is_shown_and_said(site: Stand, desk: Page) -> None:
    contact = site.talk(REPRESENTATIVE)
    state(desk, "Talking")
    site.give(requests.RefuseRecording(contact))
    expect(desk.locator("#recording")).to_have_text("refused: not recorded")
    expect(desk.locator("#announcement")).to_contain_text("The person does not want to be recorded")


def test_without_a_word_on_resolution_nothing_is_saved(site: Stand, desk: Page) -> None:
    contact = site.talk(REPRESENTATIVE)
    site.caller_leaves(contact)
    state(desk, "Wrap-up")
    before = len(site.bodies("request.wrap_up"))
    desk.get_by_label("Outcome").select_option("answered")
    site.hung_up(contact)
    desk.evaluate(SAVE_UNCHECKED)
    expect(desk.get_by_text("Choose a topic, an outcome and whether")).to_be_visible()
    assert len(site.bodies("request.wrap_up")) == before
    resolved(desk, "Yes")
    press(desk, "Save and be available")
    state(desk, "Available")


def test_a_missed_call_says_so(site: Stand, desk: Page) -> None:
    site.ready_agent(REPRESENTATIVE)
    contact = site.call()
    site.to_state(REPRESENTATIVE, "offered")
    site.give(requests.LegFailed(f"{contact}-1", "declined"))
    state(desk, "Missed a call")
    expect(desk.get_by_text("The caller kept their place.")).to_be_visible()
    site.caller_leaves(contact)
    press(desk, "Available")
    state(desk, "Available")


def test_the_phone_s_registration_is_shown(site: Stand, desk: Page) -> None:
    site.give(requests.RegisterPhone(REPRESENTATIVE))
    expect(desk.get_by_text("connected", exact=True)).to_be_visible()
    site.give(requests.UnregisterPhone(REPRESENTATIVE))
    expect(desk.get_by_text("not connected", exact=True)).to_be_visible()


def test_two_tabs_share_one_connection(site: Stand, desk: Page, context: BrowserContext) -> None:
    second = context.new_page()
    second.goto("/desk/")
    expect(second.locator("body")).to_have_attribute("data-live", "open")
    press(desk, "Start work")
    state(desk, "On break")
    state(second, "On break")


def test_signing_out_ends_the_work(site: Stand, desk: Page) -> None:
    site.ready_agent(REPRESENTATIVE)
    state(desk, "Available")
    desk.get_by_role("button", name="Sign out").click()
    desk.wait_for_url("**/sign-in")
    site.to_state(REPRESENTATIVE, "signed_out")


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_the_desk_breaks_no_rule_of_access(site: Stand, desk: Page, width: int, language: str) -> None:
    desk.set_viewport_size({"width": width, "height": 800})
    desk.goto(f"/language/{language}?next=/desk/")
    assert violations(desk) == []
    site.ready_agent(REPRESENTATIVE)
    contact = site.call()
    site.to_state(REPRESENTATIVE, "offered")
    assert violations(desk) == []
    site.phone_answers(contact)
    site.to_state(REPRESENTATIVE, "talking")
    site.give(requests.PauseRecording(REPRESENTATIVE, contact))
    expect(desk.locator("#paused")).to_be_visible()
    assert violations(desk) == []
    site.caller_leaves(contact)
    site.to_state(REPRESENTATIVE, "wrap_up")
    assert violations(desk) == []
