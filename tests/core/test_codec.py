"""Facts and requests go through JSON and come back; what does not fit is named."""

import json
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicline.core import codec, facts, kinds, requests
from civicline.core.agency import Agency
from civicline.core.model import Contact, State
from core import packs

CLASSES = [
    cls
    for cls in (*typing.get_args(facts.Fact), *typing.get_args(requests.Request))
    if cls not in (facts.AgencyLoaded, requests.LoadAgency)
]
finite = st.floats(allow_nan=False, allow_infinity=False)
st.register_type_strategy(float, finite)


@given(item=st.sampled_from(CLASSES).flatmap(st.from_type))
def test_every_fact_and_request_comes_back(item):
    kind, body = kinds.to_body(item)
    through = json.loads(json.dumps(body))
    assert (kinds.request if kind.startswith("request.") else kinds.fact)(kind, through) == item


def test_an_agency_comes_back_without_regard_to_the_order_of_keys():
    text = json.dumps(codec.encode(packs.WHOLE), sort_keys=True)
    assert codec.decode(Agency, json.loads(text)) == packs.WHOLE


def test_kinds_are_snake_case_and_others_are_nobodys():
    assert kinds.KIND[facts.WrapUpRanOut] == "wrap_up_ran_out"
    assert kinds.KIND[requests.LegPickedUp] == "request.leg_picked_up"
    assert kinds.fact("people.signed_in", {}) is None and kinds.request("contact_arrived", {}) is None


def test_unknown_keys_are_ignored_and_missing_ones_default():
    body = {"at": 1, "contact": "c", "new": 1}
    assert kinds.fact("contact_abandoned", body) == facts.ContactAbandoned(1.0, "c")


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        ("contact_abandoned", {"at": 1.0}, "ContactAbandoned.contact is missing"),
        ("contact_abandoned", {"at": "x", "contact": "c"}, "ContactAbandoned.at: 'x' is no float"),
        ("contact_abandoned", {"at": True, "contact": "c"}, "ContactAbandoned.at: True is no float"),
        ("contact_abandoned", {"at": 1.0, "contact": 5}, "ContactAbandoned.contact: 5 is no str"),
        ("contact_abandoned", [1.0, "c"], "is no mapping"),
        ("contact_abandoned", None, "None is no mapping"),
        ("leg_ended", {"at": 1.0, "leg": "l", "by": "nobody"}, "LegEnded.by: 'nobody' is not a valid HungUpBy"),
        ("leg_ended", {"at": 1.0, "leg": "l", "by": []}, "LegEnded.by"),
        ("contact_widened", {"at": 1.0, "contact": "c", "step": 1.5}, "ContactWidened.step: 1.5 is no int"),
        ("agency_loaded", {"at": 1.0, "agency": {"name": []}}, "AgencyLoaded.agency: Agency.name: .* is no mapping"),
    ],
)
def test_what_does_not_fit_is_named(kind, body, message):
    with pytest.raises(codec.CodecError, match=message):
        kinds.fact(kind, body)


@pytest.mark.parametrize("place", ["ab", [1.0], 5])
def test_a_place_is_a_time_and_a_count(place):
    body = codec.encode(Contact("c", "phone", "+1", "", "c-c", "n", 0.0)) | {"place": place}
    with pytest.raises(codec.CodecError, match=r"Contact\.place"):
        codec.decode(Contact, body)


def test_an_empty_state_comes_back():
    assert codec.decode(State, json.loads(json.dumps(codec.encode(State())))) == State()
