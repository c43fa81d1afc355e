"""A spare is loaded beside a child and takes its place when the child is killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from civicline.supervisor import child as child_module
from civicline.supervisor.keeper import Keeper
from civicline.supervisor.programs import Program

SCRIPT = """
import os, sys, time
if "--spare" in sys.argv:
    print("waits", os.getpid(), flush=True)
    if not sys.stdin.readline():
        sys.exit(0)
print("works", os.getpid(), flush=True)
time.sleep(600)
"""


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeper]:
    monkeypatch.setattr(child_module, "SPARE_AFTER_S", 0.0)
    run = tmp_path / "run"
    run.mkdir()
    with Keeper(run, tmp_path / "log") as keeper:
        keeper.ready = True
        yield keeper


def lines(tmp_path: Path, word: str) -> list[int]:
    path = tmp_path / "log" / "one.log"
    said = path.read_text().split("\n")[:-1] if path.exists() else []  # the last one may be half written
    return [int(line.split()[1]) for line in said if line.startswith(word)]


def program() -> Program:
    return Program("one", (sys.executable, "-c", SCRIPT), spare=True)


def test_the_spare_takes_the_place_of_a_killed_child(keeper: Keeper, tmp_path: Path) -> None:
    child = keeper.start(program())
    keeper.wait_for(lambda: bool(lines(tmp_path, "waits")) and bool(lines(tmp_path, "works")), "the spare", 20)
    first, spare = lines(tmp_path, "works")[0], lines(tmp_path, "waits")[0]
    assert child.pid == first
    os.kill(first, signal.SIGKILL)
    keeper.wait_for(lambda: spare in lines(tmp_path, "works"), "the spare at work", 20)
    assert child.pid == spare
    assert child.starts == 2
    keeper.wait_for(lambda: len(lines(tmp_path, "waits")) == 2, "the next spare", 20)


def test_a_dead_spare_does_not_keep_the_child_from_its_start(keeper: Keeper, tmp_path: Path) -> None:
    child = keeper.start(program())
    keeper.wait_for(lambda: bool(lines(tmp_path, "waits")) and bool(lines(tmp_path, "works")), "the spare", 20)
    assert child.process is not None and child.spare is not None
    os.kill(child.spare.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.spare.pid, os.WEXITED | os.WNOWAIT)
    os.kill(child.process.pid, signal.SIGKILL)
    keeper.wait_for(lambda: len(lines(tmp_path, "works")) == 2, "another child", 20)
    assert child.starts == 2


def test_no_spare_outlives_the_keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "SPARE_AFTER_S", 0.0)
    (tmp_path / "run").mkdir()
    with Keeper(tmp_path / "run", tmp_path / "log") as keeper:
        keeper.ready = True
        keeper.start(program())
        keeper.wait_for(lambda: bool(lines(tmp_path, "waits")), "the spare", 20)
    with pytest.raises(ProcessLookupError):
        os.kill(lines(tmp_path, "waits")[0], 0)
