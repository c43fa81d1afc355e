"""The voice process: SIP on the main thread, the journal followed and written by threads of their own."""

from __future__ import annotations

import json
import logging
import signal
import threading
from functools import partial

import psycopg

from civicline.collector import settle
from civicline.core.lifecycle import LegState, NumberStep
from civicline.database.urls import urls
from civicline.engine import fold
from civicline.journal.appender import Appender
from civicline.journal.connect import connect, pause_s
from civicline.journal.follow import Follower
from civicline.journal.read import Part
from civicline.people import keyset
from civicline.recordings import rows
from civicline.settings import Settings
from civicline.voice import leftovers, making, person_leg, recorder, store
from civicline.voice.application import Application
from civicline.voice.calls import Call, LocalLeg, Phase
from civicline.voice.ivr.callback_steps import NUMBER
from civicline.voice.media_link import MediaLink
from civicline.voice.names import Names
from civicline.voice.packs import LoadedPack
from civicline.voice.phones import Accounts, Phones
from civicline.voice.playlist import Playlist
from civicline.voice.sip.api import Options
from civicline.voice.sip.dialog import DialogError
from civicline.voice.sip.endpoint import SipEndpoint

log = logging.getLogger(__name__)

FOLLOW_S = 1.0
LOOPBACK = "127.0.0.1"


def run(settings: Settings) -> int:
    """Serve calls until SIGTERM. Blocks. Calls in progress outlive this process; the next one takes them up."""
    url = urls(settings).app
    keys = keyset.load(settings.keyset)
    app, position = _recovered(settings, url, Names(keys.hashed))
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: app.endpoint.stop())
    threading.Thread(target=_follow, args=(url, position, app, stopping), name="follower", daemon=True).start()
    settle()
    app.endpoint.run()
    stopping.set()
    return 0


def _recovered(settings: Settings, url: str, names: Names) -> tuple[Application, int]:
    """An application whose state is the journal's and whose legs are those that the process before it held."""
    attempt = 0
    while True:
        try:
            with connect(url, "voice start") as conn:
                return _take_up(settings, url, names, conn)
        except psycopg.OperationalError:
            attempt += 1
            threading.Event().wait(pause_s(attempt))


def _take_up(settings: Settings, url: str, names: Names, conn: psycopg.Connection[object]) -> tuple[Application, int]:
    folded, _unanswered = fold.recover(conn)
    phones = Phones(url)
    phones.load()
    accounts = Accounts(url)
    accounts.load(conn)
    pack = LoadedPack(url, settings.trunk_secrets)
    playlist = Playlist(settings.data, settings.data / "agency")
    app = Application(
        folded.state, settings.node, names, phones, pack, playlist, Appender(url), url, settings.calls_max
    )
    if folded.state.agency is not None:
        making.make_first(playlist, folded.state)
        app.load_agency(folded.state.agency)
    app.endpoint = SipEndpoint(
        Options(
            listen=(settings.sip.host, settings.sip.port),
            name_leg=names.caller_leg,
            name_tag=names.tag,
            trunks=pack.trunks,
            credentials=accounts,
            admit=app.admit,
            hold_ack=True,
            hold_trying=True,
        ),
        app,
        phones,
    )
    app.media = MediaLink(app.endpoint, settings.ng, app.media_restarted)
    if settings.rtpengine:
        app.media.use_rtpengine(settings.data / "prompts" / "joined", app.heard)
    engines = {LOOPBACK, settings.ng_events.host, *(each.host for each in settings.ng)}
    app.endpoint.udp(
        (settings.ng_events.host, settings.ng_events.port),
        lambda data, source: _media_event(app, data) if source[0] in engines else None,
    )
    _rehydrate(app, conn)
    app.media.start()
    app.check_phones()
    leftovers.watch(app)
    return app, folded.position


def _rehydrate(app: Application, conn: psycopg.Connection[object]) -> None:
    """Take up the legs of the process before us. Their media is looked up when the first ping is answered."""
    for leg in list(app.state.legs.values()):
        if leg.node != app.node:
            continue
        call = app.call(leg.contact)
        call.legs.add(leg.id)
        app.inherited.add(leg.id)
        call.number = call.number or store.stored_number(conn, leg.contact)
        if leg.attempt:
            person_leg.take_up(app, call, conn)
        _rehydrate_digits(app, call, conn)
        was_up = leg.state in (LegState.ANSWERED, LegState.ENDING)
        stored = store.stored_leg(conn, leg.contact, leg.id) if was_up else None
        if stored is not None and _take_leg(app, leg.id, stored):
            local = app.local[leg.id] = LocalLeg(leg.id, leg.contact, Phase.UP, *stored.media)
            local.source = local.source or app.endpoint.heard_from(leg.id)
        elif leg.state is LegState.ANSWERED:
            app.alive(leg.id, False)
    for call in app.calls.values():
        found = next(iter(rows.of_contact(conn, call.contact)), None)
        recorder.take_up(call, app.state.contacts.get(call.contact), found)
    for contact in list(app.calls):
        app.endpoint.call_soon(partial(app.mend, contact))


def _rehydrate_digits(app: Application, call: Call, conn: psycopg.Connection[object]) -> None:
    """What was keyed in and not yet confirmed."""
    contact = app.state.contacts.get(call.contact)
    if contact is None:
        return
    if contact.number_step is NumberStep.ENTERED:
        call.digits = store.stored_digits(conn, contact.id, NUMBER)
    elif contact.digits is not None and contact.digits_entered:
        call.digits = store.stored_digits(conn, contact.id, contact.digits)


def _take_leg(app: Application, leg: str, stored: store.StoredLeg) -> bool:
    try:
        return app.endpoint.rehydrate(leg, stored.dialog, stored.local_sdp)
    except DialogError as error:
        log.error("voice: a stored dialog cannot be taken up: %s", error)
        return False


def _follow(url: str, position: int, app: Application, stopping: threading.Event) -> None:
    making.make_rest(app)
    follower = Follower(url, after=position, part=Part.FACTS)
    while not stopping.is_set():
        if events := follower.read(FOLLOW_S):
            loaded = making.make_for(app.playlist, events)
            app.endpoint.call_soon(partial(app.take, events))
            if loaded:
                making.make_rest(app, loaded)
            making.make_urgent(app, events)


def _media_event(app: Application, data: bytes) -> None:
    try:
        event = json.loads(data)
    except ValueError:
        return
    if isinstance(event, dict):
        app.heard(event)
