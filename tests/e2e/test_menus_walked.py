"""The demonstration agency's menus, walked by SIPp: every end, a person, a promise, an answer or a way back, is come to
once, in the languages in turn. And a killed voice process goes on in the menu that the caller was in.

One way leads to each end here, so that the test stays short; tests/chaos walks every way there is, in every language.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from civicline.agency import waits
from civicline.core.menu_requests import LiftUrgent, PostUrgent
from civicline.people import keyset, sealing
from e2e.callers import Town
from e2e.centre import Centre
from e2e.walkers import SILENT_CALLERS, all_walks, impatient_pack, walk_all
from e2e.walks import one_to_each_end
from peers.ports import eventually

SILENT = {"en": ".", "es": "."}
"""Of which the speech program makes no sound."""


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("centre")
    with Centre(folder, impatient_pack(folder), environ=SILENT_CALLERS) as running:
        yield running


def test_every_end_is_reached(centre: Centre, tmp_path: Path) -> None:
    """A person, a promise, an answer or a way back; every way there is in `make chaos` (test_menus_whole)."""
    agency = centre.state().agency
    assert agency is not None
    every = all_walks(agency)
    some = one_to_each_end(every)
    assert {walk.language for walk in some} == set(agency.languages)
    assert {walk.end for walk in some} == {walk.end for walk in every}
    assert {id_ for kind, id_ in {walk.ends for walk in some} if kind == "topic"} == set(agency.topics)
    assert {walk.line for walk in some} == set(agency.lines)
    walk_all(centre, tmp_path, some)


def test_a_killed_voice_process_goes_on_in_the_same_menu(centre: Centre) -> None:
    town = Town(centre)
    with town.call() as caller:
        caller.skip_notice()
        caller.press("1")
        caller.hear("menu.main")
        caller.press("3")
        caller.hear("menu.business")
        caller.press("1")
        caller.hear("menu.employers")
        starts = centre.starts("voice")
        centre.kill("voice")
        eventually(lambda: centre.starts("voice") > starts, what="voice started again")
        caller.hear("menu.employers")
        caller.press("*")
        caller.hear("menu.business")
        assert (caller.contact.menu, caller.contact.trail) == ("business", ("main",))
        caller.leave()


def test_digits_are_read_back_and_stand_in_no_journal_and_no_log(centre: Centre) -> None:
    """Also when voice is killed between the digits and their confirmation."""
    town = Town(centre)
    secret = "40719386"
    with town.call() as caller:
        caller.skip_notice()
        caller.press("1")
        caller.hear("menu.main")
        caller.press("13")
        caller.hear("digits.letter_number")
        caller.press(secret)
        caller.hear("digits_entered")
        starts = centre.starts("voice")
        centre.kill("voice")
        eventually(lambda: centre.starts("voice") > starts, what="voice started again")
        caller.hear("digits_entered")
        for digit in secret:
            caller.hear(f"digit.{digit}")
        caller.hear("digits_confirm")
        caller.press("1")
        caller.until("waiting", "offered", "talking")
        assert caller.contact.topic == "billing_notice"
        contact = caller.id
        caller.leave()
    keys = keyset.load(centre.settings.keyset)
    assert sealing.open_field(centre.conn, contact, sealing.DIGITS + "letter_number", keys) == secret
    rows = centre.conn.execute(
        "SELECT count(*) FROM journal_event WHERE body::text LIKE %s", (f"%{secret}%",)
    ).fetchone()
    assert rows == (0,)
    logs = [path for path in centre.settings.data.rglob("*.log*") if path.is_file()]
    assert logs and not [path for path in logs if secret.encode() in path.read_bytes()]


def test_who_waits_hears_the_position_and_then_something_to_know(centre: Centre) -> None:
    """Nobody is at work: the second in line becomes the first when the other one leaves."""
    town = Town(centre)
    with town.call("110") as first, town.call("110") as second:
        for caller in (first, second):
            caller.skip_notice()
            caller.press("1")
            caller.until("waiting")
        first.hear("please_wait")
        first.hear("position_first")
        second.hear("please_wait")
        second.hear("position.2")
        second.hear_music()
        first.leave()
        second.hear("position_first")
        second.hear("message.online_account")
        assert second.contact.position == 1
        second.leave()


def test_who_waits_hears_the_wait_after_the_position(centre: Centre) -> None:
    """Somebody is at work and talks: the next in line hears a range, which is what the fact in the journal says."""
    town = Town(centre)
    with town.working("amara.okafor") as phone, town.call("110") as first, town.call("110") as second:
        first.skip_notice()
        first.press("1")
        phone.expect("CALL_INCOMING")
        phone.accept()
        phone.expect("CALL_ESTABLISHED")
        first.until("talking")
        second.skip_notice()
        second.press("1")
        second.until("waiting")
        second.hear("please_wait")
        second.hear("position_first")
        told = second.contact.wait
        assert told is not None and told.basis.people == 1
        second.hear(waits.name(told.range))
        second.leave()
        first.leave()
        phone.expect("CALL_CLOSED")
        first.until("wrapping")
        centre.wrap_up("amara.okafor", topic="identity_letter")


def test_an_urgent_message_is_said_before_the_menu_until_it_is_stopped(centre: Centre) -> None:
    town = Town(centre)
    said = {"en": "Our building is closed because of snow.", "es": "El edificio está cerrado por la nieve."}
    town.sounds.add("urgent.main", said)
    centre.ask(PostUrgent("main", said, "", time.time() + 600, "sam.whitaker"))
    eventually(lambda: "main" in centre.state().urgent, what="the message in the journal")
    for key, language in (("1", "en"), ("2", "es")):
        with town.call() as caller:
            caller.skip_notice()
            caller.press(key)
            caller.hear("urgent.main", language)
            caller.hear("menu.main", language)
            caller.leave()
    centre.ask(LiftUrgent("main", "sam.whitaker"))
    eventually(lambda: "main" not in centre.state().urgent, what="the end of the message")
    with town.call() as caller:
        caller.skip_notice()
        caller.press("1")
        caller.hear("menu.main")
        caller.press("#")
        caller.hear("menu.main")
        assert not caller.ear_has("urgent.main")
        caller.leave()


def test_an_urgent_message_is_never_said_for_another(centre: Centre) -> None:
    """The one that takes its place cannot be spoken: the menu is said without."""
    town = Town(centre)
    said = {"en": "The road to our building is closed.", "es": "El camino al edificio está cerrado."}
    town.sounds.add("urgent.main", said)
    centre.ask(PostUrgent("main", said, "", time.time() + 600, "sam.whitaker"))
    eventually(lambda: "main" in centre.state().urgent, what="the message in the journal")
    with town.call() as caller:
        caller.skip_notice()
        caller.press("1")
        caller.hear("urgent.main")
        caller.leave()
    centre.ask(PostUrgent("main", SILENT, "", time.time() + 600, "sam.whitaker"))
    eventually(lambda: centre.state().urgent["main"].texts == SILENT, what="the other message in the journal")
    with town.call() as caller:
        caller.skip_notice()
        caller.press("1")
        caller.hear("menu.main")
        assert not caller.ear_has("urgent.main")
        caller.leave()
    centre.ask(LiftUrgent("main", "sam.whitaker"))
