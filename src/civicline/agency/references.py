"""What the parts of a pack say of each other. Each check looks at one kind of entry and gathers all its mistakes."""

from __future__ import annotations

import re
from string import Formatter

from civicline.agency import hour_checks, menu_checks, surveys
from civicline.agency import spoken as spoken_prompts
from civicline.agency.files import Files, languages
from civicline.agency.naming import known, listed, takers, texts, unserved
from civicline.agency.schema import LinePart, QueuePart

A_KEY = re.compile(r"(?<![\w-])[1-9](?![\w-])")
"""A digit that stands alone, and not within a telephone number."""


def check(files: Files) -> None:
    for one in (
        _lines,
        menu_checks.check,
        hour_checks.check,
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


def _agency(files: Files) -> None:
    if files.agency is not None:
        texts(files, "agency", ("name",), files.agency.name)
    found = languages(files)
    for index, language in enumerate(found):
        if language in found[:index]:
            files.wrong("agency", ("languages", index), f"{language!r} is named twice", "remove one of them")


def _lines(files: Files) -> None:
    if not files.ids("lines"):
        files.wrong("lines", (), "there is no line", "add the published number that people call")
    for number, line in files.entries["lines"].items():
        _where_to(files, number, line)
        known(files, "lines", (number, "hours"), line.hours, "hours")
        known(files, "lines", (number, "operator"), line.operator, "queues")


def _where_to(files: Files, number: str, line: LinePart) -> None:
    """A line has a menu or a topic, and what it names is there."""
    if bool(line.menu) == bool(line.topic):
        message = "it has both a menu and a topic" if line.menu else "it has neither a menu nor a topic"
        files.wrong("lines", (number,), message, "give it `menu`, or `topic` where all its callers come for one matter")
    for field, where in (("menu", "menus"), ("closed_menu", "menus"), ("topic", "topics")):
        value = getattr(line, field)
        if value:
            known(files, "lines", (number, field), value, where)
    spoken = languages(files)
    if line.language and line.language not in spoken:
        message = f"{line.language!r} is not a language of the agency"
        files.wrong("lines", (number, "language"), message, f"name one of {listed(spoken)}")


def _topics(files: Files) -> None:
    for id_, topic in files.entries["topics"].items():
        known(files, "topics", (id_, "queue"), topic.queue, "queues")
        known(files, "topics", (id_, "skill"), topic.skill, "skills")
        texts(files, "topics", (id_, "label"), topic.label)


def _queues(files: Files) -> None:
    for id_, queue in files.entries["queues"].items():
        known(files, "queues", (id_, "hours"), queue.hours, "hours")
        texts(files, "queues", (id_, "label"), queue.label)
        before = 0.0
        for index, step in enumerate(queue.overflow):
            way = (id_, "overflow", index)
            if step.after_s <= before:
                files.wrong("queues", (*way, "after_s"), "it is not later than the step before", "order the steps")
            before = step.after_s
            for at, other in enumerate(step.queues):
                known(files, "queues", (*way, "queues", at), other, "queues")
        for index, message in enumerate(queue.say):
            known(files, "queues", (id_, "say", index), message, "messages")
        if queue.say and queue.say_every_s is None:
            files.wrong("queues", (id_, "say"), "it is never said", "add `say_every_s`, such as 60")
        _callback(files, id_, queue)
    for id_, skill in files.entries["skills"].items():
        texts(files, "skills", (id_, "label"), skill.label)


def _callback(files: Files, id_: str, queue: QueuePart) -> None:
    """It must be offered some time, and there must be a carrier to ring by."""
    if queue.callback is None:
        return
    way = (id_, "callback")
    if queue.callback.hours:
        known(files, "queues", (*way, "hours"), queue.callback.hours, "hours")
    if queue.callback.choose_time and queue.callback.capacity is None:
        files.wrong("queues", (*way, "choose_time"), "there are no times to choose from", "add `capacity`, such as 4")
    if queue.say_every_s is None:
        files.wrong("queues", way, "it is never offered", "add `say_every_s`: the offer follows the position")
    if not any(trunk.hosts for trunk in files.entries["trunks"].values()):
        files.wrong("queues", way, "there is no carrier to ring people by", "give one in trunks.yaml `hosts`")


def _staff(files: Files) -> None:
    spoken = languages(files)
    for id_, person in files.entries["staff"].items():
        for index, queue in enumerate(person.queues):
            known(files, "staff", (id_, "queues", index), queue, "queues")
        if person.hours:
            known(files, "staff", (id_, "hours"), person.hours, "hours")
        for skill in person.skills:
            known(files, "staff", (id_, "skills", skill), skill, "skills")
        for index, language in enumerate(person.languages):
            if spoken and language not in spoken:
                message = f"{language!r} is not a language of the agency"
                files.wrong("staff", (id_, "languages", index), message, f"name one of {listed(spoken)}")
        if person.role == "representative" and not person.queues:
            files.wrong("staff", (id_, "queues"), "a representative without a queue", "name the queues they serve")


def _dispositions(files: Files) -> None:
    if not files.ids("dispositions"):
        files.wrong("dispositions", (), "there is none", "add the ways in which a contact may end")
    for id_, label in files.entries["dispositions"].items():
        texts(files, "dispositions", (id_,), label)


def _offices(files: Files) -> None:
    for id_, office in files.entries["offices"].items():
        texts(files, "offices", (id_, "label"), office.label)
        for need, label in office.needs.items():
            texts(files, "offices", (id_, "needs", need), label)


def _prompts(files: Files) -> None:
    spoken = languages(files)
    wanted = spoken_prompts.needed(files, len(spoken))
    for key, language in enumerate(spoken, start=1):
        name = f"prompts/{language}"
        _language_key(files, name, key, len(spoken))
        for prompt in sorted(wanted - files.ids(name)):
            files.wrong(name, (prompt,), "the prompt is missing", f"add a line `{prompt}: …`")
        for prompt, text in files.entries[name].items():
            if prompt not in spoken_prompts.EVERY:
                files.wrong(name, (prompt,), "no prompt of this name is spoken", f"name one of {listed(wanted)}")
            _places(files, name, prompt, text)


def _language_key(files: Files, name: str, key: int, languages: int) -> None:
    """The order in agency.yaml gives each language its key: what is written out must be that. Other numbers are none
    of its business (911), and one language alone is never asked for."""
    text = files.entries[name].get(spoken_prompts.LANGUAGE, "")
    others = set(A_KEY.findall(text)) & {str(each) for each in range(1, languages + 1)} - {str(key)}
    if others and languages > 1:
        message = f"it names {listed(others)}, but {key} is the key of this language"
        files.wrong(name, (spoken_prompts.LANGUAGE,), message, "write {key} there, or order `languages` in agency.yaml")


def _surveys(files: Files) -> None:
    for id_, part in files.entries["surveys"].items():
        for index, line in enumerate(part.lines):
            known(files, "surveys", (id_, "lines", index), line, "lines")
        texts(files, "surveys", (id_, "invitation"), part.invitation)
        texts(files, "surveys", (id_, "thanks"), part.thanks)
        for name, question in part.questions.items():
            texts(files, "surveys", (id_, "questions", name, "prompt"), question.prompt)
    surveys.check(files)


def _places(files: Files, name: str, prompt: str, text: str) -> None:
    """In braces must be the names that will be filled in, and no way to write them (`{key!r}`, `{key:5}`)."""
    wanted = spoken_prompts.PLACES.get(prompt, set())
    try:
        parts = [part for part in Formatter().parse(text) if part[1] is not None]
        found = {f"{place}{'!' if how else ''}{':' if spec else ''}" for _, place, spec, how in parts}
    except ValueError:
        found = {"{"}
    if found != wanted and not (prompt in spoken_prompts.MAY_BE_WORDS and not found):
        mend = f"write {' and '.join('{' + each + '}' for each in sorted(wanted)) or 'no braces'} in it"
        files.wrong(name, (prompt,), "it does not hold the places that are filled in", mend)


def _takers(files: Files) -> None:
    """Every topic needs somebody in its queue who has its skill well enough, in every language of the agency."""
    for id_, topic in files.entries["topics"].items():
        queue = files.entries["queues"].get(topic.queue)
        if queue is None or topic.skill not in files.ids("skills"):
            continue
        levels = [queue.min_level, *(step.min_level for step in queue.overflow if step.min_level is not None)]
        able = [each for each in takers(files, topic.queue) if each.skills.get(topic.skill, 0) >= min(levels)]
        _each_language(files, ("topics", id_), [lang for person in able for lang in person.languages], topic.skill)


def _each_language(files: Files, where: tuple[str, str], spoken: list[str], skill: str) -> None:
    for language in languages(files):
        if language not in spoken:
            name, id_ = where
            message = f"nobody can take it in {language!r}"
            files.wrong(name, (id_,), message, f"give somebody of its queue the skill {skill} and this language")


def _operators(files: Files) -> None:
    for number, line in files.entries["lines"].items():
        for language in unserved(files, line.operator):
            message = f"nobody serves the operator's queue {line.operator!r} in {language!r}"
            files.wrong("lines", (number, "operator"), message, "put somebody into it in staff.yaml")
