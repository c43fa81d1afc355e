"""Whether a contact may be recorded now, and what changes it: a refusal, a pause for a card number (Policy 21-6)."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from civicline.core import deadlines, facts, requests
from civicline.core.facts import Fact
from civicline.core.lifecycle import CONTACT, AgentState, ConsultState, ContactState, LifecycleError, Recording
from civicline.core.model import Contact, State

Record = Callable[[Fact], None]


class Wanted(StrEnum):
    """What should happen to a contact's sound now."""

    RECORD = "record"
    PAUSE = "pause"
    NOTHING = "nothing"
    DESTROY = "destroy"
    """Nothing, and what was kept goes."""


def recording_now(contact: Contact) -> Wanted:
    """Recorded is only a talk, after the notice, without a refusal, not while a representative paused it, and not while
    somebody has joined who was not told."""
    if contact.recording is Recording.REFUSED:
        return Wanted.DESTROY
    if contact.recording is not Recording.ALLOWED or contact.notice_at is None:
        return Wanted.NOTHING
    if contact.state is not ContactState.TALKING:
        return Wanted.NOTHING
    paused = contact.recording_paused_at is not None or joined_by_untold(contact)
    return Wanted.PAUSE if paused else Wanted.RECORD


def joined_by_untold(contact: Contact) -> bool:
    """Whoever answered at another office has heard no notice: one that the caller heard does not speak for them."""
    consult = contact.consult
    if consult is None or consult.office is None or consult.recorded:
        return False
    return consult.state is ConsultState.JOINED


_CALLER_MAY_REFUSE = frozenset(ContactState) - {ContactState.WRAPPING, ContactState.SURVEYING, ContactState.CLOSED}


def _refuse(state: State, request: requests.RefuseRecording, at: float, record: Record) -> None:
    contact = state.contacts.get(request.contact)
    if contact is None or contact.recording is Recording.REFUSED:
        return
    caller_may = not request.agent and contact.state in _CALLER_MAY_REFUSE
    if caller_may or _has_or_writes(state, contact, request.agent):
        record(facts.RecordingRefused(at, contact.id, request.agent))


def _has_or_writes(state: State, contact: Contact, agent_id: str) -> bool:
    """The representative who talks with the person, or who did and has not wrapped up yet."""
    agent = state.agents.get(agent_id)
    writes = agent is not None and agent.state is AgentState.WRAP_UP and agent.contact == contact.id
    return writes or (contact.state is ContactState.TALKING and contact.agent == agent_id)


def _talking(state: State, request: requests.PauseRecording | requests.ResumeRecording) -> Contact | None:
    contact = state.contacts.get(request.contact)
    mine = contact is not None and contact.state is ContactState.TALKING and contact.agent == request.agent
    return contact if mine else None


def _pause(state: State, request: requests.PauseRecording, at: float, record: Record) -> None:
    contact = _talking(state, request)
    pausable = contact is not None and contact.recording_paused_at is None
    if contact is not None and pausable and recording_now(contact) in (Wanted.RECORD, Wanted.PAUSE):
        record(facts.RecordingPaused(at, contact.id, request.agent))


def _resume(state: State, request: requests.ResumeRecording, at: float, record: Record) -> None:
    contact = _talking(state, request)
    if contact is not None and contact.recording_paused_at is not None:
        record(facts.RecordingResumed(at, contact.id, request.agent))


def remind(state: State, contact_id: str, at: float, record: Record) -> None:
    """The pause has lasted long (again)."""
    record(facts.RecordingPauseReminded(at, contact_id, state.contacts[contact_id].agent or ""))


def end_pause(contact: Contact) -> None:
    contact.recording_paused_at = contact.pause_reminded_at = None


def _contact(state: State, fact: Any) -> Contact:
    contact = state.contacts[fact.contact]
    name = type(fact).__name__
    if CONTACT.get((contact.state, name)) is not contact.state:
        raise LifecycleError(f"contact {contact.id} is {contact.state}: {name} cannot follow")
    return contact


def _refused(state: State, fact: facts.RecordingRefused) -> None:
    contact = _contact(state, fact)
    contact.recording = Recording.REFUSED
    end_pause(contact)


def _paused(state: State, fact: facts.RecordingPaused) -> None:
    _contact(state, fact).recording_paused_at = fact.at
    deadlines.note(state, deadlines.PAUSE, fact.contact)


def _resumed(state: State, fact: facts.RecordingResumed) -> None:
    end_pause(_contact(state, fact))


def _reminded(state: State, fact: facts.RecordingPauseReminded) -> None:
    _contact(state, fact).pause_reminded_at = fact.at
    deadlines.note(state, deadlines.PAUSE, fact.contact)


ANSWERS: dict[type, Callable[[State, Any, float, Record], None]] = {
    requests.RefuseRecording: _refuse,
    requests.PauseRecording: _pause,
    requests.ResumeRecording: _resume,
}
FOLDS: dict[type, Callable[[State, Any], None]] = {
    facts.RecordingRefused: _refused,
    facts.RecordingPaused: _paused,
    facts.RecordingResumed: _resumed,
    facts.RecordingPauseReminded: _reminded,
}
