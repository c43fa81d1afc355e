"""What follows from requests about the survey (`ANSWERS`, for decide) and how its facts are folded (`FOLDS`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civicline.core import deadlines, facts, requests, survey
from civicline.core.agency import Agency
from civicline.core.facts import Fact
from civicline.core.lifecycle import ContactState, HeldBy, HungUpBy, LegState, LifecycleError
from civicline.core.model import Contact, State
from civicline.core.survey import Replied, Reply, Response, SurveyEnd, SurveyState

Record = Callable[[Fact], None]

TELLABLE = frozenset({ContactState.MENU, ContactState.WAITING, ContactState.OFFERED})
"""States in which a caller can still be told of the survey."""


def _played_invitation(state: State, request: requests.PlayedInvitation, at: float, record: Record) -> None:
    contact, agency = state.contacts.get(request.contact), state.agency
    if contact is None or agency is None or contact.survey is not None or contact.state not in TELLABLE:
        return
    found = survey.to_offer(agency, contact.id, contact.line) if contact.notice_at is not None else None
    if found is not None:
        record(facts.SurveyOffered(at, contact.id, found.id))


def begin(state: State, contact: Contact, by: HungUpBy, at: float, record: Record) -> None:
    """Call it before the talk is said to have ended: whoever was told of the survey and stays on the line is asked."""
    leg, agency, response = state.legs.get(contact.leg), state.agency, contact.survey
    if by is not HungUpBy.AGENT or leg is None or leg.state is not LegState.ANSWERED:
        return
    if leg.holds or contact.held_by is HeldBy.CALLER:  # nobody would hear the questions
        return
    if response is None or response.state is not SurveyState.OFFERED or agency is None:
        return
    if survey.next_question(agency, response) is not None:
        record(facts.SurveyBegan(at, contact.id, response.survey))


def _asked(state: State, contact_id: str) -> tuple[Contact, Response, Agency] | None:
    contact, agency = state.contacts.get(contact_id), state.agency
    if contact is None or agency is None or contact.survey is None or not survey.is_asking(contact.survey):
        return None
    return contact, contact.survey, agency


def _answer_survey(state: State, request: requests.AnswerSurvey, at: float, record: Record) -> None:
    """Only to the question that is being asked, and only with an answer that it has."""
    found = _asked(state, request.contact)
    question = survey.next_question(found[2], found[1]) if found else None
    if question is None or question.id != request.question or request.how is Replied.HUNG_UP:
        return
    answered = request.how is Replied.ANSWERED
    if answered == (request.value in question.keys.values()):
        value = request.value if answered else ""
        record(facts.SurveyAnswered(at, request.contact, question.id, request.how, value, question.counts_as))


def _played_thanks(state: State, request: requests.PlayedThanks, at: float, record: Record) -> None:
    found = _asked(state, request.contact)
    if found is not None and survey.next_question(found[2], found[1]) is None:
        record(facts.SurveyEnded(at, request.contact, survey.end_of(found[1])))


def caller_left(state: State, contact_id: str, by: HungUpBy, at: float, record: Record) -> None:
    """The caller's leg is over: so is the survey."""
    found = _asked(state, contact_id)
    if found is None:
        return
    question = survey.next_question(found[2], found[1])
    if question is None:
        record(facts.SurveyEnded(at, contact_id, survey.end_of(found[1])))
    elif by is HungUpBy.CALLER:
        record(facts.SurveyAnswered(at, contact_id, question.id, Replied.HUNG_UP, "", question.counts_as))
        record(facts.SurveyEnded(at, contact_id, SurveyEnd.HUNG_UP))
    else:
        record(facts.SurveyEnded(at, contact_id, SurveyEnd.LOST))


def follow_pack(agency: Agency, contact: Contact, at: float, record: Record) -> None:
    """A survey that the new pack no longer has is over; one that it changed goes on with what is not asked yet."""
    response = contact.survey
    if response is not None and survey.is_asking(response) and response.survey not in agency.surveys:
        record(facts.SurveyEnded(at, contact.id, SurveyEnd.WITHDRAWN))


def ran_out(contact_id: str, at: float, record: Record) -> None:
    record(facts.SurveyEnded(at, contact_id, SurveyEnd.LOST))


def move(contact: Contact, name: str) -> Response:
    """Raises LifecycleError for a fact that cannot follow."""
    before = contact.survey.state if contact.survey is not None else SurveyState.NONE
    after = survey.SURVEY.get((before, name))
    if after is None or contact.survey is None:
        raise LifecycleError(f"the survey of contact {contact.id} is {before}: {name} cannot follow")
    contact.survey.state = after
    return contact.survey


def _survey_offered(state: State, fact: facts.SurveyOffered) -> None:
    contact = state.contacts[fact.contact]
    contact.survey = contact.survey or Response(fact.survey)
    move(contact, "SurveyOffered").moved_at = fact.at


def _survey_began(state: State, fact: facts.SurveyBegan) -> None:
    move(state.contacts[fact.contact], "SurveyBegan").moved_at = fact.at
    deadlines.note(state, deadlines.SURVEY, fact.contact)


def _survey_answered(state: State, fact: facts.SurveyAnswered) -> None:
    response = move(state.contacts[fact.contact], "SurveyAnswered")
    response.moved_at = fact.at
    response.replies[fact.question] = Reply(fact.how, fact.value, fact.counts_as)
    deadlines.note(state, deadlines.SURVEY, fact.contact)


ANSWERS: dict[type, Callable[[State, Any, float, Record], None]] = {
    requests.PlayedInvitation: _played_invitation,
    requests.AnswerSurvey: _answer_survey,
    requests.PlayedThanks: _played_thanks,
}

FOLDS: dict[type, Callable[[State, Any], None]] = {
    facts.SurveyOffered: _survey_offered,
    facts.SurveyBegan: _survey_began,
    facts.SurveyAnswered: _survey_answered,
}
"""`SurveyEnded` may close the contact: evolve folds it."""
