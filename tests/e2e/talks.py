"""A talk to hold, to pass on, to leave, to ask Bob about: Ann, whose tone is AGENT_HZ, and a caller with a refund."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from civicline.core import requests
from civicline.core.lifecycle import AgentState, ConsultState
from civicline.core.model import Contact
from e2e.callers import Caller, Town
from e2e.witness import AGENT_HZ, CALLER_HZ, Dump, Ear
from peers.baresip import Phone
from peers.ports import eventually

BOB_HZ, OFFICE_HZ = 1400.0, 1200.0
HZ = {"caller": CALLER_HZ, "ann": AGENT_HZ, "bob": BOB_HZ, "office": OFFICE_HZ}
WITHIN_S = 30.0


class Talk:
    """Ann talks to a caller about a refund. `begins` brings the caller into the line."""

    def __init__(
        self,
        town: Town,
        tones: dict[str, Path],
        stack: ExitStack,
        scenario: str = "caller",
        begins: Callable[[Caller], object] = lambda caller: caller.go_to("refund"),
    ) -> None:
        self.town, self.tones, self.stack = town, tones, stack
        self.phone = stack.enter_context(town.working("ann", plays=tones["ann"]))
        self.at_ann = stack.enter_context(town.dump(self.phone))
        self.caller: Caller = stack.enter_context(town.call(scenario=scenario))
        begins(self.caller)
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


class Three:
    """Ann talks to a caller; Bob is available. `begins` brings the caller into the line."""

    def __init__(
        self,
        town: Town,
        tones: dict[str, Path],
        stack: ExitStack,
        begins: Callable[[Caller], object] = lambda caller: caller.go_to("refund"),
    ) -> None:
        self.town = town
        self.phones: dict[str, Phone] = {}
        self.ears: dict[str, Dump] = {}
        for name, plays in tones.items():
            self.phones[name] = stack.enter_context(town.working(name, available=False, plays=plays))
            self.ears[name] = stack.enter_context(town.dump(self.phones[name]))
        self.caller: Caller = stack.enter_context(town.call())
        begins(self.caller)
        town.centre.available("ann")
        self.take("ann")
        self.hear({"caller": {"ann"}, "ann": {"caller"}})
        town.centre.available("bob")

    @property
    def contact(self) -> Contact:
        return self.caller.contact

    def ask(self, kind: type, agent: str = "ann", **more: object) -> None:
        self.town.centre.ask(kind(agent, self.contact.id, **more))

    def turn(self, to: ConsultState) -> None:
        self.ask(requests.TurnConsult, to=to)

    def take(self, name: str) -> None:
        self.phones[name].expect("CALL_INCOMING")
        self.phones[name].accept()
        self.phones[name].expect("CALL_ESTABLISHED")

    def consult_bob(self) -> None:
        self.ask(requests.Consult, colleague="bob")
        self.take("bob")
        self.town.until("bob", AgentState.CONSULTED)
        self.hear({"caller": set(), "ann": {"bob"}, "bob": {"ann"}})

    def hear(self, wanted: dict[str, set[str]]) -> None:
        hear(self.caller, self.ears, wanted)

    def end(self, *agents: str) -> None:
        self.caller.leave()
        for agent in agents:
            self.town.until(agent, AgentState.WRAP_UP)


def hear(caller: Caller, ears: Mapping[str, Ear | Dump], wanted: dict[str, set[str]]) -> None:
    """Each hears exactly those, and again a moment later."""

    def heard() -> dict[str, set[str]]:
        caller.look()
        every: dict[str, Ear | Dump] = {"caller": caller.ear, **ears}
        return {name: {each for each, hz in HZ.items() if every[name].has(hz)} for name in wanted}

    for _ in range(2):
        eventually(lambda: heard() == wanted, WITHIN_S, f"{wanted}, heard")


def take(town: Town, agent: str, phone: Phone) -> None:
    phone.expect("CALL_INCOMING")
    phone.accept()
    phone.expect("CALL_ESTABLISHED")
    town.until(agent, AgentState.TALKING)
