"""Callers who listen before they press, and representatives' phones that behave or do not.

    town = Town(centre)
    with town.call() as caller:              # SIPp sends the INVITE, the ear is the test's own RTP socket
        caller.hear("notice")                # the prompt's very sound
        caller.press("9")
        caller.go_to("refund")               # through language and menu into the queue
        caller.hang_up()

`town.invites` counts what SIPp placed and the centre answered with 200: the day's report must have as many contacts,
and some of those `town.refused` that were told to try again: they came before the engine was late.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from civicline.core import kinds, requests
from civicline.core.facts import AgencyLoaded
from civicline.core.lifecycle import AgentState
from civicline.core.measures import OUTCOMES
from civicline.core.model import Contact
from civicline.journal.read import read
from civicline.people import keyset
from civicline.phones import accounts
from civicline.voice.names import Names, contact_of
from e2e import witness
from e2e.centre import PASSWORD, Centre
from e2e.sound import Sounds, one_zero
from e2e.witness import Dump, Ear
from peers.baresip import Phone
from peers.ports import PATIENCE_S, eventually, free_udp
from peers.sipp import Result, Sipp
from peers.zones import noon_zone

SCENARIOS = Path(__file__).parent / "scenarios"
KEYS = {"refund": "1", "letter": "2", "licence": "3"}
LANGUAGES = {"en": "1", "es": "2"}
MOST_EVENTS = 100_000

F = TypeVar("F")


class Caller(witness.Caller):
    def __init__(self, town: Town, to: tuple[str, int], number: str, scenario: str, dtmf: int, own: str) -> None:
        self.ear = Ear(dtmf)
        keys = {"ear": str(self.ear.port), "dtmf": str(dtmf)}
        self._dial = partial(Sipp, SCENARIOS / f"{scenario}.xml", to, service=number, caller=own, keys=keys)
        self.sipp = self._dial()
        self.names = None
        self._town = town
        self._to = to[0]
        self._read = 0
        self._told = 0
        self._from = 0

    @property
    def id(self) -> str:
        """The contact's, which follows from the names in the INVITE."""
        if self.names is None:
            eventually(self._named, what="the INVITE")
        assert self.names is not None
        return contact_of(self._town.names.caller_leg(*self.names))

    def look(self) -> None:
        """Whoever is told to try again does: a starved machine takes no calls for a moment."""
        if self.sipp.has_ended() and "\nRetry-After: " in self.sipp.wait().errors:
            self.sipp.__exit__()
            self.sipp, self.names, self._read = self._dial(), None, 0
            self._town.refused += 1
            self.sipp.start()
        super().look()

    @property
    def contact(self) -> Contact:
        return self._town.centre.contact(self.id)

    def has(self, sound: bytes) -> bool:
        """Whether it came since the last one that was waited for."""
        self.look()
        found = one_zero(self.ear.heard()).find(sound, self._from)
        self._from = max(self._from, found + 1)
        return found >= 0

    def hear(self, prompt: str, language: str = "en") -> None:
        sound = self._town.sounds.telling(prompt, language)
        eventually(lambda: self.has(sound), what=f"{prompt} in {language}, heard by the caller")

    def ear_has(self, prompt: str, language: str = "en") -> bool:
        """Whether it came at any time until now."""
        return one_zero(self.ear.heard()).find(self._town.sounds.telling(prompt, language)) >= 0

    def hear_out(self, prompt: str, language: str = "en") -> None:
        """To its end."""
        sound = self._town.sounds.ending(prompt, language)
        eventually(lambda: self.has(sound), what=f"the end of {prompt} in {language}, heard by the caller")

    def hear_music(self) -> None:
        pieces = self._town.sounds.music()
        eventually(lambda: any(self.has(piece) for piece in pieces), what="music, heard by the caller")

    def press(self, keys: str) -> None:
        for key in keys:
            self.ear.press(key)

    def skip_notice(self) -> None:
        """By refusing the recording."""
        self.hear("notice")
        self.press("9")
        self.hear("recording_refused")

    def go_to(self, topic: str, language: str = "en") -> Contact:
        """From the beginning into the line."""
        self.skip_notice()
        self.press(LANGUAGES[language])
        self.hear("menu.main", language)
        self.press(KEYS[topic])
        self.until("waiting", "offered", "talking")
        return self.contact

    def until(self, *states: str, within_s: float = PATIENCE_S) -> None:
        eventually(
            lambda: self.is_known() and self.contact.state in states,
            within_s,
            f"a contact that is {' or '.join(states)}",
        )

    def is_known(self) -> bool:
        self.look()
        return self.id in self._town.centre.state().contacts

    def gone(self) -> Result:
        """Wait for the end of SIPp's scenario, which must have gone as it is written."""
        result = self.result()
        assert result.ok, "\n".join([result.explain(), *self._town.story(self.id)])
        return result

    def leave(self) -> Result:
        self.hang_up()
        return self.gone()

    def vanish(self) -> None:
        """Without BYE; nobody answers at its address any more."""
        self.ear.close()
        self.sipp.stop()

    def _named(self) -> bool:
        self.look()
        return self.names is not None


class Town:
    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.names = Names(keyset.load(centre.settings.keyset).hashed)
        self.sounds = Sounds(centre)
        self.invites = 0
        self.refused = 0

    @contextmanager
    def call(
        self,
        number: str = "100",
        *,
        scenario: str = "caller",
        dtmf: int = 101,
        to: tuple[str, int] | None = None,
        own: str = "2025550143",
    ) -> Iterator[Caller]:
        """`number` is dialled, `own` is the caller's."""
        caller = Caller(self, to or self.centre.sip, number, scenario, dtmf, own)
        with caller:
            self.invites += 1
            try:
                yield caller
            except BaseException:
                caller.look()
                if caller.names is not None:
                    caller.hang_up()  # so that a test that failed leaves nothing to the next one
                raise

    @contextmanager
    def working(self, agent: str, *, available: bool = True, **options: Any) -> Iterator[Phone]:
        """A representative with a baresip, available; at the end it signs out and unregisters."""
        with self.centre.phone(agent, **options) as phone:
            if available:
                self.centre.available(agent)
            try:
                yield phone
            finally:
                self.sign_out(agent)
                phone.stop()

    @contextmanager
    def working_with(self, agent: str, scenario: str, **options: Any) -> Iterator[Sipp]:
        """A representative whose phone is a SIPp scenario, registered by digest and available."""
        keys = keyset.load(self.centre.settings.keyset)
        accounts.set_password(self.centre.conn, agent, PASSWORD, keys=keys)
        port = free_udp()
        self._register(agent, port, 60)
        eventually(lambda: self.centre.state().agents[agent].phone, what=f"{agent}'s phone registered")
        with Sipp(scenario, port=port, **options) as phone:
            self.centre.available(agent)
            try:
                yield phone
            finally:
                self.sign_out(agent)
        self._register(agent, port, 0)

    def _register(self, agent: str, port: int, expires_s: int) -> None:
        """From the port at which the phone will be rung."""
        keys, secret = {"expires": str(expires_s)}, ("-au", agent, "-ap", PASSWORD)
        scenario = SCENARIOS / "register.xml"
        with Sipp(scenario, self.centre.sip, port=port, caller=agent, keys=keys, args=secret) as phone:
            result = phone.wait()
        assert result.ok, result.explain()

    def sign_out(self, agent: str) -> None:
        eventually(lambda: self.centre.agent(agent) != AgentState.TALKING, what=f"the end of {agent}'s talk")
        self.centre.ask(requests.SignOut(agent))
        if self.centre.agent(agent) == AgentState.WRAP_UP:
            self.centre.wrap_up(agent)
        eventually(lambda: self.centre.agent(agent) == AgentState.SIGNED_OUT, what=f"{agent} signed out")

    def hang_up_at_desk(self, agent: str) -> None:
        contact = self.centre.state().agents[agent].contact
        assert contact is not None
        self.centre.ask(requests.HangUp(agent, contact))

    @contextmanager
    def dump(self, phone: Phone) -> Iterator[Dump]:
        """What a phone receives, as it comes."""
        dump = Dump(phone)
        try:
            yield dump
        finally:
            dump.close()

    def load(self, pack: Path) -> None:
        command = [sys.executable, "-m", "civicline.cli", "agency", "load", str(pack)]
        before = len(self.facts(AgencyLoaded))
        subprocess.run(command, env=self.centre.environ, check=True, capture_output=True)
        eventually(lambda: len(self.facts(AgencyLoaded)) > before, what="the new pack in force")
        self.sounds = Sounds(self.centre)

    def facts(self, kind: type[F]) -> list[F]:
        """All of that kind, from the journal."""
        events = read(self.centre.conn, 0, MOST_EVENTS)
        found = (kinds.fact(event.kind, event.body) for event in events)
        return [fact for fact in found if isinstance(fact, kind)]

    def until_asked(self, kind: type, contact: str) -> None:
        """A request of that kind about the contact, whether the engine has taken it up or not."""
        name = kinds.KIND[kind]
        eventually(lambda: any(name in line for line in self.story(contact)), what=f"{name} in the journal")

    def story(self, contact: str = "") -> list[str]:
        """What the journal says, of one contact or of all, for a failed test."""
        bodies = [(event.kind, event.body) for event in read(self.centre.conn, 0, MOST_EVENTS)]
        return [f"{kind} {body}" for kind, body in bodies if contact in str(body)]

    def day(self) -> dict[str, Any]:
        """The parts of today's report."""
        parts: dict[str, Any] = self.report()["total"]["parts"]
        return parts

    def assert_each_counted_once(self) -> None:
        total = self.day()
        assert self.invites <= total["received"] <= self.invites + self.refused
        assert sum(total[part] for part in OUTCOMES) == total["received"]

    def report(self) -> dict[str, Any]:
        """`civicline report day`, of a day in which no midnight falls."""
        command = [sys.executable, "-m", "civicline.cli", "report", "day", "--json", "--zone", noon_zone()]
        done = subprocess.run(command, env=self.centre.environ, check=True, capture_output=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def until(self, agent: str, state: str) -> None:
        eventually(lambda: self.centre.agent(agent) == state, what=f"{agent} {state}")
