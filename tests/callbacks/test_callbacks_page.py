"""Asking for a callback on the public page, with a real engine and database behind it, without a browser."""

from __future__ import annotations

import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import icalendar
import psycopg
import pytest

from callbacks.offered import CAPACITY, START, TIME, Person, load
from civicline.agency import pack
from civicline.callbacks.actions import DAY_S
from civicline.journal import timers
from civicline.people.keyset import hashed
from civicline.people.pauses import FREE_FOR_ADDRESS
from civicline.people.sealing import DISPOSE, open_field
from civicline.voice import store
from peers.ports import eventually
from web.stand import DEMO

_numbers = itertools.count(1000)


@pytest.fixture(scope="module", autouse=True)
def _offered(site):
    load(site)


@pytest.fixture(autouse=True)
def _unlimited(site):
    """Each test comes from the same address."""
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM people_attempts WHERE key LIKE 'callback%'")


@pytest.fixture
def person(site) -> Person:
    return Person(site)


def number() -> str:
    return f"+1303555{next(_numbers)}"


def _day(person: Person) -> str:
    """A whole day: the first and the last of the choice may have few times left."""
    days = re.findall(r'<option value="([^"]+)"', person.http.get(TIME).text)
    return f"{TIME}&day={days[-3]}"


def journal(site) -> str:
    with psycopg.connect(site.database_url) as connection:
        return "\n".join(str(body) for (body,) in connection.execute("SELECT body::text FROM journal_event"))


def promised(site) -> list[dict]:
    return site.bodies("callback_promised")


def free_slots(person: Person) -> list[int]:
    return person.slots(_day(person))


def path_of(person: Person) -> str:
    return _day(person)


def ask(person: Person, at: int, of: str) -> httpx.Response:
    return person.ask(at, of, path_of(person))


def booked(person: Person, at: int, of: str | None = None) -> str:
    answer = ask(person, at, of or number())
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def test_a_promise_is_in_the_journal_and_voice_finds_the_number(site, person) -> None:
    theirs, at = number(), free_slots(person)[-1]
    link = booked(person, at, theirs)
    page = person.http.get(link)
    assert page.status_code == 200 and "We will call you" in page.text
    fact = promised(site)[-1]
    assert (fact["slot"], fact["topic"], fact["language"], fact["node"]) == (at, "income_tax", "en", "voice-1")
    assert fact["caller"] == hashed(theirs, "number")
    with psycopg.connect(site.database_url) as connection:
        assert store.stored_number(connection, fact["contact"]) == theirs
    assert theirs[2:] not in journal(site) and theirs[2:] not in page.text
    assert f"ends in {theirs[-2:]}" in page.text


def test_of_two_who_take_the_last_place_at_once_one_is_promised(site) -> None:
    people = [Person(site) for _ in range(6)]
    at = free_slots(people[0])[0]
    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(lambda one: ask(one, at, number()), people))
    refused = [answer for answer in answers if answer.status_code != 302]
    assert len(refused) == len(people) - CAPACITY
    assert sum(fact["slot"] == at for fact in promised(site)) == CAPACITY
    for answer in refused:
        assert answer.status_code in (409, 422), "by the engine, or already by the form"
        assert "This time is no longer free" in answer.text and f'value="{at}"' not in answer.text
    eventually(lambda: at not in free_slots(people[0]), what="the slot is not offered any more")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("", "Write the number at which we reach you"),
        ("12", "Write all its digits"),
        ("+44 20 7946 0018", "other countries"),
        ("900 555 0123", "cost extra"),
    ],
)
def test_a_number_that_we_do_not_ring_is_refused_beside_its_field(site, person, wrong: str, words: str) -> None:
    before = len(promised(site))
    answer = ask(person, free_slots(person)[-1], wrong)
    assert answer.status_code == 422 and answer.text.count(words) == 2, "in the summary and at the field"
    assert 'href="#number"' in answer.text and 'aria-invalid="true"' in answer.text
    assert len(promised(site)) == before


def test_a_time_that_is_none_is_refused(site, person) -> None:
    for wrong in (free_slots(person)[-1] + 60, 1, ""):
        assert ask(person, wrong, number()).status_code == 422


def test_one_number_has_one_promise_and_so_many_a_day(site, person) -> None:
    theirs = number()
    link = booked(person, free_slots(person)[-2], theirs)
    assert "cannot promise another call" in ask(person, free_slots(person)[-3], theirs).text
    person.post(link, f"{link}/cancel")
    link = booked(person, free_slots(person)[-3], theirs)
    person.post(link, f"{link}/cancel")
    third = ask(person, free_slots(person)[-4], theirs)
    assert third.status_code == 409 and "cannot promise another call" in third.text


def test_a_cancelled_callback_gives_the_place_back_and_uses_the_link_up(site, person) -> None:
    at = free_slots(person)[-5]
    link = booked(person, at)
    answer = person.post(link, f"{link}/cancel")
    assert answer.headers["Location"] == link
    assert "Your callback is cancelled" in person.http.get(link).text
    contact = promised(site)[-1]["contact"]
    assert [body["contact"] for body in site.bodies("callback_cancelled")][-1] == contact
    asked = len(site.bodies("request.cancel_callback"))
    assert person.post(TIME, f"{link}/cancel").status_code == 302
    assert len(site.bodies("request.cancel_callback")) == asked, "used up"
    assert person.http.get(f"{link}/change").headers["Location"] == link


def test_a_change_gives_a_new_link_and_the_old_one_is_used_up(site, person) -> None:
    theirs, (first, second) = number(), free_slots(person)[-7:-5]
    link = booked(person, first, theirs)
    eventually(lambda: person.http.get(f"{link}/change").status_code == 200, what="it can be changed")
    day = path_of(person).rsplit("day=", 1)[1]
    answer = person.post(link, f"{link}/change?day={day}", slot=second)
    assert answer.status_code == 302, answer.text
    new = answer.headers["Location"]
    assert new != link and "We will call you" in person.http.get(new).text
    old = person.http.get(link).text
    assert "This link was used" in old and new not in old
    fact = promised(site)[-1]
    assert (fact["slot"], fact["caller"]) == (second, hashed(theirs, "number"))
    with psycopg.connect(site.database_url) as connection:
        assert open_field(connection, fact["contact"], "number") == theirs


def test_a_change_to_a_time_that_filled_leaves_the_callback_as_it_was(site, person) -> None:
    mine, other = free_slots(person)[-9:-7]
    link = booked(person, mine)
    day = path_of(person).rsplit("day=", 1)[1]
    change = f"{link}/change?day={day}"
    eventually(lambda: other in person.slots(change), what="it can be changed")
    shown = person.http.get(change)
    for _ in range(CAPACITY):
        booked(Person(site), other)
    answer = person.post(link, change, slot=other)
    assert answer.status_code in (409, 422) and "no longer free" in answer.text and shown.status_code == 200
    assert "We will call you" in person.http.get(link).text


def event(answer: httpx.Response) -> tuple[icalendar.Calendar, icalendar.Event]:
    found = icalendar.Calendar.from_ical(answer.text)
    return found, found.events[0]


def test_the_calendar_entry(site, person) -> None:
    at = free_slots(person)[-10]
    link = booked(person, at)
    answer = person.http.get(f"{link}/callback.ics")
    assert answer.headers["Content-Type"].startswith("text/calendar")
    calendar, first = event(answer)
    assert (calendar["method"], first["status"], first["sequence"]) == ("REQUEST", "CONFIRMED", 0)
    assert first.start == datetime.fromtimestamp(at, UTC) and first.duration.total_seconds() == 1800
    assert answer.text.count(f"DTSTART:{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%SZ}") == 1
    assert "tax" not in first["summary"].lower() and first["dtstamp"]
    day = path_of(person).rsplit("day=", 1)[1]
    eventually(lambda: person.http.get(f"{link}/change").status_code == 200, what="it can be changed")
    new = person.post(link, f"{link}/change?day={day}", slot=free_slots(person)[-11]).headers["Location"]
    _, changed = event(person.http.get(f"{new}/callback.ics"))
    assert (changed["uid"], changed["sequence"]) == (first["uid"], 1)
    person.post(new, f"{new}/cancel")
    calendar, gone = event(person.http.get(f"{new}/callback.ics"))
    assert (calendar["method"], gone["status"], gone["uid"], gone["sequence"]) == (
        "CANCEL", "CANCELLED", first["uid"], 2,
    )  # fmt: skip


def test_a_wrong_code_opens_nothing_and_guesses_are_slowed_down(site, person) -> None:
    link = booked(person, free_slots(person)[-12])
    reference = link.split("/")[2]
    wrong = f"/callback/{reference}/{'A' * 32}"
    assert person.http.get(wrong).status_code == 404
    assert person.http.get("/callback/XXXX-XXXX/guess").status_code == 404
    for _ in range(FREE_FOR_ADDRESS):
        person.http.get(wrong)
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        ours = "WHERE key LIKE 'callback-link:%'"
        # A slow machine must not outlast the pause.
        connection.execute(f"UPDATE people_attempts SET last_at = now() + interval '1 hour' {ours}")
        assert person.http.get(wrong).status_code == 429
        assert person.http.get(link).status_code == 429, "whoever guesses waits for all links"
        connection.execute(f"DELETE FROM people_attempts {ours}")
    assert person.http.get(link).status_code == 200


def test_what_is_kept_of_a_callback_goes_with_its_retention(site, person) -> None:
    """The worker's timer, brought forward for one of two."""
    slots = free_slots(person)
    old, other = booked(person, slots[-15]), booked(person, slots[-15])
    contacts = [body["contact"] for body in promised(site)[-2:]]
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        timer = "SELECT extract(epoch FROM due_at) FROM journal_timer WHERE kind = %s AND key = %s"
        days = pack.read(DEMO).sealed_days
        assert connection.execute(timer, (DISPOSE, contacts[1])).fetchone() == (slots[-15] + days * DAY_S,)
        timers.schedule(connection, DISPOSE, contacts[0], 0.0, {})
        kept = "SELECT contact FROM callbacks_booking WHERE contact = any(%s)"
        gone = [(contacts[1],)]
        eventually(lambda: connection.execute(kept, (contacts,)).fetchall() == gone, what="one booking alone")
        assert store.stored_number(connection, contacts[0]) == ""
        assert store.stored_number(connection, contacts[1]) != ""
    assert person.http.get(old).status_code == 404
    assert "We will call you" in person.http.get(other).text


def test_a_post_needs_the_token(person) -> None:
    assert person.http.post(TIME, data={"slot": "1", "number": "1"}).status_code == 403


def test_without_a_topic_it_begins_at_the_beginning(person) -> None:
    for path in ("/callback/time", "/callback/time?topic=payment&language=en", f"{TIME[:-2]}xx"):
        assert person.http.get(path).headers["Location"] == START
    answer = person.http.get("/callback/?asked=1")
    assert answer.status_code == 422 and answer.text.count("Choose what it is about.") == 2


def test_while_the_engine_is_away_nothing_is_called_promised(site, person) -> None:
    slots, theirs = free_slots(person), number()
    site.stop("engine")
    try:
        answer = ask(person, slots[-13], theirs)
        link = answer.headers["Location"]
        assert "Nothing is promised yet" in person.http.get(link).text
        assert person.http.get(f"{link}/callback.ics").headers["Location"] == link
    finally:
        site.start("engine")
    eventually(lambda: "We will call you" in person.http.get(link).text, what="the promise")


def test_a_callback_whose_time_has_come_can_be_cancelled_but_not_changed(site, person) -> None:
    link = booked(person, free_slots(person)[-14])
    contact = promised(site)[-1]["contact"]
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        row = "SELECT 1 FROM contacts_contact WHERE id = %s"
        eventually(lambda: connection.execute(row, (contact,)).fetchone(), what="the read model has it")
        connection.execute("UPDATE contacts_contact SET place_at = now() WHERE id = %s", (contact,))
    assert "We are about to call you" in person.http.get(link).text
    assert person.http.get(f"{link}/change").headers["Location"] == link
    person.post(link, f"{link}/cancel")
    assert "Your callback is cancelled" in person.http.get(link).text
