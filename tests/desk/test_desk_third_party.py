"""What the desk shows of a third party goes by the fact, whatever pack has been loaded since."""

from __future__ import annotations

from dataclasses import replace

import pytest

from civicline.contacts import projector
from civicline.contacts.models import ContactRow
from civicline.core import requests as r
from civicline.core.agency import Agency, Office
from civicline.core.lifecycle import ConsultState
from civicline.desk.in_call import controls, third
from core import packs
from core.floor import Floor


def loaded(**more: Office) -> Agency:
    return replace(packs.WHOLE, offices=packs.WHOLE.offices | more)


def row_of(pack: Agency, **whom: str) -> ContactRow:
    """Of a talk in which somebody was asked and has joined."""
    floor = Floor(pack)
    floor.ready("bob")
    floor.call("c1", "income")
    floor.answer("c1")
    floor.ready("ann")
    floor.do(r.Consult("bob", "c1", **whom))
    floor.do(r.LegPickedUp("c1-p1"))
    floor.do(r.TurnConsult("bob", "c1", ConsultState.JOINED))
    columns = projector.CONTACT_COLUMNS
    return ContactRow(**dict(zip(columns, projector.row(floor.state.contacts["c1"], columns), strict=True)))


def may_leave(row: ContactRow) -> bool:
    return "complete" in {each.name for each in controls(row)}


@pytest.mark.parametrize(
    ("office", "helps", "untold"),
    [("vehicles", False, True), ("county", False, False), ("interpreter", True, True)],
)
def test_an_office_helps_and_knows_as_it_was_when_asked(office: str, helps: bool, untold: bool) -> None:
    row = row_of(packs.WHOLE, office=office)
    assert (row.consult_helps, row.consult_untold, may_leave(row)) == (helps, untold, not helps)


def test_an_office_that_has_not_joined_makes_no_pause() -> None:
    floor = Floor()
    floor.ready("bob")
    floor.call("c1", "income")
    floor.answer("c1")
    floor.do(r.Consult("bob", "c1", office="vehicles"))
    floor.do(r.LegPickedUp("c1-p1"))
    columns = ("consult_outside", "consult_helps", "consult_untold")
    assert projector.row(floor.state.contacts["c1"], columns) == (True, False, False)


def test_a_colleague_is_no_office_of_the_same_name() -> None:
    pack = loaded(ann=Office("ann", packs.label("Ann's office"), "+13035550109", {}, helps=True))
    row = row_of(pack, colleague="ann")
    assert (row.consult_outside, row.consult_helps, row.consult_untold) == (False, False, False)
    assert (third(row, pack), may_leave(row)) == ("ann", True)
    assert third(row_of(pack, office="ann"), pack) == "Ann's office"


def test_the_third_party_has_a_name_without_the_pack_that_names_it() -> None:
    row = row_of(packs.WHOLE, office="vehicles")
    assert (third(row, None), third(row, replace(packs.WHOLE, offices={}))) == ("vehicles", "vehicles")
    assert third(row, packs.WHOLE) == "Vehicles"
