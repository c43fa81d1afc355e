"""Menus that somebody can get lost in: dead ends, what is not there, what is missing in a language; and `menu_ways`."""

from __future__ import annotations

from collections.abc import Iterable

from civicline.agency import menu_ways
from civicline.agency.files import Files, languages
from civicline.agency.marked import Way as Field
from civicline.agency.naming import known, listed, texts, unserved
from civicline.agency.spoken import TABLES, label
from civicline.core.agency import Way, WayKind


def check(files: Files) -> None:
    for one in (_menus, _messages, _digits, menu_ways.check):
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
