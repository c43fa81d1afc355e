"""surveys.yaml: what the rules and the prompts take from it, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from civicline.agency.files import Files
from civicline.agency.marked import Way
from civicline.agency.schema import QuestionPart, SurveyPart
from civicline.core.agency import Question, Survey, Text
from civicline.voice.ivr.survey import INVITATION, THANKS, prompt

YES_NO = {"yes", "no"}
ONCE = "1"
ALL_LINES = "all lines"


def survey(id_: str, part: SurveyPart) -> Survey:
    questions = (
        Question(name, dict(each.keys), each.counts_as, each.timeout_s, each.tries)
        for name, each in part.questions.items()
    )
    return Survey(id_, tuple(questions), tuple(part.lines), part.share)


def prompts(parts: Mapping[str, SurveyPart]) -> dict[str, Text]:
    """By the names under which they are said and may be recorded."""
    return {prompt(id_, name): text for id_, part in parts.items() for name, text in _texts(part)}


def _texts(part: SurveyPart) -> Iterator[tuple[str, Text]]:
    yield INVITATION, part.invitation
    yield THANKS, part.thanks
    yield from ((name, question.prompt) for name, question in part.questions.items())


def check(files: Files) -> None:
    """Answers that the measures can read, and one survey a line; texts and lines are looked at in references.py."""
    taken: dict[str, str] = {}
    for id_, part in files.entries["surveys"].items():
        for line in part.lines or [ALL_LINES]:
            _one_a_line(files, id_, line, taken)
        counted: dict[str, str] = {}
        for name, question in part.questions.items():
            way = (id_, "questions", name)
            _names(files, way, name)
            _answers(files, way, question)
            first = counted.setdefault(question.counts_as, name) if question.counts_as else name
            if first != name:
                message = f"the question {first!r} counts as {question.counts_as} already"
                files.wrong("surveys", (*way, "counts_as"), message, "remove one of them")


def _one_a_line(files: Files, id_: str, line: str, taken: dict[str, str]) -> None:
    """Nobody is asked twice."""
    whose = taken.get(line) or taken.get(ALL_LINES) or (line == ALL_LINES and next(iter(taken.values()), None))
    if whose:
        message = f"{line} already has the survey {whose!r}: a contact is surveyed once"
        files.wrong("surveys", (id_, "lines"), message, "name for each survey the lines whose callers it asks")
    taken[line] = id_


def _names(files: Files, way: Way, name: str) -> None:
    if name in (INVITATION, THANKS):
        files.wrong(
            "surveys", way, f"{name} is the name of another prompt of the survey", "name the question otherwise"
        )


def _answers(files: Files, way: Way, question: QuestionPart) -> None:
    """What a question counts as says which answers the measures know."""
    found = set(question.keys.values())
    if question.counts_as == "calls_so_far":
        if ONCE not in found or not all(value.isdecimal() for value in found):
            files.wrong("surveys", (*way, "keys"), "the answers are not numbers from 1 on", "write `1: 1`, `2: 2`, …")
    elif question.counts_as and found != YES_NO:
        files.wrong("surveys", (*way, "keys"), "the answers are not yes and no", 'write `1: "yes"`, `2: "no"`')
