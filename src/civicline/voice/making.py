"""Makes prompts beside the SIP loop: first what every caller hears, the rest while calls are taken already."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from civicline.core import kinds
from civicline.core.agency import Agency
from civicline.core.facts import AgencyLoaded
from civicline.core.menu_facts import UrgentPosted
from civicline.core.model import State
from civicline.journal.event import Event
from civicline.voice.playlist import Playlist

if TYPE_CHECKING:
    from civicline.voice.application import Application

KINDS = (kinds.KIND[AgencyLoaded], kinds.KIND[UrgentPosted])


def make_first(playlist: Playlist, state: State) -> None:
    """Before the first call is taken."""
    if state.agency is not None:
        playlist.make(state.agency, first=True)
    for urgent in state.urgent.values():
        playlist.make_urgent(urgent.menu, urgent.texts)


def make_for(playlist: Playlist, events: Sequence[Event]) -> Agency | None:
    """What these facts need before they are taken; the pack that was loaded by one of them."""
    loaded = None
    for event in events:
        fact = kinds.fact(event.kind, event.body) if event.kind in KINDS else None
        if isinstance(fact, AgencyLoaded):
            playlist.make(fact.agency, first=True)
            loaded = fact.agency
        elif isinstance(fact, UrgentPosted):
            playlist.make_urgent(fact.menu, fact.texts)
    return loaded


def make_rest(app: Application, agency: Agency | None = None) -> None:
    """All that is still missing, on a thread of its own; said from when it is made, unless another pack came since."""
    wanted = agency or app.state.agency
    if wanted is not None:
        threading.Thread(target=_make_rest, args=(app, wanted), name="prompts", daemon=True).start()


def _make_rest(app: Application, agency: Agency) -> None:
    app.playlist.make(agency)
    app.endpoint.call_soon(partial(_say, app, agency))


def _say(app: Application, agency: Agency) -> None:
    if app.state.agency == agency:
        app.playlist.load(agency)
