"""The tables name every fact and reach every state."""

import typing

import pytest

from civicline.core import decide, evolve, facts, lifecycle, requests
from civicline.core.lifecycle import (
    AGENT,
    CONSULT,
    CONTACT,
    LEG,
    OFFER,
    AgentState,
    ConsultState,
    ContactState,
    LegState,
    OfferState,
)
from civicline.core.survey import SURVEY, Replied, SurveyState
from core.floor import Floor

TABLES = [
    (CONTACT, ContactState, ContactState.MENU),
    (AGENT, AgentState, AgentState.SIGNED_OUT),
    (LEG, LegState, LegState.NEW),
    (OFFER, OfferState, OfferState.MADE),
    (SURVEY, SurveyState, SurveyState.NONE),
    (CONSULT, ConsultState, ConsultState.RINGING),
]
MOVES_NOTHING = {
    "AgencyLoaded", "ContactArrived", "PhoneRegistered", "PhoneGone", "AgentNextSet", "SegmentWrapped",
    "SegmentWrapUpRanOut", "UrgentPosted", "UrgentLifted", "CallbackPromised",
    "CallbackDeclined", "RingBackDeclined", "WrapUpPutOff",
}  # fmt: skip
NOT_A_FACT = {"ending", "surveying", *(state.value for state in ConsultState)}
FACTS = typing.get_args(facts.Fact)


@pytest.mark.parametrize(("table", "states", "first"), TABLES)
def test_every_state_is_reached(table, states, first):
    reached = {first}
    for _ in states:
        reached |= {after for (before, _), after in table.items() if before in reached}
    assert reached == set(states)


def test_every_fact_is_in_a_table_or_is_known_to_move_nothing():
    named = {name for table, _, _ in TABLES for _, name in table}
    assert named - NOT_A_FACT | MOVES_NOTHING == {cls.__name__ for cls in FACTS}
    assert not named & MOVES_NOTHING


def test_every_fact_is_folded_and_every_request_answered():
    assert set(evolve._HOW) == set(FACTS)
    assert set(decide._HOW) == set(typing.get_args(requests.Request))


@pytest.mark.parametrize(
    "fact",
    [
        facts.NoticePlayed(0, "c1"),
        facts.TalkEnded(0, "c1", "ann", lifecycle.HungUpBy.US),
        facts.AgentSignedIn(0, "ann"),
        facts.SurveyBegan(0, "c1", "after_call"),
        facts.SurveyAnswered(0, "c1", "settled", Replied.SILENCE),
    ],
)
def test_an_impossible_fact_is_refused(fact):
    floor = Floor()
    floor.ready("ann")
    floor.call("c1", "income")
    with pytest.raises(lifecycle.LifecycleError, match="cannot follow"):
        evolve.evolve(floor.state, fact)
