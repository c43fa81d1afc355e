"""What a representative can ask for. Each is a request in the journal; the engine answers with facts."""

from __future__ import annotations

import logging
import secrets
import time
from typing import Any

from django.db import connection, transaction

from civicline.callbacks import actions as callbacks
from civicline.callbacks import answers
from civicline.core import requests
from civicline.core.callback_facts import CallbackDeclined
from civicline.core.kinds import to_body
from civicline.core.lifecycle import ConsultState, DeclinedFor, PassedOnFor
from civicline.core.requests import Request
from civicline.core.ring_back_requests import PromiseLater, RingBack, StopRingingBack
from civicline.journal.append import append
from civicline.journal.event import Draft
from civicline.journal.read import last_position
from civicline.people.keyset import KeysetError
from civicline.people.sealing import NUMBER, Statement, dispose, open_field, seal_statements

log = logging.getLogger(__name__)

REASON_LENGTH = 100
NOTE = "passed-on note"
"""The sealed field that tells the next representative why a call comes to them."""
NOTE_LENGTH = 500


def sign_in(agent: str) -> int:
    return _ask(requests.SignIn(agent))


def sign_out(agent: str) -> int:
    return _ask(requests.SignOut(agent))


def become_available(agent: str) -> int:
    return _ask(requests.BecomeAvailable(agent))


def take_break(agent: str, reason: str = "") -> int:
    return _ask(requests.TakeBreak(agent, reason[:REASON_LENGTH]))


def hang_up(agent: str, contact: str) -> int:
    return _ask(requests.HangUp(agent, contact))


def pause_recording(agent: str, contact: str) -> int:
    return _ask(requests.PauseRecording(agent, contact))


def resume_recording(agent: str, contact: str) -> int:
    return _ask(requests.ResumeRecording(agent, contact))


def refuse_recording(agent: str, contact: str) -> int:
    """The person said so. What was recorded is destroyed."""
    return _ask(requests.RefuseRecording(contact, agent))


def wrap_up(agent: str, contact: str, topic: str, disposition: str, resolved: bool) -> int:
    return _ask(requests.WrapUp(agent, contact, topic, disposition, resolved))


def hold(agent: str, contact: str) -> int:
    return _ask(requests.HoldCaller(agent, contact))


def resume(agent: str, contact: str) -> int:
    return _ask(requests.ResumeCaller(agent, contact))


def turn(agent: str, contact: str, to: ConsultState) -> int:
    return _ask(requests.TurnConsult(agent, contact, to))


def complete(agent: str, contact: str) -> int:
    return _ask(requests.CompleteConsult(agent, contact))


def drop(agent: str, contact: str) -> int:
    return _ask(requests.DropConsult(agent, contact))


def ring_back(agent: str, contact: str) -> int:
    """Have the person rung whose talk was cut."""
    return _ask(RingBack(agent, contact))


def stop_ringing_back(agent: str, contact: str) -> int:
    return _ask(StopRingingBack(agent, contact))


def promise_later(agent: str, contact: str, slot: int) -> DeclinedFor | None:
    """Ring the person at `slot` (UTC, s). Gives the engine's reason if it does not promise that.

    Raises KeysetError, psycopg.Error or django.db.DatabaseError; nothing is asked then.
    """
    connection.ensure_connection()
    number, promised = open_field(connection.connection, contact, NUMBER), secrets.token_hex(16)
    if not number:
        return DeclinedFor.GONE
    with transaction.atomic():
        callbacks.seal(promised, number, slot)
        position = last_position(connection.connection)
        _ask(PromiseLater(agent, contact, promised, float(slot)))
    fact = _answer(promised, position)
    if not isinstance(fact, CallbackDeclined):
        return None
    with transaction.atomic():
        dispose(connection.connection, promised)
    return fact.why


def _answer(promised: str, position: int) -> Any:
    """None: the engine is away, and answers when it is back; the desk shows what comes of it."""
    until = time.monotonic() + callbacks.ANSWERED_WITHIN_S
    while time.monotonic() < until:
        fact = answers.answer(promised, position)
        if fact is not None:
            return fact
        time.sleep(callbacks.LOOK_AGAIN_S)
    return None


def pass_on(agent: str, contact: str, target: str, why: PassedOnFor, note: str) -> int:
    """Blind transfer to `target` (`in_call.Target`). The note is sealed: it is for the next representative only."""
    kind, _, name = target.partition(":")
    if kind == "office":
        office, _, need = name.partition(":")
        return _ask(requests.SendToOffice(agent, contact, office, need), _sealed(contact, note))
    return _ask(requests.PassOn(agent, contact, why, **{kind: name}), _sealed(contact, note))


def consult(agent: str, contact: str, target: str, queue: str, note: str) -> int:
    """Ask `target` first; `queue` is that of a topic. No office reads a note: without one, the one that the
    representative was sent stays in front of them."""
    kind, _, name = target.partition(":")
    if kind == "office":
        office, _, need = name.partition(":")
        return _ask(requests.Consult(agent, contact, office=office, need=need), _sealed(contact, note) if note else [])
    asked = {"colleague": name} if kind == "colleague" else {"queue": queue or name}
    return _ask(requests.Consult(agent, contact, **asked), _sealed(contact, note))


def _sealed(contact: str, note: str) -> list[Statement]:
    """A key that is missing must not keep a call from going on: the note is then left out. Without a note, one of
    somebody before goes: it would be read as this representative's."""
    if not note:
        return [("DELETE FROM sealed_field WHERE contact = %s AND name = %s", (contact, NOTE))]
    try:
        return seal_statements(contact, {NOTE: note[:NOTE_LENGTH]})
    except KeysetError as error:
        log.error("a note for the next representative cannot be sealed: %s", error)
        return []


def _ask(request: Request, keep: list[Statement] | None = None) -> int:
    """The request's position, once it is durable. Raises psycopg.Error or django.db.DatabaseError."""
    kind, body = to_body(request)
    with transaction.atomic():
        for statement, values in keep or ():
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
        connection.ensure_connection()
        return append(connection.connection, [Draft(kind, body)]).last
