"""What pages and reports ask of the read models."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Count, Min, Q

from civicline.contacts.models import AgencyRow, AgentRow, ContactRow, CountedRow, Progress, UrgentRow
from civicline.core.agency import Agency
from civicline.core.codec import decode
from civicline.core.lifecycle import PROMISED, ContactState


class QueueNow(NamedTuple):
    """One queue at this moment; `longest_since` is the place of the first in line."""

    queue: str
    waiting: int
    offered: int
    talking: int
    longest_since: datetime | None
    held: int = 0
    held_since: datetime | None = None
    """Since when the caller waits who was put on hold first."""
    kept: int = 0
    """Places that are kept while nobody is on the telephone; scheduled callbacks from their slot on."""
    ringing_back: int = 0
    kept_since: datetime | None = None
    """The first place of these two."""
    due: int = 0
    """Of the kept: rung as soon as it is their turn."""
    later: int = 0
    """Scheduled callbacks whose slot has not come."""


def agency() -> Agency | None:
    """The agency that was loaded last; None before the first."""
    row = AgencyRow.objects.filter(id=1).first()
    return None if row is None else decode(Agency, row.body)


def contact(contact_id: str) -> ContactRow | None:
    return ContactRow.objects.filter(id=contact_id).first()


def agent(agent_id: str) -> AgentRow | None:
    return AgentRow.objects.filter(id=agent_id).first()


def agents() -> list[AgentRow]:
    return list(AgentRow.objects.order_by("state", "since"))


def queues_now() -> dict[str, QueueNow]:
    """Every queue that somebody is in, by its id."""
    promised = (ContactState.KEPT, ContactState.RINGING_BACK)
    open_states = (ContactState.WAITING, ContactState.OFFERED, ContactState.TALKING, *promised)
    in_line = Q(state__in=(ContactState.WAITING, ContactState.OFFERED))
    rows = (
        ContactRow.objects.filter(state__in=open_states, queue__isnull=False)
        .values("queue")
        .annotate(
            waiting=Count("id", filter=Q(state=ContactState.WAITING)),
            offered=Count("id", filter=Q(state=ContactState.OFFERED)),
            talking=Count("id", filter=Q(state=ContactState.TALKING)),
            longest_since=Min("place_at", filter=in_line),
            held=Count("id", filter=Q(held_at__isnull=False)),
            held_since=Min("held_at"),
            kept=Count("id", filter=Q(state=ContactState.KEPT, place_at__isnull=False)),
            ringing_back=Count("id", filter=Q(state=ContactState.RINGING_BACK)),
            kept_since=Min("place_at", filter=Q(state__in=promised)),
            due=Count("id", filter=Q(due=True)),
            later=Count("id", filter=Q(state=ContactState.KEPT, place_at__isnull=True)),
        )
    )
    return {
        str(row["queue"]): QueueNow(
            str(row["queue"]),
            row["waiting"],
            row["offered"],
            row["talking"],
            row["longest_since"],
            row["held"],
            row["held_since"],
            row["kept"],
            row["ringing_back"],
            row["kept_since"],
            row["due"],
            row["later"],
        )
        for row in rows
    }


def counted(day: date) -> dict[str, dict[str, float]]:
    """The sums of `core.measures.RUNNING` over the contacts of a day in the agency's zone, by queue."""
    found: dict[str, dict[str, float]] = {}
    for row in CountedRow.objects.filter(day=day):
        found.setdefault(row.queue, {})[row.part] = row.value
    return found


def promised(queue: str, start: datetime, end: datetime) -> dict[float, int]:
    """How many scheduled callbacks of the queue are open, by the begin of their slot (UTC s) in [start, end)."""
    rows = (
        ContactRow.objects.filter(queue=queue, slot_at__gte=start, slot_at__lt=end, state__in=PROMISED)
        .values("slot_at")
        .annotate(promised=Count("id"))
    )
    return {row["slot_at"].timestamp(): row["promised"] for row in rows if row["slot_at"] is not None}


def urgent() -> dict[str, UrgentRow]:
    """What is said before menus now, by menu."""
    return {row.menu: row for row in UrgentRow.objects.order_by("menu")}


def position() -> int:
    """The journal position that the rows stand for."""
    row = Progress.objects.filter(id=1).first()
    return 0 if row is None else row.position
