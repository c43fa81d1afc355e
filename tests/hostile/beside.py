"""The centre under attack, and what must not notice: calls beside the attack, and what the processes hold.

Ours is 127.0.0.1; every other loopback address is a stranger's.
"""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from e2e.centre import PACK, Centre
from peers.ports import eventually
from peers.sipp import Result, Sipp

CARRIER, STRANGER, OTHER_STRANGER = "127.0.0.1", "127.0.0.66", "127.0.0.67"
SCENARIO = Path(__file__).parent / "scenarios" / "beside.xml"
LEAK_MB = 60
"""What a process may have grown by: Sippy keeps each datagram's hash for a minute."""
CONTACT_KB = 4
"""And for each contact that the state knows: it keeps those that are over for an hour."""


def pack(folder: Path) -> Path:
    """The tests' pack, with one carrier at one address."""
    made = folder / "pack"
    shutil.copytree(PACK, made)
    (made / "trunks.yaml").write_text(f'local: {{networks: [{CARRIER}], caller_id: "100"}}\n')
    return made


@dataclass(frozen=True)
class Held:
    """What a process holds."""

    pid: int
    files: int
    memory_mb: float


def held(centre: Centre, process: str) -> Held:
    pid = centre.pid(process)
    status = Path(f"/proc/{pid}/status").read_text()
    memory = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return Held(pid, len(list(Path(f"/proc/{pid}/fd").iterdir())), int(memory) / 1024)


@contextmanager
def undisturbed(centre: Centre, calls: int = 20, rate: float = 2) -> Iterator[Sipp]:
    """Calls run beside; at the end all have gone through, and no process stopped, leaked or holds a call."""
    before = {name: held(centre, name) for name in ("voice", "media-1")}
    with Sipp(SCENARIO, centre.sip, service="100", calls=calls, rate=rate, trace=False, timeout_s=7200) as sipp:
        yield sipp
        result = sipp.wait(120)
    assert_all_went_through(result, calls)
    eventually(lambda: not centre.state().legs, 60, "the end of all legs")
    eventually(lambda: centre.media_calls() == 0, 20, "the end of all media sessions")
    grown_mb = LEAK_MB + CONTACT_KB * len(centre.state().contacts) / 1024
    for name, was in before.items():
        now = held(centre, name)
        assert now.pid == was.pid, f"{name} was stopped"
        assert now.files <= was.files + 2, f"{name} holds {now.files} files, {was.files} before"
        assert now.memory_mb < was.memory_mb + grown_mb, f"{name} holds {now.memory_mb} MB, {was.memory_mb} before"


def assert_all_went_through(result: Result, calls: int) -> None:
    assert result.ok, result.explain()
    assert int(result.stats["SuccessfulCall(C)"]) == calls


def log_lines(centre: Centre, process: str = "voice") -> list[str]:
    return (centre.settings.data / "log" / f"{process}.log").read_text(errors="replace").splitlines()


def udp(host: str, port: int = 0) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    made.settimeout(5)
    return made
