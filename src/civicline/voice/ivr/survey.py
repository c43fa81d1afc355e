"""The survey as steps: the invitation before the talk, the questions and the thanks after it."""

from __future__ import annotations

from civicline.core import requests, survey
from civicline.core.agency import Agency, Question
from civicline.core.lifecycle import ContactState
from civicline.core.model import Contact
from civicline.core.survey import Replied, Response
from civicline.voice.ivr.step import Spoken, Step, refusal, spoken_to

INVITATION, THANKS = "invitation", "thanks"


def prompt(survey_id: str, name: str) -> str:
    """The name of a survey's prompt: of its invitation, its thanks or one of its questions."""
    return f"survey.{survey_id}.{name}"


def survey_step(contact: Contact, agency: Agency) -> Step | None:
    """None while the survey has nothing to say to the caller."""
    if survey.is_asking(contact.survey):
        assert contact.survey is not None
        question = survey.next_question(agency, contact.survey)
        return _thanks(contact, agency) if question is None else _question(contact, agency, contact.survey, question)
    if contact.survey is None and _may_be_told(contact, agency):
        found = survey.to_offer(agency, contact.id, contact.line)
        return _invitation(contact, agency, found.id) if found is not None else None
    return None


def _may_be_told(contact: Contact, agency: Agency) -> bool:
    """Once the notice was heard and the language is known; in the line if the menu was left before."""
    if contact.state is ContactState.MENU:
        return contact.notice_at is not None and (contact.language is not None or len(agency.languages) == 1)
    return contact.state in (ContactState.WAITING, ContactState.OFFERED)


def _invitation(contact: Contact, agency: Agency, survey_id: str) -> Step:
    said = Spoken(prompt(survey_id, INVITATION), spoken_to(contact, agency))
    return Step("invitation", (said,), keys=refusal(contact), after=(requests.PlayedInvitation(contact.id),))


def _question(contact: Contact, agency: Agency, response: Response, question: Question) -> Step:
    def reply(how: Replied, value: str = "") -> tuple[requests.AnswerSurvey]:
        return (requests.AnswerSurvey(contact.id, question.id, how, value),)

    return Step(
        f"survey.{question.id}",
        (Spoken(prompt(response.survey, question.id), spoken_to(contact, agency)),),
        keys={key: reply(Replied.ANSWERED, value) for key, value in question.keys.items()},
        silence=reply(Replied.SILENCE),
        invalid=reply(Replied.INVALID),
        timeout_s=question.timeout_s,
        tries=question.tries,
        takes_ahead=False,
    )


def _thanks(contact: Contact, agency: Agency) -> Step:
    assert contact.survey is not None
    said = Spoken(prompt(contact.survey.survey, THANKS), spoken_to(contact, agency))
    return Step("survey", (said,), after=(requests.PlayedThanks(contact.id),))
