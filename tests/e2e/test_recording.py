"""Talks that are recorded, or are not: SIPp and baresip, the tone of each side looked for in the decrypted export."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from civicline.core import requests
from civicline.core.facts import RecordingRefused
from civicline.core.lifecycle import AgentState
from civicline.recordings import rows, store
from civicline.recordings.format import RATE_HZ
from civicline.voice.media.client import NgClient, record
from e2e.callers import Town
from e2e.recorded import (
    closed,
    events,
    files,
    kill_media,
    most_lost_s,
    sides,
    talk,
    talk_on,
    talked_s,
    tone_s,
    watched,
)
from e2e.witness import AGENT_HZ, CALLER_HZ, tone_file
from peers.baresip import Phone
from peers.ports import eventually

PASSWORD = "a long enough sentence"


@pytest.fixture
def ann(town: Town, tmp_path: Path) -> Iterator[Phone]:
    with town.working("ann", plays=tone_file(tmp_path / "agent.wav", AGENT_HZ)) as phone:
        yield phone
        phone.stop()


def test_each_side_is_found_in_the_recording(town: Town, ann: Phone, tmp_path: Path) -> None:
    with talk(town, ann) as caller:
        talk_on(town, caller, 3)
        caller.leave()
    found = closed(town, caller.id)
    assert not found["cut"] and len(found["segments"]) == 1
    left, right, marks = sides(town, caller.id, tmp_path / "out.wav")
    (part,) = caller.contact.segments
    assert abs(tone_s(left, CALLER_HZ) - talked_s(part)) < 1 and abs(tone_s(right, AGENT_HZ) - talked_s(part)) < 1
    assert tone_s(left, AGENT_HZ) == tone_s(right, CALLER_HZ) == 0
    assert marks == []


def civicline(town: Town, *words: str, typed: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "civicline.cli", *words]
    env = {**town.centre.environ, **environ}
    return subprocess.run(command, env=env, input=typed, capture_output=True, text=True, check=False)


def test_who_refuses_by_key_leaves_no_byte_and_no_key(town: Town, ann: Phone) -> None:
    """Refused while the notice is heard; watched from the INVITE to the end of the wrap-up."""
    with watched(town) as watch:
        with town.call() as caller:
            caller.go_to("refund")
            ann.expect("CALL_INCOMING")
            ann.accept()
            caller.until("talking")
            eventually(lambda: (caller.look(), caller.ear.hears(AGENT_HZ))[1], what="the representative, heard")
            begun = len(caller.ear.times)
            eventually(lambda: len(caller.ear.times) > begun + 100, what="two seconds of talk")
            caller.leave()
        town.until("ann", AgentState.WRAP_UP)
        town.centre.wrap_up("ann")
        assert watch.seen() == []
    assert rows.of_contact(town.centre.conn, caller.id) == []
    assert events(town, rows.STARTED, caller.id) == []


def test_who_is_recorded_is_seen_by_the_watch(town: Town, ann: Phone) -> None:
    """That the watch above can fail."""
    with watched(town) as watch, talk(town, ann) as caller:
        talk_on(town, caller, 1)
        assert watch.seen()
        caller.leave()


@pytest.mark.parametrize("by", ["ann", "key"])
def test_a_refusal_in_the_middle_destroys(town: Town, ann: Phone, by: str) -> None:
    """By the representative's button, or by key 9 in the talk."""
    with talk(town, ann) as caller:
        talk_on(town, caller, 2)
        (row,) = rows.of_contact(town.centre.conn, caller.id)
        assert store.segments(store.folder(town.centre.settings.data), row.id)
        if by == "ann":
            town.centre.ask(requests.RefuseRecording(caller.id, "ann"))
        else:
            caller.press("9")
        eventually(lambda: events(town, rows.DESTROYED, caller.id), what="recording.destroyed")
        with watched(town) as watch:
            begun = len(caller.ear.times)
            eventually(lambda: len(caller.ear.times) > begun + 100, what="two more seconds of talk")
            assert watch.seen() == []
        caller.leave()
    assert store.segments(store.folder(town.centre.settings.data), row.id) == []
    assert rows.of_contact(town.centre.conn, caller.id) == []
    refused = [fact for fact in town.facts(RecordingRefused) if fact.contact == caller.id]
    assert [fact.agent or "key" for fact in refused] == [by]


def test_a_pause_is_a_marked_gap(town: Town, ann: Phone, tmp_path: Path) -> None:
    with talk(town, ann) as caller:
        talk_on(town, caller, 1)
        town.centre.ask(requests.PauseRecording("ann", caller.id))
        eventually(lambda: caller.contact.recording_paused_at, what="the pause")
        talk_on(town, caller, 3)
        town.centre.ask(requests.ResumeRecording("ann", caller.id))
        eventually(lambda: caller.contact.recording_paused_at is None, what="the end of the pause")
        talk_on(town, caller, 4)
        caller.leave()
    closed(town, caller.id)
    left, right, marks = sides(town, caller.id, tmp_path / "out.wav")
    assert [mark.why for mark in marks] == ["paused"]
    start, end = (round(at * RATE_HZ) for at in marks[0][:2])
    assert (end - start) / RATE_HZ > 2
    assert not left[start:end].any() and not right[start:end].any()
    assert tone_s(left[end:], CALLER_HZ) > 1 and tone_s(right[end:], AGENT_HZ) > 1
    assert b"paused" in (tmp_path / "out.wav").read_bytes()[-200:], "the WAV file has no cue"


def test_a_pause_is_obeyed_though_the_clock_was_set_back(town: Town, ann: Phone, tmp_path: Path) -> None:
    """The media process has had a command with a later order, as of a voice process before the clock was set back."""
    with talk(town, ann) as caller:
        talk_on(town, caller, 1)
        (row,) = rows.of_contact(town.centre.conn, caller.id)
        key, order = base64.b64encode(row.wrapped_key).decode(), time.time_ns() + 10**15
        with NgClient(town.centre.settings.ng[0]) as engine:
            engine.command(record(caller.id, caller.contact.leg, row.id, key, order))
        town.centre.ask(requests.PauseRecording("ann", caller.id))
        eventually(lambda: caller.contact.recording_paused_at, what="the pause")
        talk_on(town, caller, 2)
        caller.leave()
    closed(town, caller.id)
    _, _, marks = sides(town, caller.id, tmp_path / "out.wav")
    assert [mark.why for mark in marks] == ["paused"]


def test_a_hold_by_the_representatives_phone_leaves_it_one_recording(town: Town, ann: Phone, tmp_path: Path) -> None:
    with talk(town, ann) as caller:
        talk_on(town, caller, 2)
        ann.command("hold")
        eventually(lambda: caller.contact.held_at, what="the hold")
        talk_on(town, caller, 3)
        ann.command("resume")
        eventually(lambda: caller.contact.held_at is None, what="the end of the hold")
        talk_on(town, caller, 2)
        caller.leave()
    found = closed(town, caller.id)
    assert len(found["segments"]) == 1 and not found["cut"]
    left, right, marks = sides(town, caller.id, tmp_path / "out.wav")
    (part,) = caller.contact.segments
    assert marks == [] and part.hold_s > 2
    assert abs(tone_s(left, CALLER_HZ) - talked_s(part)) < 1 and abs(tone_s(right, AGENT_HZ) - talked_s(part)) < 1
    assert tone_s(left, AGENT_HZ) == tone_s(right, CALLER_HZ) == 0


def test_what_a_caller_whose_phone_holds_does_not_hear_is_not_kept(town: Town, ann: Phone, tmp_path: Path) -> None:
    with talk(town, ann, "caller_holds") as caller:
        for _ in range(2):
            talk_on(town, caller, 2)
            caller.hang_up()  # which makes the scenario go on: a hold
            eventually(lambda: caller.contact.held_at, what="the hold")
            talk_on(town, caller, 2)
            caller.hang_up()
            eventually(lambda: caller.contact.held_at is None, what="the end of the hold")
        talk_on(town, caller, 2)
        caller.leave()
    assert len(closed(town, caller.id)["segments"]) == 1
    left, right, marks = sides(town, caller.id, tmp_path / "out.wav")
    (part,) = caller.contact.segments
    assert marks == [] and part.hold_s > 2
    assert abs(tone_s(right, AGENT_HZ) - talked_s(part)) < 1
    assert tone_s(left, CALLER_HZ) > talked_s(part) - 1 and tone_s(right, CALLER_HZ) == tone_s(left, AGENT_HZ) == 0


def test_killed_media_and_voice_and_a_rotation_in_one_call(town: Town, ann: Phone, tmp_path: Path) -> None:
    with talk(town, ann) as caller:
        talk_on(town, caller, 1)
        town.centre.kill("voice")
        talk_on(town, caller, 1)
        rotated = civicline(town, "keyset", "rotate")
        assert rotated.returncode == 0, rotated.stderr
        retired = civicline(town, "keyset", "retire")
        assert retired.returncode == 0, retired.stderr
        silent_s = kill_media(town, caller)
        talk_on(town, caller, 2)
        caller.leave()
    found = closed(town, caller.id)
    assert len(found["segments"]) == 2 and found["cut"]
    left, right, marks = sides(town, caller.id, tmp_path / "out.wav")
    assert [mark.why for mark in marks] == ["cut"]
    lost_s = marks[0].end_s - marks[0].start_s
    (part,) = caller.contact.segments
    heard_s = tone_s(left, CALLER_HZ), tone_s(right, AGENT_HZ)
    print(json.dumps({"talked_s": talked_s(part), "lost_s": lost_s, "silent_s": silent_s, "heard_s": heard_s}))
    assert lost_s < most_lost_s(silent_s)
    assert all(abs(each + lost_s - talked_s(part)) < 1 for each in heard_s)


def test_a_rotation_where_the_processes_have_a_file_of_their_own(town: Town, ann: Phone, tmp_path: Path) -> None:
    """As under systemd or on several nodes: the administrator's file is handed out twice."""
    theirs, mine = town.centre.settings.keyset, tmp_path / "keyset.json"
    shutil.copy2(theirs, mine)

    def keys(action: str) -> None:
        done = civicline(town, "keyset", action, CIVICLINE_KEYSET=str(mine))
        assert done.returncode == 0, done.stderr

    def hand_out() -> None:
        shutil.copy2(mine, theirs.with_suffix(".new")).replace(theirs)

    def verify() -> None:
        for path in (theirs, mine):
            good = civicline(town, "verify", "recordings", CIVICLINE_KEYSET=str(path))
            assert good.returncode == 0, good.stdout + good.stderr

    keys("add")
    hand_out()
    with talk(town, ann) as caller:
        talk_on(town, caller, 1)
        keys("rotate")
        town.centre.kill("voice")
        kill_media(town, caller)
        talk_on(town, caller, 1)
        caller.leave()
    closed(town, caller.id)
    verify()
    hand_out()
    keys("wrap")
    keys("retire")
    hand_out()
    verify()


def test_the_export_is_for_somebody_allowed_and_is_logged(town: Town, ann: Phone, tmp_path: Path) -> None:
    for name in ("ann", "sue"):
        assert civicline(town, "staff", "password", name, typed=PASSWORD + "\n").returncode == 0
    with talk(town, ann) as caller:
        talk_on(town, caller, 1)
        under_way = civicline(
            town, "export", "recording", caller.id, str(tmp_path / "1.wav"), "--by", "sue", typed=PASSWORD
        )
        assert under_way.returncode == 2 and "under way" in under_way.stderr
        caller.leave()
    closed(town, caller.id)
    out = tmp_path / "talk.wav"
    words = ("export", "recording", caller.id, str(out), "--by")
    wrong = civicline(town, *words, "sue", typed="something else")
    assert wrong.returncode == 2 and not out.exists()
    not_allowed = civicline(town, *words, "ann", typed=PASSWORD)
    assert not_allowed.returncode == 2 and "supervisors" in not_allowed.stderr and not out.exists()
    assert [body["by"] for body in events(town, rows.EXPORT_REFUSED, caller.id)] == ["ann"]
    eventually(lambda: rows.closed(town.centre.conn, rows.of_contact(town.centre.conn, caller.id)[0].id), what="closed")
    done = civicline(town, *words, "sue", typed=PASSWORD)
    assert done.returncode == 0, done.stderr
    assert [body["by"] for body in events(town, rows.EXPORTED, caller.id)] == ["sue"]
    assert out.stat().st_mode & 0o077 == 0
    with wave.open(str(out), "rb") as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getsampwidth()) == (2, 8000, 2)


def test_the_store_is_what_the_journal_says(town: Town) -> None:
    """After all of the above; then one byte is changed."""
    good = civicline(town, "verify", "recordings", "--json")
    assert good.returncode == 0, good.stdout + good.stderr
    assert json.loads(good.stdout) == []
    path = files(town)[0]
    data = path.read_bytes()
    path.write_bytes(data[:5000] + bytes([data[5000] ^ 1]) + data[5001:])
    bad = civicline(town, "verify", "recordings", "--json")
    path.write_bytes(data)
    assert bad.returncode == 1
    assert "second 0 of the caller's channel was changed or swapped" in json.loads(bad.stdout)[0]["what"]


def test_the_whole_data_folder_without_its_keyset_opens_nothing(town: Town, tmp_path: Path) -> None:
    """Database and recordings, with a keyset of the thief's own."""
    own = {"CIVICLINE_KEYSET": str(tmp_path / "keyset.json")}
    assert civicline(town, "keyset", "create", **own).returncode == 0
    tried = civicline(town, "verify", "recordings", "--json", **own)
    assert tried.returncode == 1
    assert tried.stderr.startswith("0 whole, 0 cut")
    problems = json.loads(tried.stdout)
    assert problems and all("does not open" in problem["what"] for problem in problems)
