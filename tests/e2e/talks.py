"""A talk to hold, to pass on, to leave: Ann, whose tone is AGENT_HZ, and a caller with a refund."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from civicline.core.lifecycle import AgentState
from civicline.core.model import Contact
from e2e.callers import Caller, Town
from e2e.witness import AGENT_HZ, CALLER_HZ
from peers.baresip import Phone
from peers.ports import eventually

BOB_HZ = 1400.0


class Talk:
    """Ann talks to a caller about a refund."""

    def __init__(self, town: Town, tones: dict[str, Path], stack: ExitStack, scenario: str = "caller") -> None:
        self.town, self.tones, self.stack = town, tones, stack
        self.phone = stack.enter_context(town.working("ann", plays=tones["ann"]))
        self.at_ann = stack.enter_context(town.dump(self.phone))
        self.caller: Caller = stack.enter_context(town.call(scenario=scenario))
        self.caller.go_to("refund")
        take(town, "ann", self.phone)
        self.hears_each_other()

    @property
    def contact(self) -> Contact:
        return self.caller.contact

    def ask(self, kind: type, **more: object) -> None:
        self.town.centre.ask(kind("ann", self.contact.id, **more))

    def hears_each_other(self) -> None:
        eventually(lambda: self.caller.ear.hears(AGENT_HZ), what="the representative's tone at the caller's")
        eventually(lambda: self.at_ann.hears(CALLER_HZ), what="the caller's tone at the representative's")

    def caller_hears_music(self) -> None:
        eventually(lambda: self.contact.held_at, what="the hold")
        self.caller.hear("on_hold")
        self.caller.hear_music()


def take(town: Town, agent: str, phone: Phone) -> None:
    phone.expect("CALL_INCOMING")
    phone.accept()
    phone.expect("CALL_ESTABLISHED")
    town.until(agent, AgentState.TALKING)
