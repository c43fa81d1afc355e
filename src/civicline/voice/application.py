"""The voice application: compares what the folded state says should be with what is, and mends the difference.

Theory of operation. Three things call in, all on the loop's thread: SIP (`sip.api.Events`), media (answers and events),
and the journal (`take`). SIP and media only ever cause requests to be appended, or particulars to be remembered; what
is visible to a caller or a representative happens in `mend`, which looks at the folded state. So nothing is visible
before the fact behind it was stored, and a restarted process mends its way back without a path of its own.

`mend(contact)` goes over the contact's legs (`caller_leg`, `agent_leg`), then over what the caller hears (`listening`).
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import psycopg

from civicline.core import kinds, requests
from civicline.core.agency import Agency
from civicline.core.consent import Wanted, recording_now
from civicline.core.evolve import evolve
from civicline.core.facts import AgencyLoaded, CallMoved, Fact
from civicline.core.lifecycle import HungUpBy, LegState
from civicline.core.menu_facts import UrgentLifted, UrgentPosted
from civicline.core.model import Leg, State
from civicline.core.requests import Request
from civicline.journal.appender import Appender, AppenderClosed, Overloaded
from civicline.journal.event import Draft, Event
from civicline.people.sealing import Statement
from civicline.settings import CALLS_MAX
from civicline.voice import agent_leg, bridge, caller_leg, far_end, leftovers, listening, person_leg, recorder, store
from civicline.voice.calls import Call, LocalLeg, Phase
from civicline.voice.database import Database
from civicline.voice.media_link import MediaLink
from civicline.voice.names import Names, contact_of
from civicline.voice.packs import LoadedPack
from civicline.voice.phones import Phones
from civicline.voice.playlist import Playlist
from civicline.voice.reads import Reads
from civicline.voice.sip.api import EndedBy, Endpoint, Invite
from civicline.voice.sip.quiet import rarely

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5
"""What a new call is told while the journal, the media or this process cannot take it."""
ARRIVING_MAX = 60
"""Calls between INVITE and ACK at once; beyond, new ones are told to come again. Each holds a media session, and a
caller who is not there never sends the ACK."""
PHONES_EVERY_S = 5.0
SILENT_AGAIN_S = 20.0


class Application:
    """Implements `sip.api.Events`. `endpoint` and `media` are set before `run`."""

    endpoint: Endpoint
    media: MediaLink

    def __init__(
        self,
        state: State,
        node: str,
        names: Names,
        phones: Phones,
        pack: LoadedPack,
        playlist: Playlist,
        appender: Appender,
        url: str,
        calls_max: int = CALLS_MAX,
    ) -> None:
        self.state = state
        self.node = node
        self.run_id = secrets.token_hex(4)
        self.names = names
        self.phones = phones
        self.playlist = playlist
        self.pack = pack
        self.database = Database(url)
        self.reads = Reads(url, lambda then: self.endpoint.call_soon(then))
        self._appender = appender
        self._calls_max = calls_max
        self.calls: dict[str, Call] = {}
        self.local: dict[str, LocalLeg] = {}
        self.inherited: set[str] = set()
        """Legs that a process before us may have rung, answered or hung up."""

    # Towards the journal

    def ask(self, *asked: Request, keep: Sequence[Statement] = (), stored: Callable[[], None] | None = None) -> bool:
        """Append requests, with `keep` in the same transaction; `stored` is called on the loop once they are in the
        journal. False when the journal takes no more."""

        def done(outcome: object) -> None:
            self._appended(outcome)
            if stored is not None and not isinstance(outcome, Exception):
                self.endpoint.call_soon(stored)

        return self._submit([Draft(*kinds.to_body(each)) for each in asked], keep, done)

    def tell(self, draft: Draft, keep: Sequence[Statement], then: Callable[[bool], None]) -> bool:
        """Append an event of a feature's, as `ask` does; `then` is told on the loop whether it was stored."""

        def done(outcome: object) -> None:
            self._appended(outcome)
            self.endpoint.call_soon(partial(then, not isinstance(outcome, Exception)))

        return self._submit([draft], keep, done)

    def _submit(self, drafts: Sequence[Draft], keep: Sequence[Statement], done: Callable[[object], None]) -> bool:
        try:
            self._appender.submit(drafts, keep, done)
        except (Overloaded, AppenderClosed) as error:
            log.error("voice: %d events were not taken: %s", len(drafts), type(error).__name__)
            return False
        return True

    def _appended(self, outcome: object) -> None:
        if isinstance(outcome, Exception):
            log.error("voice: the journal refused requests: %s", type(outcome).__name__)

    def admit(self) -> int | None:
        """Asked for every new call before it costs anything: None takes it, else seconds for Retry-After."""
        lacking = self._lacking()
        if lacking is None:
            return None
        rarely.warning(f"voice: a new call was told to try again: {lacking}")
        return RETRY_AFTER_S

    def _lacking(self) -> str | None:
        """Why no new call can be taken now."""
        if self._appender.down_since is not None:
            return "the journal cannot be written"
        if self.state.agency is None:
            return "no agency pack is loaded"
        if not any(self.media.is_up(i) for i in range(len(self.media.engines))):
            return "no media engine answers"
        if len(self.calls) >= self._calls_max:
            return f"{self._calls_max} calls are up already (CIVICLINE_CALLS_MAX)"
        arriving = sum(1 for leg in self.local.values() if leg.phase in (Phase.ARRIVED, Phase.STORING))
        if arriving + self.endpoint.half_open() >= ARRIVING_MAX:
            return f"{ARRIVING_MAX} calls are between INVITE and ACK"
        return None

    # From the journal

    def take(self, events: Sequence[Event]) -> None:
        """Fold what the journal says and mend what it touches."""
        touched: dict[str, None] = {}
        for event in events:
            fact = kinds.fact(event.kind, event.body)
            if fact is not None:
                touched |= dict.fromkeys(self._touched(fact))
                evolve(self.state, fact)
                self._know_legs(fact)
                if isinstance(fact, CallMoved):
                    self._moved(fact)
                if isinstance(fact, (UrgentPosted, UrgentLifted)):
                    self.playlist.forget_urgent(fact.menu)
                if isinstance(fact, AgencyLoaded):
                    self.load_agency(fact.agency)
                    touched |= dict.fromkeys(self.calls)  # what they hear may be another step now
        for contact in touched:
            self.mend(contact)

    def load_agency(self, agency: Agency) -> None:
        """Say the prompts of a newly loaded agency, and take its carriers' calls."""
        self.playlist.load(agency)
        for urgent in self.state.urgent.values():
            self.playlist.load_urgent(urgent.menu, urgent.texts)
        try:
            self.pack.load()
        except psycopg.Error as error:
            log.error("voice: the loaded pack could not be read: %s", type(error).__name__)

    def _touched(self, fact: Fact) -> Iterable[str]:
        contact = getattr(fact, "contact", None)
        leg = self.state.legs.get(getattr(fact, "leg", ""))
        return [each for each in (contact, leg.contact if leg else None) if each]

    def _know_legs(self, fact: Fact) -> None:
        for name in (getattr(fact, "leg", None), getattr(fact, "offer", None)):
            leg = self.state.legs.get(name or "")
            if leg is not None and leg.node == self.node:
                self.call(leg.contact).legs.add(leg.id)

    def _moved(self, fact: CallMoved) -> None:
        call = self.calls.get(fact.contact)
        if call is not None and fact.node != self.node:
            call.legs.discard(fact.leg)
            self._drop(call, fact.leg)

    def call(self, contact: str) -> Call:
        found = self.calls.get(contact)
        if found is None:
            found = self.calls[contact] = Call(contact, self.media.index_of(contact))
        return found

    # Mending

    def mend(self, contact_id: str) -> None:
        """Make this call what the folded state says it is."""
        call = self.calls.get(contact_id)
        if call is None:
            return
        for name in sorted(call.legs):
            self._mend_leg(call, name)
        contact = self.state.contacts.get(contact_id)
        if contact is not None:
            if recording_now(contact) is not Wanted.RECORD:  # what must not be kept ends before anybody new is heard
                recorder.mend(self, call, contact)
            bridge.mend(self, call, contact)
            listening.mend(self, call, contact)
            recorder.mend(self, call, contact)
        if not call.legs:
            self._forget(call)

    def _mend_leg(self, call: Call, name: str) -> None:
        leg, local = self.state.legs.get(name), self.local.get(name)
        if leg is None:
            if call.contact in self.state.contacts:  # else a caller who has just come: not in the journal yet
                call.legs.discard(name)
                self._drop(call, name)
        elif leg.node != self.node:
            pass  # came here after another node had taken it, which is not decided yet
        elif leg.state is LegState.ENDING:
            self._leave(call, leg, local)
        elif leg.attempt:
            person_leg.mend(self, call, leg, local)
        elif leg.agent is None and leg.office is None:
            caller_leg.mend(self, call, leg, local)
        else:
            agent_leg.mend(self, call, leg, local)

    def _leave(self, call: Call, leg: Leg, local: LocalLeg | None) -> None:
        """The leg should end: hang up, and say that it is over."""
        if local is None:
            local = self.local[leg.id] = LocalLeg(leg.id, call.contact, Phase.UP)
            if leg.id in self.inherited:  # else it was over before we heard of it: nobody rang it
                self._silence(call, leg)
        if local.phase is Phase.LEAVING:
            return
        local.stop_timer()
        if local.referred:
            self.endpoint.refer_over(leg.id, True)
        local.phase = Phase.LEAVING
        self.ask(requests.LegHungUp(leg.id, HungUpBy.US), keep=store.forget_leg(call.contact, leg.id))
        self.endpoint.hang_up(leg.id)

    def _silence(self, call: Call, leg: Leg) -> None:
        """A process before us may have left it ringing."""
        if leg.attempt:
            person_leg.silence(self, call, leg)
        elif leg.agent is not None or leg.office is not None:
            agent_leg.silence(self, call, leg)

    def _drop(self, call: Call, name: str) -> None:
        """The leg is over in the journal: nothing of it stays here."""
        local = self.local.pop(name, None)
        self.endpoint.hang_up(name)
        if local is not None:
            local.stop_timer()
            bridge.drop(self, call, name)

    def _forget(self, call: Call) -> None:
        listening.stop_waiting(call.listening)
        self.calls.pop(call.contact, None)
        bridge.delete(self, call)

    # From SIP

    def invited(self, invite: Invite) -> None:
        caller_leg.invited(self, invite)

    def acknowledged(self, leg: str) -> None:
        local = self.local.get(leg)
        call = self.calls.get(local.contact) if local is not None else None
        if local is not None and call is not None:
            bridge.confirm(self, call, local)

    def ringing(self, leg: str) -> None:
        self.ask(requests.LegRang(leg))

    def answered(self, leg: str, sdp: str | None, dialog: bytes) -> None:
        agent_leg.answered(self, leg, sdp, dialog)

    def failed(self, leg: str, code: int, reason: str) -> None:
        agent_leg.failed(self, leg, code)

    def ended(self, leg: str, by: EndedBy) -> None:
        known, local = self.state.legs.get(leg), self.local.get(leg)
        contact = known.contact if known else (local.contact if local else None)
        if contact is None or (local is not None and local.phase is Phase.LEAVING):
            return
        if known is not None and known.node != self.node:  # whoever gave this node up has the call elsewhere
            return
        who = HungUpBy.LOST if by is EndedBy.LOST else _party(known)
        self.ask(requests.LegHungUp(leg, who), keep=store.forget_leg(contact, leg))

    def reoffered(self, leg: str, sdp: str | None) -> str | None:
        return far_end.reoffered(self, leg, sdp)

    def reinvited(self, leg: str, sdp: str | None, code: int) -> None:
        far_end.reinvited(self, leg, sdp, code)

    def referred(self, leg: str, to_user: str) -> bool:
        return far_end.referred(self, leg, to_user)

    def alive(self, leg: str, ok: bool) -> None:
        if not ok:
            self.endpoint.hang_up(leg)
            self.ended(leg, EndedBy.LOST)

    def registered(self, user: str, contact_uri: str, expires_s: int) -> None:
        agent = self.state.agents.get(user)
        has = bool(self.phones.of(user))
        if agent is not None and agent.phone != has:
            self.ask(requests.RegisterPhone(user) if has else requests.UnregisterPhone(user))

    def check_phones(self) -> None:
        """Registrations that ran out, or that another voice node took."""
        self.phones.look(self.endpoint.call_soon, self._tell_phones)
        self.endpoint.call_later(PHONES_EVERY_S, self.check_phones)

    def _tell_phones(self) -> None:
        for user in list(self.state.agents):
            self.registered(user, "", 0)

    # From media

    def heard(self, event: dict[str, Any]) -> None:
        """An event of a media process: a digit, the end of a prompt, a silence."""
        call = self.calls.get(str(event.get("callid", "")))
        if call is None:
            return
        if event.get("type") == "DTMF":
            listening.pressed(self, call, str(event.get("source_tag", "")), int(event.get("event", -1)))
        elif event.get("type") == "finished":
            listening.finished(self, call, str(event.get("play", "")))
        elif event.get("type") == "unrecorded":
            recorder.unwritable(self, call, str(event.get("recording", "")))
        elif event.get("type") == "silent":
            self.watch_silent(call.contact, str(event.get("tag", "")))

    def watch_silent(self, contact: str, leg: str) -> None:
        """No sound from a leg: a BYE may have been lost. Ask its phone, and again while it stays silent."""
        if leg in self.local and self.endpoint.keep_alive(leg):
            index = self.media.index_of(contact)
            self.endpoint.call_later(SILENT_AGAIN_S, lambda: bridge.if_silent(self, index, contact, leg))

    def media_restarted(self, index: int) -> None:
        """It was restarted, or we were: make the sessions that a leg needs anew, end those that no leg has."""
        leftovers.clear(self, index)
        for call in list(self.calls.values()):
            if call.media == index:
                bridge.renew(self, call)

    # Odds and ends

    def elapsed_s(self, since: float) -> float:
        return max(0.0, time.time() - since)

    def contact_of_leg(self, leg: str) -> str:
        local = self.local.get(leg)
        return local.contact if local else contact_of(leg)


def _party(leg: Leg | None) -> HungUpBy:
    if leg is not None and leg.office is not None:
        return HungUpBy.OFFICE
    return HungUpBy.AGENT if leg is not None and leg.agent is not None else HungUpBy.CALLER
