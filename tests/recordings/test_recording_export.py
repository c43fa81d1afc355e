"""The export: what stands for the time between two segments, and what does not fit a file."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from civicline.people.models import Role, Staff
from civicline.recordings import actions, rows, wav
from civicline.recordings.errors import RecordingError
from civicline.recordings.format import RATE_HZ
from civicline.recordings.reading import APART, CUT, SILENCE_MAX_S, Mark
from recordings.vault import CONTACT, SECONDS, START_MS, Vault

HOUR_S = 3600
SUE = Staff(username="sue", role=Role.SUPERVISOR)


def export(vault: Vault, out: Path) -> actions.Exported:
    return actions.export(vault.conn, vault.keys, vault.folder, CONTACT, out, SUE)


def seconds(out: Path) -> float:
    with wave.open(str(out), "rb") as sound:
        return sound.getnframes() / RATE_HZ


@pytest.mark.parametrize(
    ("ended", "after_s", "mark"),
    [
        (True, 4.5, Mark(4.0, 4.5, APART)),
        (True, 16 * HOUR_S, Mark(4.0, 5.0, APART, 16 * HOUR_S - 5.0)),
        (False, 10, Mark(4.0, 10.0, CUT)),
        (False, 16 * HOUR_S, Mark(4.0, 64.0, CUT, 16 * HOUR_S - 64.0)),
    ],
    ids=["passed on", "rung back", "killed", "killed and rung back"],
)
def test_the_time_between_two_segments(vault: Vault, tmp_path: Path, ended: bool, after_s: float, mark: Mark) -> None:
    out, row = tmp_path / "out.wav", vault.begin()
    vault.write(row, ended=ended)
    vault.write(row, START_MS + round(after_s * 1000))
    vault.close(row)
    found = export(vault, out)
    assert (found.marks, found.cut) == ([mark], not ended)
    assert found.lasted_s == seconds(out) == mark.end_s + SECONDS
    label = f"{mark.why}, {mark.left_out_s:.0f} s left out" if mark.left_out_s else mark.why
    assert label.encode() + b"\0" in out.read_bytes()[-200:]


def test_what_does_not_fit_a_file_is_said_before_anything_is_stored(vault: Vault, tmp_path: Path) -> None:
    """Of 37 hours that are nearly all missing: each writer died at once."""
    row = vault.begin()
    longest_s = SILENCE_MAX_S[CUT]
    for number in range(wav.LONGEST_S // longest_s + 2):
        vault.write(row, START_MS + number * longest_s * 1000, ended=False, seconds=0)
    vault.close(row)
    with pytest.raises(RecordingError, match="does not fit"):
        export(vault, tmp_path / "out.wav")
    assert vault.said(rows.EXPORTED) == [] and list(tmp_path.glob("*.wav*")) == []
    assert list(tmp_path.glob(".*.part")) == []


def test_of_a_writer_that_died_before_it_wrote_there_is_nothing(vault: Vault, tmp_path: Path) -> None:
    row = vault.begin()
    vault.write_nothing(row, 0)
    vault.close(row)
    with pytest.raises(RecordingError, match="nothing of this recording"):
        export(vault, tmp_path / "out.wav")
    assert vault.said(rows.EXPORTED) == []
    vault.write(row)
    vault.close(row)
    assert export(vault, tmp_path / "out.wav").cut
    assert seconds(tmp_path / "out.wav") == SECONDS


def test_a_row_that_was_changed_to_another_contact_exports_nothing(vault: Vault, tmp_path: Path) -> None:
    out, other = tmp_path / "out.wav", "d" * 32
    one, _ = vault.recorded()
    vault.recorded(contact=other)
    vault.conn.execute(
        "UPDATE recording SET contact = CASE contact WHEN %s THEN %s ELSE %s END", (CONTACT, other, CONTACT)
    )
    with pytest.raises(RecordingError, match="another contact"):
        export(vault, out)
    assert vault.said(rows.EXPORTED) == [] and not out.exists()
    assert sum("another contact" in problem for problem in vault.problems()) == 2
    vault.conn.execute("UPDATE recording SET contact = CASE id WHEN %s THEN %s ELSE %s END", (one.id, CONTACT, other))
    assert vault.problems() == [] and export(vault, out).recording == one.id
