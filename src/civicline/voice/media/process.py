"""The media process: `run` blocks until SIGTERM or SIGINT."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
from contextlib import suppress
from pathlib import Path

from civicline.recordings import store
from civicline.settings import Address, PortRange, Settings
from civicline.voice.media.events import Events
from civicline.voice.media.leg import SILENT_AFTER_S, Means
from civicline.voice.media.loop import Loop
from civicline.voice.media.ng import Commands, Server
from civicline.voice.media.ports import Ports
from civicline.voice.media.session import Sessions
from civicline.voice.media.sound import Sounds
from civicline.voice.media.source import WARY_S
from civicline.voice.media.watch import ORPHAN_S, Watch
from civicline.voice.media.writer import Writer

log = logging.getLogger(__name__)

REAL_TIME_PRIORITY = 1


class Engine:
    """All parts of one media process, wired; nothing runs before `loop.run()`."""

    def __init__(
        self,
        host: str,
        ng: Address,
        rtp: PortRange,
        events: Address,
        orphan_s: float = ORPHAN_S,
        silent_after_s: int = SILENT_AFTER_S,
        recordings: Path | None = None,
        wary_s: float = WARY_S,
    ) -> None:
        self.loop = Loop()
        self.writer = None if recordings is None else Writer(recordings)
        self.means = Means(
            host,
            self.loop,
            Ports(host, rtp),
            Events(events),
            Sounds(),
            silent_after_s,
            self.writer,
            wary_until=self.loop.now + wary_s,
        )
        self.sessions = Sessions(self.means)
        self.commands = Commands(self.means, self.sessions)
        self.server = Server(ng, self.commands)
        self.loop.watch(self.server.socket.fileno(), self.server.receive)
        self.watch = Watch(self.means, self.sessions, orphan_s)
        self.loop.at(self.loop.now, self.watch.look)

    def close(self) -> None:
        """Free every socket, and write what is recorded to its end."""
        for session in self.sessions:
            self.sessions.delete(session.call_id)
        if self.writer is not None:
            self.writer.close()
        self.server.socket.close()
        self.means.events.close()
        self.loop.close()


def run(settings: Settings, ng: Address, rtp: PortRange, wary_s: float = WARY_S) -> int:
    """Serve NG at `ng` with RTP ports of `rtp` at the settings' `rtp_host`; gives the exit status.

    `wary_s`: so long phones may still send to the ports of a process before this one.
    """
    try:
        engine = Engine(
            settings.rtp_host,
            ng,
            rtp,
            settings.ng_events,
            silent_after_s=settings.silence_s,
            recordings=store.folder(settings.data),
            wary_s=wary_s,
        )
    except OSError as error:
        log.error("the media engine cannot listen at %s: %s; set CIVICLINE_NG to a free address", ng, error)
        return 1
    _stop_by_signal(engine.loop)
    in_real_time()
    gc.freeze()
    log.info("media engine at %s, RTP %s %d-%d", ng, settings.rtp_host, rtp.first, rtp.last)
    engine.loop.run()
    engine.close()
    return 0


def in_real_time() -> None:
    """Ask to run before ordinary processes: a packet that waits behind a report is a gap in somebody's sentence.

    Granted to root and under systemd's LimitRTPRIO=; niceness would not do, since autogroups outweigh it. Without
    the right the process runs as any other.
    """
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(REAL_TIME_PRIORITY))


def _stop_by_signal(loop: Loop) -> None:
    """A byte in a socket pair wakes the loop, so that no signal falls between its looks."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)

    def stop(now: float) -> None:
        ours.recv(64)
        theirs.close()
        loop.stop()

    loop.watch(ours.fileno(), stop)
