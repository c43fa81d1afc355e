"""Calls by the pack's carriers: to whoever is rung back, and to other offices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from civicline.voice.sip.api import DialogIds, Trunk

if TYPE_CHECKING:
    from civicline.voice.application import Application


def carrier(app: Application) -> Trunk | None:
    """The first of the pack that has an address to send to."""
    return next((each for each in app.pack.trunks() if each.hosts), None)


def invite(app: Application, leg: str, number: str, sdp: str) -> bool:
    """Send the INVITE; its names come from the leg's, so a restarted process sends the very same one. False: there is
    no carrier."""
    trunk = carrier(app)

    def ids(host: int) -> DialogIds:
        return app.names.dialog(f"{leg} {host}" if host else leg)

    return trunk is not None and app.endpoint.call_out(leg, number, sdp, trunk, ids)
