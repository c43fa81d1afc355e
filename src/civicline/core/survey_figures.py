"""What the survey brought, from contacts: how many were told, began and ended it, and what they said to each question.

Every result stands with the volume at the transaction point (contacts answered by a representative), the number
offered, the responses and the mode, as OMB Circular A-11, section 280 asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from civicline.core.model import Contact
from civicline.core.survey import Replied, Response, SurveyEnd, SurveyState

MODE = "keypad, after the call"

BEGUN = frozenset({SurveyState.ASKING, SurveyState.ENDED})


def survey_figures(contacts: Iterable[Contact]) -> dict[str, Any]:
    """Counts of contacts, and of replies by survey and question."""
    every = list(contacts)
    told = [contact for contact in every if contact.survey is not None]
    offered = [contact.survey for contact in told if contact.survey and contact.connected_at is not None]
    begun = [response for response in offered if response.state in BEGUN]
    ends = Counter(response.end for response in begun if response.end is not None)
    responses = sum(map(_responded, begun))
    return {
        "mode": MODE,
        "volume": sum(contact.connected_at is not None for contact in every),
        "told": len(told),
        "offered": len(offered),
        "begun": len(begun),
        "responses": responses,
        "completed": ends[SurveyEnd.COMPLETED],
        "broken_off": sum(ends.values()) - ends[SurveyEnd.COMPLETED],
        "ends": {end.value: ends[end] for end in SurveyEnd},
        "response_rate": {"value": responses / len(offered) if offered else None, "formula": "responses ÷ offered"},
        "questions": _questions(begun),
    }


def _responded(response: Response) -> bool:
    return any(reply.how is Replied.ANSWERED for reply in response.replies.values())


def _questions(begun: Iterable[Response]) -> dict[str, dict[str, Any]]:
    """Survey -> question -> what became of it."""
    found: dict[str, dict[str, Any]] = {}
    for response in begun:
        questions = found.setdefault(response.survey, {})
        for name, reply in response.replies.items():
            counts = questions.setdefault(name, _nothing())
            counts["asked"] += 1
            if reply.how is Replied.ANSWERED:
                counts["answers"][reply.value] = counts["answers"].get(reply.value, 0) + 1
            else:
                counts[reply.how.value] += 1
    for questions in found.values():
        for counts in questions.values():
            counts["answers"] = dict(sorted(counts["answers"].items()))
    return found


def _nothing() -> dict[str, Any]:
    return {"asked": 0, "answers": {}, **{how.value: 0 for how in Replied if how is not Replied.ANSWERED}}
