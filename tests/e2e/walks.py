"""Every way through an agency's menus, from its pack alone: what to press, and where that has to end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from civicline.core.agency import Agency, Line, Menu, Way, WayKind
from civicline.core.claiming import GUESSES
from civicline.core.codes import CODE_DIGITS
from civicline.core.lifecycle import ContactState, TopicBy
from civicline.core.model import Contact

REFUSE = "9"
TOLD = " "
"""Among keys: what follows is pressed once times at which to be rung were heard."""
NOBODYS_CODE = "4071938265"[:CODE_DIGITS]
LANGUAGE_KEYS = {"en": "1", "es": "2"}


@dataclass(frozen=True)
class Walk:
    """`keys` are pressed one after another. It ends with a person, a promise, an answer or a way back: `ends` (kind,
    id)."""

    line: str
    language: str
    keys: str
    ends: tuple[str, str]
    visits: int = 0
    """How many menus, messages and questions for digits were entered, where the way goes back."""

    @property
    def name(self) -> str:
        return f"{self.line} {self.language} {self.keys or 'nothing'} -> {' '.join(self.ends)}"

    @property
    def hears_times(self) -> bool:
        return TOLD in self.keys

    @property
    def end(self) -> tuple[tuple[str, str], bool]:
        return self.ends, self.hears_times

    def is_done(self, contact: Contact) -> bool:
        came = (contact.line, contact.language, contact.times_visit > 0)
        if came != (self.line, self.language, self.hears_times):
            return False
        kind, id_ = self.ends
        return _ENDS[kind](contact, id_) and (not self.visits or contact.visit == self.visits)


def _with_a_person(contact: Contact) -> bool:
    return contact.connected_at is not None


def _in_menu(contact: Contact, menu: str) -> bool:
    inside = contact.state is ContactState.MENU and contact.menu == menu and not contact.code_asked
    beside = (contact.message, contact.digits, contact.found, contact.times)
    return inside and all(each is None for each in beside)


def _promised(contact: Contact, topic: str) -> bool:
    """A time was chosen about it."""
    chosen = contact.promise is not None and contact.promise.slot is not None
    return contact.state is ContactState.KEPT and chosen and contact.topic == topic


_ENDS = {
    "topic": lambda contact, id_: _with_a_person(contact) and contact.topic == id_,
    "queue": lambda contact, id_: _with_a_person(contact) and (contact.wants_queue, contact.queue) == (id_, id_),
    "operator": lambda contact, id_: _with_a_person(contact) and (contact.topic, contact.topic_by) == (None, id_),
    "answer": lambda contact, id_: contact.message == id_ and contact.informed_at is not None,
    "back to": _in_menu,
    "promise": _promised,
    "asked again": lambda contact, id_: contact.digits == id_ and not contact.digits_entered,
}


def walks(agency: Agency, line: Line) -> Iterator[Walk]:
    for language in (line.language,) if line.language else agency.languages:
        press = "" if line.language else LANGUAGE_KEYS[language]
        if line.topic:
            yield Walk(line.number, language, press, ("topic", line.topic))
        for menu in sorted({line.menu, line.closed_menu} & agency.menus.keys()):
            for keys, ends, visits in _from(agency, agency.menus[menu], language, 1, None):
                yield Walk(line.number, language, press + keys, ends, visits)


def one_to_each_end(every: Sequence[Walk]) -> list[Walk]:
    """The shortest way to each end, in the languages in turn, over times that are told and not; and one from each line
    that is not among them."""
    languages = sorted({walk.language for walk in every})
    ends = sorted({walk.end for walk in every}, key=str)
    found = [
        min((walk for walk in every if walk.end == end), key=lambda walk: (walk.language != wanted, len(walk.keys)))
        for end, wanted in zip(ends, cycle(languages))
    ]
    lines = {walk.line: walk for walk in every if walk.line not in {kept.line for kept in found}}
    return [*found, *lines.values()]


Ways = Iterator[tuple[str, tuple[str, str], int]]


def _from(agency: Agency, menu: Menu, language: str, visits: int, before: str | None) -> Ways:
    yield "0", ("operator", TopicBy.OPERATOR_KEY), 0
    yield "", ("operator", TopicBy.SILENCE), 0
    yield from ((key, ("operator", TopicBy.INVALID_KEYS), 0) for key in _wrong_keys(menu))
    yield from ((key, ("topic", topic), 0) for key, topic in menu.keys.items())
    if before is not None:
        yield "*", ("back to", before), visits + 1
    for key, way in menu.ways.items():
        if way.languages and language not in way.languages:
            continue
        if way.kind is WayKind.MENU:
            onward = _from(agency, agency.menus[way.to], language, visits + 1, menu.id)
        else:
            onward = _along(agency, menu, way, visits)
        yield from ((key + keys, ends, count) for keys, ends, count in onward)


def _wrong_keys(menu: Menu) -> list[str]:
    """One that leads nowhere, where there is one."""
    return sorted(set("12345678") - menu.keys.keys() - menu.ways.keys())[-1:]


def _along(agency: Agency, menu: Menu, way: Way, visits: int) -> Ways:
    if way.kind is WayKind.MESSAGE:
        yield "", ("answer", way.to), 0
        yield "*", ("back to", menu.id), visits + 2
        yield "0", ("operator", TopicBy.OPERATOR_KEY), 0
    elif way.kind is WayKind.DIGITS:
        asked = agency.digits[way.to]
        digits = "4071938265"[: asked.longest]
        yield "*", ("back to", menu.id), visits + 2
        yield digits + "2", ("asked again", way.to), visits + 3
        yield digits + "*", ("back to", menu.id), visits + 3
        yield digits + "0", ("operator", TopicBy.OPERATOR_KEY), 0
        yield digits + "1", (asked.then.kind.value, asked.then.to), 0
    elif way.kind is WayKind.TIMES:
        yield TOLD + "*", ("back to", menu.id), visits + 2
        yield TOLD + "0", ("operator", TopicBy.OPERATOR_KEY), 0
        yield TOLD + "1", ("promise", way.to), 0
        yield TOLD, ("operator", TopicBy.SILENCE), 0
    elif way.kind is WayKind.PLACE:
        yield "", ("operator", TopicBy.SILENCE), 0
        yield "*", ("back to", menu.id), visits + 2
        yield NOBODYS_CODE * GUESSES, ("operator", TopicBy.INVALID_KEYS), 0
    else:
        yield "", (way.kind.value, way.to), 0
