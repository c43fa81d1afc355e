"""The NG commands of recording. rtpengine has them too; `recording`, `key`, `order` and `discard` are ours.

`order` rises: a command that comes after a later one of its call is passed over, so that a `start` that was sent again
never undoes a `stop`. The answer has the later one's order: a sender whose clock was set back must go beyond it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from civicline.people import keyset
from civicline.people.keyset import ContactKey, KeysetError
from civicline.recordings.format import owner
from civicline.voice.media.arguments import Answer, Command, RefusedError, text
from civicline.voice.media.leg import Means
from civicline.voice.media.recording import Recording
from civicline.voice.media.session import Session, Sessions

ID = re.compile("[0-9a-f]{32}")
Handler = Callable[[Command], Answer]


def commands(means: Means, sessions: Sessions) -> dict[str, Handler]:
    def ordered(do: Callable[[Means, Session, Command], None]) -> Handler:
        def handler(command: Command) -> Answer:
            session = sessions.get(text(command, "call-id"))
            order = _order(command)
            if order < session.record_order:
                return {"result": "ok", "warning": "a later command came before", "order": session.record_order}
            session.record_order = order
            do(means, session, command)
            return {"result": "ok"}

        return handler

    return {"start recording": ordered(_start), "pause recording": ordered(_pause), "stop recording": ordered(_stop)}


def _start(means: Means, session: Session, command: Command) -> None:
    """Begin, or go on after a pause. `from-tag` is the caller's leg."""
    recording = _begun(means, session, command)
    recording.resume()


def _pause(means: Means, session: Session, command: Command) -> None:
    """Also where nothing was begun yet, after a restart: then the pause is the beginning."""
    _begun(means, session, command).pause()


def _stop(means: Means, session: Session, command: Command) -> None:
    for leg in session.legs.values():
        if leg.recording is not None:
            leg.recording.stop(discard=text(command, "discard", "") == "yes")


def _begun(means: Means, session: Session, command: Command) -> Recording:
    caller, wanted = session.leg(text(command, "from-tag")), text(command, "recording")
    running = caller.recording
    if running is not None and running.id == wanted and not running.given_up:
        return running
    if means.writer is None:
        raise RefusedError("this media process has no folder for recordings")
    if not ID.fullmatch(wanted):
        raise RefusedError("recording is no id of 32 hex digits")
    key = _key(wanted, text(command, "key"))
    if running is not None:
        running.stop()
    return Recording(caller, means.writer, wanted, key)


def _key(recording: str, wrapped: str) -> ContactKey:
    try:
        return keyset.current().open_key(owner(recording), base64.b64decode(wrapped, validate=True))
    except (KeysetError, binascii.Error) as error:
        raise RefusedError(f"the recording's key: {error}") from error


def _order(command: Command) -> int:
    given = text(command, "order", "0")
    if not given.isdecimal() or len(given) > 20:
        raise RefusedError("order is no whole number")
    return int(given)
