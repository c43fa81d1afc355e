"""What the parts of a pack say of each other. Each check looks at one kind of entry and gathers all its mistakes."""

from __future__ import annotations

from collections.abc import Iterable
from string import Formatter

from civicline.agency import surveys
from civicline.agency.files import Files, languages
from civicline.agency.marked import Way
from civicline.core.agency import Text

PROMPTS = {
    "notice", "recording_refused", "invalid_key", "no_key", "please_wait", "closed", "full", "connecting", "on_hold",
    "menu_topic", "menu_operator",
}  # fmt: skip
"""What the voice application says, by name; each language needs all of them."""
PLACES = {"menu_topic": {"topic", "key"}, "menu_operator": set[str]()}
LANGUAGE = "language"
"""The choice of language, needed where there is more than one."""


def check(files: Files) -> None:
    for one in (
        _lines,
        _menus,
        _topics,
        _queues,
        _staff,
        _dispositions,
        _offices,
        _agency,
        _prompts,
        _takers,
        _operators,
        _surveys,
    ):
        one(files)


def _known(files: Files, name: str, way: Way, value: str, where: str) -> None:
    ids = files.ids(where)
    if value not in ids:
        files.wrong(name, way, f"{value!r} is not in {where}.yaml", f"name one of {_list(ids)}, or add it there")


def _list(ids: Iterable[str]) -> str:
    found = sorted(ids)
    return ", ".join(found[:12]) + (", …" if len(found) > 12 else "") if found else "(there are none)"


def _texts(files: Files, name: str, way: Way, texts: Text) -> None:
    wanted = languages(files)
    for language in wanted:
        if language not in texts:
            files.wrong(name, way, f"there is no text in {language!r}", f"add a line `{language}: …`")
    for language in texts:
        if wanted and language not in wanted:
            files.wrong(
                name, (*way, language), f"{language!r} is not a language of the agency", "name it in agency.yaml"
            )


def _agency(files: Files) -> None:
    if files.agency is not None:
        _texts(files, "agency", ("name",), files.agency.name)
    found = languages(files)
    for index, language in enumerate(found):
        if language in found[:index]:
            files.wrong("agency", ("languages", index), f"{language!r} is named twice", "remove one of them")


def _lines(files: Files) -> None:
    if not files.ids("lines"):
        files.wrong("lines", (), "there is no line", "add the published number that people call")
    for number, line in files.entries["lines"].items():
        _known(files, "lines", (number, "menu"), line.menu, "menus")
        _known(files, "lines", (number, "hours"), line.hours, "hours")
        _known(files, "lines", (number, "operator"), line.operator, "queues")


def _menus(files: Files) -> None:
    for id_, menu in files.entries["menus"].items():
        for key, topic in menu.keys.items():
            _known(files, "menus", (id_, "keys", key), topic, "topics")
        if menu.prompt is not None:
            _texts(files, "menus", (id_, "prompt"), menu.prompt)
        if not menu.keys:
            files.wrong("menus", (id_, "keys"), "the menu has no keys", "give each topic a key from 1 to 9")


def _topics(files: Files) -> None:
    for id_, topic in files.entries["topics"].items():
        _known(files, "topics", (id_, "queue"), topic.queue, "queues")
        _known(files, "topics", (id_, "skill"), topic.skill, "skills")
        _texts(files, "topics", (id_, "label"), topic.label)


def _queues(files: Files) -> None:
    for id_, queue in files.entries["queues"].items():
        _known(files, "queues", (id_, "hours"), queue.hours, "hours")
        _texts(files, "queues", (id_, "label"), queue.label)
        before = 0.0
        for index, step in enumerate(queue.overflow):
            way = (id_, "overflow", index)
            if step.after_s <= before:
                files.wrong("queues", (*way, "after_s"), "it is not later than the step before", "order the steps")
            before = step.after_s
            for at, other in enumerate(step.queues):
                _known(files, "queues", (*way, "queues", at), other, "queues")
    for id_, skill in files.entries["skills"].items():
        _texts(files, "skills", (id_, "label"), skill.label)


def _staff(files: Files) -> None:
    spoken = languages(files)
    for id_, person in files.entries["staff"].items():
        for index, queue in enumerate(person.queues):
            _known(files, "staff", (id_, "queues", index), queue, "queues")
        for skill in person.skills:
            _known(files, "staff", (id_, "skills", skill), skill, "skills")
        for index, language in enumerate(person.languages):
            if spoken and language not in spoken:
                message = f"{language!r} is not a language of the agency"
                files.wrong("staff", (id_, "languages", index), message, f"name one of {_list(spoken)}")
        if person.role == "representative" and not person.queues:
            files.wrong("staff", (id_, "queues"), "a representative without a queue", "name the queues they serve")


def _dispositions(files: Files) -> None:
    if not files.ids("dispositions"):
        files.wrong("dispositions", (), "there is none", "add the ways in which a contact may end")
    for id_, label in files.entries["dispositions"].items():
        _texts(files, "dispositions", (id_,), label)


def _offices(files: Files) -> None:
    for id_, office in files.entries["offices"].items():
        _texts(files, "offices", (id_, "label"), office.label)
        for need, label in office.needs.items():
            _texts(files, "offices", (id_, "needs", need), label)


def _prompts(files: Files) -> None:
    spoken = languages(files)
    wanted = PROMPTS | ({LANGUAGE} if len(spoken) > 1 else set())
    for language in spoken:
        name = f"prompts/{language}"
        for prompt in sorted(wanted - files.ids(name)):
            files.wrong(name, (prompt,), "the prompt is missing", f"add a line `{prompt}: …`")
        for prompt, text in files.entries[name].items():
            if prompt not in PROMPTS and prompt != LANGUAGE:
                files.wrong(name, (prompt,), "no prompt of this name is spoken", f"name one of {_list(wanted)}")
            _places(files, name, prompt, text)


def _surveys(files: Files) -> None:
    for id_, part in files.entries["surveys"].items():
        for index, line in enumerate(part.lines):
            _known(files, "surveys", (id_, "lines", index), line, "lines")
        _texts(files, "surveys", (id_, "invitation"), part.invitation)
        _texts(files, "surveys", (id_, "thanks"), part.thanks)
        for name, question in part.questions.items():
            _texts(files, "surveys", (id_, "questions", name, "prompt"), question.prompt)
    surveys.check(files)


def _places(files: Files, name: str, prompt: str, text: str) -> None:
    """The names in braces must be those that will be filled in."""
    wanted = PLACES.get(prompt, set())
    try:
        found = {place for _, place, _, _ in Formatter().parse(text) if place is not None}
    except ValueError:
        found = {"{"}
    if found != wanted:
        mend = f"write {' and '.join('{' + each + '}' for each in sorted(wanted)) or 'no braces'} in it"
        files.wrong(name, (prompt,), "it does not hold the places that are filled in", mend)


def _takers(files: Files) -> None:
    """Every topic needs somebody in its queue who has its skill well enough, in every language of the agency."""
    for id_, topic in files.entries["topics"].items():
        queue = files.entries["queues"].get(topic.queue)
        if queue is None or topic.skill not in files.ids("skills"):
            continue
        levels = [queue.min_level, *(step.min_level for step in queue.overflow if step.min_level is not None)]
        tiers = {*queue.tiers, *(tier for step in queue.overflow for tier in step.tiers)}
        able = [
            person
            for person in files.entries["staff"].values()
            if topic.queue in person.queues
            and person.tier in tiers
            and person.skills.get(topic.skill, 0) >= min(levels)
        ]
        _each_language(files, ("topics", id_), [lang for person in able for lang in person.languages], topic.skill)


def _each_language(files: Files, where: tuple[str, str], spoken: list[str], skill: str) -> None:
    for language in languages(files):
        if language not in spoken:
            name, id_ = where
            message = f"nobody can take it in {language!r}"
            files.wrong(name, (id_,), message, f"give somebody of its queue the skill {skill} and this language")


def _operators(files: Files) -> None:
    for number, line in files.entries["lines"].items():
        queue = files.entries["queues"].get(line.operator)
        if queue is None:
            continue
        staff = [each for each in files.entries["staff"].values() if line.operator in each.queues]
        spoken = {language for each in staff if each.tier in queue.tiers for language in each.languages}
        for language in languages(files):
            if language not in spoken:
                message = f"nobody serves the operator's queue {line.operator!r} in {language!r}"
                files.wrong("lines", (number, "operator"), message, "put somebody into it in staff.yaml")
