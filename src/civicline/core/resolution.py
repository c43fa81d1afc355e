"""First-contact resolution by three words, each with the number it rests on, and where they disagree.

* the representative's: resolved, at the wrap-up;
* the person's, in the survey: no further contact is needed, and this call was the first about the matter;
* repeat tracking's: nobody with the same number (as a keyed hash) came again on the same topic within the window.

Of contacts that a representative answered. A contact of which a word says nothing does not count for that word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Any

from civicline.core.model import Contact
from civicline.core.survey import Replied

DAY_S = 86_400.0
WINDOWS_DAYS = (7, 30)
"""The field's usual ones."""
ONCE, YES = "1", "yes"


class Untracked(StrEnum):
    """Why repeat tracking knows nothing of a contact."""

    WITHHELD = "withheld"
    WITHOUT_TOPIC = "without_topic"


@dataclass(frozen=True, slots=True)
class Track:
    """`next_after_s`: until the same caller came again on the same topic; None: not so far."""

    next_after_s: float | None = None
    untracked: Untracked | None = None


def topic_of(contact: Contact) -> str | None:
    """The representative's word, else what the caller chose."""
    return contact.final_topic or contact.topic


def untracked(contact: Contact) -> Untracked | None:
    if not contact.caller:
        return Untracked.WITHHELD
    return None if topic_of(contact) else Untracked.WITHOUT_TOPIC


FORMULAS = {
    "representative": "resolved ÷ wrapped up with a word",
    "person": "(no further contact needed, and called once) ÷ answered both questions",
    **{
        f"repeats_{days}d": f"no further contact within {days} days ÷ (number and topic known)" for days in WINDOWS_DAYS
    },
}
"""Word -> how its share is made."""

Verdicts = dict[str, bool]


def verdicts(contact: Contact, track: Track | None) -> Verdicts:
    """What each word says of one answered contact; a word that says nothing is left out."""
    said: Verdicts = {}
    if contact.wrapped_at is not None and contact.resolved is not None:
        said["representative"] = contact.resolved
    person = _person(contact)
    if person is not None:
        said["person"] = person
    if track is not None and track.untracked is None:
        after_s = track.next_after_s
        for days in WINDOWS_DAYS:
            said[f"repeats_{days}d"] = after_s is None or after_s > days * DAY_S
    return said


def _person(contact: Contact) -> bool | None:
    replies = contact.survey.replies.values() if contact.survey is not None else ()
    said = {reply.counts_as: reply.value for reply in replies if reply.how is Replied.ANSWERED}
    if "calls_so_far" not in said or "no_further_contact" not in said:
        return None
    return said["no_further_contact"] == YES and said["calls_so_far"] == ONCE


def resolution(contacts: Iterable[Contact], tracks: Mapping[str, Track]) -> dict[str, Any]:
    """The three words side by side, and each two of them against each other."""
    answered = [contact for contact in contacts if contact.connected_at is not None]
    said = [verdicts(contact, tracks.get(contact.id)) for contact in answered]
    left_out = Counter(tracks[contact.id].untracked for contact in answered if contact.id in tracks)
    return {
        "volume": len(answered),
        "words": {word: _word(word, said) for word in FORMULAS},
        "left_out_of_repeats": {why.value: left_out[why] for why in Untracked},
        "disagreement": [found for pair in _pairs() if (found := _compared(*pair, said))["of"]],
    }


def _word(word: str, said: Iterable[Verdicts]) -> dict[str, Any]:
    known = [each[word] for each in said if word in each]
    value = sum(known) / len(known) if known else None
    return {"value": value, "resolved": sum(known), "of": len(known), "formula": FORMULAS[word]}


def _pairs() -> Iterable[tuple[str, str]]:
    """Two windows of the same tracking are no two words."""
    return (pair for pair in combinations(FORMULAS, 2) if not all(word.startswith("repeats") for word in pair))


def _compared(one: str, other: str, said: Iterable[Verdicts]) -> dict[str, Any]:
    both = [(each[one], each[other]) for each in said if one in each and other in each]
    return {
        "between": [one, other],
        "of": len(both),
        "agree": sum(a == b for a, b in both),
        f"resolved_only_by_{one}": sum(a and not b for a, b in both),
        f"resolved_only_by_{other}": sum(b and not a for a, b in both),
    }
