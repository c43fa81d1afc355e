"""The survey after the call: its life cycle as a table, who is chosen for it, and what is asked next.

Theory of operation. The person is told of the survey while still in the menu or the line (`SurveyOffered`: the
invitation was heard to its end). Only then, and only when the representative ended the talk, does it begin
(`SurveyBegan`); the caller's leg stays up and the wrap-up goes on beside it. Each question ends in exactly one reply
(`SurveyAnswered`); the survey ends after the thanks, or when the caller leaves (`SurveyEnded`). One contact is surveyed
once at most.

    survey    none -> offered -> asking -> ended
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from civicline.core.agency import Agency, Question, Survey


class SurveyState(StrEnum):
    NONE = "none"
    OFFERED = "offered"
    ASKING = "asking"
    ENDED = "ended"


class Replied(StrEnum):
    """What became of one question. Invalid: only wrong keys, until all tries were used up."""

    ANSWERED = "answered"
    INVALID = "invalid"
    SILENCE = "silence"
    HUNG_UP = "hung_up"


class SurveyEnd(StrEnum):
    """Completed: every question was asked to its end. Silence on a question ends the survey: who does not want to
    answer need not listen to the rest. Withdrawn: a new pack no longer has it. Lost: the line or voice was."""

    COMPLETED = "completed"
    HUNG_UP = "hung_up"
    SILENCE = "silence"
    WITHDRAWN = "withdrawn"
    LOST = "lost"


S = SurveyState

SURVEY: Mapping[tuple[SurveyState, str], SurveyState] = {
    (S.NONE, "SurveyOffered"): S.OFFERED,
    (S.OFFERED, "SurveyBegan"): S.ASKING,
    (S.ASKING, "SurveyAnswered"): S.ASKING,
    (S.ASKING, "SurveyEnded"): S.ENDED,
}

ALL_OF_THEM = 2**64


@dataclass(slots=True)
class Reply:
    """To one question. `value` is the meaning of the key, never the key; `counts_as` what the measures take it for."""

    how: Replied
    value: str = ""
    counts_as: str = ""


@dataclass(slots=True)
class Response:
    """One contact's survey. `moved_at`: when it last went on (UTC, s)."""

    survey: str
    state: SurveyState = SurveyState.NONE
    moved_at: float = 0.0
    replies: dict[str, Reply] = field(default_factory=dict)
    """By question, in the order in which they were asked."""
    end: SurveyEnd | None = None


def is_asking(response: Response | None) -> bool:
    return response is not None and response.state is SurveyState.ASKING


def of_line(agency: Agency, line: str) -> Survey | None:
    """The survey that is put to callers of a line; None without one."""
    return next((each for each in agency.surveys.values() if not each.lines or line in each.lines), None)


def is_chosen(contact: str, share: float) -> bool:
    """Whether this contact is among the share (0 to 1) that is offered the survey: by its id alone, so that a restarted
    process decides the same."""
    number = int.from_bytes(hashlib.sha256(f"survey {contact}".encode()).digest()[:8])
    return number < share * ALL_OF_THEM


def to_offer(agency: Agency, contact: str, line: str) -> Survey | None:
    """The survey that a contact on this line is to be told of; None when it was not chosen."""
    found = of_line(agency, line)
    return found if found is not None and found.questions and is_chosen(contact, found.share) else None


def next_question(agency: Agency, response: Response) -> Question | None:
    """What is asked now; None when all was asked, or a question met with silence."""
    found = agency.surveys.get(response.survey)
    if found is None or any(reply.how is Replied.SILENCE for reply in response.replies.values()):
        return None
    return next((each for each in found.questions if each.id not in response.replies), None)


def end_of(response: Response) -> SurveyEnd:
    """How a survey ends after which nothing is left to ask."""
    silent = any(reply.how is Replied.SILENCE for reply in response.replies.values())
    return SurveyEnd.SILENCE if silent else SurveyEnd.COMPLETED
