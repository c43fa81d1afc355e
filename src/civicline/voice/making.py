"""Makes prompts beside the SIP loop: first what every caller hears, the rest while calls are taken already."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from civicline.core import kinds
from civicline.core.agency import Agency
from civicline.core.facts import AgencyLoaded
from civicline.core.menu_facts import UrgentPosted
from civicline.core.model import State
from civicline.journal.event import Event
from civicline.voice.playlist import Playlist

if TYPE_CHECKING:
    from civicline.voice.application import Application

_Taken = TypeVar("_Taken", AgencyLoaded, UrgentPosted)


def make_first(playlist: Playlist, state: State) -> None:
    """Before the first call is taken."""
    if state.agency is not None:
        playlist.make(state.agency, first=True)
    for urgent in state.urgent.values():
        playlist.make_urgent(urgent.menu, urgent.texts)


def make_for(playlist: Playlist, events: Sequence[Event]) -> Agency | None:
    """What the packs that were loaded by these facts need before those are taken; the last one of them."""
    loaded = None
    for fact in _among(events, AgencyLoaded):
        playlist.make(fact.agency, first=True)
        loaded = fact.agency
    return loaded


def make_urgent(app: Application, events: Sequence[Event]) -> None:
    """The urgent messages that these facts post, each said from when it is made. Nothing else waits for it: a second
    may be what a card number takes that is not to be recorded."""
    for fact in _among(events, UrgentPosted):
        _beside(_make_urgent, app, fact)


def _among(events: Sequence[Event], wanted: type[_Taken]) -> Iterator[_Taken]:
    for event in events:
        fact = kinds.fact(event.kind, event.body) if event.kind == kinds.KIND[wanted] else None
        if isinstance(fact, wanted):
            yield fact


def make_rest(app: Application, agency: Agency | None = None) -> None:
    """All that is still missing; said from when it is made, unless another pack came since."""
    wanted = agency or app.state.agency
    if wanted is not None:
        _beside(_make_rest, app, wanted)


def _beside(make: Callable[..., None], *args: object) -> None:
    threading.Thread(target=make, args=args, name="prompts", daemon=True).start()


def _make_urgent(app: Application, fact: UrgentPosted) -> None:
    app.playlist.make_urgent(fact.menu, fact.texts)
    app.endpoint.call_soon(partial(_say_urgent, app, fact))


def _say_urgent(app: Application, fact: UrgentPosted) -> None:
    posted = app.state.urgent.get(fact.menu)
    if posted is not None and posted.texts == fact.texts:
        app.playlist.load_urgent(fact.menu, fact.texts)


def _make_rest(app: Application, agency: Agency) -> None:
    app.playlist.make(agency)
    app.endpoint.call_soon(partial(_say, app, agency))


def _say(app: Application, agency: Agency) -> None:
    if app.state.agency == agency:
        app.playlist.load(agency)
