"""A representative's own promise, given in the wrap-up: "I will ring you on Tuesday".

It is a callback at a chosen time like any other (`scheduling.py`): for the number, the line and the needs of the
contact in hand, and for that representative first when its time has come (`same_agent.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.core import callback_facts as facts
from civicline.core import ring_back_requests as requests
from civicline.core import scheduling
from civicline.core.callback_requests import PromiseCallback
from civicline.core.codes import code_of
from civicline.core.joining import Record
from civicline.core.lifecycle import AgentState, DeclinedFor
from civicline.core.model import Contact, State


def _promise_later(state: State, request: requests.PromiseLater, at: float, record: Record) -> None:
    contact, agency = _in_hand(state, request), state.agency
    if contact is None or agency is None or request.promised in state.contacts:
        return
    queue = agency.queues.get(contact.queue or "")
    wanted = PromiseCallback(request.promised, contact.line, contact.caller, contact.node, request.slot)
    why = scheduling.why_not(state, agency, queue, wanted, at) if queue is not None else DeclinedFor.NO_SLOT
    if why is not None or queue is None:
        record(facts.CallbackDeclined(at, request.promised, why or DeclinedFor.NO_SLOT))
        return
    record(
        facts.CallbackPromised(
            at,
            request.promised,
            line=contact.line,
            caller=contact.caller,
            node=contact.node,
            slot=request.slot,
            code=code_of(state, request.promised),
            queue=queue.id,
            skill=contact.skill,
            priority=queue.priority,
            topic=contact.topic,
            language=contact.language,
            for_agent=request.agent,
            follows=contact.id,
        )
    )


def _in_hand(state: State, request: requests.PromiseLater) -> Contact | None:
    """The contact that this representative wraps up, where its number may be rung; one promise follows one contact."""
    agent, contact = state.agents.get(request.agent), state.contacts.get(request.contact)
    writes = agent is not None and agent.state is AgentState.WRAP_UP and agent.contact == request.contact
    if contact is None or not writes or not contact.may_ring or contact.promised_to is not None:
        return None
    return contact


ANSWERS: dict[type, Callable[[State, Any, float, Record], None]] = {requests.PromiseLater: _promise_later}
