"""The desk promises to ring the person another time, in a real browser with the real engine, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from civicline.agency import pack
from civicline.core import callback_requests, requests
from civicline.core.agency import CallbackPolicy
from civicline.people import keyset
from civicline.people.sealing import NUMBER, open_field, seal_statements
from web.fixtures import LOOKS, signed_in, violations
from web.stand import DEMO, REPRESENTATIVE, Stand

TELEPHONE = "+12025550143"
WORDS = {"en": ("Promise the call", "You ring the person:"), "es": ("Prometer la llamada", "Usted llama a la persona:")}


@pytest.fixture(scope="module", autouse=True)
def _keys(site: Stand) -> Iterator[None]:
    """Numbers are sealed."""
    path = Path(site.environ["CIVICLINE_KEYSET"])
    made = not path.exists()
    if made:
        keyset.create(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIVICLINE_KEYSET", str(path))
        keyset._current.cache_clear()
        yield
    keyset._current.cache_clear()
    if made:
        path.unlink()


@pytest.fixture(scope="module", autouse=True)
def _takes_bookings(site: Stand, _keys: None) -> None:
    """One a slot, day and night, for whoever asks about income tax."""
    found = pack.read(DEMO).agency
    policy = CallbackPolicy(6000, hours="always", limit_a_day=99, capacity=1, slot_s=14400)
    individual = replace(found.queues["individual"], callback=policy)
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


def wraps_up(site: Stand, caller: str) -> str:
    """Amara has ended a talk."""
    site.ready_agent(REPRESENTATIVE)
    contact = site.call(caller=caller)
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        for statement, values in seal_statements(contact, {NUMBER: TELEPHONE}):
            connection.execute(statement, values)
    site.to_state(REPRESENTATIVE, "offered")
    site.phone_answers(contact)
    site.give(requests.HangUp(REPRESENTATIVE, contact))
    site.to_state(REPRESENTATIVE, "wrap_up")
    return contact


def choose(page: Page) -> int:
    """The first time, by keyboard; gives its beginning."""
    slot = page.locator("#promise-slot")
    slot.focus()
    page.keyboard.press("ArrowDown")
    return int(slot.input_value())


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize(("language", "width"), LOOKS)
def test_a_call_is_promised(site: Stand, desk: Page, language: str, width: int, tmp_path) -> None:
    save, said = WORDS[language]
    desk.set_viewport_size({"width": width, "height": 900})
    desk.goto(f"/language/{language}?next=/desk/")
    expect(desk.locator("body")).to_have_attribute("data-live", "open")
    contact = wraps_up(site, f"number of {language}")
    expect(desk.locator("#promise-slot")).to_be_visible()
    assert violations(desk) == []
    slot = choose(desk)
    desk.screenshot(path=f"{tmp_path}/promise-{language}-{width}.png", full_page=True)
    press(desk, save)
    expect(desk.locator("#promised")).to_contain_text(said)
    promised = site.bodies("callback_promised")[-1]
    assert (promised["for_agent"], promised["follows"], promised["slot"]) == (REPRESENTATIVE, contact, slot)
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        assert open_field(connection, promised["contact"], NUMBER) == TELEPHONE
    assert TELEPHONE not in str(site.bodies("request.promise_later"))


def test_a_time_that_is_taken_meanwhile_is_not_promised(site: Stand, desk: Page) -> None:
    contact = wraps_up(site, "number of another")
    slot = choose(desk)
    site.give(callback_requests.PromiseCallback("cd" * 16, "100", "somebody", "v", float(slot), "income_tax"))
    press(desk, "Promise the call")
    expect(desk.get_by_role("alert").filter(has_text="This time is no longer free. Choose another.")).to_be_visible()
    asked = site.bodies("request.promise_later")[-1]
    assert asked["contact"] == contact and asked["promised"] not in str(site.bodies("callback_promised"))
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        assert open_field(connection, asked["promised"], NUMBER) is None, "the number is kept for nothing"


def test_whose_number_is_not_rung_is_promised_nothing(site: Stand, desk: Page) -> None:
    wraps_up(site, "")
    expect(desk.locator("#wrap-save")).to_be_visible()
    expect(desk.locator("#promise-slot")).to_have_count(0)
