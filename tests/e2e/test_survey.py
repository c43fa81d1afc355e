"""The survey after the call, answered by SIPp: wholly, wrongly, not at all, half way, and over kills."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from civicline.core.facts import OfferAccepted, SurveyAnswered, SurveyBegan, SurveyEnded, SurveyOffered
from civicline.core.lifecycle import AgentState, Recording
from civicline.core.survey import SurveyEnd
from e2e.callers import Caller, Town
from e2e.centre import PACK, Centre
from peers.ports import eventually

SURVEYS = Path(__file__).parent / "surveys.yaml"

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("centre")
    pack = shutil.copytree(PACK, folder / "pack")
    shutil.copy(SURVEYS, pack)
    with Centre(folder, pack) as running:
        yield running


@contextmanager
def told(town: Town, agent: str = "ann", language: str = "en") -> Iterator[Caller]:
    """A caller who was told of the survey, was answered, and stays on the line when the representative hangs up."""
    with town.working(agent) as phone, town.call() as caller:
        talk(town, caller, agent, phone, language)
        yield caller


def talk(town, caller, agent, phone, language="en") -> None:
    caller.skip_notice()
    caller.press({"en": "1", "es": "2"}[language])
    caller.hear("survey.short.invitation", language)
    caller.hear("menu.main", language)
    caller.press("1")
    phone.expect("CALL_INCOMING")
    phone.accept()
    phone.expect("CALL_ESTABLISHED")
    caller.until("talking")
    phone.hang_up()
    phone.expect("CALL_CLOSED")


def ask(caller: Caller, question: str, key: str, language: str = "en") -> None:
    caller.hear(f"survey.short.{question}", language)
    caller.press(key)


def replies(caller: Caller) -> dict[str, str]:
    survey = caller.contact.survey
    assert survey is not None
    return {name: reply.value or reply.how.value for name, reply in survey.replies.items()}


def ended(caller: Caller) -> SurveyEnd | None:
    eventually(lambda: caller.contact.survey and caller.contact.survey.end, what="the end of the survey")
    assert caller.contact.survey is not None
    return caller.contact.survey.end


def test_all_three_are_answered(town: Town) -> None:
    with told(town) as caller:
        town.until("ann", AgentState.WRAP_UP)
        ask(caller, "times", "2")
        ask(caller, "answered", "2")
        ask(caller, "settled", "1")
        caller.hear_out("survey.short.thanks")
        assert caller.gone().received("BYE"), "the caller is let go"
        assert ended(caller) is SurveyEnd.COMPLETED
        assert replies(caller) == {"times": "2", "answered": "no", "settled": "yes"}
        assert caller.contact.state == "wrapping", "the wrap-up goes on"
        town.centre.wrap_up("ann")
        assert caller.contact.state == "closed"


def test_in_spanish_with_wrong_keys(town: Town) -> None:
    """One wrong key is asked again; two are kept as what they are, and the next question is asked. A key that is
    pressed twice answers one question."""
    with told(town, language="es") as caller:
        ask(caller, "times", "0", "es")
        caller.hear("invalid_key", "es")
        ask(caller, "times", "33", "es")
        ask(caller, "answered", "5", "es")
        caller.hear("invalid_key", "es")
        ask(caller, "answered", "6", "es")
        ask(caller, "settled", "2", "es")
        caller.hear("survey.short.thanks", "es")
        caller.gone()
        assert ended(caller) is SurveyEnd.COMPLETED
        assert replies(caller) == {"times": "3", "answered": "invalid", "settled": "no"}


def test_the_recording_is_refused_while_the_invitation_is_said(town: Town) -> None:
    """In the line, where no menu comes after it: the refusal counts at once, and the invitation is heard whole."""
    with town.call() as caller:
        caller.hear("language", "es")
        caller.press("0")
        caller.hear("survey.short.invitation")
        assert caller.contact.state == "waiting"
        caller.press("9")
        caller.hear("recording_refused")
        assert caller.contact.recording is Recording.REFUSED
        caller.hear_out("survey.short.invitation")
        caller.hear_music()
        assert caller.contact.survey is not None
        caller.leave()


def test_a_wrong_key_and_then_silence_is_no_silence(town: Town) -> None:
    """Who tried to answer is asked the next question."""
    with told(town) as caller:
        ask(caller, "times", "0")
        caller.hear("invalid_key")
        caller.hear_out("survey.short.times")
        ask(caller, "answered", "1")
        ask(caller, "settled", "1")
        caller.hear("survey.short.thanks")
        caller.gone()
        assert ended(caller) is SurveyEnd.COMPLETED
        assert replies(caller) == {"times": "invalid", "answered": "yes", "settled": "yes"}


def test_silence_is_let_go_with_thanks(town: Town) -> None:
    with told(town) as caller:
        caller.hear("survey.short.times")
        caller.hear("no_key")
        caller.hear("survey.short.times")
        caller.hear("survey.short.thanks")
        assert caller.gone().received("BYE")
        assert ended(caller) is SurveyEnd.SILENCE
        assert replies(caller) == {"times": "silence"}


def test_hanging_up_after_the_first(town: Town) -> None:
    with told(town) as caller:
        ask(caller, "times", "1")
        caller.hear("survey.short.answered")
        caller.leave()
        assert ended(caller) is SurveyEnd.HUNG_UP
        assert replies(caller) == {"times": "1", "answered": "hung_up"}


def test_the_representative_takes_the_next_call_meanwhile(town: Town) -> None:
    with town.working("ann") as phone, town.call() as caller:
        talk(town, caller, "ann", phone)
        caller.hear("survey.short.times")
        town.until("ann", AgentState.WRAP_UP)
        town.centre.wrap_up("ann")
        assert caller.contact.state == "surveying"
        with town.call() as following:
            following.go_to("refund")
            phone.expect("CALL_INCOMING")
            phone.accept()
            following.until("talking")
            ask(caller, "times", "4")
            ask(caller, "answered", "1")
            ask(caller, "settled", "1")
            caller.hear("survey.short.thanks")
            caller.gone()
            caller.until("closed")
            assert replies(caller) == {"times": "4", "answered": "yes", "settled": "yes"}
            assert following.contact.state == "talking"
            following.leave()


def test_nobody_is_asked_who_hangs_up(town: Town) -> None:
    with town.working("ann") as phone, town.call() as leaves:
        leaves.go_to("refund")
        phone.expect("CALL_INCOMING")
        phone.accept()
        leaves.until("talking")
        leaves.leave()
        town.until("ann", AgentState.WRAP_UP)
        survey = leaves.contact.survey
        assert survey is not None and survey.state == "offered"


@pytest.mark.parametrize("process", ["voice", "engine", "media-1"])
def test_a_killed_process_goes_on_at_the_same_question(town: Town, process: str) -> None:
    with told(town) as caller:
        ask(caller, "times", "2")
        caller.hear("survey.short.answered")
        starts = town.centre.starts(process)
        town.centre.kill(process)
        eventually(lambda: town.centre.starts(process) > starts, what=f"{process} again")
        if process != "engine":
            caller.hear("survey.short.answered")
        caller.press("1")
        ask(caller, "settled", "1")
        caller.hear("survey.short.thanks")
        caller.gone()
        assert ended(caller) is SurveyEnd.COMPLETED
        assert replies(caller) == {"times": "2", "answered": "yes", "settled": "yes"}


def test_each_is_surveyed_once_and_counted_once(town: Town) -> None:
    """The day's report against the facts of the journal."""
    begun, over = town.facts(SurveyBegan), town.facts(SurveyEnded)
    contacts = [fact.contact for fact in begun]
    assert contacts and len(contacts) == len(set(contacts)) == len(over)
    survey = town.report()["total"]["survey"]
    served = {fact.contact for fact in town.facts(OfferAccepted)}
    told = {fact.contact for fact in town.facts(SurveyOffered)}
    assert told - served, "who left in the line was told, and has nothing to be asked about"
    assert (survey["volume"], survey["offered"]) == (len(served), len(served & told))
    assert (survey["begun"], survey["completed"]) == (len(begun), sum(fact.how == "completed" for fact in over))
    assert survey["completed"] + survey["broken_off"] == survey["begun"]
    for question, counts in survey["questions"]["short"].items():
        said = [fact for fact in town.facts(SurveyAnswered) if fact.question == question]
        assert counts["asked"] == len(said)
        assert counts["answers"] == dict(sorted(Counter(fact.value for fact in said if fact.how == "answered").items()))
        for how in ("silence", "invalid", "hung_up"):
            assert counts[how] == sum(fact.how == how for fact in said)
