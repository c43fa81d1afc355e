"""What is in the picture: a box for each line, menu, message and collection of digits, with a row for each key."""

from __future__ import annotations

from dataclasses import dataclass, replace

from civicline.agency import moments
from civicline.core.agency import Agency, Line, Menu, Text, Way, WayKind

Key = tuple[str, str]
"""Kind and id of a box."""


@dataclass(frozen=True)
class Row:
    """`to`: the box that it leads to; None where the call ends in a queue (`kind` then says how it is drawn)."""

    key: str
    text: str
    kind: str
    to: Key | None = None


@dataclass(frozen=True)
class Box:
    """`said`: what is read out there, where it is not made from the rows."""

    key: Key
    title: str
    note: str
    rows: tuple[Row, ...] = ()
    said: str = ""


def boxes(agency: Agency, language: str) -> list[Box]:
    """Everything that a caller can come to, lines first."""
    found = [_line(agency, line, language) for line in agency.lines.values()]
    found += [_menu(agency, menu, language) for menu in agency.menus.values()]
    for id_, digits in agency.digits.items():
        note = f"{digits.shortest} to {digits.longest} digits, then 1 if they are right"
        if digits.shortest == digits.longest:
            note = f"{digits.longest} digits, then 1 if they are right"
        then = (_row(agency, "1", digits.then, language),)
        found.append(Box(("digits", id_), said(digits.label, language), note, then, said(digits.prompt, language)))
    named = _named(found)
    for id_, message in agency.messages.items():
        if ("message", id_) in named:
            read_out = said(message.text, language)
            found.append(Box(("message", id_), said(message.label, language), "is read out", said=read_out))
    return found


def said(text: Text, language: str) -> str:
    return text.get(language) or next(iter(text.values()), "")


def _named(found: list[Box]) -> set[Key]:
    return {row.to for box in found for row in box.rows if row.to is not None}


def _line(agency: Agency, line: Line, language: str) -> Box:
    hours = f"open ({line.calendar})"
    if line.menu:
        rows = [Row("", hours, "menu", ("menu", line.menu))]
    else:
        to = _row(agency, "", Way(WayKind.TOPIC, line.topic), language)
        rows = [replace(to, text=f"{hours}: {to.text}")]
    if line.closed_menu:
        rows.append(Row("", "closed", "menu", ("menu", line.closed_menu)))
    elif moments.closes(agency.calendars[line.calendar]):
        rows.append(Row("", f"closed: “{said(agency.prompts['closed'], language)}”", "message"))
    spoken = f" · only in {line.language}" if line.language else ""
    operator = agency.queues[line.operator]
    return Box(
        ("line", line.number),
        f"{line.number}  {line.name}",
        f"0 → {said(operator.label, language)}{spoken}",
        tuple(rows),
    )


def _menu(agency: Agency, menu: Menu, language: str) -> Box:
    ways = {key: Way(WayKind.TOPIC, topic) for key, topic in menu.keys.items()} | menu.ways
    rows = [_row(agency, key, way, language) for key, way in sorted(ways.items())]
    rows += [Row("", f"while open: {each.calendar}", "menu", ("menu", each.menu)) for each in menu.instead]
    return Box(
        ("menu", menu.id),
        said(menu.label, language) or menu.id,
        f"{menu.tries} tries of {menu.timeout_s:g} s",
        tuple(rows),
        said(menu.prompt, language) if menu.own_prompt else "",
    )


def _row(agency: Agency, key: str, way: Way, language: str) -> Row:
    only = f" ({', '.join(way.languages)} only)" if way.languages else ""
    if way.kind is WayKind.TOPIC:
        topic = agency.topics[way.to]
        queue = agency.queues[topic.queue]
        return Row(key, f"{said(topic.label, language)} → {said(queue.label, language)}{only}", "topic")
    if way.kind is WayKind.QUEUE:
        return Row(key, f"→ {said(agency.queues[way.to].label, language)}{only}", "queue")
    if way.kind is WayKind.TIMES:
        topic = agency.topics[way.to]
        queue = agency.queues[topic.queue]
        return Row(key, f"a time: {said(topic.label, language)} → {said(queue.label, language)}{only}", "queue")
    if way.kind is WayKind.OPERATOR:
        return Row(key, f"→ operator{only}", "queue")
    if way.kind is WayKind.PLACE:
        return Row(key, f"code → the place that is kept{only}", "queue")
    table = {WayKind.MENU: agency.menus, WayKind.MESSAGE: agency.messages, WayKind.DIGITS: agency.digits}[way.kind]
    label: Text = getattr(table[way.to], "label", {})  # type: ignore[index]
    return Row(key, f"{said(label, language) or way.to}{only}", way.kind.value, (way.kind.value, way.to))
