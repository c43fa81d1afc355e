"""Hours that leave somebody with nobody, or a text that nobody hears. (Menus at no hour: `menu_ways`.)"""

from __future__ import annotations

from collections.abc import Iterator

from civicline.agency import moments
from civicline.agency.files import Files
from civicline.agency.marked import Way


def check(files: Files) -> None:
    for one in (_never_open, _closed_menus, _operators):
        one(files)


def _never_open(files: Files) -> None:
    """What is named must be open at some time."""
    used = [each for each in _used(files) if each[2]]
    calendars = moments.named(files, (hours for _, _, hours in used))
    shut = {id_ for id_, each in calendars.items() if not moments.opens(each)}
    for name, way, hours in used:
        if hours in shut:
            mend = 'give it times in hours.yaml, such as `every_day: ["08:00-17:00"]`, or name other hours'
            files.wrong(name, way, f"{hours!r} is never open", mend)


def _used(files: Files) -> Iterator[tuple[str, Way, str]]:
    """File, field and hours."""
    for number, line in files.entries["lines"].items():
        yield "lines", (number, "hours"), line.hours
    for id_, queue in files.entries["queues"].items():
        yield "queues", (id_, "hours"), queue.hours
        if queue.callback is not None:
            yield "queues", (id_, "callback", "hours"), queue.callback.hours
    for id_, menu in files.entries["menus"].items():
        for index, each in enumerate(menu.instead):
            yield "menus", (id_, "instead", index, "hours"), each.hours
    for id_, person in files.entries["staff"].items():
        yield "staff", (id_, "hours"), person.hours


def _closed_menus(files: Files) -> None:
    lines = files.entries["lines"]
    calendars = moments.named(files, (line.hours for line in lines.values()))
    for number, line in lines.items():
        if line.closed_menu and line.hours in calendars and not moments.closes(calendars[line.hours]):
            message = f"nobody hears it: the line's hours {line.hours!r} never close"
            files.wrong("lines", (number, "closed_menu"), message, "remove it, or give the line hours that close")


def _operators(files: Files) -> None:
    """Whoever presses nothing, as at a text telephone, must not be told that it is closed on a line that is open."""
    lines, queues = files.entries["lines"], files.entries["queues"]
    used = {line.hours for line in lines.values()} | {queue.hours for queue in queues.values()}
    calendars = moments.named(files, used)
    together = moments.together(calendars, files.today)
    for number, line in lines.items():
        queue = queues.get(line.operator)
        if queue is None or not moments.opens(calendars.get(queue.hours)):
            continue
        day = next((day for hours, day in together.items() if line.hours in hours and queue.hours not in hours), None)
        if day is not None:
            times = f"at times at which the line ({line.hours}) is open, such as on {day}"
            message = f"this queue ({queue.hours}) is closed {times}"
            mend = "give both the same hours: whoever presses nothing, or 0, would be told that it is closed"
            files.wrong("lines", (number, "operator"), message, mend)
