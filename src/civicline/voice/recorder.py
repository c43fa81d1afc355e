"""Recordings: compares what may be kept of a contact's sound (`core.consent`) with what its media engine was told.

The key of a recording is stored before the engine hears of it, so there is never a byte on disk that nobody could open,
or whose disposal nobody set a time for. After a restart of ours or of the engine's all is said again: the engine goes
on, or begins a new segment.
"""

from __future__ import annotations

import base64
import logging
import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from civicline.core.consent import Wanted, recording_now
from civicline.core.model import Contact
from civicline.people import keyset
from civicline.people.keyset import KeysetError
from civicline.recordings import rows
from civicline.recordings.format import owner
from civicline.voice.calls import Call, Recorded
from civicline.voice.media import client
from civicline.voice.media.client import NgError
from civicline.voice.media_link import Body

if TYPE_CHECKING:
    from civicline.voice.application import Application

log = logging.getLogger(__name__)

AGAIN_S = 1.0
"""After what did not work: the journal took nothing, or the engine did not obey."""
UNWRITABLE_AGAIN_S = 5.0
KEEPS = frozenset({Wanted.RECORD, Wanted.PAUSE})


def mend(app: Application, call: Call, contact: Contact) -> None:
    """Record what should be recorded now, and nothing else."""
    wanted, recorded = recording_now(contact), call.recording
    if recorded is None and wanted in KEEPS and app.media.records(call.media):
        if len(contact.segments) > 1:
            _look(app, call, "talk", partial(_begin_or_go_on, app, call), partial(app.mend, call.contact))
        else:
            _begin(app, call)
    elif recorded is not None and recorded.stored:
        _tell(app, call, contact, recorded, wanted)


def _look(
    app: Application, call: Call, why: str, then: Callable[[rows.Row | None], None], again: Callable[[], None]
) -> None:
    """Read the contact's recording, as it is stored."""
    app.reads.start(
        (why, call.contact),
        lambda conn: next(iter(rows.of_contact(conn, call.contact)), None),
        then,
        lambda: app.endpoint.call_later(AGAIN_S, again),
    )


def _begin_or_go_on(app: Application, call: Call, found: rows.Row | None) -> None:
    """One contact has one recording: that of whoever was rung back after a talk goes on, in a new segment."""
    contact = app.state.contacts.get(call.contact)
    if contact is None or call.recording is not None or app.calls.get(call.contact) is not call:
        return
    if found is not None:
        take_up(call, contact, found)
        app.mend(call.contact)
    elif recording_now(contact) in KEEPS:
        _begin(app, call)


def _begin(app: Application, call: Call) -> None:
    """Make the key and store it; the engine is told when both are in the database."""
    recording = secrets.token_hex(16)
    try:
        _, wrapped = keyset.current().new_key(owner(recording))
    except KeysetError as error:
        log.error("voice: a talk is not recorded: %s", error)
        return
    recorded = Recorded(recording, wrapped)
    draft, keep = rows.started(rows.Row(recording, call.contact, wrapped), time.time() + app.pack.recording_s)
    if app.tell(draft, keep, partial(_stored, app, call, recorded)):
        call.recording = recorded
    else:
        app.endpoint.call_later(AGAIN_S, partial(app.mend, call.contact))


def _stored(app: Application, call: Call, recorded: Recorded, well: bool) -> None:
    if call.recording is not recorded or app.calls.get(call.contact) is not call:
        return
    if well:
        recorded.stored = True
        app.mend(call.contact)
    else:
        call.recording = None
        app.endpoint.call_later(AGAIN_S, partial(app.mend, call.contact))


def take_up(call: Call, contact: Contact | None, found: rows.Row | None) -> None:
    """What a process before us, or an earlier talk, had begun. Refused meanwhile, its key is gone, but the engine may
    not know it yet."""
    if found is not None:
        call.recording = Recorded(found.id, found.wrapped_key, stored=True)
    elif contact is not None and recording_now(contact) is Wanted.DESTROY:
        call.recording = Recorded("", b"", stored=True)


def _tell(app: Application, call: Call, contact: Contact, recorded: Recorded, wanted: Wanted) -> None:
    instance = app.media.instance(call.media)
    if not instance or recorded.told == (instance, wanted):
        return
    order = recorded.next_order(time.time_ns())
    if wanted in KEEPS:
        together = call.hearing is not None and contact.leg in call.hearing.together
        if wanted is Wanted.RECORD and not together:
            return
        key = base64.b64encode(recorded.wrapped_key).decode()
        paused = wanted is Wanted.PAUSE
        command = client.record(call.contact, contact.leg, recorded.id, key, order, paused=paused)
    else:
        discard = wanted is Wanted.DESTROY
        command = client.stop_recording(call.contact, contact.leg, order, discard=discard)
    told = partial(_answered, app, call, recorded)
    app.media.send(call.media, command, told, lambda error: _failed(app, call, recorded, error))
    recorded.told = (instance, wanted)


def _answered(app: Application, call: Call, recorded: Recorded, body: Body) -> None:
    """Passed over for a later command: a process before us sent it before the clock was set back."""
    later = body.get("order")
    if call.recording is recorded and isinstance(later, int) and later > recorded.order:
        recorded.order, recorded.told = later, None
        app.mend(call.contact)


def _failed(app: Application, call: Call, recorded: Recorded, error: NgError) -> None:
    """The engine is gone, knows the call no more, or cannot open the key: a new one is tried at once."""
    if call.recording is not recorded or app.calls.get(call.contact) is not call:
        return
    log.error("voice: the media engine did not take a recording's command: %s", error)
    _look(app, call, "key", partial(_with_key_of, app, call, recorded), lambda: _again(app, call, recorded, 0.0))


def _with_key_of(app: Application, call: Call, recorded: Recorded, found: rows.Row | None) -> None:
    """It may have been wrapped anew meanwhile."""
    if found is not None and found.id == recorded.id and found.wrapped_key != recorded.wrapped_key:
        recorded.wrapped_key = found.wrapped_key
        _again(app, call, recorded, 0.0)
    else:
        _again(app, call, recorded, AGAIN_S)


def unwritable(app: Application, call: Call, recording: str) -> None:
    """The engine could not write: it begins a new segment, later."""
    recorded = call.recording
    if recorded is not None and recorded.id == recording:
        log.error("voice: a recording could not be written; it is begun again in %d s", UNWRITABLE_AGAIN_S)
        _again(app, call, recorded, UNWRITABLE_AGAIN_S)


def _again(app: Application, call: Call, recorded: Recorded, after_s: float) -> None:
    def again() -> None:
        recorded.told = None
        app.mend(call.contact)

    app.endpoint.call_later(after_s, again)
