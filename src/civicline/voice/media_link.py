"""Speaks NG to the media processes without waiting: commands are retransmitted, answers come to a callback.

A media process is known by the `instance` of its pings. Another instance means that it was restarted and its sessions
are gone; `on_restart` is then called. No answer for `GONE_AFTER_S` means that it takes no new calls.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from civicline.settings import Address
from civicline.voice.media import bencode, client
from civicline.voice.media.client import Command, MediaClient, NgError, NoAnswerError, Reply
from civicline.voice.media.rtpengine import Rtpengine
from civicline.voice.sip.api import Endpoint, Timer

log = logging.getLogger(__name__)

PING_EVERY_S = 0.25
GONE_AFTER_S = 1.0
MAKES_A_SESSION = ("offer", "answer")
"""Somebody waits for what these give, at whichever engine."""

Body = Mapping[str, bencode.Value]
OnBody = Callable[[Body], None]
OnError = Callable[[NgError], None]


@dataclass(slots=True)
class Pending:
    to: tuple[str, int]
    datagram: bytes
    what: str
    call: str
    """The call that the command is about; "" for none."""
    done: OnBody
    failed: OnError
    tries: int = 0
    timer: Timer | None = None


@dataclass(slots=True)
class Engine:
    """One media process as we know it."""

    address: tuple[str, int]
    instance: str = ""
    heard_at: float = field(default=0.0)
    records: bool = False
    """It keeps recordings encrypted. rtpengine would write them plain, so it is never told to."""


class MediaLink:
    def __init__(self, endpoint: Endpoint, engines: Sequence[Address], on_restart: Callable[[int], None]) -> None:
        self._endpoint = endpoint
        self._client = MediaClient()
        self._pending: dict[str, Pending] = {}
        self._on_restart = on_restart
        self.engines = [Engine((each.host, each.port)) for each in engines]
        self._sender = endpoint.udp(("127.0.0.1", 0), self._datagram)
        self._foreign: dict[int, Rtpengine] = {}

    def use_rtpengine(self, folder: Path, tell: Callable[[dict[str, Any]], None]) -> None:
        """rtpengine listens at the addresses. `tell` takes the events that it does not send; files joined for it go to
        `folder`."""
        for index in range(len(self.engines)):
            send = partial(self._send_plain, index)
            self._foreign[index] = Rtpengine(folder, send, tell, self._endpoint.call_later)

    def start(self) -> None:
        for index in range(len(self.engines)):
            self._ping(index)

    def index_of(self, contact: str) -> int:
        """The engine that a contact's call is on; the same after a restart."""
        return int(contact[:8], 16) % len(self.engines)

    def is_up(self, index: int) -> bool:
        return time.monotonic() - self.engines[index].heard_at < GONE_AFTER_S

    def instance(self, index: int) -> str:
        return self.engines[index].instance

    def records(self, index: int) -> bool:
        return self.engines[index].records

    def send(self, index: int, command: Command, done: OnBody | None = None, failed: OnError | None = None) -> None:
        """Send a command; exactly one of the callbacks is called, unless a restart of the engine or the end of its call
        overtakes it."""
        foreign = self._foreign.get(index)
        try:
            translated = foreign.translate(command) if foreign is not None else command
        except NgError as error:
            (failed or _nothing_failed)(error)
            return
        if translated is not None:
            self._send_plain(index, translated, done, failed)
        elif done is not None:
            done({"result": "ok"})

    def _send_plain(
        self, index: int, command: Command, done: OnBody | None = None, failed: OnError | None = None
    ) -> None:
        request, to = self._client.request(command), self.engines[index].address
        what, call = str(command["command"]), str(command.get("call-id", ""))
        if what == "delete" and "from-tag" not in command:
            self._give_up(lambda each: each.to == to and each.call == call)
        pending = Pending(to, request.datagram, what, call, done or _nothing, failed or _nothing_failed)
        self._pending[request.cookie] = pending
        self._transmit(request.cookie, pending)

    def _transmit(self, cookie: str, pending: Pending) -> None:
        if pending.tries == len(client.RETRANSMIT_AFTER_S):
            del self._pending[cookie]
            pending.failed(NoAnswerError("the media engine does not answer: is it running?"))
            return
        self._sender.send(pending.datagram, pending.to)
        pause_s = client.RETRANSMIT_AFTER_S[pending.tries]
        pending.tries += 1
        pending.timer = self._endpoint.call_later(pause_s, lambda: self._transmit(cookie, pending))

    def _give_up(self, unwanted: Callable[[Pending], bool]) -> None:
        """Send these no more. After the end of its call a command would make a session that nobody ends; after a
        restart of the engine one that is said anew for the calls' new sessions would come too late and undo it."""
        for cookie, pending in list(self._pending.items()):
            if unwanted(pending):
                del self._pending[cookie]
                if pending.timer is not None:
                    pending.timer.cancel()

    def _datagram(self, data: bytes, _source: tuple[str, int]) -> None:
        try:
            reply: Reply = self._client.reply(data)
        except bencode.BencodeError:
            return
        pending = self._pending.pop(reply.cookie, None)
        if pending is None:
            return
        if pending.timer is not None:
            pending.timer.cancel()
        try:
            body = reply.result()
        except NgError as error:
            pending.failed(error)
        else:
            pending.done(body)

    def _ping(self, index: int) -> None:
        request = self._client.request(client.ping())
        to = self.engines[index].address
        pending = Pending(to, request.datagram, "ping", "", lambda body: self._pong(index, body), _lost)
        self._pending[request.cookie] = pending
        self._sender.send(request.datagram, pending.to)
        self._endpoint.call_later(PING_EVERY_S, lambda: self._next_ping(index, request.cookie))

    def _next_ping(self, index: int, cookie: str) -> None:
        self._pending.pop(cookie, None)
        self._ping(index)

    def _pong(self, index: int, body: Body) -> None:
        engine = self.engines[index]
        engine.heard_at = time.monotonic()
        instance = str(body.get("instance", "same"))
        before, engine.instance = engine.instance, instance
        engine.records = body.get("records") == 1
        if before != instance:
            if not engine.records:
                log.warning("voice: the media engine at %s:%d records nothing", *engine.address)
            if before:
                self._give_up(lambda each: each.to == engine.address and each.what not in MAKES_A_SESSION)
            self._on_restart(index)


def _nothing(_body: Body) -> None: ...
def _nothing_failed(_error: NgError) -> None: ...
def _lost(_error: NgError) -> None: ...
