"""The ways through the menus on which times at which to be rung are told: no key counts before they were heard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from civicline.core import requests
from civicline.core.callback_requests import CancelCallback
from civicline.core.model import Contact
from e2e.callers import Caller, Town
from e2e.centre import DISPOSITION, Centre
from e2e.walks import REFUSE, TOLD, Walk
from peers.ports import eventually

IN_TURN = ("*", "0", "1", "")
"""Keys that are pressed then: whoever presses nothing goes on last."""


def listen(centre: Centre, walks: Sequence[Walk]) -> None:
    """All at once. Raises AssertionError where one led elsewhere, or something else was said."""
    town = Town(centre)
    with ExitStack() as stack:
        callers = [
            (walk, stack.enter_context(town.call(walk.line, own=f"202555{9000 + number}")))
            for number, walk in enumerate(sorted(walks, key=lambda walk: IN_TURN.index(_after(walk))))
        ]
        for walk, caller in callers:
            caller.press(REFUSE + walk.keys.partition(TOLD)[0])
            # Where to is seen in SIPp's log: else each one's keys would wait until those before it have heard theirs.
            eventually(lambda caller=caller: (caller.look(), caller.ear.to)[1], what="where to send the keys")
        for walk, caller in callers:
            caller.hear("times_ask_menu", walk.language)
            caller.press(_after(walk))
        for walk, caller in callers:
            _end(centre, walk, caller)


def _after(walk: Walk) -> str:
    return walk.keys.partition(TOLD)[2]


def _end(centre: Centre, walk: Walk, caller: Caller) -> None:
    eventually(lambda: walk.is_done(caller.contact), what=walk.name)
    _LEAVE.get(walk.ends[0], _leave)(centre, walk, caller)


def _leave(centre: Centre, walk: Walk, caller: Caller) -> None:
    """Whoever talks to somebody."""
    caller.leave()
    caller.until("wrapping")
    wrap_up(centre, caller.contact)


def _leave_menu(_: Centre, walk: Walk, caller: Caller) -> None:
    caller.hear(f"menu.{walk.ends[1]}", walk.language)
    caller.leave()


def _is_let_go(centre: Centre, walk: Walk, caller: Caller) -> None:
    """And does not want to be rung any more."""
    caller.hear("hold_goodbye", walk.language)
    caller.gone()
    centre.ask(CancelCallback(caller.id))
    caller.until("closed")


_LEAVE: dict[str, Callable[[Centre, Walk, Caller], None]] = {"back to": _leave_menu, "promise": _is_let_go}


def wrap_up(centre: Centre, contact: Contact) -> None:
    """The representative's word."""
    agency = centre.state().agency
    assert agency is not None and contact.agent is not None
    topic = contact.topic or next(iter(agency.topics))
    centre.ask(requests.WrapUp(contact.agent, contact.id, topic, DISPOSITION, True))
