"""Asking for a callback, changing and cancelling one: the only writer of the feature's table.

Each is a request in the journal, appended in the transaction that seals the number and uses up the link's code. It
holds when the engine's fact is in the journal; `settle` reads that.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from civicline import settings
from civicline.agency.queries import sealed_days
from civicline.callbacks import answers
from civicline.callbacks.models import Booking, Stage
from civicline.callbacks.references import hashed, new_code, new_reference
from civicline.core.agency import Line
from civicline.core.callback_facts import CallbackCancelled, CallbackDeclined, CallbackPromised
from civicline.core.callback_requests import CancelCallback, PromiseCallback
from civicline.core.kinds import to_body
from civicline.core.requests import Request
from civicline.journal import timers
from civicline.journal.append import append
from civicline.journal.event import Draft
from civicline.journal.read import last_position
from civicline.people import keyset
from civicline.people.sealing import DISPOSE, NUMBER, dispose, seal_statements

ANSWERED_WITHIN_S = 3.0
"""So long a page waits for the engine, which decides within milliseconds unless it is being restarted."""
LOOK_AGAIN_S = 0.03
DAY_S = 86_400.0
PERSON = "person"


@dataclass(frozen=True, slots=True)
class Wanted:
    """`number` in E.164; `slot` begins at UTC seconds and takes `slot_s`."""

    line: Line
    topic: str
    language: str
    number: str
    slot: int
    slot_s: int


def ask(wanted: Wanted) -> tuple[Booking, str]:
    """The booking and its link's code, once the request is durable.

    Raises KeysetError, psycopg.Error or django.db.DatabaseError; nothing is asked then.
    """
    contact = secrets.token_hex(16)
    return _promise(wanted, contact, Booking(contact=contact, uid=secrets.token_hex(16)))


def change(old: Booking, wanted: Wanted) -> tuple[Booking, str] | None:
    """As `ask`; the old promise stands until the new one is given. None: the link was used meanwhile."""
    contact = secrets.token_hex(16)
    new = Booking(contact=contact, uid=old.uid, sequence=old.sequence + 1, replaces=old.contact)
    with transaction.atomic():
        if not _use_up(old, Stage.MOVING):
            return None
        return _promise(wanted, contact, new)


@transaction.atomic
def _promise(wanted: Wanted, contact: str, booking: Booking) -> tuple[Booking, str]:
    code = new_code()
    booking.reference, booking.code_hash = new_reference(), hashed(code)
    booking.topic, booking.language = wanted.topic, wanted.language
    booking.slot_at, booking.slot_s = datetime.fromtimestamp(wanted.slot, UTC), wanted.slot_s
    booking.changed_at = timezone.now()
    booking.save(force_insert=True)
    seal(contact, wanted.number, wanted.slot)
    request = PromiseCallback(
        contact,
        wanted.line.number,
        caller=keyset.hashed(wanted.number, "number"),
        node=_node(),
        slot=float(wanted.slot),
        topic=wanted.topic,
        language=wanted.language,
        replaces=booking.replaces,
    )
    _append(booking, request)
    return booking, code


def seal(contact: str, number: str, slot: int) -> None:
    """Where voice looks for the number that it is to ring; disposed of as a caller's is, counted from the slot, and
    the booking with it."""
    connection.ensure_connection()
    dispose_at = slot + sealed_days(connection.connection) * DAY_S
    sealed = seal_statements(contact, {NUMBER: number})
    with connection.cursor() as cursor:
        for statement, values in [*sealed, timers.scheduled(DISPOSE, contact, dispose_at, {})]:
            cursor.execute(statement, values)


def cancel(booking: Booking) -> bool:
    """False: the link was used meanwhile. Raises psycopg.Error or django.db.DatabaseError."""
    with transaction.atomic():
        if not _use_up(booking, Stage.CANCELLING):
            return False
        booking.refresh_from_db()
        _append(booking, CancelCallback(booking.contact, PERSON))
    return True


def _use_up(booking: Booking, to: Stage) -> bool:
    """Of two who follow the link at once one gets True."""
    rows = Booking.objects.filter(contact=booking.contact, stage=Stage.PROMISED)
    return rows.update(stage=to, changed_at=timezone.now()) == 1


def _append(booking: Booking, request: Request) -> None:
    """Last in its transaction."""
    kind, body = to_body(request)
    connection.ensure_connection()
    booking.position = last_position(connection.connection)
    booking.save(update_fields=["position"])
    append(connection.connection, [Draft(kind, body)])


def settle(booking: Booking, within_s: float = ANSWERED_WITHIN_S) -> Booking:
    """The booking with the engine's answer, if it comes within so many seconds."""
    until = time.monotonic() + within_s
    while booking.stage in (Stage.ASKED, Stage.CANCELLING):
        fact = answers.answer(booking.contact, booking.position)
        if fact is not None:
            _take(booking, fact)
        elif time.monotonic() >= until:
            break
        else:
            time.sleep(LOOK_AGAIN_S)
    return booking


@transaction.atomic
def _take(booking: Booking, fact: Any) -> None:
    """Safe to repeat: two pages may read the same answer."""
    if isinstance(fact, CallbackDeclined):
        _to(booking.replaces, Stage.PROMISED, Stage.MOVING)
        connection.ensure_connection()
        dispose(connection.connection, booking.contact)
        Booking.objects.filter(contact=booking.contact).update(stage=Stage.DECLINED, why=fact.why.value)
    elif isinstance(fact, CallbackPromised):
        _to(booking.replaces, Stage.MOVED, Stage.MOVING)
        _to(booking.contact, Stage.PROMISED, Stage.ASKED)
    elif isinstance(fact, CallbackCancelled):
        rows = Booking.objects.filter(contact=booking.contact, stage=Stage.CANCELLING)
        rows.update(stage=Stage.CANCELLED, sequence=booking.sequence + 1)
    booking.refresh_from_db()


def _to(contact: str, to: Stage, before: Stage) -> None:
    Booking.objects.filter(contact=contact, stage=before).update(stage=to)


def settle_change(old: Booking) -> Booking:
    """What has become of the change that the link was used for, should a page have been cut off before it knew."""
    new = Booking.objects.filter(replaces=old.contact, stage=Stage.ASKED).first()
    if new is not None:
        settle(new, 0.0)
        old.refresh_from_db()
    return old


@cache
def _node() -> str:
    """The voice node that rings: this machine's (`CIVICLINE_NODE`)."""
    return settings.load().node
