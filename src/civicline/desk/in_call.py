"""What the desk shows and offers during a talk: hold, the third party, and where the call can be passed on to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from civicline.contacts import queries
from civicline.contacts.models import ContactRow
from civicline.core import hours
from civicline.core.agency import Agency
from civicline.core.in_call import OURS
from civicline.core.lifecycle import AgentState, ConsultState, HeldBy, PassedOnFor
from civicline.web.agency import said
from civicline.web.words import PASSED_ON_FOR

N = ConsultState
CONTROLS: dict[str, tuple[str, ...]] = {
    "talk": ("hold",),
    "held": ("resume",),
    "held_by_phone": (),
    N.RINGING: ("drop",),
    N.ASIDE: ("with-caller", "join", "complete", "drop"),
    N.WITH_CALLER: ("aside", "join", "complete", "drop"),
    N.JOINED: ("aside", "complete", "drop"),
}
"""What may be done with the call, by the state of the third party; without one, by whether and how the caller is on
hold. A hold by the phone's own key ends there."""
HELD = {HeldBy.DESK: "held", HeldBy.PHONE: "held_by_phone", HeldBy.CALLER: "talk"}
LABELS: dict[str, Promise] = {
    "hold": _("Hold"),
    "resume": _("Take the caller back"),
    "with-caller": _("Speak to the caller"),
    "aside": _("Speak aside"),
    "join": _("Join all three"),
    "complete": _("Leave the two together"),
    "drop": _("Let the third party go"),
}
REMIND_AFTER_S = 60
"""So long after the beginning of a hold the desk says that somebody waits, and again each time."""


@dataclass(frozen=True, slots=True)
class Control:
    name: str
    label: Promise


@dataclass(frozen=True, slots=True)
class Target:
    """`value` is what the form sends, such as `topic:refund` or `office:county:tax_bill`."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Group:
    """`helps`: may be asked to join only; the call cannot be handed over."""

    label: str | Promise
    targets: list[Target]
    helps: bool = False


def controls(row: ContactRow) -> list[Control]:
    held = "talk" if row.held_at is None else HELD[HeldBy(row.held_by or HeldBy.DESK)]
    names = CONTROLS[row.consult_state or held]
    return [Control(name, LABELS[name]) for name in names if name != "complete" or not row.consult_helps]


def third(row: ContactRow, agency: Agency | None) -> str:
    """The third party's name, where the pack still has it."""
    name = row.consult_with or ""
    if agency is None:
        return name
    if row.consult_outside:
        return said(agency.offices[name].label) if name in agency.offices else name
    return agency.staff[name].name if name in agency.staff else name


def reasons() -> list[tuple[str, Promise]]:
    return [(why.value, PASSED_ON_FOR[why]) for why in PassedOnFor if why not in OURS]


def groups(agency: Agency, me: str) -> list[Group]:
    """Where the call can go now, or who can be asked: topics and queues that are open, colleagues who are free, offices
    by need."""
    found = [
        Group(_("Topics"), _sorted(_topics(agency))),
        Group(_("Queues"), _sorted(_queues(agency))),
        Group(_("Colleagues who are free"), _sorted(_colleagues(agency, me))),
        *(Group(said(each.label), list(_needs(agency, id_)), each.helps) for id_, each in agency.offices.items()),
    ]
    return [group for group in found if group.targets]


def _sorted(targets: Iterator[Target]) -> list[Target]:
    return sorted(targets, key=lambda target: target.label)


def _is_open(agency: Agency, queue: str) -> bool:
    return hours.is_open(agency, agency.queues[queue].calendar, time.time())


def _topics(agency: Agency) -> Iterator[Target]:
    for id_, topic in agency.topics.items():
        if _is_open(agency, topic.queue):
            yield Target(f"topic:{id_}", _sentence(said(topic.label)))


def _queues(agency: Agency) -> Iterator[Target]:
    for id_, queue in agency.queues.items():
        if _is_open(agency, id_):
            yield Target(f"queue:{id_}", said(queue.label))


def _colleagues(agency: Agency, me: str) -> Iterator[Target]:
    for row in queries.agents():
        free = row.state == AgentState.AVAILABLE and row.phone and row.id != me
        if free and row.id in agency.staff:
            yield Target(f"colleague:{row.id}", agency.staff[row.id].name)


def _needs(agency: Agency, office: str) -> Iterator[Target]:
    for need, label in agency.offices[office].needs.items():
        yield Target(f"office:{office}:{need}", said(label))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
