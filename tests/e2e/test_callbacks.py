"""Virtual hold, whole: SIPp calls and is rung back, a baresip is the representative.

Whoever is rung back is counted by the Call-IDs of the INVITEs that SIPp received: one promise, one ring.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from civicline.core.callback_facts import CallbackDue
from civicline.core.callback_requests import CancelCallback
from civicline.core.lifecycle import AgentState
from e2e.callers import Town
from e2e.centre import Centre
from e2e.kept import answers, failures, keeps_the_place, make_pack, reaches, until
from e2e.person import Person
from e2e.talks import take
from e2e.witness import AGENT_HZ, CALLER_HZ
from peers.ports import eventually
from peers.sipp import Sipp

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, person_port: int) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("centre")
    with Centre(folder, make_pack(folder, person_port), spares=True) as running:
        yield running


def test_from_the_offer_to_the_talk_and_the_questions(town: Town, person_port: int, tone: Path) -> None:
    before = town.day()
    contact = keeps_the_place(town, "es")
    place = town.centre.contact(contact).place
    with ExitStack() as stack:
        phone = stack.enter_context(town.working("ann", available=False, plays=tone))
        rung = stack.enter_context(Person(person_port, sounds=town.sounds))
        at_ann = stack.enter_context(town.dump(phone))
        town.centre.available("ann")
        rung.hear("ringing_back", "es")
        assert town.centre.agent("ann") == AgentState.AVAILABLE, "nobody is offered before the key"
        rung.ear.press("1")
        take(town, "ann", phone)
        eventually(lambda: rung.ear.hears(AGENT_HZ), what="the representative's tone at the person's")
        eventually(lambda: at_ann.hears(CALLER_HZ), what="the person's tone at the representative's")
        town.hang_up_at_desk("ann")
        answers(rung, "es")
        rung.hear("survey.short.thanks", "es")
        eventually(rung.let_go, what="our BYE")
        assert len(rung.calls()) == 1
        town.until("ann", AgentState.WRAP_UP)
    found = until(town, contact, "closed")
    assert (found.place, found.survey and found.survey.end) == (place, "completed")
    day = town.day()
    counts = {name: day[name] - before[name] for name in ("received", "answered", "hold_accepted", "reconnected")}
    assert counts == {"received": 1, "answered": 1, "hold_accepted": 1, "reconnected": 1}
    assert day["secondary_abandon"] == before["secondary_abandon"]


def test_a_voicemail_that_presses_nothing_is_not_reached(town: Town, person_port: int) -> None:
    contact = keeps_the_place(town)
    with Person(person_port, sounds=town.sounds) as rung, town.working("ann"):
        until(town, contact, "closed", within_s=150)
        assert len(rung.calls()) == 2
    assert failures(town, contact) == ["not_pressed", "not_pressed"]
    assert reaches(town, contact) == 0


@pytest.mark.parametrize(
    ("scenario", "code", "why"),
    [("uas_rings", None, "no_answer"), ("uas_refuses", 486, "busy"), ("uas_hangs_up", None, "hung_up")],
)
def test_who_is_not_reached_is_rung_again_and_then_missed(
    town: Town, person_port: int, scenario: str, code: int | None, why: str
) -> None:
    contact = keeps_the_place(town)
    with Sipp(scenario, port=person_port, code=code, calls=2, args=("-d", "700")) as phone, town.working("ann"):
        until(town, contact, "closed", within_s=150)
        result = phone.wait()
    assert result.ok, result.explain()
    assert len({m.header("Call-ID") for m in result.received("INVITE")}) == 2
    assert failures(town, contact) == [why, why]
    assert [fact.attempt for fact in town.facts(CallbackDue) if fact.contact == contact] == [1, 2]


def test_whoever_rings_us_while_being_rung_has_the_place_in_that_call(town: Town, person_port: int) -> None:
    contact = keeps_the_place(town)
    place = town.centre.contact(contact).place
    with Sipp("uas_rings", port=person_port, args=("-d", "700")) as phone, town.working("ann"):
        until(town, contact, "ringing_back")
        with town.call() as again:
            again.go_to("refund")
            assert (again.contact.place, again.contact.restored_from) == (place, contact)
            result = phone.wait()
            assert result.ok and result.received("CANCEL"), result.explain()
            again.leave()
    assert until(town, contact, "closed").promise.end == "overtaken"  # type: ignore[union-attr]


def test_whoever_is_rung_and_no_longer_needs_us_is_let_go(town: Town, person_port: int) -> None:
    contact = keeps_the_place(town)
    with Person(person_port, sounds=town.sounds) as rung, town.working("ann"):
        rung.hear("ringing_back")
        rung.ear.press("3")
        eventually(rung.let_go, what="our BYE")
        assert until(town, contact, "closed").promise.end == "cancelled"  # type: ignore[union-attr]
        assert town.centre.agent("ann") == AgentState.AVAILABLE
        assert (failures(town, contact), len(rung.calls())) == ([], 1)


@pytest.mark.parametrize("own", ["anonymous", "9005551234", "+442079460000", "100"])
def test_a_number_that_is_not_rung_is_not_offered(town: Town, own: str) -> None:
    with town.call(own=own) as caller:
        caller.go_to("refund")
        caller.hear("position_first")
        caller.hear_music()
        assert not caller.contact.hold_here, "only another number"
        caller.press("2")
        caller.leave()
    until(town, caller.id, "closed")
    assert caller.contact.promise is None


@pytest.mark.parametrize("process", ["voice", "engine", "media-1"])
def test_killed_while_the_telephone_rings(town: Town, person_port: int, tone: Path, process: str) -> None:
    contact = keeps_the_place(town)
    serve(town, person_port, tone, contact, while_it_rings=process)


def test_a_sealed_field_that_does_not_open_stops_nobody_else(town: Town, person_port: int, tone: Path) -> None:
    """Of somebody who is to be rung first, and of somebody on the line while voice is killed."""
    lost = keeps_the_place(town, own="2025550155")
    contact = keeps_the_place(town)
    with town.call(own="2025550156") as caller:
        caller.go_to("refund")
        spoilt = town.centre.conn.execute(
            "UPDATE sealed_field SET ciphertext = '\\x00' WHERE contact = ANY(%s)", ([lost, caller.id],)
        )
        assert spoilt.rowcount > 1
        kill(town, "voice")
        until(town, caller.id, "closed")
        caller.vanish()
    serve(town, person_port, tone, contact)
    assert "unreachable" in failures(town, lost)
    town.centre.ask(CancelCallback(lost))
    until(town, lost, "closed")


def kill(town: Town, process: str) -> None:
    before = town.centre.starts(process)
    town.centre.kill(process)
    eventually(lambda: town.centre.starts(process) > before, 30, f"{process} again")


def serve(town: Town, port: int, tone: Path, contact: str, while_it_rings: str = "") -> None:
    """Rung once, and served."""
    with ExitStack() as stack:
        phone = stack.enter_context(town.working("ann", available=False, plays=tone))
        rung = stack.enter_context(Person(port, rings_ms=4000 if while_it_rings else 100, sounds=town.sounds))
        town.centre.available("ann")
        eventually(rung.is_rung, what="the INVITE")
        if while_it_rings:
            kill(town, while_it_rings)
        rung.hear("ringing_back")
        rung.ear.press("1")
        take(town, "ann", phone)
        eventually(lambda: rung.ear.hears(AGENT_HZ), what="the representative's tone at the person's")
        assert len(rung.calls()) == 1, "rung twice"
        town.hang_up_at_desk("ann")
        answers(rung)
        eventually(rung.let_go, what="our BYE")
    assert failures(town, contact) == [] and reaches(town, contact) == 1
    until(town, contact, "closed")
