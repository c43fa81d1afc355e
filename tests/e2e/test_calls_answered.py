"""A caller gets through: what is heard, what the keys mean, who is rung, and every way in which a call ends."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from civicline.core.lifecycle import AgentState, ContactState, HungUpBy, Recording, TopicBy, TurnedAwayFor
from civicline.recordings.format import RATE_HZ
from e2e import sound
from e2e.callers import Caller, Town
from e2e.centre import PACK
from e2e.witness import AGENT_HZ, CALLER_HZ
from peers.baresip import Phone
from peers.ports import eventually

pytestmark = pytest.mark.usefixtures("nothing_left")


def answered(town: Town, caller: Caller, agent: str, phone: Phone) -> None:
    phone.expect("CALL_INCOMING")
    phone.accept()
    phone.expect("CALL_ESTABLISHED")
    town.until(agent, AgentState.TALKING)
    caller.until("talking")


def test_from_the_notice_to_the_talk(town: Town, tone: Path) -> None:
    with town.working("ann", available=False, plays=tone) as phone, town.call(dtmf=101) as caller:
        caller.hear("notice", "en")
        heard = sound.one_zero(caller.ear.heard())
        assert heard.startswith(town.sounds.beginning("notice", "en")), "something came before the notice"
        caller.hear("notice", "es")
        caller.hear("language")
        contact = caller.contact
        said_s = sum(len(town.sounds.of("notice", language)) for language in ("en", "es")) / RATE_HZ
        answered_at = town.centre.state().legs[contact.leg].answered_at
        assert contact.notice_at is not None and answered_at is not None
        assert contact.notice_at - answered_at > said_s, "the notice counts when it was heard to its end"
        caller.press("1")
        caller.hear("menu.main")
        caller.press("2")
        caller.hear("please_wait")
        caller.hear_music()
        contact = caller.contact
        assert (contact.language, contact.topic, contact.topic_by) == ("en", "letter", TopicBy.KEY)
        assert (contact.queue, contact.skill, contact.recording) == ("tax", "income", Recording.ALLOWED)

        town.centre.available("ann")
        answered(town, caller, "ann", phone)
        eventually(lambda: caller.ear.hears(AGENT_HZ), what="the representative's tone at the caller's")
        with town.dump(phone) as at_phone:
            eventually(lambda: at_phone.hears(CALLER_HZ), what="the caller's tone at the representative's")
            enough = len(at_phone.times) + 25
            eventually(lambda: len(at_phone.times) > enough, what="half a second of talk")
        caller.leave()
        phone.expect("CALL_CLOSED")
        recorded = phone.heard()
        assert recorded is not None
        assert sound.tone_s(recorded, CALLER_HZ) > 0.1
        assert sound.tone_s(recorded, AGENT_HZ) == 0, "nobody hears himself"
        caller.until("wrapping")
        assert contact.ended_by is HungUpBy.CALLER
        town.centre.wrap_up("ann", topic="letter")
        assert (contact.final_topic, contact.resolved, contact.state) == ("letter", True, ContactState.CLOSED)
        assert town.centre.agent("ann") == AgentState.AVAILABLE
        assert phone.count("CALL_INCOMING") == 1


def test_the_representative_hangs_up(town: Town) -> None:
    with town.working("ann") as phone, town.call() as caller:
        contact = caller.go_to("refund")
        answered(town, caller, "ann", phone)
        phone.hang_up()
        assert caller.gone().received("BYE")
        town.until("ann", AgentState.WRAP_UP)
        assert contact.ended_by is HungUpBy.AGENT


def test_the_desk_hangs_up(town: Town) -> None:
    with town.working("ann") as phone, town.call() as caller:
        contact = caller.go_to("refund")
        answered(town, caller, "ann", phone)
        town.hang_up_at_desk("ann")
        assert caller.gone().received("BYE")
        phone.expect("CALL_CLOSED")
        town.until("ann", AgentState.WRAP_UP)
        assert contact.ended_by is HungUpBy.AGENT


def test_leaving_in_the_menu_and_in_the_line(town: Town) -> None:
    with town.call() as in_menu, town.call() as in_line:
        in_line.go_to("refund")
        in_menu.hear("notice")
        for caller in (in_menu, in_line):
            caller.leave()
            caller.until("closed")
        assert in_menu.contact.abandoned_in is ContactState.MENU
        assert in_line.contact.abandoned_in is ContactState.WAITING


def test_leaving_while_the_phone_rings(town: Town) -> None:
    with town.working("ann") as phone, town.call() as caller:
        contact = caller.go_to("refund")
        phone.expect("CALL_INCOMING")
        caller.leave()
        phone.expect("CALL_CLOSED")
        town.until("ann", AgentState.AVAILABLE)
        assert contact.abandoned_in is ContactState.OFFERED
        assert contact.connected_at is None


def test_refusing_the_recording(town: Town) -> None:
    """By 9 in the notice, in the menu and in the line; it is said each time, and the call goes on.

    The carrier sends keys with payload type 96 here, as its SDP says.
    """
    with town.call(dtmf=96) as early, town.call(dtmf=96) as in_menu, town.call(dtmf=96) as in_line:
        early.skip_notice()
        for caller in (in_menu, in_line):
            caller.hear("language")
            caller.press("1")
        in_menu.hear("menu.main")
        in_menu.press("9")
        in_menu.hear("recording_refused")
        in_menu.hear("menu.main")
        in_line.hear("menu.main")
        in_line.press("1")
        in_line.hear("please_wait")
        in_line.press("9")
        in_line.hear("recording_refused")
        in_line.hear_music()
        for caller, state in ((early, "menu"), (in_menu, "menu"), (in_line, "waiting")):
            caller.until(state)
            assert caller.contact.recording is Recording.REFUSED
            caller.leave()


def test_the_operator(town: Town) -> None:
    """Key 0, wrong keys, and silence. One wrong key, late, is no more than a wrong key: what was counted of the
    silence before it does not cut the next try short."""
    with ExitStack() as stack:
        by_key, by_wrong_keys, by_silence, late = (stack.enter_context(town.call()) for _ in range(4))
        callers = (by_key, by_wrong_keys, by_silence)
        for caller in (*callers, late):
            caller.skip_notice()
            caller.press("1")
        for caller in (*callers, late):
            caller.hear("menu.main")
        by_key.press("0")
        by_wrong_keys.press("7")
        by_wrong_keys.hear("invalid_key")
        by_wrong_keys.press("8")
        late.hear_out("menu.main")
        late.press("7")
        by_silence.hear("no_key")
        late.hear("invalid_key")
        late.hear_out("menu.main")
        late.press("2")
        late.until("waiting")
        assert (late.contact.topic, late.contact.topic_by) == ("letter", TopicBy.KEY)
        late.leave()
        expected = (TopicBy.OPERATOR_KEY, TopicBy.INVALID_KEYS, TopicBy.SILENCE)
        for caller, by in zip(callers, expected, strict=True):
            caller.until("waiting")
            contact = caller.contact
            assert (contact.queue, contact.topic, contact.topic_by) == ("operator", None, by)
            caller.leave()


def test_the_language_is_asked_twice(town: Town) -> None:
    """What was wrong is said in every language: none is known yet. Whoever presses nothing still reaches a person."""
    with town.call() as wrong, town.call() as silent:
        for caller in (wrong, silent):
            caller.skip_notice()
            caller.hear("language", "es")
        wrong.press("7")
        for language in ("en", "es"):
            wrong.hear("invalid_key", language)
        wrong.hear("language", "es")
        wrong.press("2")
        wrong.hear("menu.main", "es")
        wrong.leave()
        for language in ("en", "es"):
            silent.hear("no_key", language)
        silent.hear("language", "es")
        silent.until("waiting")
        contact = silent.contact
        assert (contact.queue, contact.topic_by, contact.language) == ("operator", TopicBy.SILENCE, "en")
        silent.leave()


def test_spanish_is_answered_in_spanish(town: Town) -> None:
    """Bob, who waits longer, speaks English only."""
    with town.working("bob") as bobs, town.call() as caller:
        contact = caller.go_to("refund", "es")
        caller.hear("please_wait", "es")
        assert contact.state is ContactState.WAITING
        with town.working("ann") as anns:
            answered(town, caller, "ann", anns)
            assert (contact.language, contact.agent) == ("es", "ann")
            caller.leave()
        assert bobs.count("CALL_INCOMING") == 0


def test_a_closed_line(town: Town) -> None:
    with town.call("200") as caller:
        caller.hear("closed", "en")
        caller.hear("closed", "es")
        assert caller.gone().received("BYE")
        assert caller.contact.turned_away is TurnedAwayFor.CLOSED


def test_a_full_queue(town: Town) -> None:
    with ExitStack() as stack:
        first, second = (stack.enter_context(town.call()) for _ in range(2))
        first.go_to("licence")
        second.skip_notice()
        second.press("1")
        second.hear("menu.main")
        second.press("3")
        second.hear("full")
        assert second.gone().received("BYE")
        assert second.contact.turned_away is TurnedAwayFor.FULL
        assert first.contact.state is ContactState.WAITING
        first.leave()


def test_a_pack_that_is_loaded_while_calls_go_on(town: Town, tmp_path: Path) -> None:
    """Who waits goes on waiting; who calls next hears what the new pack says."""
    pack = shutil.copytree(PACK, tmp_path / "pack")
    prompts = pack / "prompts" / "en.yaml"
    prompts.write_text(prompts.read_text().replace("We are closed.", "Nobody is here today."))
    with town.call() as waiting:
        contact = waiting.go_to("refund")
        town.load(pack)
        with town.call("200") as caller:
            caller.hear("closed", "en")
            caller.gone()
        assert contact.state is ContactState.WAITING
        waiting.hear_music()
        waiting.leave()


def test_the_day_counts_each_call_once(town: Town) -> None:
    town.assert_each_counted_once()
