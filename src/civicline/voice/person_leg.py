"""The leg by which somebody is rung back: as `agent_leg`, through the first carrier that can be used.

The attempt is in the journal before the INVITE leaves, and names it: a restarted process sends the very same one. The
number is opened from where it is sealed only when it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from civicline.core import deadlines
from civicline.core.lifecycle import LegState
from civicline.core.model import Leg
from civicline.voice import agent_leg, bridge, calls_out, store
from civicline.voice.calls import Call, LocalLeg, Phase
from civicline.voice.dialable import number_to_ring
from civicline.voice.media.client import DUMMY_SDP

if TYPE_CHECKING:
    from civicline.voice.application import Application

LOOK_AGAIN_S = 1.0
"""The number could not be read: the database is away."""


def mend(app: Application, call: Call, leg: Leg, local: LocalLeg | None) -> None:
    if local is None and leg.state in (LegState.NEW, LegState.RINGING):
        local = app.local[leg.id] = LocalLeg(leg.id, call.contact, Phase.OFFERING)
        bridge.offer_person(app, call, local, lambda: app.mend(call.contact))
    elif local is not None and local.phase is Phase.OFFERING and local.local_sdp:
        _ring(app, call, leg, local)
    elif local is not None and local.phase is Phase.STORING and leg.state is LegState.ANSWERED:
        bridge.answer_person(app, call, local)
        agent_leg.put_through(app, local)


def _ring(app: Application, call: Call, leg: Leg, local: LocalLeg) -> None:
    if _knows_number(app, call):
        agent_leg.rings(app, local, leg, _left_s(app, call), lambda sdp: _invite(app, call, leg, sdp))


def _hashed(app: Application, call: Call) -> str:
    """Of the number that was keyed in to be rung at; "" for the one that the call came from."""
    contact = app.state.contacts.get(call.contact)
    return contact.promise.number if contact is not None and contact.promise is not None else ""


def take_up(app: Application, call: Call, conn: psycopg.Connection[Any]) -> None:
    """After a restart: the number is needed before anything else is done with the leg."""
    hashed = _hashed(app, call)
    call.rung[hashed] = store.stored_number(conn, call.contact, hashed)


def _knows_number(app: Application, call: Call) -> bool:
    """Where not, it is read, and the leg mended then; whoever's number was disposed of meanwhile has none."""
    hashed = _hashed(app, call)
    if hashed in call.rung:
        return True

    def opened(number: str) -> None:
        call.rung[hashed] = number
        app.mend(call.contact)

    app.reads.start(
        ("number", call.contact, hashed),
        lambda conn: store.stored_number(conn, call.contact, hashed),
        opened,
        lambda: app.endpoint.call_later(LOOK_AGAIN_S, lambda: app.mend(call.contact)),
    )
    return False


def _invite(app: Application, call: Call, leg: Leg, sdp: str) -> bool:
    agency = app.state.agency
    number = number_to_ring(agency, call.rung.get(_hashed(app, call), "")) if agency is not None else None
    return number is not None and calls_out.invite(app, leg.id, number, sdp)


def _left_s(app: Application, call: Call) -> float:
    """How long it rings on; what it rang before a restart counts."""
    contact = app.state.contacts.get(call.contact)
    promise = contact.promise if contact is not None else None
    if contact is None or promise is None or promise.rung_at is None:
        return 0.0
    return deadlines.ring_back_s(app.state, contact) - app.elapsed_s(promise.rung_at)


def silence(app: Application, call: Call, leg: Leg) -> None:
    """See `agent_leg.silence`."""
    if leg.ending_at is None or app.elapsed_s(leg.ending_at) >= agent_leg.KNOWN_FOR_S:
        return
    if _hashed(app, call) in call.rung:
        _invite(app, call, leg, DUMMY_SDP)
