"""Phones that do not answer, callers who vanish, messages that cross: nobody loses a place, nobody stays behind.

The order of the line, and the doors that stay shut, are here too. A silent telephone is asked after 2 s.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from civicline.core.facts import OfferMissed
from civicline.core.lifecycle import AgentState, ContactState, Failure, HungUpBy
from e2e import centre as centre_module
from e2e.callers import SCENARIOS, Caller, Town
from e2e.centre import Centre
from peers.baresip import Phone
from peers.doubler import Doubler
from peers.ports import eventually
from peers.sipp import Sipp

GONE_WITHIN_S = 60.0
ELSEWHERE = "127.0.0.2"
"""An address outside the only carrier's network."""

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("centre")
    pack = shutil.copytree(centre_module.PACK, folder / "pack")
    (pack / "trunks.yaml").write_text('local: {networks: [127.0.0.1/32], caller_id: "100"}\n')
    queues = pack / "queues.yaml"
    queues.write_text(queues.read_text().replace("ring_s: 30", "ring_s: 10"))  # one of them rings out
    with Centre(folder, pack, environ={"CIVICLINE_SILENCE_S": "2"}) as running:
        yield running


def take(town: Town, agent: str, phone: Phone, caller: Caller) -> None:
    phone.expect("CALL_INCOMING")
    phone.accept()
    phone.expect("CALL_ESTABLISHED")
    caller.until("talking")
    assert caller.contact.agent == agent


def missed(town: Town, caller: Caller) -> list[Failure]:
    """Why the caller's offers were missed, from the journal."""
    return [fact.failure for fact in town.facts(OfferMissed) if fact.contact == caller.id]


@pytest.mark.parametrize(("code", "failure"), [(486, Failure.BUSY), (603, Failure.DECLINED)])
def test_a_phone_that_refuses(town: Town, code: int, failure: Failure) -> None:
    refuses = town.working_with("ann", "uas_refuses", code=code, args=("-d", "100"))
    with refuses as phone, town.call() as caller:
        contact = caller.go_to("refund")
        town.until("ann", AgentState.MISSED)
        place = contact.place
        assert phone.wait().ok
        assert missed(town, caller) == [failure]
        assert contact.state is ContactState.WAITING
        with town.working("bob") as bobs:
            take(town, "bob", bobs, caller)
            assert contact.place == place
            caller.leave()


def test_a_phone_that_rings_out_and_the_order_of_the_line(town: Town) -> None:
    """Whoever was missed is back at its own place: before those who came later."""
    with ExitStack() as stack:
        first, second, third = callers = [stack.enter_context(town.call()) for _ in range(3)]
        with town.working_with("ann", "uas_rings") as phone:
            first.go_to("refund")
            first.until("offered")
            second.go_to("letter")
            third.go_to("refund")
            town.until("ann", AgentState.MISSED)
            result = phone.wait()
            assert result.ok, result.explain()
            assert missed(town, first) == [Failure.NO_ANSWER]
        with town.working("bob") as bobs:
            for caller in callers:
                take(town, "bob", bobs, caller)
                assert [each.contact.state for each in callers].count(ContactState.TALKING) == 1
                caller.leave()
                town.until("bob", AgentState.WRAP_UP)
                town.centre.wrap_up("bob")
            assert bobs.count("CALL_INCOMING") == 3
        places = [caller.contact.place for caller in callers]
        assert places == sorted(places)
        talks = [caller.contact.connected_at for caller in callers]
        assert talks == sorted(talks)
        assert second.contact.missed == third.contact.missed == 0


def test_a_phone_that_is_gone_without_a_word(town: Town) -> None:
    """It is still registered, and comes back at another port: there it is rung."""
    with town.working("ann") as old, town.call() as caller:
        old.kill()
        contact = caller.go_to("refund")
        town.until("ann", AgentState.MISSED)
        assert missed(town, caller) == [Failure.UNREACHABLE]
        assert contact.state is ContactState.WAITING
        with town.working("ann") as new:
            take(town, "ann", new, caller)
            caller.leave()
            town.until("ann", AgentState.WRAP_UP)


def test_an_answer_that_crosses_our_cancel(town: Town) -> None:
    with town.working_with("ann", "uas_crosses") as phone, town.call() as caller:
        contact = caller.go_to("refund")
        eventually(lambda: phone.saw("INVITE"), what="the ring")
        caller.leave()
        result = phone.wait()
        assert result.ok, result.explain()
        town.until("ann", AgentState.AVAILABLE)
        assert contact.connected_at is None
        assert contact.abandoned_in is ContactState.OFFERED


def test_an_answer_that_crosses_the_callers_bye(town: Town) -> None:
    """Whichever the journal has first: the phone gets its ACK and its BYE, and nobody is left over."""
    with town.working_with("ann", "uas_answers", args=("-d", "0")) as phone, town.call() as caller:
        caller.skip_notice()
        caller.press("1")
        caller.hear("menu.main")
        caller.press("1")
        eventually(lambda: phone.saw("INVITE"), what="the ring")
        caller.leave()
        result = phone.wait()
        assert result.ok, result.explain()
        caller.until("closed", "wrapping")
        expected = AgentState.WRAP_UP if caller.contact.connected_at else AgentState.AVAILABLE
        town.until("ann", expected)


def test_a_cancel_that_crosses_our_200(town: Town) -> None:
    with town.call(scenario="cancel_crosses") as caller:
        caller.gone()
        caller.until("closed")
        assert caller.contact.abandoned_in is ContactState.MENU


def test_every_message_of_the_caller_twice(town: Town) -> None:
    before = len(town.centre.contacts())
    with Doubler(town.centre.sip) as network, town.call(to=network.address) as caller:
        caller.hear("notice")
        caller.leave()
        caller.until("closed")
        assert network.doubled >= 3, "INVITE, ACK and BYE"
    assert len(town.centre.contacts()) == before + 1


def test_whoever_vanishes_without_a_bye(town: Town) -> None:
    """A caller in the line, a caller who talks, and a phone that talks: the silence is noticed, the phone is asked by
    a re-INVITE, and when that had no answer for 32 s (RFC 3261 section 17.1.1.2, timer B) the leg is over."""
    with ExitStack() as stack:
        in_line, in_talk, of_phone = callers = [stack.enter_context(town.call()) for _ in range(3)]
        anns = stack.enter_context(town.working("ann"))
        in_talk.go_to("refund")
        take(town, "ann", anns, in_talk)
        of_phone.go_to("refund")
        bobs = stack.enter_context(town.working("bob"))
        take(town, "bob", bobs, of_phone)
        in_line.go_to("refund")
        bobs.kill()
        in_line.vanish()
        in_talk.vanish()
        for caller in callers:
            caller.until("closed", "wrapping", within_s=GONE_WITHIN_S)
        assert in_line.contact.abandoned_in is ContactState.WAITING
        assert in_talk.contact.ended_by is HungUpBy.LOST, anns.log
        assert of_phone.contact.ended_by is HungUpBy.LOST
        assert of_phone.gone().received("BYE")
        anns.expect("CALL_CLOSED")


@pytest.mark.parametrize(("number", "host", "code"), [("999", "127.0.0.1", 404), ("100", ELSEWHERE, 403)])
def test_doors_that_stay_shut(town: Town, number: str, host: str, code: int) -> None:
    """An unknown number, and a network that is no carrier's: refused, and no contact."""
    before = len(town.centre.contacts())
    keys = {"ear": "40000", "dtmf": "101"}
    scenario = SCENARIOS / "refused.xml"
    with Sipp(scenario, town.centre.sip, service=number, code=code, keys=keys, args=("-i", host)) as stranger:
        result = stranger.wait()
    assert result.ok, result.explain()
    assert len(town.centre.contacts()) == before


def test_the_day_counts_each_call_once(town: Town) -> None:
    town.assert_each_counted_once()
