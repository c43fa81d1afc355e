"""The thread that encrypts and writes, so that the loop never waits for a disk.

What the loop hands over is done in its order. Work is short (about 0.1 ms a second of a call) and mostly outside the
interpreter's lock. A segment that cannot be written is given up, told of, and nothing more is tried on it.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, NamedTuple

from civicline.people.keyset import ContactKey
from civicline.recordings import format, store
from civicline.recordings.format import LOST, SILENCE, Chunk, Gap, Header
from civicline.voice.media.channel import Channel, Heard

log = logging.getLogger(__name__)

BEHIND_MAX = 20_000
"""Seconds of calls that may wait for a slow disk, some 300 MB of sound; beyond, their sound is given up and marked."""


class Second(NamedTuple):
    """What was heard in one second of a call, by channel, and where it was paused. The last may be shorter."""

    heard: tuple[list[Heard], list[Heard]]
    gaps: tuple[Gap, ...]
    samples: int


class Writer:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def do(self, work: Callable[[], None]) -> None:
        """The thread is started by its first work: it then has the priority of the loop's."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
            self._thread.start()
        self._work.put(work)

    @property
    def behind(self) -> bool:
        return self._work.qsize() > BEHIND_MAX

    def close(self) -> None:
        """Write what waits."""
        if self._thread is not None:
            self._work.put(None)
            self._thread.join()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                work()
            except Exception:  # one recording's fault must not end the others
                log.exception("a recording's second was not written")


class Segment:
    """One file. All methods but the first run on the writer's thread; so does `failed`, when it was given up."""

    def __init__(self, header: Header, key: ContactKey, began: float, failed: Callable[[], None]) -> None:
        self.header = header
        self._key = key
        self._channels = (Channel(began), Channel(began))
        self._seconds = 0
        self._file: BinaryIO | None = None
        self._path = Path()
        self._failed = failed
        self.given_up = False

    def open(self, folder: Path) -> None:
        self._path = store.path_of(folder, self.header.recording, self.header.segment)
        try:
            self._file = store.create(self._path)
        except OSError as error:
            self._give_up(error)
        else:
            self._append(self.header.pack())

    def write(self, second: Second) -> None:
        """One record for each channel, in one write: a killed process leaves both or neither."""
        records = b""
        for number, (channel, heard) in enumerate(zip(self._channels, second.heard, strict=True)):
            channel.put(heard)
            chunk = Chunk(_without(channel.take(second.samples), second.gaps), second.gaps)
            records += format.seal(self._key, self.header, number, self._seconds, chunk)
        self._append(records)
        self._seconds += 1

    def end(self) -> None:
        self._append(format.seal_end(self._key, self.header, self._seconds))
        if self._file is not None:
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None

    def discard(self) -> None:
        """Nothing of it stays. It goes while it is locked: so nobody takes it for one that was ended."""
        with suppress(FileNotFoundError):
            self._path.unlink()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, data: bytes) -> None:
        if self._file is None:
            return
        try:
            written = self._file.write(data)
            if written != len(data):
                raise OSError("the disk took only a part: is it full?")
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        log.error("a recording cannot be written: %s", error)
        if self._file is not None:
            with suppress(OSError):
                if not self._seconds:  # there is nothing in it
                    self._path.unlink()
                self._file.close()
            self._file = None
        self.given_up = True
        self._failed()


def _without(audio: bytes, gaps: tuple[Gap, ...]) -> bytes:
    """Silence where there is a gap, whatever lay there."""
    for gap in gaps:
        audio = audio[: gap.start] + SILENCE * (gap.end - gap.start) + audio[gap.end :]
    return audio


def lost(samples: int) -> Second:
    """A second whose sound was given up."""
    return Second(([], []), (Gap(0, samples, LOST),), samples)
