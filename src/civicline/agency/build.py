"""From the files of a pack to what the rules hold: `core.agency.Agency`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from civicline.agency import surveys
from civicline.agency.files import Files
from civicline.agency.schema import AgencyFile, HoursPart, LinePart, MenuPart, QueuePart
from civicline.agency.spoken import menu_prompt, prompts
from civicline.agency.times import DAYS
from civicline.core.agency import (
    Agency,
    Calendar,
    CallbackPolicy,
    Digits,
    Instead,
    Line,
    Menu,
    Message,
    Office,
    Overflow,
    Queue,
    Span,
    Staff,
    Text,
    Topic,
    WayKind,
)


def agency(files: Files, recorded: Mapping[str, Sequence[str]] | None = None) -> Agency:
    """For files without mistakes. `recorded`: languages in which a prompt is a recording, by its name."""
    head, parts = files.agency, files.entries
    assert head is not None
    menus = {
        id_: _menu(files, head, id_, part, (recorded or {}).get(f"menu.{id_}", ()))
        for id_, part in parts["menus"].items()
    }
    return Agency(
        name=head.name,
        zone=head.zone,
        languages=tuple(head.languages),
        lines={number: _line(number, line) for number, line in parts["lines"].items()},
        menus=menus,
        topics={id_: Topic(id_, part.label, part.queue, part.skill) for id_, part in parts["topics"].items()},
        queues={id_: _queue(id_, part) for id_, part in parts["queues"].items()},
        calendars={id_: calendar(head, part) for id_, part in parts["hours"].items()},
        staff=_staff(files),
        dispositions=dict(parts["dispositions"]),
        prompts=prompts(files, head) | _menu_prompts(menus) | surveys.prompts(parts["surveys"]),
        surveys={id_: surveys.survey(id_, part) for id_, part in parts["surveys"].items()},
        offices={
            id_: Office(id_, part.label, part.number, dict(part.needs), part.ring_s, part.helps, part.recorded)
            for id_, part in parts["offices"].items()
        },
        ageing_s=head.ageing_s,
        country=head.country,
        messages={id_: Message(id_, part.label, part.text) for id_, part in parts["messages"].items()},
        digits={
            id_: Digits(id_, part.label, part.prompt, part.shortest, part.longest, part.then)
            for id_, part in parts["digits"].items()
        },
    )


def _menu_prompts(menus: dict[str, Menu]) -> dict[str, Text]:
    return {f"menu.{id_}": menu.prompt for id_, menu in menus.items()}


def _line(number: str, part: LinePart) -> Line:
    return Line(number, part.name, part.menu, part.hours, part.operator, part.topic, part.language, part.closed_menu)


def _menu(files: Files, head: AgencyFile, id_: str, part: MenuPart, recorded: Sequence[str]) -> Menu:
    simple = {key for key, way in part.keys.items() if way.kind is WayKind.TOPIC and not way.languages}
    return Menu(
        id=id_,
        prompt=part.prompt or {language: menu_prompt(files, language, part) for language in head.languages},
        keys={key: way.to for key, way in part.keys.items() if key in simple},
        timeout_s=part.timeout_s,
        tries=part.tries,
        label=part.label or {},
        ways={key: way for key, way in part.keys.items() if key not in simple},
        instead=tuple(Instead(each.hours, each.menu) for each in part.instead),
        own_prompt=part.prompt is not None,
        recorded=tuple(recorded),
    )


def _queue(id_: str, part: QueuePart) -> Queue:
    return Queue(
        id=id_,
        label=part.label,
        calendar=part.hours,
        priority=part.priority,
        min_level=part.min_level,
        tiers=tuple(part.tiers),
        ring_s=part.ring_s,
        wrap_up_s=part.wrap_up_s,
        max_waiting=part.max_waiting,
        service_level_s=part.service_level_s,
        overflow=tuple(
            Overflow(step.after_s, step.min_level, tuple(step.tiers), tuple(step.queues)) for step in part.overflow
        ),
        say_every_s=part.say_every_s,
        say=tuple(part.say),
        callback=CallbackPolicy(**part.callback.model_dump()) if part.callback is not None else None,
    )


def calendar(head: AgencyFile, part: HoursPart) -> Calendar:
    special = {day.isoformat(): tuple(spans) for day, spans in part.special.items()}
    closed = {day.isoformat() for day in part.closed}
    if part.holidays == "closed":
        closed |= {day.isoformat() for day in head.holidays} - special.keys()
    return Calendar({str(index): _spans(part, day) for index, day in enumerate(DAYS)}, tuple(sorted(closed)), special)


def _spans(part: HoursPart, day: str) -> tuple[Span, ...]:
    own: list[Span] | None = getattr(part, day)
    return tuple(part.every_day if own is None else own)


def _staff(files: Files) -> dict[str, Staff]:
    """Those who take contacts; supervisors without a queue only sign in."""
    return {
        id_: Staff(
            id=id_,
            name=part.name,
            queues=tuple(part.queues),
            skills=dict(part.skills),
            languages=tuple(part.languages),
            tier=part.tier,
            role=part.role,
            grade=part.grade,
            contracted=part.contracted,
            calendar=part.hours,
        )
        for id_, part in files.entries["staff"].items()
        if part.queues
    }
