"""A floor with a call in every phase, a process killed, and what has to be seen again afterwards.

    with Floor(folder) as floor:
        floor.fill()             # one in the menu, in the queue, ringing, talking, wrapped up; one hung up, place kept
        found = floor.kill("voice")          # seconds until each phase worked again
        floor.empty()            # everybody hangs up: SIPp's own BYE and its 200

Whoever hung up is rung back after the kill: by as many names as the journal has attempts, and reached once.

The work of each phase is a generator that yields what it waits for; one loop turns them all. Every phase has a queue
with one representative of its own, so that what happens in one phase cannot hide what happens in another.
"""

from __future__ import annotations

import contextlib
import shutil
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from chaos.away import Away, family
from civicline.core import kinds, requests
from civicline.core.callback_facts import CallbackDue, PersonReached
from civicline.core.facts import Fact, OfferAccepted, OfferMade, OfferMissed
from civicline.core.model import Contact
from civicline.core.requests import Request
from civicline.journal import read
from civicline.journal.connect import connect
from civicline.measures import report
from civicline.people import keyset
from civicline.voice.names import Names, contact_of
from e2e import centre as centre_module
from e2e.centre import Centre
from e2e.kept import TOLD
from e2e.person import Person
from e2e.witness import AGENT_HZ, CALLER_HZ, Caller, Dump, Ear, recovered_s, tone_file
from peers.baresip import Phone
from peers.ports import eventually, free_udp
from peers.zones import noon_zone

PROCESSES = ("voice", "media-1", "engine", "web", "live", "worker", "postgres")
PHASES = ("menu", "queue", "ringing", "talking", "wrap-up", "kept")
NOTICE_SKIPPED, KEY_AGAIN_S = "9", 0.6
SETTLED_S = 60.0
AGENTS = {"ringing": "bob", "talking": "ann", "wrap-up": "cleo", "queue": "dan", "kept": "eve"}
KEYS = {"talking": "2", "ringing": "3", "wrap-up": "4", "queue": "5", "menu": "6", "kept": "7"}
"""Not 1, the key of the language: an impatient caller may press it once more than was needed."""
TOPICS = {"talking": "talk", "ringing": "ring", "wrap-up": "wrap", "queue": "wait", "menu": "late", "kept": "keep"}
ATTEMPTS = 9
HOLD = f"say_every_s: 600, callback: {{offer_after_s: 1, attempts: {ATTEMPTS}, gap_s: 1, ring_s: 20, limit_a_day: 99}}"
"""An attempt whose fate a killed process did not learn counts; the next one follows."""
RINGS_MS = 700
TONE_S = 600

Waits = Generator[str, None, None]


def make_pack(folder: Path, person_port: int) -> Path:
    """The end-to-end tests' agency with a queue for each phase, and time enough in each to be killed. Its carrier rings
    people at that port."""
    pack = shutil.copytree(centre_module.PACK, folder / "pack")
    common = "hours: always, ring_s: 60, wrap_up_s: 600, service_level_s: 20"
    more = {"keep": f", {HOLD}"}
    names = (*TOPICS.values(), "operator")
    queues = [f"{q}: {{label: {{en: {q}, es: {q}}}, {common}{more.get(q, '')}}}" for q in names]
    topics = [f"{q}: {{label: {{en: {q}, es: {q}}}, queue: {q}, skill: any}}" for q in TOPICS.values()]
    served = {**{AGENTS[phase]: TOPICS[phase] for phase in AGENTS}, "zoe": "late, operator"}
    able = "skills: {any: C}, languages: [en, es]"
    staff = [f"{agent}: {{name: {agent}, queues: [{served[agent]}], {able}}}" for agent in served]
    keys = ", ".join(f"{KEYS[phase]}: {TOPICS[phase]}" for phase in PHASES)
    wanted = {
        "agency": ["name: {en: Test, es: Prueba}", "zone: America/Denver", "languages: [en, es]", "ageing_s: 300"],
        "skills": ["any: {label: {en: Anything, es: Todo}}"],
        "queues": queues, "topics": topics, "staff": staff,
        "menus": [f"main: {{keys: {{{keys}}}, timeout_s: 60, tries: 9}}"],
        "lines": ['"100": {name: Line, menu: main, hours: always, operator: operator}'],
        "trunks": [f'local: {{networks: [127.0.0.0/8], caller_id: "100", hosts: ["127.0.0.1:{person_port}"]}}'],
    }  # fmt: skip
    for name, lines in wanted.items():
        (pack / f"{name}.yaml").write_text("\n".join(lines) + "\n")
    for language, texts in TOLD.items():
        with (pack / "prompts" / f"{language}.yaml").open("a") as file:
            file.writelines(f'{name}: "{text}"\n' for name, text in texts.items())
    return pack


@dataclass
class Kill:
    """`recovered_s`: from the kill until the phase's function was seen again, by phase."""

    process: str
    recovered_s: dict[str, float] = field(default_factory=dict)
    up_s: float = 0.0
    """Until the supervisor had started it again."""

    def line(self) -> dict[str, Any]:
        rounded = {phase: round(self.recovered_s[phase], 2) for phase in PHASES if phase in self.recovered_s}
        return {"process": self.process, "started_s": round(self.up_s, 2), **rounded}


class Floor:
    def __init__(self, folder: Path, away: Away | None = None) -> None:
        """`away`: the database is there, and processes may be cut from it."""
        self._person_port = free_udp()
        self._away = away
        pack, environ = make_pack(folder, self._person_port), away.environ if away else None
        self.centre = Centre(folder, pack, environ=environ, spares=True)
        self._folder = folder
        self._stack = contextlib.ExitStack()
        self.callers: dict[str, Caller] = {}
        self.phones: dict[str, Phone] = {}
        self.dumps: dict[str, Dump] = {}
        self.calls = 0
        self._background = self._stack.enter_context(ThreadPoolExecutor(1))
        self.refused = 0
        """Calls that were told to come again, and did."""
        self.incoming: Counter[str] = Counter()
        """Offers that each phone must have rung for."""
        self.person: Person | None = None
        """Whose place is kept, when we ring back."""
        self._promised: str = ""
        """The contact whose place is kept."""
        self._filled_at = 0
        """The journal's position before the calls of this round."""

    def __enter__(self) -> Floor:
        centre = self._stack.enter_context(self.centre)
        self._names = Names(keyset.load(centre.settings.keyset).hashed)
        sound = tone_file(self._folder / "tone.wav", AGENT_HZ, TONE_S)
        for agent in AGENTS.values():
            self.phones[agent] = self._stack.enter_context(centre.phone(agent, plays=sound))
            self.dumps[agent] = Dump(self.phones[agent])
            self._stack.callback(self.dumps[agent].close)
            centre.ask(requests.SignIn(agent))
        return self

    def __exit__(self, *error: Any) -> None:
        for each in (*self.callers.values(), *([self.person] if self.person else [])):
            each.__exit__(None)
        self._stack.__exit__(*error)

    # What is to be seen

    def contact(self, phase: str) -> Contact | None:
        names = self.callers[phase].names
        return self.centre._state.contacts.get(contact_of(self._names.caller_leg(*names))) if names else None

    def agent_state(self, phase: str) -> str:
        return str(self.centre._state.agents[AGENTS[phase]].state)

    def turn(self, works: dict[str, Waits], within_s: float = SETTLED_S) -> None:
        """Turn all until all are done. Raises AssertionError with what each still waits for."""
        deadline = time.monotonic() + within_s
        waits: dict[str, str] = {}
        while works:
            with contextlib.suppress(psycopg.OperationalError):
                self.centre.state()
            for caller in self.callers.values():
                caller.look()
            for name in list(works):
                try:
                    waits[name] = next(works[name])
                except StopIteration:
                    del works[name]
                    waits.pop(name, None)
            if time.monotonic() > deadline:
                raise AssertionError(f"after {within_s:g} s still waiting: {waits}\n{self.explain()}")
            time.sleep(0.01)

    def explain(self) -> str:
        told = []
        for phase in self.callers:
            told.append(f"{phase}: {self.contact(phase)}")
        told += [f"{agent}: {phone.count('CALL_INCOMING')} rings" for agent, phone in self.phones.items()]
        told += [str(agent) for agent in self.centre._state.agents.values()]
        told += [str(leg) for leg in self.centre._state.legs.values()]
        return "\n".join(told)

    # A call in every phase

    def fill(self, **meanwhile: Waits) -> None:
        with connect(self.centre.url, "witness") as conn:
            self._filled_at = read.last_position(conn)
        self.dial()
        self.turn({phase: self.bring(phase) for phase in PHASES} | meanwhile)

    def dial(self, *phases: str) -> None:
        for phase in phases or PHASES:
            self.callers[phase] = self._caller()
            self.calls += 1

    def _caller(self) -> Caller:
        """From numbers in turn: one number is promised only so much a day."""
        return Caller(self.centre.sip, caller=f"20255501{self.calls % 100:02}").__enter__()

    def bring(self, phase: str) -> Waits:
        """A caller and, where one is needed, a representative into that phase."""
        if phase in ("ringing", "talking", "wrap-up"):
            yield from self.asked(requests.BecomeAvailable(AGENTS[phase]))
            self.incoming[AGENTS[phase]] += 1
        yield from self.arrived(phase)
        if phase != "menu":
            yield from self.chosen(phase)
        if phase == "queue":
            yield from self.until(lambda: self.callers[phase].ear.is_flowing(), "music")
        elif phase == "kept":
            yield from self._kept()
        elif phase != "menu":
            yield from self.rung(phase)
        if phase in ("talking", "wrap-up"):
            self.phones[AGENTS[phase]].accept()
            yield from self.both_hear(phase)
        if phase == "wrap-up":
            yield from self.hung_up(phase)
            yield from self.until(lambda: self.agent_state(phase) == "wrap_up", "the wrap-up")

    def until(self, condition: Callable[[], object], what: str) -> Waits:
        while not condition():
            yield what

    def asked(self, *wanted: Request) -> Waits:
        """As the desk would ask: again while the database is away."""
        while True:
            try:
                self.centre.ask(*wanted)
                return
            except psycopg.Error:
                yield "the journal taking a request"

    def arrived(self, phase: str) -> Waits:
        """Through the notice, into the menu."""
        while not (self.callers[phase].ear.to and self.contact(phase)):
            self._dial_again_when_refused(phase)
            yield "the answer"
        yield from self.pressed(phase, NOTICE_SKIPPED, lambda contact: contact.notice_at is not None)
        yield from self.pressed(phase, "1", lambda contact: contact.language is not None)

    def _dial_again_when_refused(self, phase: str) -> None:
        caller = self.callers[phase]
        if caller.sipp._process is None or caller.sipp._process.poll() is None:
            return
        result = caller.result()
        assert result.received("SIP/2.0 503"), f"{phase}: {result.explain()}"
        assert result.received("SIP/2.0 503")[0].header("Retry-After"), f"{phase}: {result.explain()}"
        caller.__exit__(None)
        self.refused += 1
        self.callers[phase] = self._caller()

    def chosen(self, phase: str) -> Waits:
        yield from self.pressed(phase, KEYS[phase], lambda contact: contact.topic is not None)
        contact = self.contact(phase)
        assert contact is not None and contact.topic == TOPICS[phase], contact

    def pressed(self, phase: str, key: str, done: Callable[[Contact], bool]) -> Waits:
        """Press a key, and again every while as an impatient caller does, until it was answered."""
        pressed_at = 0.0
        while (contact := self.contact(phase)) is None or not done(contact):
            if time.monotonic() - pressed_at > KEY_AGAIN_S:
                self.callers[phase].ear.press(key)
                pressed_at = time.monotonic()
            yield f"the answer to key {key}"

    def rung(self, phase: str) -> Waits:
        phone = self.phones[AGENTS[phase]]
        yield from self.until(lambda: phone.count("CALL_INCOMING") >= self.incoming[AGENTS[phase]], "a ringing phone")

    def both_hear(self, phase: str) -> Waits:
        ear, dump = self.ear(phase), self.dumps[AGENTS[phase]]
        yield from self.until(lambda: ear.is_flowing() and ear.hears(AGENT_HZ), "the representative's sound")
        yield from self.until(lambda: dump.is_flowing() and dump.hears(CALLER_HZ), "the caller's sound")

    def ear(self, phase: str) -> Ear:
        return self.person.ear if phase == "kept" and self.person else self.callers[phase].ear

    def _kept(self) -> Waits:
        """Takes the offer to hang up and be rung back, and is let go."""
        yield from self.pressed("kept", "2", lambda contact: contact.promise is not None)
        contact = self.contact("kept")
        assert contact is not None
        self._promised = contact.id
        yield from self.until(self.callers["kept"].sipp.has_ended, "our BYE")
        self.person = Person(self._person_port, RINGS_MS).__enter__()

    def _rung_back(self, kill: Kill, at: float) -> Waits:
        """A representative becomes free: the person is rung, presses 1 and is put through."""
        agent, person = AGENTS["kept"], self.person
        assert person is not None
        self.incoming[agent] += 1
        yield from self.asked(requests.BecomeAvailable(agent))
        yield from self.until(person.is_rung, "the call back")
        kill.recovered_s["kept"] = time.monotonic() - at
        pressed_at = 0.0
        while self.phones[agent].count("CALL_INCOMING") < self.incoming[agent]:
            person.is_rung()
            if time.monotonic() - pressed_at > KEY_AGAIN_S:
                person.ear.press("1")
                pressed_at = time.monotonic()
            yield "the representative's phone, rung for who was rung back"
        self.phones[agent].accept()
        yield from self.both_hear("kept")

    def _person_let_go(self) -> Waits:
        """The representative hangs up at the desk. The person was rung by a name for each attempt, and reached once."""
        person, caller = self.person, self.callers.pop("kept")
        assert person is not None
        caller.__exit__(None)
        yield from self.asked(requests.HangUp(AGENTS["kept"], self._promised))
        yield from self.until(lambda: person.sipp.saw("BYE"), "our BYE to the person")
        ours = [fact for fact in self.facts(self._filled_at) if getattr(fact, "contact", "") == self._promised]
        due = [fact for fact in ours if isinstance(fact, CallbackDue)]
        reached = [fact for fact in ours if isinstance(fact, PersonReached)]
        assert len(person.calls()) <= len(due), f"rung by {len(person.calls())} names for {len(due)} attempts"
        assert len(reached) == 1, reached
        person.__exit__(None)
        self.person = None

    def hung_up(self, phase: str) -> Waits:
        caller = self.callers.pop(phase)
        assert caller.sipp._process is not None
        caller.hang_up()
        yield from self.until(lambda: caller.sipp._process.poll() is not None, "the end of SIPp's call")  # type: ignore[union-attr]
        result = caller.result()
        caller.__exit__(None)
        assert result.ok, f"{phase}: {result.explain()}"

    # A process killed

    def kill(self, process: str, answer_after_s: float = 0.0) -> Kill:
        """kill -9, then go on with every call at once. Raises AssertionError when one does not.

        `answer_after_s`: when the ringing phone is answered; recovery is then counted from that moment.
        """
        starts, at = self.centre.starts(process), time.monotonic()
        self.centre.kill(process)
        kill = Kill(process)
        self._go_on(kill, at, answer_after_s, self._started(process, starts, kill, at))
        return kill

    def cut(self, process: str, seconds: float, answer_after_s: float = 0.0) -> Kill:
        """Cut it from the database for so long, and go on with every call at once. Recovery is counted from when the
        database can be reached again; what went on in spite of the cut has 0."""
        assert self._away is not None
        kill, until = Kill(process), time.monotonic() + seconds
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._away.cut(lambda: self._family(process)))
            self._go_on(kill, until, answer_after_s - seconds, self._mended(until, stack))
        kill.recovered_s = {phase: max(0.0, took_s) for phase, took_s in kill.recovered_s.items()}
        return kill

    def _family(self, process: str) -> set[int]:
        try:
            return family(self.centre.pid(process))
        except (AssertionError, KeyError, TypeError, ValueError):  # it is just being started again
            return set()

    def _mended(self, until: float, cut: contextlib.ExitStack) -> Waits:
        yield from self.until(lambda: time.monotonic() >= until, "the end of the cut")
        cut.close()

    def _go_on(self, kill: Kill, at: float, answer_after_s: float, process: Waits) -> None:
        """Every call, with `process` as the work of what was done to it. Recovery is counted from `at`."""
        before = {phase: self.contact(phase) for phase in self.callers}
        wall = time.time() + at - time.monotonic()

        def done(phase: str, work: Waits, seen_s: Callable[[], float]) -> Waits:
            yield from work
            kill.recovered_s[phase] = seen_s()

        def now_s() -> float:
            return time.monotonic() - at

        def since_answered_s() -> float:
            return now_s() - max(0.0, answer_after_s)

        works = {
            "process": process,
            "menu": done("menu", self.chosen("menu"), lambda: (self._queued_at("menu") or 0.0) - wall),
            "queue": self._next_offered(kill, at),
            "ringing": done("ringing", self._answers("ringing", at + answer_after_s), since_answered_s),
            "talking": done("talking", self._goes_on("talking", at), lambda: self._gap_s("talking", at)),
            "wrap-up": done("wrap-up", self._wrapped(), now_s),
            "kept": self._rung_back(kill, at),
        }
        self.turn(works)
        for phase, contact in before.items():
            assert contact is not None and self.contact(phase).arrived_at == contact.arrived_at  # type: ignore[union-attr]

    def killed(self, process: str, after_s: float) -> Waits:
        """kill -9 in so many seconds."""
        at = time.monotonic() + after_s
        yield from self.until(lambda: time.monotonic() >= at, f"the moment to kill {process}")
        self.centre.kill(process)

    def await_all_up(self) -> None:
        """Until every process of an earlier kill does its work again."""
        agent = AGENTS["wrap-up"]
        eventually(lambda: self._page() and self._shown(agent), SETTLED_S, "a page")
        eventually(lambda: self._shown(agent) == self.centre.agent(agent), SETTLED_S, "the tables of the pages")
        eventually(self.centre.accepts, SETTLED_S, "the telephone's side")

    def _queued_at(self, phase: str) -> float | None:
        contact = self.contact(phase)
        return contact.queued_at if contact else None

    def _started(self, process: str, starts: int, kill: Kill, at: float) -> Waits:
        yield from self.until(lambda: self.centre.starts(process) > starts, f"the restart of {process}")
        kill.up_s = time.monotonic() - at

    def _next_offered(self, kill: Kill, at: float) -> Waits:
        """A representative becomes free: the caller who waited is offered."""
        agent = AGENTS["queue"]
        self.incoming[agent] += 1
        yield from self.asked(requests.BecomeAvailable(agent))
        yield from self.rung("queue")
        offered_s = time.monotonic() - at
        self.phones[agent].accept()
        yield from self.both_hear("queue")
        kill.recovered_s["queue"] = max(offered_s, recovered_s(self.callers["queue"].ear.times, at))

    def _answers(self, phase: str, when: float) -> Waits:
        """The phone that rings is answered, while the process is down or soon after."""
        yield from self.until(lambda: time.monotonic() >= when, "the moment of the answer")
        self.phones[AGENTS[phase]].accept()
        yield from self.both_hear(phase)

    def _goes_on(self, phase: str, at: float) -> Waits:
        yield from self.until(lambda: time.monotonic() - at > 0.6, "a moment")
        yield from self.both_hear(phase)

    def _gap_s(self, phase: str, at: float) -> float:
        times = (self.callers[phase].ear.times, self.dumps[AGENTS[phase]].times)
        return max(recovered_s(list(each), at) for each in times)

    def _wrapped(self) -> Waits:
        """The desk's word is taken, and a page and its tables show it."""
        yield from self.wrapped("wrap-up")
        agent = AGENTS["wrap-up"]
        shown = self._background.submit(self._await_shown, agent, "available")
        yield from self.until(shown.done, "the page")
        shown.result()

    def wrapped(self, phase: str) -> Waits:
        agent = AGENTS[phase]
        yield from self.until(lambda: self.agent_state(phase) == "wrap_up", "the wrap-up")
        contact = self.centre._state.agents[agent].contact
        assert contact is not None
        asked = requests.WrapUp(agent, contact, TOPICS[phase], centre_module.DISPOSITION, True)
        yield from self.asked(asked)
        yield from self.until(lambda: self.agent_state(phase) == "available", "the end of the wrap-up")

    def _await_shown(self, agent: str, state: str) -> None:
        eventually(lambda: self._page() and self._shown(agent) == state, SETTLED_S, "a page")

    def _page(self) -> bool:
        http = self.centre.settings.http
        try:
            with urllib.request.urlopen(f"http://{http}/sign-in", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _shown(self, agent: str) -> str | None:
        try:
            with psycopg.connect(self.centre.url, autocommit=True) as conn:
                row = conn.execute("SELECT state FROM contacts_agent WHERE id = %s", (agent,)).fetchone()
        except psycopg.Error:
            return None
        return str(row[0]) if row else None

    # The end

    def empty(self, **meanwhile: Waits) -> None:
        """Everybody hangs up and is wrapped up; nothing may be left over."""
        ends = {phase: self.hung_up(phase) for phase in self.callers if phase != "kept"}
        kept = {"kept": self._person_let_go()} if self.person else {}
        self.turn(ends | kept | meanwhile)
        self.turn({phase: self._home(phase) for phase in AGENTS})
        self.centre.assert_nothing_left()
        for agent, phone in self.phones.items():
            assert phone.count("CALL_INCOMING") == self.incoming[agent], f"{agent} was rung more than once for an offer"

    def _home(self, phase: str) -> Waits:
        settled = ("wrap_up", "available", "break")
        yield from self.until(lambda: self.agent_state(phase) in settled, "the end of the talk")
        if self.agent_state(phase) == "wrap_up":
            yield from self.wrapped(phase)
        yield from self.asked(requests.TakeBreak(AGENTS[phase]))
        yield from self.until(lambda: self.agent_state(phase) == "break", "the break")

    def assert_counted_once(self) -> None:
        """Every call is one contact, in the journal and in the report; no contact was offered twice."""
        contacts = len(self.centre.state().contacts)
        assert self.calls <= contacts <= self.calls + self.refused
        told = list(self.facts())
        offers = Counter(fact.contact for fact in told if isinstance(fact, OfferMade))
        taken = Counter(fact.contact for fact in told if isinstance(fact, OfferAccepted))
        assert not [fact for fact in told if isinstance(fact, OfferMissed)]
        assert set(offers.values()) == {1} and offers == taken
        zone = noon_zone()
        counted = report.day(self.centre.url, datetime.now(ZoneInfo(zone)).date(), zone)["total"]["parts"]
        assert (counted["received"], counted["answered"]) == (contacts, len(taken)), counted

    def facts(self, after: int = 0) -> Iterator[Fact]:
        with connect(self.centre.url, "witness") as conn:
            while events := read.read(conn, after, 2000):
                after = events[-1].position
                yield from (fact for event in events if (fact := kinds.fact(event.kind, event.body)) is not None)


def median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
