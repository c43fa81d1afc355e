"""Where menus lead: round in circles, where no key leads, and where nobody comes at any hour."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from civicline.agency import moments
from civicline.agency.files import Files, languages
from civicline.agency.naming import listed
from civicline.agency.schema import InsteadPart
from civicline.agency.spoken import TABLES
from civicline.core.agency import Way, WayKind

AN_END = frozenset({WayKind.TOPIC, WayKind.MESSAGE, WayKind.QUEUE, WayKind.OPERATOR, WayKind.TIMES})


@dataclass(frozen=True, slots=True)
class When:
    """A language, and the hours that are open together."""

    language: str
    hours: frozenset[str]


def check(files: Files) -> None:
    _circles(files)
    _unreached(files)
    _unheard(files)


def _circles(files: Files) -> None:
    """From everywhere something must be reached that is an answer or a person, without asking for the operator: in
    each language, and at every hour at which one menu takes the place of another."""
    found: dict[Way, list[When]] = {}
    for when in _whens(files, files.today):
        onward = partial(_onward, files, when)
        for way in _reached(_first(files, when), onward):
            ways = onward(way)
            if ways and not any(each.kind in AN_END for each in _reached(ways, onward)):
                found.setdefault(way, []).append(when)
    for way in sorted(found, key=lambda way: way.to):
        message = f"its keys lead round in a circle{_said(files, found[way])}: to no topic, message, queue or time"
        mend = "let one of the menus lead to an answer or to a person"
        files.wrong(TABLES[way.kind], (way.to,), message, mend)


def _said(files: Files, whens: Sequence[When]) -> str:
    """In which languages and at which hours, where it is not so always."""
    spoken, hours = {when.language for when in whens}, frozenset.intersection(*(when.hours for when in whens))
    hours &= {each.hours for menu in files.entries["menus"].values() for each in menu.instead}
    said = f" in {listed(spoken)}" if spoken != set(languages(files)) else ""
    return said + (f" while {listed(hours)} is open" if hours else "")


def _whens(files: Files, since: date | None = None) -> list[When]:
    """At every moment, by the hours of lines and of menus in place of others."""
    named = {line.hours for line in files.entries["lines"].values()}
    named |= {each.hours for menu in files.entries["menus"].values() for each in menu.instead}
    together = moments.together(moments.named(files, named), since)
    return [When(language, hours) for language in languages(files) for hours in together]


def _first(files: Files, when: When) -> list[Way]:
    return [_entered(files, when, way) for way in _dialled(files, when)]


def _dialled(files: Files, when: When) -> list[Way]:
    """Where those who call then are led."""
    lines = [line for line in files.entries["lines"].values() if line.language in ("", when.language)]
    menus = (line.menu if line.hours in when.hours else line.closed_menu for line in lines)
    return [Way(WayKind.MENU, menu) for menu in menus if menu]


def _onward(files: Files, when: When, way: Way) -> list[Way]:
    return [_entered(files, when, each) for each in _pressed(files, when, way)]


def _pressed(files: Files, when: When, way: Way) -> list[Way]:
    return [each for each in _leads(files, way) if not each.languages or when.language in each.languages]


def _entered(files: Files, when: When, way: Way) -> Way:
    """What a way leads to then: of a menu that another one stands for, to that one (as `core.menus` has it)."""
    found = (each.menu for each in _instead(files, way) if each.hours in when.hours)
    return Way(way.kind, next((menu for menu in found if menu in files.entries["menus"]), way.to))


def _leads(files: Files, way: Way) -> list[Way]:
    """Where one can get from a menu or from digits, the operator (0) apart."""
    part = files.entries[TABLES[way.kind]].get(way.to) if way.kind in TABLES else None
    if part is None:
        return []
    if way.kind is WayKind.DIGITS:
        return [part.then]
    return list(part.keys.values()) if way.kind is WayKind.MENU else []


def _instead(files: Files, way: Way) -> list[InsteadPart]:
    menu = files.entries["menus"].get(way.to) if way.kind is WayKind.MENU else None
    return list(menu.instead) if menu is not None else []


def _reached(start: Iterable[Way], onward: Callable[[Way], Iterable[Way]]) -> set[Way]:
    found: set[Way] = set()
    ahead = list(start)
    while ahead:
        way = ahead.pop()
        if way not in found:
            found.add(way)
            ahead += onward(way)
    return found


def _unreached(files: Files) -> None:
    """At any hour and in any language."""
    lines = files.entries["lines"].values()
    roots = [Way(WayKind.MENU, menu) for line in lines for menu in (line.menu, line.closed_menu) if menu]
    found = {(way.kind, way.to) for way in _reached(roots, partial(_ever, files))}
    for kind in (WayKind.MENU, WayKind.DIGITS):
        for id_ in files.entries[TABLES[kind]]:
            if (kind, id_) not in found:
                message = "no line and no key leads here"
                files.wrong(TABLES[kind], (id_,), message, "lead a key here, or remove it")


def _ever(files: Files, way: Way) -> list[Way]:
    return [*_leads(files, way), *(Way(WayKind.MENU, each.menu) for each in _instead(files, way))]


def _unheard(files: Files) -> None:
    """Menus to which a way leads, but at no hour, since the hours never meet. Not so one that others take the place
    of: it may be a switch for an emergency, and is entered again without it. Past dates count: what is entered on
    them only is out of season."""
    heard: set[Way] = set()
    led: set[str] = set()
    for when in _whens(files):
        reached = _reached(_first(files, when), partial(_onward, files, when))
        pressed = (each for way in reached for each in _pressed(files, when, way))
        led |= {each.to for each in (*_dialled(files, when), *pressed) if _is_menu(each)}
        heard |= reached
    for menu in sorted(set(_named(files, heard)) - led - {way.to for way in heard if _is_menu(way)}):
        if menu in files.entries["menus"]:
            message = "callers come here at no hour"
            mend = "mend the hours of `instead`, here or where it names this menu, or remove the menu"
            files.wrong("menus", (menu,), message, mend)


def _named(files: Files, heard: Iterable[Way]) -> Iterator[str]:
    """By menus to which callers come; hours that never open are named by `hour_checks` and lead nowhere."""
    calendars = moments.named(files, files.entries["hours"])
    for way in heard:
        yield from (each.to for each in _leads(files, way) if _is_menu(each))
        yield from (each.menu for each in _instead(files, way) if moments.opens(calendars.get(each.hours)))


def _is_menu(way: Way) -> bool:
    return way.kind is WayKind.MENU
