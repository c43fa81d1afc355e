"""The supervisor with small programs: starts again what ends, leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from civicline.supervisor import status
from peers.ports import eventually

KEPT = str(Path(__file__).with_name("kept.py"))
SLEEP = "import time; time.sleep(600)"
TELL = """
import signal, sys, time
def end(*_):
    open(sys.argv[1], "a").write(sys.argv[2] + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
time.sleep(600)
"""
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
PARENT = """
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid, flush=True)
time.sleep(600)
"""


class Kept:
    """A supervisor under test and what it says."""

    def __init__(self, folder: Path, programs: list[dict[str, Any]]) -> None:
        self.folder = folder
        (folder / "go").touch()
        self.words = (folder / "words").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, KEPT, str(folder)], stdin=subprocess.PIPE, stderr=self.words, text=True
        )
        assert self.process.stdin is not None
        json.dump(programs, self.process.stdin)
        self.process.stdin.close()

    def state(self) -> dict[str, Any]:
        return status.read(self.folder / "run") or {"children": {}, "ready": False}

    def ready(self) -> None:
        eventually(lambda: self.state()["ready"])

    def pid(self, name: str) -> int | None:
        return self.state()["children"].get(name, {}).get("pid")

    def starts(self, name: str) -> int:
        return self.state()["children"].get(name, {}).get("starts", 0)

    def log(self, name: str) -> str:
        path = self.folder / "log" / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def said(self) -> str:
        return (self.folder / "words").read_text()


Make = Callable[..., Kept]


@pytest.fixture
def keep(tmp_path: Path) -> Iterator[Make]:
    made: list[Kept] = []

    def make(*programs: dict[str, Any]) -> Kept:
        made.append(Kept(tmp_path, list(programs)))
        return made[-1]

    yield make
    for each in made:
        if each.process.poll() is None:
            each.process.terminate()
            each.process.wait(30)
        each.words.close()


def python(name: str, code: str, *words: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "argv": [sys.executable, "-c", code, *words], **more}


def alive(pid: int | None) -> bool:
    """A zombie that waits for its new parent is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_killed_child_is_started_again(keep: Make) -> None:
    kept = keep(python("one", SLEEP), python("two", SLEEP))
    kept.ready()
    one, two = kept.pid("one"), kept.pid("two")
    assert one is not None
    os.kill(one, signal.SIGKILL)
    eventually(lambda: kept.starts("one") == 2 and kept.pid("one") not in (None, one))
    assert kept.pid("two") == two
    assert "one ended by signal 9" in kept.said()


def test_a_child_is_started_again_every_time(keep: Make) -> None:
    kept = keep(python("one", SLEEP))
    kept.ready()
    for starts in range(1, 8):
        eventually(lambda starts=starts: kept.starts("one") == starts and kept.pid("one") is not None)
        os.kill(kept.pid("one"), signal.SIGKILL)
    eventually(lambda: kept.starts("one") == 8)


def test_children_die_with_a_killed_supervisor(keep: Make) -> None:
    kept = keep(python("one", DEAF), python("two", SLEEP))
    kept.ready()
    eventually(lambda: "deaf" in kept.log("one"))
    pids = [kept.pid("one"), kept.pid("two")]
    assert all(alive(pid) for pid in pids)
    kept.process.kill()
    kept.process.wait()
    eventually(lambda: not any(alive(pid) for pid in pids))


def test_children_stop_in_the_order_of_their_stages(keep: Make, tmp_path: Path) -> None:
    ends = str(tmp_path / "ends")
    kept = keep(
        python("database", TELL, ends, "database", stage=0),
        python("voice", TELL, ends, "voice", stage=3),
        python("engine", TELL, ends, "engine", stage=1),
    )
    eventually(lambda: all("ready" in kept.log(name) for name in ("database", "voice", "engine")))
    kept.process.send_signal(signal.SIGINT)
    assert kept.process.wait(30) == 0
    assert Path(ends).read_text().split() == ["voice", "engine", "database"]
    assert not (tmp_path / "run" / "up.json").exists()


def test_a_child_that_does_not_stop_is_killed(keep: Make) -> None:
    kept = keep(python("deaf", DEAF, stop_s=0.2))
    kept.ready()
    eventually(lambda: "deaf" in kept.log("deaf"))
    pid = kept.pid("deaf")
    kept.process.terminate()
    assert kept.process.wait(30) == 0
    assert not alive(pid)
    assert "deaf did not stop in 0.2 s and is killed" in kept.said()


def test_what_a_dead_child_had_started_is_ended_too(keep: Make) -> None:
    kept = keep(python("parent", PARENT))
    eventually(lambda: kept.log("parent").strip().isdecimal())
    grandchild = int(kept.log("parent"))
    assert alive(grandchild)
    os.kill(kept.pid("parent"), signal.SIGKILL)
    eventually(lambda: not alive(grandchild))


def test_a_start_is_refused_with_the_childs_own_words(keep: Make, tmp_path: Path) -> None:
    code = "import sys, time; print('the port is busy: set CIVICLINE_SIP', file=sys.stderr); sys.exit(2)"
    kept = keep(python("fine", SLEEP), python("wrong", code))
    (tmp_path / "go").unlink()
    assert kept.process.wait(30) == 2
    assert kept.said().splitlines()[-1] == "civicline: the port is busy: set CIVICLINE_SIP"


def test_later_the_same_exit_is_only_a_death(keep: Make, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    code = f"import pathlib, sys, time\nwhile not pathlib.Path({str(flag)!r}).exists(): time.sleep(0.01)\nsys.exit(2)"
    kept = keep(python("one", code))
    kept.ready()
    flag.touch()
    eventually(lambda: kept.starts("one") >= 2)
    assert kept.process.poll() is None


def test_the_environment_and_output_reach_the_right_place(keep: Make) -> None:
    kept = keep(
        python(
            "one",
            "import os; print(os.environ['WORD'], flush=True); import time; time.sleep(600)",
            env={"WORD": "hello"},
        )
    )
    eventually(lambda: "hello" in kept.log("one"))
    assert kept.log("one").strip() == "hello"
    mode = (kept.folder / "log" / "one.log").stat().st_mode & 0o777
    assert mode == 0o600


def test_a_program_that_does_not_exist_does_not_take_the_supervisor_down(keep: Make) -> None:
    kept = keep({"name": "none", "argv": ["/does/not/exist"]}, python("one", SLEEP))
    kept.ready()
    eventually(lambda: kept.starts("none") >= 2)
    assert alive(kept.pid("one"))
