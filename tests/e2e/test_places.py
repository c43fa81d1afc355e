"""Ways back to somebody: a call that was cut, another number, a code, a time that is chosen, a representative's word.
SIPp is the person, a baresip the representative."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from civicline.agency import times
from civicline.core.callback_requests import CancelCallback
from civicline.core.lifecycle import AgentState
from civicline.core.model import Promise
from civicline.core.ring_back_requests import PromiseLater, RingBack
from civicline.people import keyset
from civicline.people.sealing import seal_statements
from civicline.recordings import rows
from e2e.callers import KEYS, LANGUAGES, Caller, Town
from e2e.centre import Centre
from e2e.kept import answers, failures, is_ready, keeps_the_place, make_pack, reaches, until
from e2e.person import Person
from e2e.recorded import closed
from e2e.talks import take
from e2e.witness import AGENT_HZ
from peers.ports import eventually

NUMBER = "+12025550143"

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, person_port: int) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("centre")
    with Centre(folder, make_pack(folder, person_port)) as running:
        yield running


def test_a_cut_call_has_its_place_again(town: Town) -> None:
    with town.call(own="2025550177") as cut, town.call() as behind:
        first = cut.go_to("refund")
        behind.go_to("refund")
        cut.leave()
        until(town, first.id, "closed")
        with town.call(own="+12025550177") as again:  # by another carrier, which writes it differently
            again.go_to("refund")
            again.hear("place_restored")
            assert (again.contact.place, again.contact.restored_from) == (first.place, first.id)
            again.leave()
        behind.leave()


def test_a_key_takes_nothing_that_was_not_offered_yet(town: Town) -> None:
    """The key of the language pressed once more, ahead of the line. Who refuses the recording so early is heard."""
    with town.call(own="2025550159") as caller:
        caller.hear_out("notice", "es")
        caller.press("2129")
        caller.hear("recording_refused", "es")
        caller.hear("hold_offer", "es")
        found = caller.contact
        assert (found.state, found.topic, found.promise, found.recording) == ("waiting", "refund", None, "refused")
        caller.press("2")
        caller.until("kept")
        caller.hear("hold_goodbye", "es")
        caller.gone()
    town.centre.ask(CancelCallback(caller.id))
    until(town, caller.id, "closed")


def test_a_number_that_is_keyed_in_is_the_one_that_is_rung(town: Town, person_port: int, tone: Path) -> None:
    """From a withheld number. One that costs more is refused; what is keyed in stands in no journal and no log."""
    premium, wanted = "9005550123", "2025550191"
    with town.call(own="anonymous") as caller:
        caller.go_to("refund")
        caller.hear("hold_offer_number")
        caller.press("3")
        caller.hear("number_ask")
        caller.press(f"{premium}#")
        caller.hear("number_wrong")
        caller.hear("number_ask")
        caller.press(f"{wanted}#")
        caller.hear("digits_entered")
        for digit in wanted:
            caller.hear(f"digit.{digit}")
        caller.hear("digits_confirm")
        caller.press("1")
        caller.until("kept")
        caller.hear("hold_goodbye")
        caller.gone()
        contact = caller.id
    eventually(lambda: is_ready(town, contact), what="the end of the first call")
    with Person(person_port, sounds=town.sounds) as rung, town.working("ann", plays=tone) as phone:
        rung.hear("ringing_back")
        assert any(f"sip:+1{wanted}@" in message.start for message in rung.sipp.messages() if not message.sent)
        rung.ear.press("1")
        take(town, "ann", phone)
        town.hang_up_at_desk("ann")
        answers(rung)
        eventually(rung.let_go, what="our BYE")
    until(town, contact, "closed")
    logs = "".join(path.read_text() for path in (town.centre.settings.data / "log").iterdir())
    for secret in (premium, wanted):
        assert secret not in logs and not [line for line in town.story() if secret in line]


def asks_for_the_code(caller: Caller) -> None:
    caller.skip_notice()
    caller.press(LANGUAGES["es"])
    caller.hear("menu.main", "es")
    caller.press("4")
    caller.hear("code_ask", "es")


def test_the_code_restores_the_place_from_another_telephone(town: Town) -> None:
    """After one that is nobody's. What is keyed in stands in no journal, and nobody is rung any more."""
    kept = town.centre.contact(keeps_the_place(town, "es"))
    assert kept.promise is not None
    wrong = f"{(int(kept.promise.code) + 1) % 1_000_000:06}"
    with town.call(own="2025550166") as elsewhere:
        asks_for_the_code(elsewhere)
        elsewhere.press(wrong)
        elsewhere.hear("code_unknown", "es")
        elsewhere.press(kept.promise.code)
        elsewhere.hear("place_restored", "es")
        found = elsewhere.contact
        assert (found.place, found.restored_from, found.topic) == (kept.place, kept.id, "refund")
        until(town, kept.id, "closed")
        assert not [line for line in town.story() if f"'{wrong}'" in line]
        elsewhere.leave()


def test_whoever_was_cut_off_in_the_talk_comes_back_to_the_same_representative(town: Town, tone: Path) -> None:
    with town.working("ann", plays=tone) as phone, town.call(own="2025550188") as cut:
        first = cut.go_to("refund")
        take(town, "ann", phone)
        cut.leave()
        town.until("ann", AgentState.WRAP_UP)
        with town.working("bob"), town.call(own="2025550188") as again:
            again.go_to("refund")
            again.hear("place_restored")
            assert (again.contact.place, again.contact.restored_from) == (first.place, first.id)
            assert (again.contact.state, town.centre.agent("bob")) == ("waiting", AgentState.AVAILABLE)
            town.centre.wrap_up("ann", resolved=False)
            take(town, "ann", phone)
            eventually(lambda: again.ear.hears(AGENT_HZ), what="the same representative's tone at the caller's")
            assert again.contact.agent == "ann" and again.contact.offers == 1
            again.leave()


def test_a_representative_rings_back_whoever_was_cut_off(town: Town, person_port: int, tone: Path) -> None:
    """Both talks are in one recording."""
    with town.working("ann", plays=tone) as phone:
        with town.call() as cut:
            cut.hear_out("notice", "es")
            cut.press(LANGUAGES["en"])
            cut.hear("menu.main")
            cut.press(KEYS["refund"])
            take(town, "ann", phone)
            eventually(lambda: cut.ear.hears(AGENT_HZ), what="the representative's tone at the caller's")
            cut.leave()
            contact = cut.id
        town.until("ann", AgentState.WRAP_UP)
        with Person(person_port, sounds=town.sounds) as rung:
            town.centre.ask(RingBack("ann", contact))
            rung.hear("ringing_back")
            assert town.centre.agent("ann") == AgentState.WRAP_UP, "nobody is offered before the key"
            rung.ear.press("1")
            take(town, "ann", phone)
            eventually(lambda: rung.ear.hears(AGENT_HZ), what="the representative's tone at the person's")
            assert (town.centre.contact(contact).agent, len(rung.calls())) == ("ann", 1)
            town.hang_up_at_desk("ann")
            answers(rung)
            eventually(rung.let_go, what="our BYE")
        town.until("ann", AgentState.WRAP_UP)
        town.centre.wrap_up("ann")
    found = until(town, contact, "closed")
    assert failures(town, contact) == [] and reaches(town, contact) == 1
    assert [part.agent for part in found.segments] == ["ann", "ann"] and found.recording == "allowed"
    eventually(lambda: len(closed(town, contact)["segments"]) == 2, what="both talks in the recording")
    assert len(rows.of_contact(town.centre.conn, contact)) == 1


def test_a_representative_rings_the_person_another_time(town: Town, person_port: int, tone: Path) -> None:
    """Promised in the wrap-up; somebody else is free, too, when the time comes."""
    promised = "ef" * 16
    keys = keyset.load(town.centre.settings.keyset)
    with town.working("ann", plays=tone) as phone:
        with town.call() as caller:
            first = caller.go_to("refund")
            take(town, "ann", phone)
            caller.leave()
        town.until("ann", AgentState.WRAP_UP)
        with town.working("bob"), Person(person_port, sounds=town.sounds) as rung:
            for statement, values in seal_statements(promised, {"number": NUMBER}, keys):
                town.centre.conn.execute(statement, values)
            town.centre.ask(PromiseLater("ann", first.id, promised, time.time() + 15))
            town.centre.wrap_up("ann")
            assert town.centre.contact(promised).for_agent == "ann"
            rung.hear("notice")
            rung.ear.press("1")
            rung.hear("ringing_back")
            assert town.centre.contact(promised).state == "ringing_back", (
                "a key before the notice was heard counts nothing"
            )
            rung.ear.press("1")
            take(town, "ann", phone)
            eventually(lambda: rung.ear.hears(AGENT_HZ), what="the representative's tone at the person's")
            assert town.centre.agent("bob") == AgentState.AVAILABLE
            town.hang_up_at_desk("ann")
            eventually(rung.let_go, 40, "our BYE")
    found = until(town, promised, "closed")
    assert (found.for_agent, [part.agent for part in found.segments]) == (None, ["ann"])


def slots_told(caller: Caller) -> tuple[float, ...]:
    told = caller.contact.times
    assert told is not None
    return told.slots


def takes_the_second(caller: Caller, told: tuple[float, ...], zone: str) -> Promise:
    """Of the times that are told in Spanish, by key; to the goodbye."""
    for key, slot in zip(times.KEYS, told, strict=True):
        caller.hear(times.day(slot, time.time(), zone), "es")
        caller.hear(times.time(slot, zone), "es")
        caller.hear(times.key(key), "es")
    caller.press("2")
    caller.hear("time_kept", "es")
    caller.hear(times.time(told[1], zone), "es")
    promise = caller.contact.promise
    assert promise is not None
    caller.hear("time_code", "es")
    for digit in promise.code:
        caller.hear(f"digit.{digit}", "es")
    caller.hear("hold_goodbye", "es")
    caller.gone()
    return promise


def test_a_closed_line_lets_people_choose_a_time(town: Town) -> None:
    """Nobody waits, nothing is offered in line; whoever goes back first is in the menu again."""
    with town.call("201", own="2025550157") as caller:
        caller.skip_notice()
        caller.press(LANGUAGES["es"])
        caller.hear("menu.night", "es")
        caller.press("1")
        caller.hear("times_ask_menu", "es")
        caller.press("*")
        caller.hear("menu.night", "es")
        caller.press("1")
        caller.hear("times_ask_menu", "es")
        told = slots_told(caller)
        promise = takes_the_second(caller, told, town.centre.state().agency.zone)
    found = until(town, caller.id, "kept")
    assert (found.topic, found.queue, found.place, found.hold_offered_at) == ("licence", "small", None, None)
    assert (promise.slot, promise.attempts) == (told[1], 0)
    with town.call("201", own="2025550157") as again:
        again.skip_notice()
        again.press(LANGUAGES["en"])
        again.hear("menu.night")
        again.press("1")
        again.hear("times_none")
        again.hear("menu.night")
        again.leave()
    town.centre.ask(CancelCallback(caller.id))
    until(town, caller.id, "closed")


def test_a_time_is_chosen_in_line_promised_and_given_up_by_its_code(town: Town) -> None:
    """The second one that is told. Nobody is on the telephone, or in the line, until it comes."""
    before = town.day()
    with town.call(own="2025550155") as caller:
        caller.go_to("licence", "es")
        caller.hear("hold_offer_time", "es")
        caller.press("4")
        caller.hear("times_ask", "es")
        told = slots_told(caller)
        zone = town.centre.state().agency.zone
        promise = takes_the_second(caller, told, zone)
    found = until(town, caller.id, "kept")
    assert (found.place, promise.slot, promise.attempts) == (None, told[1], 0)
    assert datetime.fromtimestamp(told[1], ZoneInfo(zone)).minute == 0
    day = town.day()
    counts = {name: day[name] - before[name] for name in ("received", "hold_offered", "hold_accepted", "answered")}
    assert counts == {"received": 1, "hold_offered": 1, "hold_accepted": 1, "answered": 0}
    with town.call(own="2025550156") as again:
        asks_for_the_code(again)
        again.press(promise.code)
        again.hear("time_found", "es")
        again.hear(times.time(told[1], zone), "es")
        again.hear("time_cancel", "es")
        again.press("1")
        again.hear("time_cancelled", "es")
        again.hear("menu.main", "es")
        again.leave()
    assert until(town, caller.id, "closed").promise.end == "cancelled"  # type: ignore[union-attr]
