"""What the desk shows, during the wrap-up, of ringing the person another time: the queue's free times, or the time that
this representative has promised."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from civicline.callbacks import queries as callbacks
from civicline.contacts import queries
from civicline.contacts.models import AgentRow, ContactRow
from civicline.core.agency import Agency
from civicline.core.lifecycle import PROMISED, AgentState, DeclinedFor
from civicline.desk.ring_back import DECLINED

TAKEN: Promise = _("This time is no longer free. Choose another.")
NOT_PROMISED: dict[DeclinedFor, Promise] = {
    **DECLINED,
    DeclinedFor.FULL: TAKEN,
    DeclinedFor.NO_SLOT: TAKEN,
    DeclinedFor.GONE: _("The number is no longer kept."),
}


@dataclass(frozen=True, slots=True)
class Day:
    label: str
    slots: list[callbacks.Slot]


@dataclass(frozen=True, slots=True)
class Later:
    """`when`: what was promised, "" so far."""

    days: list[Day]
    when: str = ""


def of(me: AgentRow, row: ContactRow, agency: Agency | None) -> Later | None:
    """None where no time can be chosen: nobody is called back then, the number is not rung, or it has a promise."""
    if me.state != AgentState.WRAP_UP or agency is None:
        return None
    if row.promised_to:
        promised = queries.contact(row.promised_to)
        slot_at = promised.slot_at if promised is not None else None
        return Later([], callbacks.at_written(slot_at, ZoneInfo(agency.zone)) if slot_at is not None else "")
    queue = agency.queues.get(row.queue or "")
    if queue is None or not row.may_ring or row.restored_to or row.state in PROMISED:
        return None
    days = [Day(callbacks.day_written(day), slots) for day, slots in callbacks.free_of(agency, queue).items()]
    return Later(days) if days else None
