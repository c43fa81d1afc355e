"""The supervisor's small parts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from civicline.commands.run import share
from civicline.settings import PortRange, SettingError, load
from civicline.supervisor import child, doctor, logs, programs, status
from civicline.supervisor.pauses import FREE, LONGEST_S, pause_s


def test_first_deaths_cost_no_pause_and_later_ones_grow_to_a_limit() -> None:
    assert [pause_s(deaths) for deaths in range(FREE + 1)] == [0.0] * (FREE + 1)
    later = [pause_s(FREE + more) for more in range(1, 60)]
    assert later == sorted(later)
    assert 0 < later[0] < 1 < later[-1] == LONGEST_S


def test_spares_are_kept_unless_the_setting_says_no() -> None:
    def kept(environ: dict[str, str]) -> set[bool]:
        return {program.spare for program in programs.processes(load(environ))}

    assert (kept({}), kept({"CIVICLINE_SPARES": "no"})) == ({True}, {False})
    with pytest.raises(SettingError, match="CIVICLINE_SPARES is 'off': write yes or no"):
        load({"CIVICLINE_SPARES": "off"})


def test_a_large_log_is_moved_and_goes_on(tmp_path: Path) -> None:
    handle = logs.open_log(tmp_path, "voice")
    for number in range(6):
        os.write(handle, f"{number}".encode() * 100)
        logs.rotate(tmp_path, largest_b=50)
    os.write(handle, b"last")
    os.close(handle)
    assert (tmp_path / "voice.log").read_text() == "last"
    kept = [(tmp_path / f"voice.log.{age}").read_text()[0] for age in range(1, logs.KEPT + 1)]
    assert kept == ["5", "4", "3"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["voice.log", *(f"voice.log.{n}" for n in (1, 2, 3))]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_the_last_line_of_a_log(tmp_path: Path) -> None:
    assert logs.last_line(tmp_path, "none") == ""
    (tmp_path / "one.log").write_bytes(b"x" * 9000 + b"\nwhat it said \xff\n\n")
    assert logs.last_line(tmp_path, "one") == "what it said �"


def test_a_program_does_not_start_when_its_supervisor_is_gone() -> None:
    argv = [sys.executable, "-I", "-S", child.LAUNCH, "1", "9", sys.executable, "-c", "print('ran')"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "the supervisor is gone" in done.stderr


def test_a_program_keeps_its_wish_to_die_over_exec() -> None:
    tell = "import ctypes; n = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(n)); print(n.value)"
    argv = [sys.executable, "-I", "-S", child.LAUNCH, str(os.getpid()), "15", sys.executable, "-c", tell]
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip() == "15"


def test_a_status_of_an_ended_supervisor_does_not_count(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    (tmp_path / status.NAME).write_text(f'{{"pid": {ended.pid}, "children": {{}}}}')
    assert status.read(tmp_path) is None
    status.write(tmp_path, [], ready=True)
    assert status.read(tmp_path) == {"pid": os.getpid(), "ready": True, "children": {}}


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_media_processes_share_the_ports_without_overlap(count: int) -> None:
    parts = [share(PortRange(20000, 20999), number, count) for number in range(1, count + 1)]
    ports = [port for part in parts for port in range(part.first, part.last + 1)]
    assert ports == list(range(20000, 21000))
    assert all(part.first % 2 == 0 for part in parts)


def test_findings_that_need_nothing_are_ok() -> None:
    assert doctor.Finding("a", "b").mark == "ok"
    assert doctor.Finding("a", "b", "mend").mark == "may"
    assert doctor.Finding("a", "b", "mend", good=False).mark == "must"
