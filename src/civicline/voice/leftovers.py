"""Media sessions that nobody ends: their call was over when the voice process that held them was killed.

The media engine itself ends what was silent for a quarter of an hour; until then such a session holds ports.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from civicline.voice.media import client
from civicline.voice.media_link import Body

if TYPE_CHECKING:
    from civicline.voice.application import Application

AGAIN_S = 60.0


def watch(app: Application) -> None:
    """Look now and then, as long as the process runs."""
    for index in range(len(app.media.engines)):
        clear(app, index)
    app.endpoint.call_later(AGAIN_S, lambda: watch(app))


def clear(app: Application, index: int) -> None:
    """End the sessions at this engine whose calls are over."""
    app.media.send(index, client.calls(), lambda body: _clear(app, index, body))


def _clear(app: Application, index: int, body: Body) -> None:
    found = body.get("calls")
    for contact in found if isinstance(found, Sequence) else ():
        if _is_over(app, str(contact)):
            app.media.send(index, client.delete(str(contact)))


def _is_over(app: Application, contact_id: str) -> bool:
    """Only of contacts that the journal knows as this node's: others may share the engine."""
    contact = app.state.contacts.get(contact_id)
    return contact is not None and contact.node == app.node and contact_id not in app.calls
