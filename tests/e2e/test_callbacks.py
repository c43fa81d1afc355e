"""Virtual hold, whole: SIPp calls and is rung back, a baresip is the representative.

Whoever is rung back is counted by the Call-IDs of the INVITEs that SIPp received: one promise, one ring.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from civicline.core.callback_facts import AttemptFailed, CallbackDue, PersonReached
from civicline.core.lifecycle import AgentState
from civicline.core.model import Contact
from civicline.core.ring_back_requests import PromiseLater, RingBack
from civicline.people import keyset
from civicline.people.sealing import seal_statements
from civicline.recordings import rows
from e2e.callers import KEYS, LANGUAGES, Town
from e2e.centre import PACK, Centre
from e2e.person import Person
from e2e.recorded import closed
from e2e.talks import take
from e2e.test_survey import SURVEYS
from e2e.witness import AGENT_HZ, CALLER_HZ, tone_file
from peers.ports import PATIENCE_S, eventually, free_udp
from peers.sipp import Sipp

NUMBER = "+12025550143"
TOLD = {
    "en": {
        "position": "Number {number}.",
        "position_first": "You are next.",
        "position_far": "Many are before you.",
        "still_waiting": "Still waiting.",
        "hold_offer": "Press two and we will call you.",
        "hold_kept": "Your place is kept. Code",
        "hold_goodbye": "Goodbye.",
        "ringing_back": "This is {agency}. Press one now.",
        "place_restored": "You have your old place again.",
        "hold_offer_number": "Three for another number.",
        "number_ask": "Your number, please.",
        "number_wrong": "Not that number.",
        "number_declined": "That number has one.",
        "digits_entered": "You keyed in",
        "digits_confirm": "One if right.",
        "menu_place": "Code, {key}.",
        "code_ask": "Your code, please.",
        "code_unknown": "Nobody has this code.",
    },
    "es": {
        "position": "Número {number}.",
        "position_first": "Usted sigue.",
        "position_far": "Hay muchos antes.",
        "still_waiting": "Siga en la línea.",
        "hold_offer": "Oprima dos y le llamamos.",
        "hold_kept": "Guardamos su lugar. Código",
        "hold_goodbye": "Adiós.",
        "ringing_back": "Habla {agency}. Oprima uno.",
        "place_restored": "Tiene otra vez su lugar.",
        "hold_offer_number": "Tres para otro número.",
        "number_ask": "Marque su número.",
        "number_wrong": "Ese número no.",
        "number_declined": "Ese número ya tiene una.",
        "digits_entered": "Usted marcó",
        "digits_confirm": "Uno si está bien.",
        "menu_place": "Código, {key}.",
        "code_ask": "Marque su código.",
        "code_unknown": "Nadie tiene este código.",
    },
}
POLICY = "offer_after_s: 1, attempts: 2, gap_s: 1, ring_s: 15, limit_a_day: 99, other_numbers: true"


@pytest.fixture(scope="module")
def person_port() -> int:
    return free_udp()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, person_port: int) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("centre")
    pack = shutil.copytree(PACK, folder / "pack")
    shutil.copy(SURVEYS, pack)
    trunk = f'local: {{networks: [127.0.0.0/8], caller_id: "100", hosts: ["127.0.0.1:{person_port}"]}}\n'
    (pack / "trunks.yaml").write_text(trunk)
    queues = (pack / "queues.yaml").read_text()
    (pack / "queues.yaml").write_text(
        queues.replace("max_waiting: 50", f"max_waiting: 50, say_every_s: 10, callback: {{{POLICY}}}")
    )
    menus = (pack / "menus.yaml").read_text()
    (pack / "menus.yaml").write_text(menus.replace("3: licence", "3: licence, 4: place"))
    for language, texts in TOLD.items():
        with (pack / "prompts" / f"{language}.yaml").open("a") as file:
            file.writelines(f'{name}: "{text}"\n' for name, text in texts.items())
    with Centre(folder, pack) as running:
        yield running


@pytest.fixture(scope="module")
def town(centre: Centre) -> Town:
    return Town(centre)


@pytest.fixture(autouse=True)
def nothing_left(centre: Centre) -> Iterator[None]:
    yield
    centre.assert_nothing_left()


@pytest.fixture(scope="module")
def tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tone_file(tmp_path_factory.mktemp("tones") / "ann.wav", AGENT_HZ, 60)


def keeps_the_place(town: Town, language: str = "en") -> str:
    """From the call to its end; the contact's id."""
    with town.call() as caller:
        caller.go_to("refund", language)
        caller.hear("hold_offer", language)
        caller.press("2")
        caller.until("kept")
        caller.hear("hold_kept", language)
        code = caller.contact.promise.code if caller.contact.promise else ""
        for digit in code:
            caller.hear(f"digit.{digit}", language)
        caller.hear("hold_goodbye", language)
        caller.gone()
        found = caller.id
    eventually(lambda: is_ready(town, found), what="the end of the first call")
    return found


def is_ready(town: Town, contact: str) -> bool:
    promise = town.centre.contact(contact).promise
    return promise is not None and promise.ready


def until(town: Town, contact: str, state: str, within_s: float = PATIENCE_S) -> Contact:
    eventually(lambda: town.centre.contact(contact).state == state, within_s, f"a contact that is {state}")
    return town.centre.contact(contact)


def failures(town: Town, contact: str) -> list[str]:
    return [fact.why.value for fact in town.facts(AttemptFailed) if fact.contact == contact]


def reaches(town: Town, contact: str) -> int:
    return sum(fact.contact == contact for fact in town.facts(PersonReached))


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


def test_whoever_is_rung_and_no_longer_needs_us_is_let_go(town: Town, person_port: int) -> None:
    contact = keeps_the_place(town)
    with Person(person_port, sounds=town.sounds) as rung, town.working("ann"):
        rung.hear("ringing_back")
        rung.ear.press("3")
        eventually(rung.let_go, what="our BYE")
        assert until(town, contact, "closed").promise.end == "cancelled"  # type: ignore[union-attr]
        assert town.centre.agent("ann") == AgentState.AVAILABLE
        assert (failures(town, contact), len(rung.calls())) == ([], 1)


def test_the_code_restores_the_place_from_another_telephone(town: Town) -> None:
    """After one that is nobody's. What is keyed in stands in no journal, and nobody is rung any more."""
    kept = town.centre.contact(keeps_the_place(town, "es"))
    assert kept.promise is not None
    wrong = f"{(int(kept.promise.code) + 1) % 1_000_000:06}"
    with town.call(own="2025550166") as elsewhere:
        elsewhere.skip_notice()
        elsewhere.press(LANGUAGES["es"])
        elsewhere.hear("menu.main", "es")
        elsewhere.press("4")
        elsewhere.hear("code_ask", "es")
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
            town.centre.ask(PromiseLater("ann", first.id, promised, time.time() + 5))
            town.centre.wrap_up("ann")
            assert town.centre.contact(promised).for_agent == "ann"
            rung.hear("ringing_back")
            rung.ear.press("1")
            take(town, "ann", phone)
            eventually(lambda: rung.ear.hears(AGENT_HZ), what="the representative's tone at the person's")
            assert town.centre.agent("bob") == AgentState.AVAILABLE
            town.hang_up_at_desk("ann")
            eventually(rung.let_go, 40, "our BYE")
    found = until(town, promised, "closed")
    assert (found.for_agent, [part.agent for part in found.segments]) == (None, ["ann"])


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


def answers(rung: Person, language: str = "en") -> None:
    for question, key in (("times", "3"), ("answered", "1"), ("settled", "1")):
        rung.hear(f"survey.short.{question}", language)
        rung.ear.press(key)


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
