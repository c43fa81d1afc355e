"""What a recording holds, and what the disk sees of it."""

from __future__ import annotations

import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from civicline.core.model import Segment
from civicline.journal.read import read
from civicline.people import keyset
from civicline.recordings import reading, rows, store, wav
from civicline.recordings.format import RATE_HZ, owner
from civicline.voice.media.recording import GRACE_S
from e2e.callers import Caller, Town
from e2e.inotify import Watch
from e2e.witness import recovered_s
from peers.baresip import Phone
from peers.ports import eventually

UNWRITTEN_S = 1 + GRACE_S
"""What a kill takes of what was heard: the second under way, and the time that late packets have."""
LATE_S = 0.25
"""So late may a busy machine do what is due."""


def heard_notice(caller: Caller) -> bool:
    caller.look()
    return caller.is_known() and caller.contact.notice_at is not None


def hear_out_notice(caller: Caller) -> None:
    """And on into the line, about a refund."""
    eventually(lambda: heard_notice(caller), 60, "the end of the notice")
    caller.press("11")
    caller.until("waiting", "offered", "talking")


@contextmanager
def talk(town: Town, phone: Phone, scenario: str = "caller") -> Iterator[Caller]:
    """A caller who lets the notice play to its end, and talks."""
    with town.call(scenario=scenario) as caller:
        hear_out_notice(caller)
        phone.expect("CALL_INCOMING")
        phone.accept()
        caller.until("talking")
        yield caller


def events(town: Town, kind: str, contact: str) -> list[dict[str, Any]]:
    found = read(town.centre.conn, 0, 100_000)
    return [event.body for event in found if event.kind == kind and event.body.get("contact") == contact]


def files(town: Town) -> list[Path]:
    return [path for _, path in store.everything(store.folder(town.centre.settings.data))]


def closed(town: Town, contact: str) -> dict[str, Any]:
    return eventually(lambda: events(town, rows.CLOSED, contact), what="recording.closed in the journal")[-1]


def seconds_on_disk(town: Town, contact: str) -> int:
    """Whole seconds of what was written so far, in all segments."""
    found = rows.of_contact(town.centre.conn, contact)
    if not found:
        return 0
    paths = store.segments(store.folder(town.centre.settings.data), found[0].id)
    return sum(reading.read(path).seconds for path in paths)


def talk_on(town: Town, caller: Caller, seconds: int) -> None:
    """Until so many more seconds are on disk: the caller's ear and the phone play their tones all the while."""
    wanted = seconds_on_disk(town, caller.id) + seconds
    eventually(lambda: (caller.look(), seconds_on_disk(town, caller.id) >= wanted)[1], 40, f"{seconds} s on disk")


def talked_s(part: Segment) -> float:
    """One representative's talk, by the journal's times."""
    assert part.ended_at is not None
    return part.ended_at - part.began_at - part.hold_s


def kill_media(town: Town, caller: Caller) -> float:
    """Gives for how long the caller heard nothing (s)."""
    starts, killed_at = town.centre.starts("media-1"), time.monotonic()
    town.centre.kill("media-1")
    eventually(lambda: town.centre.starts("media-1") > starts, what="media started again")
    again_at = time.monotonic()
    eventually(lambda: (caller.look(), caller.ear.times[-1] > again_at)[1], what="sound, heard by the caller")
    return recovered_s(list(caller.ear.times), killed_at)


def most_lost_s(silent_s: float) -> float:
    """What the recording may miss when a caller heard nothing for so long."""
    return silent_s + UNWRITTEN_S + LATE_S


def sides(town: Town, contact: str, out: Path) -> tuple[np.ndarray, np.ndarray, list[reading.Mark]]:
    row = rows.of_contact(town.centre.conn, contact)[0]
    key = keyset.load(town.centre.settings.keyset).open_key(owner(row.id), row.wrapped_key)
    found = reading.whole(store.segments(store.folder(town.centre.settings.data), row.id), key)
    marks: list[reading.Mark] = []
    with out.open("wb") as file:
        wav.write(file, found.pieces(marks))
        wav.finish(file, reading.joined(marks))
    with wave.open(str(out), "rb") as sound:
        both = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2").reshape(-1, 2)
    return both[:, 0], both[:, 1], reading.joined(marks)


def tone_s(samples: np.ndarray, hz: float, share: float = 0.5) -> float:
    """For how many seconds that tone has its share of the power, in blocks of 20 ms."""
    blocks = samples[: len(samples) // 160 * 160].reshape(-1, 160).astype(float)
    at = np.exp(-2j * np.pi * hz * np.arange(160) / RATE_HZ)
    return float(np.sum(2 * np.abs(blocks @ at) ** 2 / 160 > share * np.maximum(np.sum(blocks**2, axis=1), 1))) / 50


@contextmanager
def watched(town: Town) -> Iterator[Watch]:
    folder = store.folder(town.centre.settings.data)
    folder.mkdir(mode=0o700, exist_ok=True)
    watch = Watch(folder)
    try:
        yield watch
    finally:
        watch.close()
