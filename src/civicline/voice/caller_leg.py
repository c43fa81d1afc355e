"""The caller's leg: from INVITE to 200 OK, each step stored before the next is taken."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING

import psycopg

from civicline.core import requests
from civicline.core.lifecycle import HungUpBy, LegState
from civicline.core.model import Leg
from civicline.people.keyset import KeysetError
from civicline.people.sealing import Statement
from civicline.voice import bridge, store
from civicline.voice.calls import Call, LocalLeg, Phase
from civicline.voice.dialable import canonical, line_called, number_to_ring
from civicline.voice.media import sdp as sdps
from civicline.voice.names import contact_of
from civicline.voice.sip.api import Invite
from civicline.voice.sip.dialog import DialogError
from civicline.voice.sip.quiet import rarely

if TYPE_CHECKING:
    from civicline.voice.application import Application

log = logging.getLogger(__name__)

NOT_FOUND = (404, "Not Found")
NO_AUDIO = (488, "Not Acceptable Here")
LATER = (503, "Service Unavailable")
DECIDED_WITHIN_S = 10.0
"""If the engine has not taken the call by then it is told to come again (an engine restart takes about 2 s)."""
LOOK_AGAIN_S = 1.0
"""The dialog could not be read: the database is away."""
INVITE_AGAIN_S = 35.0
"""A caller sends an unanswered INVITE again for 32 s (RFC 3261, 64*T1); one that was not answered before a restart and
does not come again by then has gone."""


def invited(app: Application, invite: Invite) -> None:
    """A call arrives, or arrives again at a restarted process."""
    agency = app.state.agency
    contact = contact_of(invite.leg)
    if agency is None:
        app.endpoint.refuse(invite.leg, *LATER, retry_after_s=5)
    elif (line := line_called(agency, invite.to_user)) is None:
        app.endpoint.refuse(invite.leg, *NOT_FOUND)
    elif invite.sdp is None or not sdps.is_usable(invite.sdp):
        app.endpoint.refuse(invite.leg, *NO_AUDIO)
    else:
        _arrive(app, invite, contact, line, invite.sdp)


def _arrive(app: Application, invite: Invite, contact: str, line: str, sdp: str) -> None:
    number = "" if invite.private else (invite.asserted_user or invite.from_user)
    local = LocalLeg(invite.leg, contact, Phase.ARRIVED, remote_sdp=sdp, source=invite.source[0])
    try:
        keep = [*store.keep_number(contact, number, time.time() + app.pack.sealed_s), *_keep(app, local)]
    except KeysetError as error:  # before anything is known here of the call: it would stay, and count, for ever
        rarely.warning(f"voice: a new call was told to try again: {error}")
        app.endpoint.refuse(invite.leg, *LATER, retry_after_s=5)
        return
    caller = app.names.number(canonical(app.state.agency, number))
    asked = requests.CallArrived(contact, line, caller, invite.leg, app.node, may_ring=_may_ring(app, number))
    known = app.local.get(invite.leg)
    if known is not None:
        known.stop_timer()
    call = app.call(contact)
    call.number = number
    call.legs.add(invite.leg)
    app.local[invite.leg] = local
    if not app.ask(asked, keep=keep, stored=lambda: _tell_trying(app, invite.leg)):
        _come_again(app, call, local)
        return
    _get_ready(app, call, local)


def _tell_trying(app: Application, leg: str) -> None:
    app.endpoint.trying(leg)


def _keep(app: Application, local: LocalLeg) -> list[Statement]:
    """The dialog, so that another process can answer."""
    dialog = app.endpoint.dialog(local.id)
    return store.keep_leg(local, dialog) if dialog is not None else []


def _get_ready(app: Application, call: Call, local: LocalLeg) -> None:
    """What is needed before we answer: a port, and that the engine has taken the call."""
    local.timer = app.endpoint.call_later(DECIDED_WITHIN_S, lambda: _come_again(app, call, local))
    bridge.answer_caller(app, call, local, lambda: app.mend(call.contact))


def _may_ring(app: Application, number: str) -> bool:
    agency = app.state.agency
    return agency is not None and number_to_ring(agency, number) is not None


def _come_again(app: Application, call: Call, local: LocalLeg) -> None:
    """Refuse for now; what the journal may yet say of this call finds it over. Another node's call goes on there."""
    if local.phase is not Phase.ARRIVED:
        return
    local.timer = None
    app.endpoint.refuse(local.id, *LATER, retry_after_s=5)
    leg = app.state.legs.get(local.id)
    if leg is None or leg.node == app.node:
        app.ask(requests.LegHungUp(local.id, HungUpBy.US), keep=store.forget_leg(call.contact, local.id))
    if leg is None or leg.node != app.node:
        call.legs.discard(local.id)
        app.local.pop(local.id, None)
        app.mend(call.contact)


def mend(app: Application, call: Call, leg: Leg, local: LocalLeg | None) -> None:
    if local is None:
        _take_up(app, call, leg)
    elif leg.state in (LegState.NEW, LegState.ANSWERED) and local.phase is Phase.ARRIVED and local.local_sdp:
        _pick_up(app, local)
    elif leg.state is LegState.ANSWERED and local.phase is Phase.STORING:
        local.phase = Phase.UP
        app.endpoint.answer(local.id, local.local_sdp)


def _take_up(app: Application, call: Call, leg: Leg) -> None:
    """After a restart. A caller who was told 100 waits, and does not send the INVITE again. That we answer may be
    stored already and not decided yet."""
    try:
        stored = store.stored_leg(app.database.connection(), call.contact, leg.id)
        taken = stored is not None and app.endpoint.rehydrate(leg.id, stored.dialog, stored.local_sdp, waits=True)
    except psycopg.Error as error:
        log.error("voice: a stored dialog could not be read: %s", type(error).__name__)
        app.endpoint.call_later(LOOK_AGAIN_S, lambda: app.mend(call.contact))
        return
    except DialogError as error:
        log.error("voice: a stored dialog cannot be taken up: %s", error)
        taken = False
    if stored is None or not taken:
        _await_invite(app, call, leg)
        return
    phase = Phase.STORING if stored.local_sdp else Phase.ARRIVED
    local = app.local[leg.id] = LocalLeg(leg.id, call.contact, phase, *stored.media)
    if phase is Phase.ARRIVED:
        _get_ready(app, call, local)


def _await_invite(app: Application, call: Call, leg: Leg) -> None:
    """Its dialog was not kept."""
    local = app.local[leg.id] = LocalLeg(leg.id, call.contact, Phase.ARRIVED)

    def give_up() -> None:
        local.timer = None
        app.ask(requests.LegHungUp(leg.id, HungUpBy.LOST))

    local.timer = app.endpoint.call_later(INVITE_AGAIN_S, give_up)


def _pick_up(app: Application, local: LocalLeg) -> None:
    """Store our side of the dialog, too; the 200 leaves when the journal says that it is stored."""
    keep = _keep(app, local)
    local.stop_timer()
    if keep:
        local.phase = Phase.STORING
        # Another node, which the call has left, may have said before us that it answers: then no fact follows.
        app.ask(requests.LegPickedUp(local.id), keep=keep, stored=partial(app.mend, local.contact))
