"""From the files of a pack to what the rules hold: `core.agency.Agency`."""

from __future__ import annotations

from civicline.agency import surveys
from civicline.agency.files import Files
from civicline.agency.schema import DAYS, AgencyFile, HoursPart, MenuPart, QueuePart
from civicline.core.agency import Agency, Calendar, Line, Menu, Office, Overflow, Queue, Span, Staff, Text, Topic


def agency(files: Files) -> Agency:
    """For files without mistakes."""
    head, parts = files.agency, files.entries
    assert head is not None
    menus = {id_: _menu(files, head, id_, part) for id_, part in parts["menus"].items()}
    return Agency(
        name=head.name,
        zone=head.zone,
        languages=tuple(head.languages),
        lines={
            number: Line(number, line.name, line.menu, line.hours, line.operator)
            for number, line in parts["lines"].items()
        },
        menus=menus,
        topics={id_: Topic(id_, part.label, part.queue, part.skill) for id_, part in parts["topics"].items()},
        queues={id_: _queue(id_, part) for id_, part in parts["queues"].items()},
        calendars={id_: _calendar(head, part) for id_, part in parts["hours"].items()},
        staff=_staff(files),
        dispositions=dict(parts["dispositions"]),
        prompts=_prompts(files, head) | _menu_prompts(menus) | surveys.prompts(parts["surveys"]),
        surveys={id_: surveys.survey(id_, part) for id_, part in parts["surveys"].items()},
        offices={
            id_: Office(id_, part.label, part.number, dict(part.needs), part.ring_s)
            for id_, part in parts["offices"].items()
        },
        ageing_s=head.ageing_s,
    )


def _menu_prompts(menus: dict[str, Menu]) -> dict[str, Text]:
    return {f"menu.{id_}": menu.prompt for id_, menu in menus.items()}


def _menu(files: Files, head: AgencyFile, id_: str, part: MenuPart) -> Menu:
    prompt = part.prompt or {language: _spoken(files, language, part) for language in head.languages}
    return Menu(id_, prompt, dict(part.keys), part.timeout_s, part.tries)


def _spoken(files: Files, language: str, part: MenuPart) -> str:
    """The topics by key, then the operator."""
    texts, topics = files.entries[f"prompts/{language}"], files.entries["topics"]
    said = [
        texts["menu_topic"].format(topic=topics[topic].label[language], key=key)
        for key, topic in sorted(part.keys.items())
    ]
    return " ".join([*said, texts["menu_operator"]])


def _prompts(files: Files, head: AgencyFile) -> dict[str, Text]:
    found: dict[str, Text] = {}
    for language in head.languages:
        for name, text in files.entries[f"prompts/{language}"].items():
            if not name.startswith("menu_"):
                found.setdefault(name, {})[language] = text
    return found


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
    )


def _calendar(head: AgencyFile, part: HoursPart) -> Calendar:
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
        id_: Staff(id_, part.name, tuple(part.queues), dict(part.skills), tuple(part.languages), part.tier, part.role)
        for id_, part in files.entries["staff"].items()
        if part.queues
    }
