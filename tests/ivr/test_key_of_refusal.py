"""When the key that refuses the recording counts: in the menus, in line and in the talk, and no longer at an office."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from civicline.core import requests as r
from civicline.core.lifecycle import Recording
from civicline.voice import listening
from civicline.voice.calls import Call
from core.floor import Floor

NINE = listening.REFUSAL
OFFICE = r.SendToOffice("bob", "c1", "vehicles", "plates")


class Line:
    """What listening needs of voice: what it asks for is done at once."""

    def __init__(self) -> None:
        self.floor = Floor()
        self.floor.ready("bob")
        self.floor.call("c1", "income")
        self.floor.answer("c1")
        self.call = Call("c1", media=0)
        self.app: Any = SimpleNamespace(state=self.floor.state, local={}, ask=self._ask)

    def _ask(self, *asked: r.Request) -> None:
        for each in asked:
            self.floor.do(each)

    @property
    def refused(self) -> bool:
        return self.floor.state.contacts["c1"].recording is Recording.REFUSED

    def mended(self) -> None:
        listening.mend(self.app, self.call, self.floor.state.contacts["c1"])


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize(("at_the_office", "refused"), [(False, True), (True, False)])
def test_a_nine_counts_in_the_talk_and_not_at_an_office(at_the_office: bool, refused: bool, ahead: bool) -> None:
    """The office's own menu may ask for it: what was kept of the talk before would be destroyed."""
    line = Line()
    if at_the_office:
        line.floor.do(OFFICE)
        line.floor.do(r.LegPickedUp("c1-p1"))
    if ahead:
        line.call.listening.ahead = [NINE]
        line.mended()
    else:
        listening.pressed(line.app, line.call, "c1-c", NINE)
    assert (line.refused, line.call.listening.ahead) == (refused, [])
