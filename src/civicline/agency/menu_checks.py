"""Menus that somebody can get lost in: dead ends, circles, what no key leads to, what is missing in a language."""

from __future__ import annotations

from collections.abc import Iterable

from civicline.agency.files import Files, languages
from civicline.agency.marked import Way as Field
from civicline.agency.naming import known, listed, texts, unserved
from civicline.agency.spoken import TABLES, label
from civicline.core.agency import Way, WayKind


def check(files: Files) -> None:
    for one in (_menus, _messages, _digits, _circles, _unreached):
        one(files)


def _menus(files: Files) -> None:
    for id_, menu in files.entries["menus"].items():
        if not menu.keys:
            files.wrong("menus", (id_, "keys"), "the menu has no keys", "give each choice a key from 1 to 8")
        for key, way in menu.keys.items():
            _way(files, "menus", (id_, "keys", key), way)
            if way.kind is WayKind.MENU and way.to == id_:
                files.wrong("menus", (id_, "keys", key), "it leads to the menu that it is in", "lead elsewhere")
            elif way.kind in TABLES and not label(files, way) and _is_there(files, way):
                table = TABLES[way.kind]
                files.wrong(table, (way.to,), "a key leads here, but it has no label", "add `label`, said after “For”")
        for name in ("prompt", "label"):
            if getattr(menu, name) is not None:
                texts(files, "menus", (id_, name), getattr(menu, name))
        for index, each in enumerate(menu.instead):
            known(files, "menus", (id_, "instead", index, "hours"), each.hours, "hours")
            known(files, "menus", (id_, "instead", index, "menu"), each.menu, "menus")
        _in_each_language(files, id_, menu.keys.values())


def _is_there(files: Files, way: Way) -> bool:
    return way.to in files.entries[TABLES[way.kind]]


def _in_each_language(files: Files, id_: str, ways: Iterable[Way]) -> None:
    limits = [way.languages for way in ways]
    for language in languages(files):
        if limits and all(limit and language not in limit for limit in limits):
            message = f"there is nothing to choose in {language!r}"
            files.wrong("menus", (id_, "keys"), message, "let a choice hold in this language, too")


def _way(files: Files, name: str, field: Field, way: Way) -> None:
    if way.kind not in TABLES:
        return
    known(files, name, field, way.to, TABLES[way.kind])
    spoken = languages(files)
    for language in way.languages:
        if spoken and language not in spoken:
            message = f"{language!r} is not a language of the agency"
            files.wrong(name, field, message, f"name one of {listed(spoken)}")
    if way.kind is WayKind.TIMES:
        _chooses(files, name, field, way.to)
    if way.kind is WayKind.QUEUE:
        for language in unserved(files, way.to):
            message = f"nobody serves the queue {way.to!r} in {language!r}"
            files.wrong(name, field, message, "put somebody into it in staff.yaml, or lead to a topic")


def _chooses(files: Files, name: str, field: Field, topic: str) -> None:
    """The topic's queue must let people choose a time. (Who can take the topic is looked at with the topics.)"""
    part = files.entries["topics"].get(topic)
    queue = files.entries["queues"].get(part.queue) if part is not None else None
    if part is not None and queue is not None and not (queue.callback and queue.callback.choose_time):
        message = f"nobody can choose a time in the queue {part.queue!r} of this topic"
        files.wrong(name, field, message, "give the queue's `callback` both `capacity` and `choose_time: true`")


def _messages(files: Files) -> None:
    for id_, message in files.entries["messages"].items():
        texts(files, "messages", (id_, "label"), message.label)
        texts(files, "messages", (id_, "text"), message.text)


def _digits(files: Files) -> None:
    for id_, digits in files.entries["digits"].items():
        texts(files, "digits", (id_, "label"), digits.label)
        texts(files, "digits", (id_, "prompt"), digits.prompt)
        _way(files, "digits", (id_, "then"), digits.then)
        if digits.shortest > digits.longest:
            files.wrong("digits", (id_, "longest"), "it is shorter than `shortest`", "make it as long at least")
        if digits.then.kind is WayKind.DIGITS and digits.then.to == id_:
            files.wrong("digits", (id_, "then"), "it asks for itself again", "lead elsewhere")


def _ways_from(files: Files, kind: WayKind, id_: str) -> list[Way]:
    """Where one can get from a menu or from digits, the operator (0) apart."""
    part = files.entries[TABLES[kind]].get(id_) if kind in TABLES else None
    if part is None:
        return []
    if kind is WayKind.DIGITS:
        return [part.then]
    if kind is WayKind.MENU:
        return [*part.keys.values(), *(Way(WayKind.MENU, each.menu) for each in part.instead)]
    return []


def _reached(files: Files, start: Iterable[Way]) -> set[tuple[WayKind, str]]:
    found: set[tuple[WayKind, str]] = set()
    ahead = list(start)
    while ahead:
        way = ahead.pop()
        if (way.kind, way.to) not in found:
            found.add((way.kind, way.to))
            ahead += _ways_from(files, way.kind, way.to)
    return found


AN_END = frozenset({WayKind.TOPIC, WayKind.MESSAGE, WayKind.QUEUE, WayKind.OPERATOR, WayKind.TIMES})


def _circles(files: Files) -> None:
    """From everywhere something must be reached that is an answer or a person, without asking for the operator."""
    for kind in (WayKind.MENU, WayKind.DIGITS):
        for id_ in files.entries[TABLES[kind]]:
            ways = _ways_from(files, kind, id_)
            if ways and not any(kind in AN_END for kind, _ in _reached(files, ways)):
                message = "its keys lead round in a circle: to no topic, message, queue or time"
                files.wrong(TABLES[kind], (id_,), message, "let one of the menus lead to an answer or to a person")


def _unreached(files: Files) -> None:
    lines = files.entries["lines"].values()
    roots = [Way(WayKind.MENU, menu) for line in lines for menu in (line.menu, line.closed_menu) if menu]
    found = _reached(files, roots)
    for kind in (WayKind.MENU, WayKind.DIGITS):
        for id_ in files.entries[TABLES[kind]]:
            if (kind, id_) not in found:
                message = "no line and no key leads here"
                files.wrong(TABLES[kind], (id_,), message, "lead a key here, or remove it")
