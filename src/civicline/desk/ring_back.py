"""What the desk shows, during the wrap-up, of a talk that the representative did not end: whether the person can be
rung back, what became of it, and whether they have called again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from civicline.contacts import queries
from civicline.contacts.models import AgentRow, ContactRow
from civicline.core.agency import Agency
from civicline.core.lifecycle import IN_LINE, PROMISED, AgentState, ContactState, DeclinedFor, PromiseEnd, Unreached
from civicline.core.model import CUT_BY
from civicline.web.words import UNREACHED


class Stage(StrEnum):
    MAY = "may"
    CANNOT = "cannot"
    RINGS = "rings"
    FAILED = "failed"
    """And is rung again later."""
    REACHED = "reached"
    MISSED = "missed"
    STOPPED = "stopped"
    BACK = "back"
    """Has called again, and waits for this representative."""
    BACK_WITH_OTHERS = "back_with_others"


S = Stage
SAID: dict[Stage, Promise] = {
    S.MAY: _("The caller hung up or was cut off."),
    S.CANNOT: _("The caller hung up or was cut off. They cannot be rung back:"),
    S.RINGS: _("The person is being rung. They come to you when they press 1."),
    S.FAILED: _("Not reached. They are rung again later; you can end the wrap-up meanwhile. Why:"),
    S.REACHED: _("The person is back in line."),
    S.MISSED: _("Not reached. They are not rung again. Why:"),
    S.STOPPED: _("The person is not rung again."),
    S.BACK: _("The person has called again and waits for you. End the wrap-up to take the call."),
    S.BACK_WITH_OTHERS: _("The person has called again."),
}
SILENT = frozenset({S.MAY, S.CANNOT})
"""Stages that are not announced: the end of the call is."""
ENDED: dict[str, Stage] = {PromiseEnd.MISSED: S.MISSED, PromiseEnd.CANCELLED: S.STOPPED}
NO_NUMBER: Promise = _("the number is withheld, or is one that we do not ring.")
NO_CALLBACKS: Promise = _("nobody of this line is called back.")
DECLINED: dict[DeclinedFor, Promise] = {
    DeclinedFor.NUMBER_HAS_ONE: _("this number is to be called already."),
    DeclinedFor.DAY_IS_FULL: _("this number was called back too often today."),
}


@dataclass(frozen=True, slots=True)
class RingBack:
    """`why`: the reason that belongs to the stage, "" without one."""

    stage: Stage
    why: str | Promise = ""

    @property
    def said(self) -> Promise:
        return SAID[self.stage]

    @property
    def announced(self) -> bool:
        return self.stage not in SILENT

    @property
    def may_stop(self) -> bool:
        return self.stage in (S.RINGS, S.FAILED)


def of(me: AgentRow, row: ContactRow, agency: Agency | None) -> RingBack | None:
    """None where the talk was not cut, or goes on."""
    if me.state != AgentState.WRAP_UP or agency is None:
        return None
    if row.restored_to:
        return _back(me, row.restored_to)
    if row.rung_back_by == me.id:
        return _rung(row)
    cut = row.state == ContactState.WRAPPING and row.agent == me.id and row.ended_by in CUT_BY
    return _askable(row, agency) if cut else None


def _back(me: AgentRow, again_id: str) -> RingBack:
    again = queries.contact(again_id)
    waits = again is not None and again.state == ContactState.WAITING and again.for_agent == me.id
    return RingBack(S.BACK if waits else S.BACK_WITH_OTHERS)


def _rung(row: ContactRow) -> RingBack | None:
    why = UNREACHED[Unreached(row.ring_failure)] if row.ring_failure else ""
    if row.promise_end:
        ended = ENDED[row.promise_end]
        return RingBack(ended, why if ended is S.MISSED else "")
    if row.state in PROMISED:
        failed = row.state == ContactState.KEPT and bool(row.ring_attempts)
        return RingBack(S.FAILED, why) if failed else RingBack(S.RINGS)
    return RingBack(S.REACHED) if row.state in IN_LINE else None


def _askable(row: ContactRow, agency: Agency) -> RingBack:
    queue = agency.queues.get(row.queue or "")
    if not row.can_be_rung:
        return RingBack(S.CANNOT, NO_NUMBER)
    if queue is None or queue.callback is None:
        return RingBack(S.CANNOT, NO_CALLBACKS)
    if row.ring_back_declined:
        return RingBack(S.CANNOT, DECLINED[DeclinedFor(row.ring_back_declined)])
    return RingBack(S.MAY)
